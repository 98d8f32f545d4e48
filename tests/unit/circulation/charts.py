"""Charts of a circulation, for tests."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta

from tests.reference.patients import AT
from twin_engine.patient.record import Administration, Condition, Measurement, Order, PatientRecord, Procedure
from twin_engine.scenario import AS_ORDERED, Scenario

PRESSURES = [(-120.0, 66.0), (-90.0, 63.0), (-60.0, 64.0), (-30.0, 61.0), (-5.0, 62.0)]
"""Minutes before the prediction, mmHg."""


def after(minutes: float) -> datetime:
    return AT + timedelta(minutes=minutes)


def measured(variable: str, value: float, unit: str, minutes: float, site: str | None = None) -> Measurement:
    return Measurement(variable, value, unit, after(minutes), site=site)


def chart(
    pressures: Sequence[tuple[float, float]] = PRESSURES,
    rate: float | None = 0.15,
    weight: float | None = 70.0,
    site: str | None = "arterial",
    born: date | None = date(1960, 1, 1),
    conditions: Sequence[str] = (),
    procedures: Sequence[Procedure] = (),
    unit: str = "ug/kg/min",
) -> PatientRecord:
    body = () if weight is None else (measured("weight", weight, "kg", -600.0),)
    running = (
        () if rate is None else (Administration("norepinephrine", after(-300.0), unit, rate=rate, last_charted=after(-30.0)),)
    )
    return PatientRecord(
        birth_date=born,
        sex="male",
        measurements=(*body, *(measured("map", value, "mm[Hg]", m, site) for m, value in pressures)),
        administrations=running,
        conditions=tuple(Condition(c) for c in conditions),
        procedures=tuple(procedures),
    )


def step(
    rate: float,
    label: str = AS_ORDERED,
    drug: str = "norepinephrine",
    unit: str = "ug/kg/min",
    start: datetime = AT,
    **other: object,
) -> Order:
    return Order(label, drug=drug, rate=rate, unit=unit, start=start, **other)  # type: ignore[arg-type]


def scenario(record: PatientRecord, *orders: Order, report: Sequence[float] = (10.0, 30.0, 60.0), **other: object) -> Scenario:
    times = tuple(after(m) for m in report)
    return Scenario(at=AT, seed=1, record=record, orders=orders, report_times=times, horizon_h=1.0, **other)  # type: ignore[arg-type]
