"""One prediction from one scenario: refresh the twin, run the options, check limits, rank, and say what is not known."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from twin_engine import dosing, registry
from twin_engine.covariates import hours
from twin_engine.kernel.declare import Model
from twin_engine.outcome import CannotPredict
from twin_engine.patient.record import DataQuality, Order
from twin_engine.prediction import Forecast, LevelAdvice, ModelSummary, Prediction, SafetyVerdict
from twin_engine.safety.check import check
from twin_engine.scenario import NO_CHANGE, Scenario

VERSION = "0.1.0"
RECENT_H = 7 * 24.0


def predict(scenario: Scenario) -> Prediction:
    """Answer one scenario. Gaps stand in `cannot_predict`; every drafted option always gets its limit check."""
    chosen, gaps = _models(scenario)
    drafted = _by_label(scenario.orders)
    remarks: list[DataQuality] = list(scenario.remarks)
    horizon_h, late = _horizon(scenario, chosen)
    remarks.extend(late)
    forecasts: dict[str, Forecast] = {}
    summaries: dict[str, ModelSummary] = {}
    suggestions: dict[str, str] = {}
    advice: list[LevelAdvice] = []
    for drug, models in chosen.items():
        own = {label: mine for label, orders in drafted.items() if (mine := tuple(o for o in orders if o.drug == drug))}
        found = dosing.answer(scenario, drug, models, own, horizon_h)
        gaps.extend(found.gaps)
        remarks.extend(found.remarks)
        summaries.update(found.summaries)
        for forecast in found.forecasts:
            forecasts[forecast.label] = _joined(forecasts.get(forecast.label), forecast)
        suggestions.update({} if found.suggested is None else {drug: found.suggested})
        advice.extend([] if found.advice is None else [found.advice])
    if not chosen and not drafted and not gaps:
        gaps.append(CannotPredict("drug", "no modelled drug is ordered, given or measured in this record"))
    for label, orders in drafted.items():
        gaps.extend(_not_modelled(orders))
        verdict = check(orders, scenario.record, scenario.at)
        whole = forecasts.get(label) or _without_prediction(label, verdict)
        forecasts[label] = replace(whole, orders=orders, safety=verdict)
    forecasts.setdefault(NO_CHANGE, _without_prediction(NO_CHANGE, check((), scenario.record, scenario.at)))
    first = [*drafted, NO_CHANGE]
    return Prediction(
        at=scenario.at,
        twin=summaries,
        forecasts=(*(forecasts[k] for k in first), *(f for k, f in forecasts.items() if k not in first)),
        suggestions=suggestions,
        cannot_predict=tuple(dict.fromkeys(gaps)),
        data_quality=tuple(dict.fromkeys(remarks)),
        versions={"icu_twin": VERSION},
        level_advice=tuple(advice),
    )


def _models(scenario: Scenario) -> tuple[dict[str, tuple[Model, ...]], list[CannotPredict]]:
    """Models per drug: those named, else of every drug ordered, given or measured lately its verified ones (all, if none
    is verified)."""
    if scenario.models is not None:
        named = [registry.MODELS[m] for m in scenario.models if m in registry.MODELS]
        gaps = [CannotPredict(m, "no such model") for m in scenario.models if m not in registry.MODELS]
        return {d: tuple(m for m in named if m.drug == d) for d in dict.fromkeys(m.drug for m in named)}, gaps
    found: dict[str, tuple[Model, ...]] = {}
    for drug in _drugs(scenario):
        models = registry.models_of(drug)
        if models:
            found[drug] = tuple(m for m in models if m.status == "verified") or models
    return found, []


def _drugs(scenario: Scenario) -> list[str]:
    record, at = scenario.record, scenario.at
    ordered = [o.drug for o in (*scenario.orders, *record.current_orders) if o.drug]
    given = [a.drug for a in record.administrations if hours(a.end or a.start, at) > -RECENT_H]
    measured = [m.variable for m in record.measurements if hours(m.time, at) > -RECENT_H]
    known = set(registry.drugs())
    return [d for d in dict.fromkeys([*ordered, *given, *measured]) if d in known]


def _by_label(orders: Sequence[Order]) -> dict[str, tuple[Order, ...]]:
    return {label: tuple(o for o in orders if o.label == label) for label in dict.fromkeys(o.label for o in orders)}


def _horizon(scenario: Scenario, chosen: Mapping[str, Sequence[Model]]) -> tuple[float, list[DataQuality]]:
    """Hours to forecast: as asked, extended to the last report time, never beyond what the models are valid for."""
    asked = max([scenario.horizon_h, *(hours(t, scenario.at) for t in scenario.report_times)])
    valid = min((m.valid_h for models in chosen.values() for m in models), default=asked)
    if asked <= valid:
        return asked, []
    words = f"forecasts end after {valid:g} h, the longest time the models are valid for"
    return valid, [DataQuality(next(iter(chosen)), "ignored", words)]


def _not_modelled(orders: Sequence[Order]) -> list[CannotPredict]:
    known = set(registry.drugs())
    names = [o.drug or ("nutrition" if o.carbohydrate_g_per_day is not None else "settings") for o in orders]
    return [CannotPredict(name, f"no model of {name} is available") for name in names if name not in known]


def _without_prediction(label: str, verdict: SafetyVerdict) -> Forecast:
    return Forecast(label, (), (), {}, {}, (), verdict)


def _joined(one: Forecast | None, other: Forecast) -> Forecast:
    """The same option seen by two drugs' models."""
    if one is None:
        return other
    return replace(
        one,
        orders=tuple(dict.fromkeys((*one.orders, *other.orders))),
        variables={**one.variables, **other.variables},
        metrics={**one.metrics, **other.metrics},
        report=(*one.report, *other.report),
        places={**one.places, **other.places},
    )
