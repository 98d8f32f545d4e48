"""What is written reads back as the same scenario; the answer has the published keys and rounding."""

import json
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from tests.checkout import ROOT
from tests.unit.scenario_json.documents import measurement, order, scenario
from twin_engine.outcome import CannotPredict, ModelError
from twin_engine.patient.record import DataQuality, Order
from twin_engine.prediction import (
    Bands,
    Forecast,
    Metric,
    ModelSummary,
    ParameterSummary,
    Place,
    Prediction,
    Reported,
    SafetyFinding,
    SafetyVerdict,
)
from twin_engine.scenario_json import answer, read, write

AT = datetime(2026, 1, 3, 8, tzinfo=UTC)
EXAMPLES = sorted((ROOT / "openapi" / "examples").glob("scenario_*.json"))


def prediction() -> Prediction:
    """One of everything, with numbers that show rounding."""
    third = 1.0 / 3.0
    parameter = ParameterSummary("L/h", 3.9, 2.6, third, 1.9, 3.8)
    summary = ModelSummary(
        "vancomycin", "vancomycin", "verified", 1.0, 2, 301.123456789, {"CL": parameter}, False, {"CL": 0.1}, ((AT, 0.5),)
    )
    metric = Metric("mg.h/L", 512.3456789, 390.0, 650.0, 0.72, 0.12, 0.16, 0.12, (400.0, 600.0), 600.0)
    forecast = Forecast(
        label="as ordered",
        orders=(Order("as ordered", "vancomycin", amount=1000.0, unit="mg", interval_h=12.0, infusion_h=0.0),),
        times=(AT,),
        variables={"vancomycin": Bands("mg/L", (1e-7 * third,), (1.0,), (2.0,), (3.0,), (123456.789,))},
        metrics={"vancomycin_auc24_steady": metric},
        report=(Reported(AT, "vancomycin", 20.9, 21.3, 15.0, 29.1, 12.8, 33.0),),
        safety=SafetyVerdict(False, (SafetyFinding("absolute", "above the limit", "somebody 2020"),)),
        places={"vancomycin": Place("vancomycin_auc24_steady", 2, 0.6)},
    )
    bare = Forecast("no change", (), (), {}, {}, (), SafetyVerdict(True))
    return Prediction(
        at=AT,
        twin={"vancomycin_goti_2018": summary},
        forecasts=(forecast, bare),
        suggestions={},
        cannot_predict=(CannotPredict("map", "no recent pressure"),),
        data_quality=(DataQuality("weight", "stale", "wider", 216.0), DataQuality("x", "ignored", "unknown variable")),
        versions={"icu_twin": "0"},
    )


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_examples_round_trip(path) -> None:
    found = read(json.loads(path.read_text(encoding="utf-8")))
    assert read(json.loads(json.dumps(write(found), allow_nan=False))) == found


def test_what_was_lost_stays_said_after_a_round_trip() -> None:
    rows = [measurement(variable="aura"), measurement(comparator="<", during_infusion=True, specimen="venous", source="device")]
    orders = [
        order(unit="tablet"),
        order(drug="snake_oil"),
        order(stop=True, as_needed=True, label="b"),
        {"settings": {"peep": {"value": 5, "unit": "mg"}, "fio2": {"value": 0.5, "unit": "1"}}},
    ]
    found = read(scenario(measurements=rows, orders=orders, current_orders=[order(start="2026-01-01T00:00:00Z")]))
    assert len(found.remarks) == 4
    assert read(write(found)) == found


def test_a_bolus_is_written_as_zero_hours_not_as_unknown() -> None:
    found = read(scenario(orders=[order(infusion_h=0)]))
    assert write(found)["orders"][0]["infusion_h"] == 0.0


def test_a_prodrug_stays_one() -> None:
    """Its rate is held against another limit than that of the drug itself."""
    found = read(scenario(orders=[order(drug="phenytoin", unit="mg", prodrug=True)]))
    assert found.orders[0].prodrug
    assert read(write(found)).orders == found.orders


def test_the_answer_has_the_published_keys() -> None:
    found = json.loads(json.dumps(answer(prediction()), allow_nan=False))
    assert {"twin", "forecasts", "suggested", "cannot_predict", "data_quality", "versions"} <= set(found)
    model = found["twin"]["vancomycin_goti_2018"]
    assert {"status", "weight", "n_observations", "ess", "parameters"} <= set(model)
    assert model["parameters"]["CL"] == {
        "unit": "L/h", "typical": 3.9, "mode": 2.6, "median": 0.333333, "low": 1.9, "high": 3.8,
    }  # fmt: skip
    first, second = found["forecasts"]
    assert {"label", "times", "variables", "metrics", "report", "safety", "rank"} <= set(first)
    assert first["times"] == ["2026-01-03T08:00:00Z"]
    assert set(first["variables"]["vancomycin"]) == {"unit", "p5", "p25", "p50", "p75", "p95"}
    assert first["metrics"]["vancomycin_auc24_steady"]["p_in_target"] == 0.72
    assert first["report"][0] == {
        "time": "2026-01-03T08:00:00Z", "variable": "vancomycin", "mode": 20.9, "median": 21.3, "low": 15.0, "high": 29.1,
        "predicted_low": 12.8, "predicted_high": 33.0,
    }  # fmt: skip
    assert (first["safety"]["cleared"], first["safety"]["reasons"]) == (False, ["above the limit"])
    assert (second["safety"]["reasons"], second["rank"]) == ([], None)
    assert found["cannot_predict"] == [{"variable": "map", "reason": "no recent pressure"}]
    assert found["data_quality"] == [
        {"variable": "weight", "status": "stale", "age_h": 216.0, "effect": "wider"},
        {"variable": "x", "status": "ignored", "age_h": None, "effect": "unknown variable"},
    ]


def test_numbers_have_six_significant_digits() -> None:
    found = answer(prediction())
    curves = found["forecasts"][0]["variables"]["vancomycin"]
    assert (curves["p5"], curves["p95"]) == ([3.33333e-08], [123457.0])
    assert found["twin"]["vancomycin_goti_2018"]["ess"] == 301.123


def test_what_stands_only_in_some_forecasts_is_left_out_of_the_others() -> None:
    first, second = answer(prediction())["forecasts"]
    assert (first["utility"], first["ranking_metric"]) == (0.6, "vancomycin_auc24_steady")
    assert {"utility", "ranking_metric", "better_in", "changes"}.isdisjoint(second)


@pytest.mark.parametrize("bad", [float("nan"), float("inf")])
def test_a_number_that_is_none_is_a_bug(bad: float) -> None:
    whole = prediction()
    broken = replace(whole, forecasts=(replace(whole.forecasts[0], places={"vancomycin": Place("auc24", 1, bad)}),))
    with pytest.raises(ModelError):
        answer(broken)
