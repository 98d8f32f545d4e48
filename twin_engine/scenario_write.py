"""Write a scenario, and the answer to one, as plain JSON values (dicts, lists, floats to 6 significant digits)."""

import math
from dataclasses import fields
from datetime import UTC, datetime
from typing import Any

from twin_engine.patient.record import (
    Administration,
    Composition,
    DataQuality,
    Measurement,
    Order,
    Procedure,
    Setting,
)
from twin_engine.prediction import Forecast, Metric, ModelSummary, Prediction
from twin_engine.scenario import Scenario


def stamp(time: datetime) -> str:
    """An instant as ISO 8601 in UTC."""
    return time.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _number(value: float) -> float:
    """Six significant digits; the noise of the last bits is not part of an answer."""
    return value if value == 0 or not math.isfinite(value) else round(value, 5 - math.floor(math.log10(abs(value))))


def _plain(value: object) -> Any:
    if isinstance(value, datetime):
        return stamp(value)
    if isinstance(value, tuple):
        return [_plain(v) for v in value]  # type: ignore[misc]
    return value


def _row(item: Measurement | Administration | Procedure | Setting | Order, *left_out: str) -> dict[str, Any]:
    """A flat JSON object of the fields that hold something."""
    row: dict[str, Any] = {}
    for one in fields(item):
        value = getattr(item, one.name)
        if one.name in left_out or value is None or value is False or value == ():
            continue
        if isinstance(value, Composition):
            row.update({f.name: getattr(value, f.name) for f in fields(value) if getattr(value, f.name) is not None})
        else:
            row[one.name] = _plain(value)
    return row


def order(item: Order) -> dict[str, Any]:
    """One order as JSON."""
    row = _row(item, "settings")
    if item.settings:
        row["settings"] = {
            s.variable: {"category": s.category} if s.category else {"value": s.value, "unit": s.unit} for s in item.settings
        }
    return row


def write(scenario: Scenario) -> dict[str, Any]:
    """The scenario as JSON; reading it again gives the same prediction."""
    record = scenario.record
    return {
        "at": stamp(scenario.at),
        "seed": scenario.seed,
        "horizon_h": scenario.horizon_h,
        "draws": scenario.draws,
        **({} if scenario.models is None else {"models": list(scenario.models)}),
        "patient": {
            **({} if record.birth_date is None else {"birth_date": record.birth_date.isoformat()}),
            "sex": record.sex,
        },
        "measurements": [_row(m) for m in record.measurements],
        "administrations": [_row(a) for a in record.administrations],
        "settings": [_row(s) for s in record.settings],
        "procedures": [_row(p) for p in record.procedures],
        "conditions": [
            {"condition": c.condition, **({} if c.onset is None else {"onset": stamp(c.onset)})} for c in record.conditions
        ],
        "findings": [
            {f.name: _plain(getattr(x, f.name)) for f in fields(x) if getattr(x, f.name) is not None} for x in record.findings
        ],
        "current_orders": [order(o) for o in record.current_orders],
        "orders": [order(o) for o in scenario.orders],
        "alternatives": scenario.alternatives,
        "report_times": [stamp(t) for t in scenario.report_times],
    }


def _quality(remark: DataQuality) -> dict[str, Any]:
    row: dict[str, Any] = {"variable": remark.variable, "status": remark.status}
    if remark.age_h is not None:
        row["age_h"] = _number(remark.age_h)
    return {**row, "effect": remark.effect}


def _model(summary: ModelSummary) -> dict[str, Any]:
    return {
        "drug": summary.drug,
        "variable": summary.variable,
        "status": summary.status,
        "weight": _number(summary.weight),
        "n_observations": summary.n_observations,
        "ess": _number(summary.ess),
        "population_estimate": summary.population_estimate,
        "shrinkage": {k: _number(v) for k, v in summary.shrinkage.items()},
        "level_percentiles": [{"time": stamp(t), "percentile": _number(p)} for t, p in summary.level_percentiles],
        "parameters": {
            name: {"unit": p.unit, **{k: _number(getattr(p, k)) for k in ("typical", "mode", "median", "low", "high")}}
            for name, p in summary.parameters.items()
        },
    }


def _metric(metric: Metric) -> dict[str, Any]:
    return {
        "unit": metric.unit,
        **{k: _number(getattr(metric, k)) for k in ("median", "low", "high", "p_in_target", "p_above", "p_below", "p_harm")},
        "target": list(metric.target),
        "harm_above": metric.harm_above,
    }


def _forecast(forecast: Forecast) -> dict[str, Any]:
    row: dict[str, Any] = {
        "label": forecast.label,
        "orders": [order(o) for o in forecast.orders],
        "times": [stamp(t) for t in forecast.times],
        "variables": {
            name: {
                "unit": b.unit,
                **{q: [_number(v) for v in getattr(b, q)] for q in ("p5", "p25", "p50", "p75", "p95")},
            }
            for name, b in forecast.variables.items()
        },
        "metrics": {name: _metric(m) for name, m in forecast.metrics.items()},
        "report": [
            {
                "time": stamp(r.time),
                "variable": r.variable,
                **{k: _number(getattr(r, k)) for k in ("mode", "median", "low", "high", "predicted_low", "predicted_high")},
            }
            for r in forecast.report
        ],
        "safety": {
            "cleared": forecast.safety.cleared,
            "reasons": [{"severity": x.severity, "reason": x.reason, "source": x.source} for x in forecast.safety.findings],
        },
        "rank": forecast.rank,
    }
    extra = {k: getattr(forecast, k) for k in ("ranking_metric", "utility", "better_in", "changes")}
    row.update({k: _number(v) if isinstance(v, float) else v for k, v in extra.items() if v is not None})
    return row


def answer(prediction: Prediction) -> dict[str, Any]:
    """The answer as JSON (keys as published in openapi/scenario.schema.json)."""
    return {
        "at": stamp(prediction.at),
        "twin": {name: _model(m) for name, m in prediction.twin.items()},
        "forecasts": [_forecast(f) for f in prediction.forecasts],
        "suggested": prediction.suggested,
        "cannot_predict": [{"variable": c.variable, "reason": c.reason} for c in prediction.cannot_predict],
        "data_quality": [_quality(d) for d in prediction.data_quality],
        "versions": prediction.versions,
    }
