"""A demo EHR on this machine: synthetic patients, a FHIR endpoint, an order form, and real signed calls to the service."""
