"""Neighbouring rates, the aim, the ranking and the effect against no change."""

from dataclasses import replace

import numpy as np
import pytest

from tests.unit.circulation.charts import after, chart, measured, scenario, step
from twin_engine.circulation.aim import USUAL, aim_of
from twin_engine.circulation.judge import Judged, places
from twin_engine.circulation.steps import STEPS, neighbours
from twin_engine.patient.record import Order, PatientRecord, sorted_by_time
from twin_engine.patient.skull import raised_icp
from twin_engine.patient.variables import DRUGS
from twin_engine.predict import predict
from twin_engine.prediction import Prediction
from twin_engine.safety.limits import limits_of
from twin_engine.scenario import AS_ORDERED, NO_CHANGE

SOON, EFFECT = "map_10min", "map_effect_10min"


def run(record: PatientRecord, *orders: Order, **other: object) -> Prediction:
    return predict(scenario(record, *orders, **other))  # type: ignore[arg-type]


def with_icp(value: float, minutes: float) -> PatientRecord:
    base = chart(conditions=["raised_icp"])
    icp = measured("icp", value, "mm[Hg]", minutes)
    return PatientRecord(base.birth_date, base.sex, (*base.measurements, icp), base.administrations, conditions=base.conditions)


def test_steps_are_near_the_order_in_its_own_unit() -> None:
    rates = [o.rate for o in neighbours(step(0.25), 70.0)]
    assert rates == pytest.approx([0.15, 0.18, 0.2, 0.3, 0.35, 0.4])
    per_minute = neighbours(step(17.5, unit="ug/min"), 70.0)
    assert [o.rate for o in per_minute] == pytest.approx([r * 70.0 for r in rates if r])
    assert {o.unit for o in per_minute} == {"ug/min"}
    assert neighbours(step(17.5, unit="ug/min"), None) == ()


@pytest.mark.parametrize(
    "order",
    [
        Order(AS_ORDERED, drug="norepinephrine", stop=True, start=after(0.0)),
        Order(AS_ORDERED, drug="phenylephrine", amount=100.0, unit="ug", infusion_h=0.0, start=after(0.0)),
        step(0.1, max_rate=0.3),
        step(0.1, as_needed=True),
    ],
)
def test_only_a_plain_rate_has_steps(order: Order) -> None:
    assert neighbours(order, 70.0) == ()


@pytest.mark.parametrize("drug", STEPS)
def test_no_step_is_beyond_an_absolute_limit(drug: str) -> None:
    unit, rates = STEPS[drug]
    absolute = next(x for x in limits_of(drug) if x.severity == "absolute" and x.quantity == "infusion_rate")
    per_unit = 60.0 if absolute.unit == f"{DRUGS[drug].amount_unit}/h" else 1.0
    assert max(rates) * per_unit <= absolute.highest
    assert list(rates) == sorted(rates)
    assert unit.endswith("/min")


def test_the_rate_that_runs_is_no_alternative_to_it() -> None:
    labels = [f.label for f in run(chart(rate=0.35), step(0.2)).forecasts]
    assert NO_CHANGE in labels
    assert "norepinephrine 0.35 ug/kg/min" not in labels


def test_alternatives_name_the_draft_they_vary_and_none_is_suggested() -> None:
    found = run(chart(), step(0.25))
    others = [f for f in found.forecasts if f.changes is not None]
    assert 0 < len(others) <= 3
    assert {f.changes for f in others} == {AS_ORDERED}
    assert all(f.safety.cleared and f.orders[0].rate != 0.25 for f in others)
    assert found.suggested is None
    ranks = sorted(f.places["norepinephrine"].rank for f in found.forecasts if "norepinephrine" in f.places)
    assert ranks[0] == 1
    assert not [f for f in run(chart(), step(0.25), alternatives="none").forecasts if f.changes]


