"""The answer to a scenario as plain JSON values: finite floats to 6 significant digits, times in UTC ending in Z."""

import math
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from twin_engine.outcome import ModelError
from twin_engine.patient.record import DataQuality
from twin_engine.prediction import (
    Bands,
    Completeness,
    Forecast,
    Metric,
    ModelSummary,
    ParameterSummary,
    Place,
    Prediction,
    Reported,
    SafetyVerdict,
)
from twin_engine.scenario_json.writing import order, stamp


def answer(prediction: Prediction) -> dict[str, Any]:
    """The answer as JSON. Raises ModelError when a predicted number is not finite."""
    return {
        "at": stamp(prediction.at),
        "twin": {name: _model(summary) for name, summary in prediction.twin.items()},
        "forecasts": [_forecast(forecast) for forecast in prediction.forecasts],
        "suggested": prediction.suggested,
        "suggestions": dict(prediction.suggestions),
        "cannot_predict": [{"variable": gap.variable, "reason": gap.reason} for gap in prediction.cannot_predict],
        "data_quality": [_quality(remark) for remark in prediction.data_quality],
        "level_advice": [
            {"drug": advice.drug, "time": stamp(advice.time), "gain": rounded(advice.gain)}
            for advice in prediction.level_advice
        ],
        "completeness": [_completeness(found) for found in prediction.completeness],
        "versions": dict(prediction.versions),
    }


def _completeness(found: Completeness) -> dict[str, Any]:
    return {
        "part": found.part,
        "grade": found.grade,
        "because": list(found.because),
        "fresh": list(found.fresh),
        "stale": list(found.stale),
        "missing": list(found.missing),
        **({} if found.width is None else {"clearance_width": rounded(found.width)}),
        "if_measured_now": {name: rounded(factor) for name, factor in found.if_measured.items()},
    }


def rounded(value: float) -> float:
    """Six significant digits: the noise of the last bits is no part of an answer."""
    if not math.isfinite(value):
        raise ModelError("a predicted number is not finite")
    return float(f"{value:.6g}")


def _model(summary: ModelSummary) -> dict[str, Any]:
    return {
        "drug": summary.drug,
        "variable": summary.variable,
        "status": summary.status,
        "weight": rounded(summary.weight),
        "n_observations": summary.n_observations,
        "ess": rounded(summary.ess),
        "population_estimate": summary.population_estimate,
        "parameters": {name: _parameter(found) for name, found in summary.parameters.items()},
        "shrinkage": {name: rounded(share) for name, share in summary.shrinkage.items()},
        "level_percentiles": [{"time": stamp(time), "percentile": rounded(share)} for time, share in summary.level_percentiles],
    }


def _parameter(found: ParameterSummary) -> dict[str, Any]:
    return {"unit": found.unit, **_numbers(found, ("typical", "mode", "median", "low", "high"))}


def _forecast(forecast: Forecast) -> dict[str, Any]:
    first = next(iter(forecast.places.values()), None)
    return {
        "label": forecast.label,
        "orders": [order(item) for item in forecast.orders],
        "times": _times(forecast.times),
        "variables": {name: _bands(bands) for name, bands in forecast.variables.items()},
        "metrics": {name: _metric(metric) for name, metric in forecast.metrics.items()},
        "report": [_reported(row) for row in forecast.report],
        "safety": _safety(forecast.safety),
        "rank": None if first is None else first.rank,
        **({} if first is None else _place(first)),
        **({} if len(forecast.places) < 2 else {"places": {d: _place(p) for d, p in forecast.places.items()}}),
        **({} if forecast.changes is None else {"changes": forecast.changes}),
    }


def _place(place: Place) -> dict[str, Any]:
    better = {} if place.better_in is None else {"better_in": rounded(place.better_in)}
    return {"rank": place.rank, "ranking_metric": place.metric, "utility": rounded(place.utility), **better}


def _bands(bands: Bands) -> dict[str, Any]:
    curves = {name: [rounded(value) for value in getattr(bands, name)] for name in ("p5", "p25", "p50", "p75", "p95")}
    return {"unit": bands.unit, **curves}


def _metric(metric: Metric) -> dict[str, Any]:
    names = ("median", "low", "high", "p_in_target", "p_above", "p_below", "p_harm")
    return {
        "unit": metric.unit,
        **_numbers(metric, names),
        "target": [_bound(bound) for bound in metric.target],
        "harm_above": _bound(metric.harm_above),
        "harm_metric": metric.harm_metric,
        "p_harm_by_model": {model: rounded(p) for model, p in metric.p_harm_by_model.items()},
        **({} if metric.threshold is None else {"threshold": rounded(metric.threshold)}),
        **({"mic_assumed": True} if metric.mic_assumed else {}),
    }


def _bound(value: float | None) -> float | None:
    return None if value is None else rounded(value)


def _reported(row: Reported) -> dict[str, Any]:
    names = ("mode", "median", "low", "high", "predicted_low", "predicted_high")
    return {"time": stamp(row.time), "variable": row.variable, **_numbers(row, names)}


def _safety(verdict: SafetyVerdict) -> dict[str, Any]:
    return {
        "cleared": verdict.cleared,
        "reasons": [found.reason for found in verdict.findings],
        "findings": [
            {"severity": found.severity, "reason": found.reason, "source": found.source} for found in verdict.findings
        ],
    }


def _quality(remark: DataQuality) -> dict[str, Any]:
    age_h = None if remark.age_h is None else rounded(remark.age_h)
    return {"variable": remark.variable, "status": remark.status, "age_h": age_h, "effect": remark.effect}


def _numbers(item: ParameterSummary | Metric | Reported, names: Iterable[str]) -> dict[str, float]:
    return {name: rounded(getattr(item, name)) for name in names}


def _times(times: Iterable[datetime]) -> list[str]:
    return [stamp(time) for time in times]
