"""What is known of the patient: record, variables with units, data quality, derived body and kidney measures."""
