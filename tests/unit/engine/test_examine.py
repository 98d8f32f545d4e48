"""What is said of a chart without fitting: the same as with all fits, and fits only where a level is questioned."""

import json
from dataclasses import replace
from typing import Any

import pytest

from bench.charts import scenario as vancomycin
from bench.charts import stamp
from tests.golden.predicted import SCENARIOS
from twin_engine import dosing
from twin_engine.predict import examine, predict
from twin_engine.scenario import Scenario
from twin_engine.scenario_json import read


@pytest.fixture
def fits(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The drugs that were fitted."""
    found: list[str] = []
    fitted = dosing.refresh

    def counted(record: Any, drug: str, *more: Any, **named: Any) -> Any:
        found.append(drug)
        return fitted(record, drug, *more, **named)

    monkeypatch.setattr(dosing, "refresh", counted)
    return found


def opened(document: dict[str, Any]) -> Scenario:
    """The chart of a scenario as it is opened: nothing is ordered, and no model is named."""
    return replace(read({**document, "orders": [], "alternatives": "none", "draws": 128}), models=None)


CHARTS = {path.stem: json.loads(path.read_text(encoding="utf-8")) for path in sorted(SCENARIOS.glob("*.json"))}


def leveled(level: float, **more: Any) -> dict[str, Any]:
    """A patient on vancomycin with one level, mg/L."""
    document = vancomycin(6, 1, 3)
    for row in document["measurements"]:
        if row["variable"] == "vancomycin":
            row["value"] = level
    return {**document, **more}


@pytest.mark.parametrize(
    "document", [*CHARTS.values(), leveled(14.0), leveled(35.0), leveled(90.0)], ids=[*CHARTS, "14", "35", "90"]
)
def test_the_same_is_said_as_with_every_option_forecast(document: dict[str, Any]) -> None:
    chart = opened(document)
    found, whole = examine(chart), predict(chart)
    drugs = {summary.drug for summary in whole.twin.values()}
    assert found.data_quality == whole.data_quality
    assert found.completeness == tuple(replace(c, width=None) if c.part in drugs else c for c in whole.completeness)
    assert (found.forecasts, found.twin, found.suggestions) == ((), {}, {})


def test_levels_that_no_model_questions_need_no_fit(fits: list[str]) -> None:
    found = examine(opened(leveled(14.0)))
    assert fits == []
    assert [c.part for c in found.completeness] == ["vancomycin", "kidneys"]
    assert all(c.grade == "A" for c in found.completeness)


def test_a_level_that_a_model_questions_is_judged_by_the_models_that_the_levels_favour(fits: list[str]) -> None:
    found = examine(opened(leveled(90.0)))
    assert fits == ["vancomycin"]
    assert "conflicting" in {q.status for q in found.data_quality if q.variable == "vancomycin"}


@pytest.mark.parametrize("lasted", [{"end": True}, {}], ids=["with an end", "at a moment"])
@pytest.mark.parametrize(("hours_ago", "ordered", "examined"), [(50, False, True), (70, False, False), (70, True, True)])
def test_a_drug_that_is_over_is_left_alone(hours_ago: float, ordered: bool, examined: bool, lasted: dict[str, bool]) -> None:
    document = vancomycin(6, 0, 3)
    given = [
        {k: v for k, v in row.items() if k != "end"}
        | {"start": stamp(-hours_ago - 12 * i)}
        | ({"end": stamp(-hours_ago + 1 - 12 * i)} if lasted else {})
        for i, row in enumerate(document["administrations"])
    ]
    active = [dict(document["orders"][0], start=stamp(-90))] if ordered else []
    found = examine(opened({**document, "administrations": given, "current_orders": active}))
    assert ("vancomycin" in {c.part for c in found.completeness}) == examined
    assert ("incomplete_dose_history" in {q.status for q in found.data_quality}) == (examined and hours_ago > 60)
