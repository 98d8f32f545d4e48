"""Whether an order was carried out as written, dose by dose."""

from datetime import datetime, timedelta

import pytest

from service.scoring import carried_out
from tests.calls import AT
from twin_engine.patient.record import Administration, Order, PatientRecord

UNTIL = AT + timedelta(hours=14)


def at(hours: float) -> datetime:
    return AT + timedelta(hours=hours)


def dose(hours: float, amount: float = 1000.0) -> Administration:
    return Administration("vancomycin", at(hours), "mg", amount=amount, end=at(hours + 1))


def running(hours: float, rate: float, end: float | None = None) -> Administration:
    return Administration("norepinephrine", at(hours), "ug/kg/min", rate=rate, end=None if end is None else at(end))


def order(**given: object) -> Order:
    return Order("as ordered", "vancomycin", amount=1000.0, unit="mg", interval_h=12.0, infusion_h=1.0, start=AT, **given)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ((dose(0.0), dose(12.0)), True),
        ((dose(-0.8), dose(12.9)), True),
        ((dose(0.0, 1010.0), dose(12.0)), True),
        ((dose(-12.0), dose(0.0), dose(12.0)), True),
        ((dose(0.0),), False),
        ((dose(0.0), dose(8.0), dose(12.0)), False),
        ((dose(0.0), dose(12.0, 750.0)), False),
        ((dose(0.0), dose(10.0)), False),
        ((), False),
    ],
    ids=["as written", "an hour off", "rounded", "with the history", "one left out", "one more", "less", "early", "none"],
)
def test_doses(given: tuple[Administration, ...], kept: bool) -> None:
    assert carried_out([order()], PatientRecord(None, "male", administrations=given), AT, UNTIL) is kept


def test_a_dose_that_is_due_just_now_may_still_come() -> None:
    record = PatientRecord(None, "male", administrations=(dose(0.0),))
    assert carried_out([order()], record, AT, at(12.5))
    assert not carried_out([order()], record, AT, at(13.1))


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ((running(0.0, 0.2),), True),
        ((running(-5.0, 0.1, 0.1), running(0.1, 0.2)), True),
        ((running(-5.0, 0.1),), False),
        ((running(0.0, 0.2, 4.0), running(4.0, 0.3)), False),
        ((), False),
    ],
    ids=["as written", "changed to it", "not changed", "changed again", "stopped"],
)
def test_rates(given: tuple[Administration, ...], kept: bool) -> None:
    ordered = Order("as ordered", "norepinephrine", rate=0.2, unit="ug/kg/min", start=AT)
    assert carried_out([ordered], PatientRecord(None, "male", administrations=given), AT, UNTIL) is kept


def test_settings_cannot_be_told() -> None:
    record = PatientRecord(None, "male")
    assert not carried_out([Order("as ordered", carbohydrate_g_per_day=100.0)], record, AT, UNTIL)
