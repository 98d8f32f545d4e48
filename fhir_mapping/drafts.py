"""A drafted request, raw and read."""

from dataclasses import dataclass

from fhir_mapping.fields import Resource
from fhir_mapping.issues import MappingIssue
from twin_engine.patient.record import Order


@dataclass(frozen=True, slots=True)
class Draft:
    """One drafted request: reference, raw resource, plain orders, whose it is, and what of it could not be read.

    `drug` None = nothing of ours (another drug, another kind of order).
    """

    reference: str
    resource: Resource
    orders: tuple[Order, ...]
    patient_id: str | None
    status: str | None
    problems: tuple[MappingIssue, ...]
    drug: str | None
