"""FHIR R4 JSON into the plain patient record and proposed orders, and back: tolerant, pure, never silent."""
