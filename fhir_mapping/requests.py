"""A MedicationRequest into plain orders: dose, rate, range, as needed, titrated; in every shape that systems send.

Of several doseAndRate the one typed "ordered" counts, else the only one; a dose that can be read in two ways is not read.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from fhir_mapping.amounts import Medication
from fhir_mapping.codes import SiteCodes
from fhir_mapping.dosage import Instruction, read_instruction
from fhir_mapping.fields import Resource, name_of, objs, text
from fhir_mapping.fluids import FLUSH_ML, fluid
from fhir_mapping.issues import IssueCode, MappingIssue
from fhir_mapping.medications import identify
from fhir_mapping.routes import route_of_order
from twin_engine.patient.record import Order

STOPPED = frozenset({"stopped", "cancelled", "completed", "entered-in-error"})
NOT_IN_FORCE = frozenset({"on-hold", "completed", "unknown"})
SEQUENCE = "the second dosage is taken to begin one interval after the first, as its start is not stated"


@dataclass(frozen=True, slots=True)
class Request:
    """What one request orders: its drug (None = none of ours), the plain orders, why something could not be read, and
    what was taken for granted. `written_per_amount`: see `amounts.Dosed`."""

    drug: str | None
    orders: tuple[Order, ...]
    problems: tuple[MappingIssue, ...]
    remarks: tuple[MappingIssue, ...] = ()
    written_per_amount: float = 1.0


def read_request(
    resource: Resource,
    codes: SiteCodes,
    medications: Mapping[str, Resource],
    *,
    label: str,
    stopping: frozenset[str] = STOPPED,
    begins: datetime | None = None,
) -> Request:
    """Read one MedicationRequest; a status in `stopping` makes it a stop order. `begins` = the start of an order that
    states none."""
    reference = name_of(resource)
    found = identify(resource, codes, medications)
    if found is None:
        return _none_of_ours(reference, "a medication that is referred to but not at hand")
    if not found:
        infused = fluid(resource, codes, medications)
        if not isinstance(infused, Medication):
            return _none_of_ours(reference, infused or "no drug of ours")
        found = (infused,)
    medication, status = found[0], text(resource.get("status"))

    def failed(code: IssueCode, words: str) -> Request:
        return Request(medication.drug, (), (MappingIssue(reference, code, words, medication.drug),))

    if status in stopping:
        if "other" in {medication.way, route_of_order(resource)}:
            return _none_of_ours(reference, "not given into the bloodstream")
        return Request(
            medication.drug, tuple(Order(label, m.drug, composition=m.composition, stop=True, id=reference) for m in found), ()
        )
    if status in NOT_IN_FORCE:
        return failed("not_final", f"an order that is {status}")
    if resource.get("doNotPerform") is True:
        return failed("not_final", "an order not to give")
    if len(found) > 1:
        return failed("no_amount", "a mixture of several drugs of ours")
    instructions = [read_instruction(resource, d, medication, label, begins) for d in objs(resource.get("dosageInstruction"))]
    if instructions and all(i.way == "other" for i in instructions):
        return _none_of_ours(reference, "not given into the bloodstream")
    if not instructions:
        return failed("no_amount", "an order without a dose")
    if medication.composition is not None and instructions and all(_flushes(i.order) for i in instructions):
        return _none_of_ours(reference, "a flush of a line")
    return _whole(reference, medication, instructions)


def _flushes(order: Order | None) -> bool:
    most = None if order is None else order.max_amount or order.amount
    return most is not None and order is not None and order.unit == "mL" and most < FLUSH_ML


def _none_of_ours(reference: str, words: str) -> Request:
    return Request(None, (), (MappingIssue(reference, "unknown_code", words),))


def _whole(reference: str, medication: Medication, instructions: list[Instruction]) -> Request:
    """All instructions of one order together: those of ours, and what of the whole cannot be read or was assumed."""
    ours = [i for i in instructions if i.way != "other"]
    problems = [p for i in ours for p in i.problems]
    if len(ours) < len(instructions):
        problems.append(MappingIssue(reference, "assumed", "part of the order is not given into a vein", medication.drug))
    orders, sequenced = _in_sequence(ours)
    said = [words for i in ours for words in i.remarks] + ([SEQUENCE] if sequenced else [])
    return Request(
        medication.drug,
        tuple(orders),
        tuple(problems),
        tuple(MappingIssue(reference, "assumed", words, medication.drug) for words in dict.fromkeys(said)),
        max((i.written_per_amount for i in ours), default=1.0),
    )


def _in_sequence(instructions: list[Instruction]) -> tuple[list[Order], bool]:
    """The orders; a regular one that follows a single dose by its sequence number begins one interval after it."""
    orders = [i.order for i in instructions if i.order is not None]
    readable = [i for i in instructions if i.order is not None]
    if len(readable) != len(("first", "then")):
        return orders, False
    one, other = sorted(readable, key=lambda i: i.sequence or 0.0)
    load, regular = one.order, other.order
    if load is None or regular is None or one.sequence is None or other.sequence is None or one.sequence == other.sequence:
        return orders, False
    if load.interval_h is not None or load.rate is not None or regular.interval_h is None or other.start_stated:
        return orders, False
    if load.start is None:
        return orders, False
    later = replace(regular, start=load.start + timedelta(hours=regular.interval_h))
    return [later if o is regular else o for o in orders], True