def test_a_step_that_by_its_higher_reading_leads_above_the_aim_comes_after_a_smaller_one() -> None:
    """By the lower reading alone the largest step is always the best of a pressure that is too low."""

    def two(lower: float, higher: float, missed: int) -> Judged:
        cautious, highest = np.full((1, 100), 70.0), np.full((1, 100), 72.0)
        cautious[0, :missed], highest[0, missed : 2 * missed] = lower, higher
        return Judged(cautious, highest, cautious, highest, highest - cautious)

    smaller, larger = two(60.0, 72.0, 20), two(70.0, 90.0, 45)
    doses = {"smaller": 1.0, "larger": 2.0}
    cleared = dict.fromkeys(doses, True)
    found = places({"larger": larger, "smaller": smaller}, USUAL, doses, cleared, None, list(doses))
    assert found["smaller"].rank < found["larger"].rank


def test_a_rate_beyond_a_limit_is_not_offered() -> None:
    offered = [f.orders[0].rate for f in run(chart(), step(0.45)).forecasts if f.changes]
    assert max(r for r in offered if r) <= 0.5


def test_probabilities_count_copies_and_fall_with_the_dose() -> None:
    low, high = (run(chart(), step(rate)).forecasts[0].metrics[SOON] for rate in (0.05, 0.5))
    for metric in (low, high):
        assert metric.p_in_target + metric.p_above + metric.p_below == pytest.approx(1.0)
        assert metric.p_harm == metric.p_below
    assert low.p_below > high.p_below


def test_the_effect_is_the_paired_difference_to_no_change() -> None:
    found = run(chart(), step(0.25))
    ordered, unchanged = found.forecasts[0].metrics, found.forecast(NO_CHANGE)
    assert unchanged is not None
    assert EFFECT not in unchanged.metrics
    assert ordered[EFFECT].median == pytest.approx(4.1, abs=0.5)
    assert 0.0 < ordered[EFFECT].low < ordered[EFFECT].high


def test_the_target_follows_the_intracranial_pressure() -> None:
    aim = aim_of(with_icp(22.0, -10.0), after(0.0))
    assert (aim.low, aim.high) == (82.0, 92.0)
    lowest = aim_of(with_icp(2.0, -10.0), after(0.0))
    assert (lowest.low, lowest.high) == (65.0, 75.0), "other organs need their pressure, too"


def test_without_a_target_a_pressure_below_the_floor_still_counts_as_harm() -> None:
    aimed, unaimed = (run(record, step(0.25)).forecasts[0] for record in (chart(), with_icp(22.0, -90.0)))
    assert unaimed.metrics[SOON].target == (65.0, None)
    assert unaimed.metrics[SOON].p_below == aimed.metrics[SOON].p_below > 0.5
    assert unaimed.metrics[SOON].p_above == 0.0
    assert aimed.places
    assert not unaimed.places


@pytest.mark.parametrize(
    ("charted", "raised"),
    [
        ([(25.0, -14400.0)], False),
        ([(25.0, -14400.0), (26.0, -14340.0)], False),
        ([(25.0, 10.0), (26.0, 20.0)], False),
        ([(25.0, -10.0)], False),
        ([(25.0, -125.0), (26.0, -10.0)], False),
        ([(22.0, -70.0), (22.0, -10.0)], False),
        ([(25.0, -11.0), (30.0, -10.5), (26.0, -10.0)], False),
        ([(25.0, -15.0), (26.0, -10.0)], True),
        ([(25.0, -70.0), (26.0, -10.0)], True),
        ([(25.0, -70.0), (26.0, -40.0), (21.0, -10.0)], True),
    ],
    ids=[
        "10 days",
        "two of 10 days",
        "after now",
        "one",
        "one old",
        "not above",
        "a cough",
        "five minutes",
        "two",
        "two and one below",
    ],
)
def test_the_pressure_in_the_skull_is_raised_if_two_values_of_two_hours_say_so(
    charted: list[tuple[float, float]], raised: bool
) -> None:
    base = chart()
    added = (measured("icp", value, "mm[Hg]", minutes) for value, minutes in charted)
    record = replace(base, measurements=sorted_by_time((*base.measurements, *added)))
    assert raised_icp(record, after(0.0)) is raised
    assert (aim_of(record, after(0.0)) is USUAL) is not raised


def test_two_pressors_in_one_option_are_one_load() -> None:
    both = run(chart(), step(0.2), step(0.02, drug="vasopressin", unit="U/min")).forecasts[0].metrics[EFFECT]
    one = run(chart(), step(0.25)).forecasts[0].metrics[EFFECT]
    assert both.median == pytest.approx(one.median, abs=1e-6)
