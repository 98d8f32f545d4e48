"""The total in 24 h: what was given in whatever unit, what runs on beside the order, and what the order replaces."""

from dataclasses import replace
from datetime import timedelta

import pytest

from tests.reference.patients import AT, record
from twin_engine.patient.record import Administration, Order
from twin_engine.safety.check import check

EMPTY = record(creatinine=[(-6, 1.0)], weight=80.0)
ONCE = Order("as ordered", drug="vancomycin", amount=2000.0, unit="mg", infusion_h=2.0)
EVERY_12_H = replace(ONCE, amount=1500.0, interval_h=12.0)
RUNNING_ORDER = Order("active", drug="vancomycin", amount=1500.0, unit="mg", interval_h=8.0, infusion_h=1.5)


def given(hours_ago: float, length_h: float | None = 2.0, **dose: object) -> Administration:
    start = AT - timedelta(hours=hours_ago)
    end = None if length_h is None else start + timedelta(hours=length_h)
    return Administration("vancomycin", start, end=end, **dose)  # type: ignore[arg-type]


def severities(*orders: Order, **chart: object) -> set[str]:
    return {f.severity for f in check(orders, replace(EMPTY, **chart), AT).findings}  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("unit", "amount"), [("mg", 1500.0), ("g", 1.5), ("ug", 1.5e6), ("mg/kg", 18.75)], ids=["mg", "g", "ug", "mg/kg"]
)
def test_a_dose_given_counts_in_whatever_unit_it_is_charted(unit: str, amount: float) -> None:
    doses = tuple(given(hour, unit=unit, amount=amount) for hour in (20.0, 10.0))
    assert severities(ONCE) == set()
    assert severities(ONCE, administrations=doses) == {"absolute"}


@pytest.mark.parametrize(("unit", "rate"), [("mg/h", 150.0), ("g/d", 3.6), ("mg/kg/h", 1.875)])
def test_an_infusion_runs_on_beside_a_single_dose_and_is_replaced_by_a_repeated_one(unit: str, rate: float) -> None:
    running = (given(1.0, None, unit=unit, rate=rate),)
    assert severities(ONCE, administrations=running) == {"absolute"}
    assert severities(EVERY_12_H, administrations=running) == set()


def test_an_active_order_goes_on_beside_a_single_dose_and_is_replaced_by_a_repeated_or_stopped_one() -> None:
    assert severities(ONCE, current_orders=(RUNNING_ORDER,)) == {"absolute"}
    assert severities(EVERY_12_H, current_orders=(RUNNING_ORDER,)) == set()
    stop = Order("as ordered", drug="vancomycin", stop=True)
    assert severities(stop, ONCE, current_orders=(RUNNING_ORDER,)) == set()


def test_the_next_dose_of_an_active_order_is_due_one_interval_after_the_last() -> None:
    every_two_days = replace(RUNNING_ORDER, amount=2800.0, interval_h=48.0)
    yesterday, two_days_ago = given(25.0, unit="mg", amount=100.0), given(47.0, unit="mg", amount=100.0)
    assert severities(ONCE, current_orders=(every_two_days,)) == {"absolute"}
    assert severities(ONCE, administrations=(two_days_ago,), current_orders=(every_two_days,)) == {"absolute"}
    assert severities(ONCE, administrations=(two_days_ago, yesterday), current_orders=(every_two_days,)) == set()


def test_vancomycin_by_mouth_stays_in_the_bowel_and_what_is_absorbed_counts() -> None:
    oral = (given(2.0, None, unit="mg", amount=4000.0, route="oral"),)
    assert severities(ONCE, administrations=oral) == set()
    swallowed = (replace(oral[0], drug="levetiracetam"),)
    load = replace(ONCE, drug="levetiracetam", amount=1500.0, infusion_h=0.25)
    assert severities(load, administrations=swallowed) - severities(load)


def test_a_dose_given_that_cannot_be_counted_leaves_the_total_unknown() -> None:
    assert severities(ONCE, administrations=(given(2.0, unit=""),)) == {"unknown"}
    assert severities(ONCE, administrations=(given(30.0, unit=""),)) == set()


def test_an_order_is_not_blamed_for_a_day_that_holds_none_of_it() -> None:
    past = tuple(given(hour, unit="mg", amount=2400.0) for hour in (23.0, 1.0))
    in_three_days = replace(ONCE, start=AT + timedelta(hours=72))
    assert severities(in_three_days, administrations=past) == set()


def test_what_no_limit_covers_is_not_cleared() -> None:
    bolus = Order("as ordered", drug="norepinephrine", amount=20.0, unit="ug", infusion_h=0.0)
    assert severities(bolus) == {"unknown"}


def test_a_dose_given_at_once_is_said_so() -> None:
    (finding,) = check([replace(ONCE, amount=1000.0, infusion_h=0.0)], EMPTY, AT).findings
    assert finding.reason == "vancomycin given at once is above the recommended limit of 1,000 mg/h"


def test_what_goes_on_by_mouth_is_not_replaced_by_an_order_into_a_vein() -> None:
    """Ordered twice, by mouth and by vein: 3,000 mg a day each."""
    vein = Order("as ordered", drug="levetiracetam", amount=1500.0, unit="mg", interval_h=12.0, infusion_h=0.25)
    mouth = replace(vein, route="oral", infusion_h=None)
    assert severities(vein) == set()
    assert severities(vein, current_orders=(vein,)) == set()
    assert severities(mouth, current_orders=(mouth,)) == set()
    assert severities(vein, current_orders=(mouth,)) == {"recommended"}
    assert severities(mouth, current_orders=(vein,)) == {"recommended"}


def test_a_rate_is_no_matter_of_a_dose_by_mouth() -> None:
    mouth = Order("as ordered", drug="phenytoin", amount=300.0, unit="mg", interval_h=24.0, route="oral")
    assert severities(replace(mouth, route="iv")) == {"unknown"}
    assert severities(mouth) == set()


def test_a_dose_that_was_late_yesterday_is_no_dose_too_many_today() -> None:
    every_8_h = Order("as ordered", drug="cefepime", amount=2000.0, unit="mg", interval_h=8.0, infusion_h=0.5)

    def after(*hours_ago: float) -> set[str]:
        doses = (replace(given(h, 0.5, unit="mg", amount=2000.0), drug="cefepime") for h in hours_ago)
        return severities(every_8_h, administrations=tuple(doses))

    assert after(23.25, 15.5, 7.75) == set()
    assert after(20.0, 12.0, 4.0) == {"absolute"}
