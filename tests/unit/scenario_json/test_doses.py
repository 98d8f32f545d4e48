"""Administrations and orders: units of doses, concentrations, what is kept when a dose cannot be read."""

from typing import Any

import pytest

from tests.unit.scenario_json.documents import dose, order, scenario
from twin_engine.patient.record import Administration, Order
from twin_engine.scenario import Scenario
from twin_engine.scenario_json import ScenarioError, read


def given(**changes: Any) -> Administration:
    return read(scenario(administrations=[dose(**changes)])).record.administrations[0]


def ordered(**changes: Any) -> Order:
    return read(scenario(orders=[order(**changes)])).orders[0]


def statuses(found: Scenario) -> list[tuple[str, str]]:
    return [(r.variable, r.status) for r in found.remarks]


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"amount": 1.5, "unit": "g"}, (1500.0, None, "mg")),
        ({"drug": "fentanyl", "amount": 0.1, "unit": "mg"}, (100.0, None, "ug")),
        ({"drug": "potassium_chloride", "amount": 40, "unit": "mEq"}, (40.0, None, "mmol")),
        ({"drug": "potassium_chloride", "amount": 745.5, "unit": "mg"}, (10.0, None, "mmol")),
        ({"drug": "insulin", "amount": ..., "rate": 2, "unit": "[iU]/h"}, (None, 2.0, "U/h")),
        ({"drug": "vasopressin", "amount": ..., "rate": 0.03, "unit": "units/min"}, (None, 1.8, "U/h")),
        ({"drug": "remifentanil", "amount": ..., "rate": 2, "unit": "ug/min"}, (None, 120.0, "ug/h")),
        ({"amount": 25, "unit": "mg/kg"}, (25.0, None, "mg/kg")),
        ({"drug": "norepinephrine", "amount": ..., "rate": 0.1, "unit": "mcg/kg/min"}, (None, 0.1, "ug/kg/min")),
        ({"drug": "propofol", "amount": ..., "rate": 5, "unit": "mL/h", "concentration": 10, "concentration_unit": "mg/mL"},
         (None, 50.0, "mg/h")),
        ({"amount": 0.25, "unit": "L", "concentration": {"value": 4, "unit": "g/L"}}, (1000.0, None, "mg")),
        ({"drug": "norepinephrine", "amount": ..., "rate": 0.1, "unit": "mL/kg/h", "concentration": 16,
          "concentration_unit": "ug/mL"}, (None, 1.6, "ug/kg/h")),
    ],
)  # fmt: skip
def test_doses_come_in_the_units_of_the_drug(changes: dict[str, Any], expected: tuple[object, ...]) -> None:
    for found in (given(**changes), ordered(**changes)):
        amount, rate, unit = expected
        assert found.amount == (None if amount is None else pytest.approx(amount))
        assert found.rate == (None if rate is None else pytest.approx(rate))
        assert found.unit == unit


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"drug": "fosphenytoin", "amount": 1.5, "unit": "g PE"}, (1500.0, None, "mg")),
        ({"drug": "fosphenytoin", "amount": 20, "unit": "mg PE/kg"}, (20.0, None, "mg/kg")),
        ({"drug": "fosphenytoin", "amount": ..., "rate": 100, "unit": "mg{PE}/min"}, (None, 6000.0, "mg/h")),
        ({"drug": "fosphenytoin", "amount": 20, "unit": "mL", "concentration": 50, "concentration_unit": "mg PE/mL"},
         (1000.0, None, "mg")),
        ({"drug": "phenytoin", "amount": 1000, "unit": "mg phenytoin equivalents"}, (1000.0, None, "mg")),
    ],
)  # fmt: skip
def test_fosphenytoin_counts_as_phenytoin_in_its_equivalents(changes: dict[str, Any], expected: tuple[object, ...]) -> None:
    one, other = given(**changes), ordered(**changes)
    assert other.prodrug
    for found in (one, other):
        assert found.drug == "phenytoin"
        assert (found.amount, found.rate, found.unit) == pytest.approx(expected)


@pytest.mark.parametrize(
    "changes",
    [
        {"drug": "fosphenytoin", "amount": 1500, "unit": "mg"},
        {"drug": "fosphenytoin", "amount": 20, "unit": "mL", "concentration": 75, "concentration_unit": "mg/mL"},
    ],
)
def test_fosphenytoin_by_its_own_weight_is_not_read(changes: dict[str, Any]) -> None:
    """1.5 mg of it is 1 mg PE: whoever writes plain milligrams may mean either."""
    found = read(scenario(administrations=[dose(**changes)], orders=[order(**changes)]))
    assert (found.record.administrations[0].amount, found.orders[0].amount) == (None, None)
    assert ("phenytoin", "phenytoin equivalents" in found.remarks[0].effect) == (found.remarks[0].variable, True)


