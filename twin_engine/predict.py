"""One prediction from one scenario: every model family answers, options are checked against limits, and what is not known
is said. Nothing is suggested on values that contradict each other, nor beside a level or a dose that cannot be true."""

from collections.abc import Sequence
from dataclasses import replace

from twin_engine.families import FAMILIES, needs
from twin_engine.keep import Keep, afresh, once
from twin_engine.outcome import CannotPredict
from twin_engine.patient.contradiction import contradictions
from twin_engine.patient.record import DataQuality, Order
from twin_engine.patient.variables import DRUGS
from twin_engine.prediction import Answer, Forecast, ModelSummary, Prediction, SafetyVerdict
from twin_engine.safety.check import checker
from twin_engine.scenario import NO_CHANGE, Scenario
from twin_engine.site import STANDARD, Site

VERSION = "0.1.0"
DECEASED = "the patient is charted as deceased"
IMPOSSIBLE = "a level or a dose is charted that cannot be true: check it; it is not used, and nothing is suggested"


def predict(scenario: Scenario, site: Site = STANDARD, keep: Keep = afresh) -> Prediction:
    """Answer one scenario. Gaps stand in `cannot_predict`; every drafted option always gets its limit check. `keep` may
    hand back twins made before of the same chart."""
    drafted, shared = _by_label(scenario.orders), once(keep)
    answers: list[Answer] = []
    if any(c.condition == "deceased" and (c.onset is None or c.onset <= scenario.at) for c in scenario.record.conditions):
        answers.append(_of_the_deceased(scenario))
    for family in () if answers else FAMILIES:
        offered = {f.label: f for a in answers for f in a.forecasts if f.changes is not None}
        answers.extend(family.answer(scenario, drafted, site, shared, offered))
    gaps = [*_no_such_model(scenario), *(gap for a in answers for gap in a.gaps)]
    if not any(a.forecasts or a.gaps for a in answers) and not drafted and not gaps:
        gaps.append(CannotPredict("drug", "no modelled drug is ordered, given or measured in this record"))
    forecasts = _forecasts(answers)
    judge = checker(scenario.record, scenario.at, site.limits)
    for label, orders in drafted.items():
        gaps.extend(_not_modelled(orders))
        verdict = judge(orders)
        whole = forecasts.get(label) or _without_prediction(label, verdict)
        forecasts[label] = replace(whole, orders=orders, safety=verdict)
    forecasts.setdefault(NO_CHANGE, _without_prediction(NO_CHANGE, judge(())))
    first = [*drafted, NO_CHANGE]
    in_order = (*(forecasts[k] for k in first), *(f for k, f in forecasts.items() if k not in first))
    return _joined_up(scenario, site, answers, gaps, in_order)


def _of_the_deceased(scenario: Scenario) -> Answer:
    """That nothing is forecast, once for everything that is ordered."""
    names = dict.fromkeys(o.subject or "nutrition" for o in scenario.orders) or {"patient": None}
    return Answer({}, (), {}, tuple(CannotPredict(name, DECEASED) for name in names), ())


def examine(scenario: Scenario, site: Site = STANDARD, keep: Keep = afresh) -> Prediction:
    """What `predict` says of the data in a chart: `data_quality`, `completeness` (of drugs without a width), and why families
    refuse. Orders are not read, no option is forecast, and a drug is fitted only where what is said hangs on the fit."""
    shared = once(keep)
    answers = [answer for family in FAMILIES for answer in family.examine(scenario, site, shared)]
    return _joined_up(scenario, site, answers, [gap for a in answers for gap in a.gaps], ())


def _joined_up(
    scenario: Scenario, site: Site, answers: Sequence[Answer], gaps: Sequence[CannotPredict], forecasts: tuple[Forecast, ...]
) -> Prediction:
    """The answers of all families as one, with these gaps and forecasts."""
    summaries: dict[str, ModelSummary] = {}
    suggestions: dict[str, str] = {}
    overshooting: dict[str, str] = {}
    remarks: list[DataQuality] = [*scenario.remarks, *contradictions(scenario.record, scenario.at)]
    impossible = dict.fromkeys(r.variable for r in scenario.remarks if r.status == "implausible" and r.variable in DRUGS)
    remarks.extend(DataQuality(drug, "implausible", IMPOSSIBLE) for drug in impossible)
    doubtful = {remark.variable for remark in remarks if remark.status == "conflicting"} | impossible.keys()
    for answer in answers:
        summaries.update(answer.summaries)
        for found, made in ((suggestions, answer.suggestions), (overshooting, answer.overshooting)):
            found.update({drug: label for drug, label in made.items() if not doubtful & {drug, *needs(drug)}})
        remarks.extend(answer.remarks)
    return Prediction(
        at=scenario.at,
        twin=summaries,
        forecasts=forecasts,
        suggestions=suggestions,
        cannot_predict=tuple(dict.fromkeys(gaps)),
        data_quality=tuple(dict.fromkeys(remarks)),
        versions={"icu_twin": VERSION} | ({} if site.name is None else {"site": site.name}),
        level_advice=tuple(a.advice for a in answers if a.advice is not None),
        completeness=tuple(a.completeness for a in answers if a.completeness is not None),
        overshooting=overshooting,
    )


def _by_label(orders: Sequence[Order]) -> dict[str, tuple[Order, ...]]:
    return {label: tuple(o for o in orders if o.label == label) for label in dict.fromkeys(o.label for o in orders)}


def _no_such_model(scenario: Scenario) -> list[CannotPredict]:
    known = {name for family in FAMILIES for name in family.models}
    return [CannotPredict(name, "no such model") for name in scenario.models or () if name not in known]


def _not_modelled(orders: Sequence[Order]) -> list[CannotPredict]:
    left = [o for o in orders if not any(family.takes(o) for family in FAMILIES)]
    names = [o.drug or ("nutrition" if o.carbohydrate_g_per_day is not None else "settings") for o in left]
    return [CannotPredict(name, f"no model of {name} is available") for name in names]


def _without_prediction(label: str, verdict: SafetyVerdict) -> Forecast:
    return Forecast(label, (), (), {}, {}, (), verdict)


def _forecasts(answers: Sequence[Answer]) -> dict[str, Forecast]:
    """Forecasts by option, joined over the answers."""
    found: dict[str, Forecast] = {}
    for answer in answers:
        for forecast in answer.forecasts:
            found[forecast.label] = _joined(found.get(forecast.label), forecast)
    return found


def _joined(one: Forecast | None, other: Forecast) -> Forecast:
    """The same option seen by two answers: of a variable that both forecast, the later family's word holds."""
    if one is None:
        return other
    again = {(row.time, row.variable) for row in other.report}
    return replace(
        one,
        orders=tuple(dict.fromkeys((*one.orders, *other.orders))),
        times=max(one.times, other.times, key=len),
        variables={**one.variables, **other.variables},
        metrics={**one.metrics, **other.metrics},
        report=(*(row for row in one.report if (row.time, row.variable) not in again), *other.report),
        places={**one.places, **other.places},
        courses={**one.courses, **other.courses},
        moved_by={**one.moved_by, **other.moved_by},
        ends={**one.ends, **other.ends},
    )
