"""The grade of a chart for one drug, and the width of the interval of its clearance: both computed, neither asserted."""

import json
from typing import Any

import pytest

from tests.golden.predicted import SCENARIOS
from twin_engine.predict import predict
from twin_engine.prediction import Completeness
from twin_engine.scenario_json import read

LEVEL = "vancomycin"


def of(document: dict[str, Any], part: str = LEVEL) -> Completeness:
    [found] = [c for c in predict(read(document)).completeness if c.part == part]
    return found


def chart(**times: str | None) -> dict[str, Any]:
    """The newest values of a chart with a level; times replace those of variables, None takes the variable away."""
    document = json.loads((SCENARIOS / "too_high_with_a_level.json").read_text(encoding="utf-8"))
    newest = {m["variable"]: m for m in document["measurements"]}
    rows = [m for m in newest.values() if times.get(m["variable"], "") is not None]
    document["measurements"] = [{**m, "time": times.get(m["variable"], m["time"])} for m in rows]
    return {**document, "alternatives": "none", "draws": 1024}


@pytest.mark.parametrize(
    ("times", "grade", "because"),
    [
        ({}, "A", ()),
        ({"weight": "2025-12-28T08:00:00Z"}, "B", ("weight",)),
        ({"creatinine": "2026-01-02T03:00:00Z"}, "B", ("creatinine",)),
        ({"creatinine": "2025-12-30T03:00:00Z"}, "C", ("creatinine",)),
        ({"creatinine": "2025-12-30T03:00:00Z", "weight": "2025-12-28T08:00:00Z"}, "C", ("creatinine",)),
        ({LEVEL: "2026-01-01T08:00:00Z"}, "D", (LEVEL,)),
    ],
)
def test_the_grade_is_that_of_the_worst_datum(times: dict[str, str], grade: str, because: tuple[str, ...]) -> None:
    found = of(chart(**times))
    assert (found.grade, found.because) == (grade, because)


def test_a_value_in_contradiction_is_the_worst() -> None:
    document = json.loads((SCENARIOS / "too_high_where_two_weights_contradict.json").read_text(encoding="utf-8"))
    found = of({**document, "alternatives": "none"})
    assert (found.grade, found.because) == ("D", ("weight",))


def test_without_a_level_the_copies_are_as_wide_as_the_population() -> None:
    assert of(chart(vancomycin=None)).width == pytest.approx(1.0, abs=0.05)
    alone = chart(vancomycin=None) | {"models": ["vancomycin_goti_2018"]}
    assert of(alone).width == pytest.approx(1.0, abs=0.05), "as published"


def test_a_level_makes_the_interval_narrower_and_an_old_weight_wider() -> None:
    assert of(chart()).width < 0.9
    old = "2025-12-15T08:00:00Z"
    assert of(chart(vancomycin=None, weight=old)).width > of(chart(vancomycin=None)).width + 0.02