def test_equivalents_of_phenytoin_are_no_unit_of_another_drug() -> None:
    assert given(unit="mg PE").amount is None


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"unit": "tablet"}, "tablet"),
        ({"unit": None}, "without a unit"),
        ({"unit": "mmol"}, None),
        ({"unit": "U"}, "cannot convert U to mg"),
        ({"unit": "mL"}, "needs a concentration"),
        ({"unit": "mL", "concentration": 5}, "needs a concentration"),
        ({"unit": "mL", "concentration": 5, "concentration_unit": "U/mL"}, "cannot convert U/mL"),
        ({"unit": "mg/h"}, "not a unit of this dose"),
        ({"amount": ..., "rate": 10, "unit": "mg"}, "not a unit of this dose"),
    ],
)
def test_a_dose_that_cannot_be_read_stays_without_amount(changes: dict[str, Any], words: str | None) -> None:
    """It was given, or is about to be: dropping it would let the rest be predicted as if it were not."""
    found = read(scenario(administrations=[dose(**changes)], orders=[order(**changes)]))
    administration, drafted = found.record.administrations[0], found.orders[0]
    if words is None:  # a molar mass is known: nothing is lost
        assert administration.amount == pytest.approx(1500 * 1449.3)
        return
    assert (administration.amount, administration.rate, administration.unit) == (None, None, "")
    assert (drafted.amount, drafted.rate, drafted.unit) == (None, None, None)
    assert statuses(found) == [("vancomycin", "ignored")]
    assert words in found.remarks[0].effect


@pytest.mark.parametrize(
    "changes",
    [
        {"amount": -1},
        {"amount": "500 mg"},
        {"amount": True},
        {"amount": 1e308},
        {"amount": float("nan")},
        {"rate": 5},
        {"concentration": -1},
        {"concentration": "5"},
        {"carbohydrate_g_per_day": -1},
        {"drug": 7},
    ],
)
def test_an_impossible_dose_is_an_error(changes: dict[str, Any]) -> None:
    for name, row in (("administrations", dose(**changes)), ("orders", order(**changes))):
        with pytest.raises(ScenarioError, match=rf"^{name}\[0\]"):
            read(scenario(**{name: [row]}))


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"start": None}, "incomplete_dose_history"),
        ({"start": "2026-01-02"}, "incomplete_dose_history"),
        ({"end": "2026-01-02T09:30:00"}, "incomplete_dose_history"),
        ({"start": "2026-01-03T08:00:01Z", "end": None}, "ignored"),
    ],
)
def test_a_dose_without_a_usable_time_is_dropped_and_said(changes: dict[str, Any], status: str) -> None:
    found = read(scenario(administrations=[dose(**changes)]))
    assert found.record.administrations == ()
    assert statuses(found) == [("vancomycin", status)]


def test_a_dose_that_ends_before_it_starts_keeps_its_place_only() -> None:
    found = read(scenario(administrations=[dose(end="2026-01-02T07:00:00Z")]))
    assert found.record.administrations[0].amount is None
    assert statuses(found) == [("vancomycin", "implausible")]


def test_a_running_infusion_may_reach_into_the_future() -> None:
    found = given(start="2026-01-03T07:30:00Z", end="2026-01-03T09:00:00Z")
    assert found.end is not None
    assert found.end > read(scenario()).at


def test_fluids_and_feeds_have_any_name_and_say_what_they_contain() -> None:
    saline = {"drug": "nacl_0_9", "rate": 0.1, "unit": "L/h", "sodium_mmol_per_l": 154, "kind": "crystalloid"}
    feed = {"drug": "enteral feed", "carbohydrate_g_per_day": 180, "kind": "porridge"}
    start = {"start": "2026-01-03T06:00:00Z"}
    found = read(scenario(administrations=[saline | start, feed | start], orders=[saline, feed]))
    for rows in (found.record.administrations, found.orders):
        assert (rows[0].rate, rows[0].unit) == (pytest.approx(100.0), "mL/h")
        assert rows[0].composition is not None
        assert (rows[0].composition.sodium_mmol_per_l, rows[0].composition.kind) == (154.0, "crystalloid")
        assert (rows[1].carbohydrate_g_per_day, rows[1].composition) == (180.0, None)
    assert statuses(found) == [("porridge", "ignored")]


