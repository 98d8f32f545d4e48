"""The models: one file per published model."""
