"""Freshness by the table, and remarks on what is old or missing."""

from datetime import UTC, date, datetime, timedelta
from math import inf

import pytest

from twin_engine.patient.quality import (
    RULES,
    Freshness,
    charted_freshness,
    creatinine_moved,
    creatinine_rose,
    freshness,
    plausible,
    states,
    weight_sd,
)
from twin_engine.patient.record import Measurement, PatientRecord, Setting
from twin_engine.patient.variables import VARIABLES

AT = datetime(2026, 1, 3, 8, tzinfo=UTC)


def record(*values: tuple[str, float, float], settings: tuple[Setting, ...] = ()) -> PatientRecord:
    """Values as (variable, value, hours before AT)."""
    rows = [Measurement(name, value, VARIABLES[name].unit, AT - timedelta(hours=age)) for name, value, age in values]
    return PatientRecord(date(1960, 1, 1), "male", tuple(sorted(rows, key=lambda m: m.time)), settings=settings)


@pytest.mark.parametrize(
    ("variable", "fresh_h", "usable_h"),
    [
        ("map", 0.25, 1.0),
        ("heart_rate", 0.25, inf),
        ("spo2", 0.25, inf),
        ("peep", 4.0, 12.0),
        ("fio2", 4.0, 12.0),
        ("plateau_pressure", 4.0, 12.0),
        ("pao2", 2.0, 8.0),
        ("glucose", 1.0, 2.0),
        ("sodium", 6.0, 24.0),
        ("potassium", 6.0, 24.0),
        ("creatinine", 24.0, 72.0),
        ("hemoglobin", 24.0, 168.0),
        ("albumin", 168.0, 720.0),
        ("weight", 72.0, inf),
        ("height", inf, inf),
        ("wbc", inf, inf),
    ],
)
def test_freshness_follows_the_table(variable: str, fresh_h: float, usable_h: float) -> None:
    assert freshness(variable, 0.0) == "fresh"
    if fresh_h < inf:
        assert freshness(variable, fresh_h) == "fresh"
        assert freshness(variable, fresh_h + 0.01) == "usable"
    if usable_h < inf:
        assert freshness(variable, usable_h) == "usable"
        assert freshness(variable, usable_h + 0.01) == "beyond"
    if usable_h == inf:
        assert freshness(variable, 1e6) != "beyond"


def test_every_rule_is_of_a_variable_and_says_what_happens_beyond() -> None:
    for name, rule in RULES.items():
        assert name.removesuffix(":changed") in VARIABLES
        assert rule.fresh_h <= rule.usable_h
        assert rule.beyond or rule.fresh_h == inf


@pytest.mark.parametrize(
    ("before", "newest", "state"), [(0.9, 0.9, "fresh"), (0.9, 1.19, "fresh"), (0.9, 1.2, "usable"), (1.5, 1.0, "usable")]
)
def test_a_creatinine_that_moved_ages_faster(before: float, newest: float, state: str) -> None:
    def of_age(hours: float) -> Freshness | None:
        return charted_freshness(record(("creatinine", before, 30.0), ("creatinine", newest, hours)), "creatinine", AT)

    assert of_age(18.0) == state
    assert of_age(12.0) == "fresh"


def test_a_creatinine_moved_when_its_last_two_values_differ() -> None:
    assert creatinine_moved(record(("creatinine", 1.0, 30.0), ("creatinine", 1.3, 2.0)), AT)
    assert not creatinine_moved(record(("creatinine", 2.0, 50.0), ("creatinine", 1.0, 30.0), ("creatinine", 1.2, 2.0)), AT)
    assert not creatinine_moved(record(("creatinine", 2.0, 50.0)), AT)


def test_small_steps_of_a_creatinine_drawn_often_add_up() -> None:
    rising = record(*(("creatinine", 1.0 + 0.25 * i, 24.0 - 4.0 * i) for i in range(7)))
    falling = record(*(("creatinine", value, age) for value, age in ((3.0, 36.0), (3.0, 24.0), (2.0, 12.0), (1.75, 2.0))))
    assert creatinine_moved(rising, AT)
    assert creatinine_rose(rising, AT)
    assert creatinine_moved(falling, AT)
    assert not creatinine_rose(falling, AT)


@pytest.mark.parametrize(("age_h", "sd"), [(72.0, 0.0), (96.0, 0.09), (240.0, 0.15), (24.0 * 60, 0.20)])
def test_an_old_weight_is_widened(age_h: float, sd: float) -> None:
    assert weight_sd(age_h) == pytest.approx(sd)


def test_the_newest_value_or_setting_says_how_fresh_a_variable_is() -> None:
    peep = [Setting("peep", 10.0, "cm[H2O]", AT + timedelta(hours=hours)) for hours in (-5, 1)]
    patient = record(("weight", 80.0, 96.0), ("creatinine", 1.0, 80.0), ("sodium", 140.0, 1.0), settings=tuple(peep))
    assert states(patient, ("weight", "creatinine", "sodium", "height", "peep"), AT) == {
        "weight": "usable",
        "creatinine": "beyond",
        "sodium": "fresh",
        "height": None,
        "peep": "usable",
    }
    moved = record(("creatinine", 1.0, 40.0), ("creatinine", 1.4, 13.0))
    assert states(moved, ("creatinine",), AT) == {"creatinine": "usable"}


def test_plausible_bounds_are_inclusive() -> None:
    assert plausible("gcs", 3.0)
    assert plausible("gcs", 15.0)
    assert not plausible("gcs", 2.0)
    assert not plausible("gcs", float("nan"))