def test_orders_get_their_label_and_start() -> None:
    plain, early, late = read(
        scenario(
            orders=[order(), order(start="2026-01-03T01:00:00Z", label=""), order(start="2026-01-03T09:00:00Z", label="b")]
        )
    ).orders
    assert (plain.label, early.label, late.label) == ("as ordered", "as ordered", "b")
    at = read(scenario()).at
    assert (plain.start, early.start) == (at, at)
    assert late.start is not None
    assert late.start > at


def test_active_orders_keep_when_they_started() -> None:
    found = read(scenario(current_orders=[order(start="2026-01-01T08:00:00Z"), order()])).record.current_orders
    assert found[0].start is not None
    assert found[0].start.day == 1
    assert found[1].start is None


def test_a_start_without_zone_is_assumed_and_an_end_without_zone_is_not() -> None:
    found = read(scenario(orders=[order(start="2026-01-03T09:00:00"), order(until="2026-01-04T09:00:00")]))
    assert statuses(found) == [("vancomycin", "assumed"), ("vancomycin", "ignored")]
    assert (found.orders[0].start, found.orders[0].amount) == (found.at, 1000.0)
    assert (found.orders[1].until, found.orders[1].amount) == (None, None)


@pytest.mark.parametrize(
    "changes",
    [
        {"interval_h": 0},
        {"interval_h": -12},
        {"interval_h": 1e-6},
        {"infusion_h": -1},
        {"infusion_h": 1e6},
        {"count": 0},
        {"count": 1.5},
        {"stop": "yes"},
        {"label": "no change"},
        {"label": "x" * 201},
        {"dosing_weight_kg": 0},
        {"dosing_weight_kg": 5000},
        {"settings": []},
        {"settings": {"peep": 5}},
        {"start": "2026-01-03T10:00:00Z", "until": "2026-01-03T09:00:00Z"},
    ],
)
def test_an_order_that_contradicts_itself_is_an_error(changes: dict[str, Any]) -> None:
    with pytest.raises(ScenarioError, match=r"^orders\[0\]"):
        read(scenario(orders=[order(**changes)]))


def test_ordered_settings_are_kept_as_ordered_for_the_limits_to_judge() -> None:
    settings = {
        "peep": {"value": 500, "unit": "cm[H2O]"},
        "fio2": {"value": 60, "unit": "%"},
        "ventilator_mode": {"category": "psv"},
    }
    found = read(scenario(orders=[{"settings": settings}])).orders[0].settings
    assert [(s.variable, s.value, s.category) for s in found] == [
        ("peep", 500.0, None),
        ("fio2", 0.6, None),
        ("ventilator_mode", None, "psv"),
    ]


def test_an_ordered_setting_that_cannot_be_read_stays_without_value() -> None:
    found = read(
        scenario(orders=[{"settings": {"peep": {"value": 5, "unit": "mg"}, "sodium": {"value": 140, "unit": "mmol/L"}}}])
    )
    assert [(s.variable, s.value) for s in found.orders[0].settings] == [("peep", None)]
    assert statuses(found) == [("peep", "ignored"), ("sodium", "ignored")]


def test_a_range_is_read_to_its_upper_end() -> None:
    found = ordered(drug="fentanyl", amount=0.025, max_amount=0.1, unit="mg", interval_h=None, as_needed=True)
    assert (found.amount, found.max_amount, found.unit, found.as_needed) == (25.0, 100.0, "ug", True)


def test_an_unknown_drug_is_dropped_from_the_history_but_stays_an_order() -> None:
    """A draft with a drug that nobody knows is not cleared as if that drug were not in it."""
    found = read(scenario(administrations=[dose(drug="snake_oil")], orders=[order(drug="snake_oil")]))
    assert found.record.administrations == ()
    assert [o.drug for o in found.orders] == ["snake_oil"]
    assert [r.variable for r in found.remarks] == ["snake_oil", "snake_oil"]


def test_an_unknown_drug_without_a_unit_is_still_only_unknown() -> None:
    found = read(scenario(administrations=[dose(drug="snake_oil", unit=None)]))
    assert [(r.variable, r.effect) for r in found.remarks] == [("snake_oil", "unknown drug")]


def test_an_order_of_nothing_is_ignored() -> None:
    found = read(scenario(orders=[{"label": "empty"}]))
    assert found.orders == ()
    assert statuses(found) == [("empty", "ignored")]
