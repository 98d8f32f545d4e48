"""Blood that was given and lost. Red cells that were given are a MedicationAdministration of the product, or a Procedure that
says no more than that it was done.

A volume in mL or a number of units counts, over the period charted. What was given without either stays in the record as a
hole: no haemoglobin is forecast beside it.

LOINC names the loss of an operation as one total (9110-8): several within a day may be one total that grows, or portions of it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from fhir_mapping.administrations import GIVEN
from fhir_mapping.amounts import rate_quantity
from fhir_mapping.codes import LOINC, SAME_SYSTEM, SiteCodes
from fhir_mapping.fields import Resource, codings, entered, name_of, obj, period, quantity, reference_id, text
from fhir_mapping.issues import MappingIssue
from fhir_mapping.support import NOT_DONE
from twin_engine.patient.record import Administration, Composition, Measurement
from twin_engine.patient.units import UnitError, convert, is_known, is_volume

RED_CELLS: Final = "red_cells"
BEFORE, LASTS = timedelta(hours=1), timedelta(hours=4)
"""A transfusion charted as a procedure is that of a bag hung this long before it or until its end: an assumption."""
UNITS = frozenset({"{unit}", "{units}", "unit", "units"})
NO_VOLUME = "red cells whose volume is not charted: no haemoglobin is forecast beside them"
SEVERAL_TOTALS = "several totals of blood loss within a day, which may contain each other: how much was lost is not known"
ONE_OPERATION = timedelta(hours=24)
MOST_ML = 20_000.0
"""More than four blood volumes in one row is a slip of the unit."""


def read_red_cells(
    resource: Resource, codes: SiteCodes, medications: Mapping[str, Resource]
) -> tuple[Administration | MappingIssue, ...]:
    """The red cells that a MedicationAdministration or Procedure says were given, with what is not known of them; empty for
    other things."""
    if not _named(resource, codes, medications):
        return ()
    done = text(resource.get("resourceType")) == "Procedure"
    status, (start, end) = text(resource.get("status")), period(resource, "performed" if done else "effective")
    if status in NOT_DONE or (not done and status not in GIVEN):
        return (MappingIssue(name_of(resource), "not_final", "red cells that were not given"),)
    if start is None:
        return (MappingIssue(name_of(resource), "no_exact_time", "red cells without an exact time", "hemoglobin"),)
    row = _row(resource, start, end if end is None or end >= start else None)
    if row.amount is not None or row.rate is not None:
        return (row,)
    return row, MappingIssue(name_of(resource), "no_amount", NO_VOLUME, "hemoglobin")


def is_total(resource: Resource) -> bool:
    """Whether an Observation states the blood that an operation has cost so far."""
    return (LOINC, "9110-8") in codings(resource.get("code"))


def totals_once(totals: Sequence[Measurement]) -> tuple[dict[Measurement, Measurement], tuple[MappingIssue, ...]]:
    """Totals that stand within a day of another one, each as a loss that is not known, and what is said of them. The largest
    keeps its value: no less was lost."""
    near = [(m, [n for n in totals if n is not m and abs(m.time - n.time) <= ONE_OPERATION]) for m in totals]
    unsure = [m for m, others in near if others]
    smaller = [m for m, others in near if any((n.value or 0.0, n.time) > (m.value or 0.0, m.time) for n in others)]
    issues = tuple(MappingIssue(f"Observation/{m.id or '?'}", "no_value", SEVERAL_TOTALS, "blood_loss") for m in unsure)
    return {m: replace(m, value=None) for m in smaller}, issues


def counted_once(
    given: Sequence[Administration], issues: Sequence[MappingIssue]
) -> tuple[tuple[Administration, ...], tuple[MappingIssue, ...]]:
    """Rows and issues without red cells that are charted a second time without a volume: as a procedure. Each row with a volume
    stands for one of those without, the nearest: a second one beside it is a transfusion of its own."""
    free = [a for a in given if a.drug == RED_CELLS and not _hole(a)]
    pairs = [(a, other) for a in given if a.drug == RED_CELLS and _hole(a) for other in free if _same(a, other)]
    again: list[Administration] = []
    for hole, counted in sorted(pairs, key=lambda pair: abs(pair[0].start - pair[1].start)):
        if hole not in again and counted in free:
            again.append(hole)
            free.remove(counted)
    if not again:
        return tuple(given), tuple(issues)
    ends = tuple(f"/{a.id or '?'}" for a in again)
    kept = tuple(
        replace(i, code="duplicate", text="the same red cells twice")
        if i.text == NO_VOLUME and i.resource.endswith(ends)
        else i
        for i in issues
    )
    return tuple(a for a in given if a not in again), kept


def _hole(given: Administration) -> bool:
    return given.amount is None and given.rate is None


def _same(hole: Administration, counted: Administration) -> bool:
    return hole.start - BEFORE <= counted.start <= (hole.end or hole.start + LASTS)


def _named(resource: Resource, codes: SiteCodes, medications: Mapping[str, Resource]) -> bool:
    product = medications.get(reference_id(resource.get("medicationReference")) or "", {})
    concepts = (resource.get("medicationCodeableConcept"), resource.get("code"), product.get("code"))
    keys = ((SAME_SYSTEM.get(system, system), code) for concept in concepts for system, code in codings(concept))
    return any(key in codes.products and codes.products[key].name == RED_CELLS for key in keys)


def _row(resource: Resource, start: datetime, end: datetime | None) -> Administration:
    """What was given: a volume, a number of units, a pace, or a hole."""
    dosage = obj(resource.get("dosage"))
    dose, pace = quantity(dosage.get("dose")), rate_quantity(dosage)
    volume, rate = _as(dose, "mL"), _as(pace, "mL/h")
    amount, unit = (volume, "mL") if volume is not None else (_counted(dose), "{unit}")
    if amount is not None:
        rate = None
    elif rate is not None:
        unit = "mL/h"
    kept = unit if amount is not None or rate is not None else ""
    return Administration(
        RED_CELLS,
        start,
        kept,
        amount=amount,
        rate=rate,
        end=end,
        route="iv",
        composition=Composition(kind=RED_CELLS),
        available=entered(resource),
        id=text(resource.get("id")),
    )


def _as(read: tuple[float, str] | None, unit: str) -> float | None:
    """A volume or a pace in our unit; None = it is none, or more than can be given."""
    if read is None or not is_known(read[1]) or not is_volume(read[1]):
        return None
    try:
        found = convert(read[0], read[1], unit)
    except UnitError:
        return None
    return found if 0.0 < found <= MOST_ML else None


def _counted(read: tuple[float, str] | None) -> float | None:
    """A number of units; None = it is none."""
    return read[0] if read is not None and read[1] in UNITS and 0.0 < read[0] <= MOST_ML / 200.0 else None
