"""The blood: its haemoglobin and its volume."""
