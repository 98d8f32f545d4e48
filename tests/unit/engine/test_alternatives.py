"""Deliverable alternatives: extended infusions, rate limits, units, what an order leaves out."""

from dataclasses import replace

import pytest

from twin_engine.patient.record import Order
from twin_engine.proposals.alternatives import candidates
from twin_engine.proposals.catalogue import CATALOGUE, Catalogue

BETA_LACTAM = Catalogue(
    drug="meropenem",
    loads=(1000.0,),
    doses=(1000.0, 2000.0),
    intervals_h=(8.0, 3.0),
    daily=(3000.0,),
    fastest_per_h=2000.0,
    shortest_h=0.5,
    source="a table of this test",
    infusions_h=(0.5, 3.0),
)
ORDER = Order("as ordered", drug="meropenem", amount=1000.0, unit="mg", interval_h=8.0, infusion_h=0.5)


def test_infusion_times_are_tried_where_they_are_slow_and_short_enough() -> None:
    found = {(o.amount, o.interval_h, o.infusion_h) for o in candidates(ORDER, BETA_LACTAM)}
    assert found == {(1000.0, 8.0, 3.0), (2000.0, 8.0, 3.0), (1000.0, 3.0, 0.5), (2000.0, 3.0, 1.0)}


def test_an_unstated_infusion_time_is_no_difference() -> None:
    found = candidates(replace(ORDER, infusion_h=None), BETA_LACTAM)
    assert all(o.amount != 1000.0 or o.interval_h != 8.0 for o in found)


@pytest.mark.parametrize(
    ("drug", "rates"),
    [
        ("meropenem", [83.3, 125.0, 166.0, 250.0]),
        ("piperacillin_tazobactam", [333.0, 500.0, 666.0]),
        ("linezolid", [25.0, 37.5, 50.0]),
    ],
)
def test_a_rate_is_one_that_a_pump_can_be_set_to_and_no_more_than_the_day_allows(drug: str, rates: list[float]) -> None:
    pump = replace(ORDER, drug=drug, amount=None, interval_h=None, infusion_h=None, rate=1.0, unit="mg/h")
    found = candidates(pump, CATALOGUE[drug])
    assert [o.rate for o in found] == rates
    assert not [o for o in candidates(replace(pump, rate=16000 / 24), CATALOGUE[drug]) if o.rate == 666.0], "as ordered"


def test_a_rate_is_offered_in_the_drugs_own_unit() -> None:
    pump = replace(ORDER, amount=None, interval_h=None, infusion_h=None, rate=100.0, unit="mg/h")
    assert [(o.rate, o.unit, o.label) for o in candidates(pump, BETA_LACTAM)] == [
        (125.0, "mg/h", "meropenem 3,000 mg per 24 h continuously")
    ]


@pytest.mark.parametrize("change", [{"as_needed": True}, {"max_amount": 2000.0}, {"stop": True}, {"amount": None}])
def test_some_orders_have_no_alternatives(change: dict[str, object]) -> None:
    other = replace(ORDER, **change)  # type: ignore[arg-type]
    assert candidates(other, BETA_LACTAM) == ()
    assert candidates(ORDER, None) == (), "a drug without a catalogue"


@pytest.mark.parametrize(("every", "longest"), [(8.0, 24.0), (12.0, 24.0), (24.0, 48.0), (48.0, 48.0)])
def test_doses_rarer_than_daily_need_an_order_that_is_daily(every: float, longest: float) -> None:
    order = Order("as ordered", drug="vancomycin", amount=1000.0, unit="mg", interval_h=every, infusion_h=1.0)
    assert max(o.interval_h or 0.0 for o in candidates(order, CATALOGUE["vancomycin"])) == longest
