"""A drafted request, raw and read."""

from dataclasses import dataclass

from fhir_mapping.fields import Resource
from fhir_mapping.issues import MappingIssue
from twin_engine.patient.record import Order


@dataclass(frozen=True, slots=True)
class Draft:
    """One drafted request: reference, raw resource, plain orders, whose it is, and what of it could not be read.

    `drug` None = nothing of ours (another drug, another kind of order). `remarks`: what was taken for granted.
    `written_per_amount`: what the draft writes per amount of ours (1, but for a combination). `within`: the resource that
    contains this one, which then cannot be changed on its own.
    """

    reference: str
    resource: Resource
    orders: tuple[Order, ...]
    patient_id: str | None
    status: str | None
    problems: tuple[MappingIssue, ...]
    drug: str | None
    remarks: tuple[MappingIssue, ...] = ()
    written_per_amount: float = 1.0
    within: str | None = None
