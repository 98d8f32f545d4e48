"""Two sources of one variable that cannot both be right: when it is said, and that nothing is suggested on it."""

import json
from typing import Any

import pytest

from tests.golden.predicted import SCENARIOS
from tests.golden.predictions import AT, ago
from twin_engine.patient.contradiction import MAY_DIFFER, contradict, contradictions
from twin_engine.patient.record import Measurement, PatientRecord, Source
from twin_engine.patient.variables import VARIABLES
from twin_engine.predict import predict
from twin_engine.prediction import Prediction
from twin_engine.scenario_json import read

MINUTE = 1 / 60


def value(variable: str, number: float, source: Source, hours: float = 0.1, **more: Any) -> Measurement:
    return Measurement(variable, number, VARIABLES[variable].unit, ago(hours), source=source, **more)


def found(*rows: Measurement) -> list[tuple[str, str]]:
    record = PatientRecord(None, "unknown", tuple(sorted(rows, key=lambda m: m.time)))
    return [(q.variable, q.status) for q in contradictions(record, AT)]


@pytest.mark.parametrize(
    ("variable", "one", "other", "apart"),
    [
        ("creatinine", 1.2, 1.5, False),
        ("creatinine", 1.2, 1.6, True),
        ("creatinine", 4.0, 4.6, False),
        ("creatinine", 4.0, 4.8, True),
        ("map", 70, 75, False),
        ("map", 70, 76, True),
        ("spo2", 92, 95, False),
        ("weight", 80, 83, True),
        ("height", 172.72, 173, False),
        ("height", 172, 175, True),
    ],
)
def test_values_of_one_minute_may_differ_by_the_table(variable: str, one: float, other: float, apart: bool) -> None:
    pair = value(variable, one, "device"), value(variable, other, "nurse_validated")
    assert contradict(*pair) is contradict(*pair[::-1]) is apart


def test_a_bound_contradicts_a_number() -> None:
    assert contradict(value("glucose", 30, "device", comparator=">"), value("glucose", 30, "laboratory"))


def test_every_variable_of_the_table_is_one_of_ours() -> None:
    assert VARIABLES.keys() >= MAY_DIFFER.keys()
    assert all(by > 0 or share > 0 for by, share in MAY_DIFFER.values())


def test_a_device_and_a_validated_value_minutes_apart_contradict_each_other() -> None:
    nurse = value("map", 95, "nurse_validated")
    for later in (0.1 + MINUTE, 0.1 - MINUTE):
        assert found(nurse, value("map", 60, "device", later)) == [("map", "conflicting")]
    assert found(nurse, value("map", 85, "device", 0.1 + MINUTE)) == [], "a patient moves in a minute"


@pytest.mark.parametrize(
    "other",
    [
        value("map", 60, "device", 0.1 + 3 * MINUTE),
        value("map", 60, "nurse_validated", 0.1 + MINUTE),
        value("map", 60, "unknown", 0.1 + MINUTE),
        value("map", 60, "device", 0.1 + MINUTE, site="noninvasive"),
        value("sbp", 60, "device", 0.1 + MINUTE),
    ],
    ids=["minutes before", "the same kind", "unknown source", "another place", "another variable"],
)
def test_what_is_no_contradiction(other: Measurement) -> None:
    assert found(value("map", 95, "nurse_validated"), other) == []


def test_a_contradiction_that_is_no_longer_the_newest_is_over() -> None:
    pair = value("map", 95, "nurse_validated", 0.5), value("map", 60, "device", 0.5 - MINUTE)
    assert found(*pair) == [("map", "conflicting")]
    assert found(*pair, value("map", 90, "nurse_validated", 0.1)) == []


def predicted(*rows: tuple[float, str, str], name: str = "weight") -> Prediction:
    """The order that is too high, with values of one variable (value, source, time) beside the chart."""
    document = json.loads((SCENARIOS / "too_high_with_a_level.json").read_text(encoding="utf-8"))
    document["draws"] = 128
    unit = VARIABLES[name].unit
    document["measurements"] += [{"variable": name, "value": v, "unit": unit, "source": s, "time": t} for v, s, t in rows]
    return predict(read(document))


def test_nothing_is_suggested_on_values_that_contradict_each_other() -> None:
    minutes = "2026-01-03T07:00:00Z", "2026-01-03T07:01:00Z"
    apart = (95, "device", minutes[0]), (82, "nurse_validated", minutes[1])
    assert predicted((83, "device", minutes[0]), (82, "nurse_validated", minutes[1])).suggested is not None
    for rows in (apart, tuple((v, s, minutes[0]) for v, s, _ in apart)):
        doubtful = predicted(*rows)
        assert doubtful.suggested is None
        assert [q.variable for q in doubtful.data_quality if q.status == "conflicting"] == ["weight"]
    other = predicted((90, "device", minutes[0]), (140, "nurse_validated", minutes[1]), name="heart_rate")
    assert other.suggested is not None, "vancomycin does not read it"


def test_an_old_or_small_difference_of_one_minute_is_only_noted() -> None:
    old, new = "2026-01-01T01:00:00Z", "2026-01-03T07:00:00Z"
    for rows in (
        ((95, "device", old), (82, "nurse_validated", old)),
        ((83, "device", new), (82, "nurse_validated", new)),
    ):
        remarks = [q for q in predicted(*rows).data_quality if q.effect.startswith("two values of weight in one minute")]
        assert [(q.variable, q.status) for q in remarks] == [("weight", "ignored")]


@pytest.mark.parametrize(
    ("before", "hours", "said"),
    [(82.0, 26.0, True), (105.0, 26.0, False), (82.0, 100.0, False), (180.8, 26.0, True)],
    ids=["38 kg in a day", "fluid", "long ago", "was read in pounds"],
)
def test_a_weight_that_jumps_is_a_contradiction(before: float, hours: float, said: bool) -> None:
    rows = (value("weight", before, "nurse_validated", hours), value("weight", 120.0, "nurse_validated", 2.0))
    assert found(*rows) == ([("weight", "conflicting")] if said else [])
    assert found(rows[1]) == []
