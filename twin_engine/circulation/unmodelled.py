"""Sedatives and opioids that lower the pressure, fluids given just now and blood lost, which no model here holds: what has to
be said of them.

Hypotension is among the warnings in the labels of morphine and dexmedetomidine (a load of the latter may raise the pressure
first); the others are named to be safe, no number rests on it. What goes on unchanged stands in the charted level; what has
begun within the last hour does not yet. Opioids also change what propofol does (Su 2023, in `hypnotic`): there they are named
however long they run.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Final

from twin_engine.blood.intake import is_fluid
from twin_engine.blood.loss import is_unknown, lost_ml
from twin_engine.circulation.chart import LOSS_LASTS_H, VARIABLE
from twin_engine.covariates import hours
from twin_engine.patient.record import Administration, DataQuality, Order, PatientRecord

OPIOIDS: Final = ("remifentanil", "fentanyl", "sufentanil", "morphine", "hydromorphone")
LOWERING: Final = (*OPIOIDS, "midazolam", "dexmedetomidine")
IN_LEVEL_H: Final = 1.0
BOLUS_ML: Final = 250.0
"""Of a fluid, or in an hour of it: less is maintenance or carries a drug; an assumption."""
RUNS_AFTER_CHARTING_H: Final = 4.0


def of_orders(orders: Sequence[Order]) -> Iterator[DataQuality]:
    """What the options order that is left out."""
    if named := _named(o.drug for o in orders if not o.stop):
        yield _said(f"the effect of {named}, which lowers the pressure: MAP may be lower than shown")
    if named := _named(o.drug for o in orders if o.stop):
        yield _said(f"what stopping {named} does to MAP")


def of_record(record: PatientRecord, at: datetime, *, beside_propofol: bool) -> Iterator[DataQuality]:
    """What runs, was given or bled lately that is left out; `beside_propofol` = an option orders propofol."""
    lost = lost_ml(record, at, -LOSS_LASTS_H)
    if lost > 0.0:
        yield _said(f"{lost:.0f} mL of blood lost in the last {LOSS_LASTS_H:g} h: MAP may be lower than shown")
    if is_unknown(record, at, -LOSS_LASTS_H):
        yield _said(f"blood lost in the last {LOSS_LASTS_H:g} h, and how much is not known: MAP may be lower than shown")
    given = [a for a in record.administrations if a.start <= at]
    if named := _named(a.drug for a in given if hours(a.start, at) > -IN_LEVEL_H):
        yield _said(f"what {named}, given or changed within the hour, still does to MAP")
    if poured := " and ".join(dict.fromkeys(a.drug.replace("_", " ") for a in given if _pours(a, at))):
        yield _said(f"what {poured}, given or begun within the hour, still does to MAP")
    if beside_propofol and (named := _named(a.drug for a in given if a.drug in OPIOIDS and _runs(a, at))):
        yield _said(f"how {named} running changes what propofol does to MAP")


def _pours(given: Administration, at: datetime) -> bool:
    """Whether it is a fluid of the last hour that is more than maintenance."""
    if not is_fluid(given) or hours(given.start, at) <= -IN_LEVEL_H:
        return False
    counts_ml = given.unit in {"mL", "mL/h"}
    return not counts_ml or (given.amount or 0.0) >= BOLUS_ML or (given.rate or 0.0) >= BOLUS_ML


def _named(drugs: Iterable[str | None]) -> str:
    found = set(drugs)
    return " and ".join(drug for drug in LOWERING if drug in found)


def _said(words: str) -> DataQuality:
    return DataQuality(VARIABLE, "missing", f"not included: {words}")


def _runs(given: Administration, at: datetime) -> bool:
    if not given.rate:
        return False
    return given.end > at if given.end is not None else hours(given.last_charted or given.start, at) > -RUNS_AFTER_CHARTING_H
