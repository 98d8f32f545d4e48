"""What a FHIR server offers, what is charted on it, what each model could run on, and what to fix first."""
