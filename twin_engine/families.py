"""The model families of the twin, in the order of the answer.

A family reads a scenario and says what its models say of every option, or why they cannot. Adding one (ventilation,
circulation, glucose) is one entry in `FAMILIES`; `predict` joins their answers option by option.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace

from twin_engine import dilution, dosing, kidney, registry
from twin_engine.circulation import answer as circulation
from twin_engine.covariates import hours
from twin_engine.keep import Keep
from twin_engine.kernel.declare import Model
from twin_engine.patient.lateness import LONGEST_GAP_H
from twin_engine.patient.record import VENTILATOR, DataQuality, Order
from twin_engine.prediction import Answer, Forecast
from twin_engine.respiratory import answer as respiratory
from twin_engine.scenario import Scenario
from twin_engine.sedation import answer as sedation
from twin_engine.site import Site

RECENT_H = 7 * 24.0

Drafted = Mapping[str, tuple[Order, ...]]
"""Options as written: label to orders."""
Offered = Mapping[str, Forecast]
"""Alternatives that the families before have offered, by label."""
Answering = Callable[[Scenario, Drafted, Site, Keep, Offered], Sequence[Answer]]
Examining = Callable[[Scenario, Site, Keep], Sequence[Answer]]


@dataclass(frozen=True, slots=True)
class Family:
    """`models`: ids that a scenario may name. `takes`: whether an order acts on the family's models. `answer`: what they
    say of the scenario and its drafted options at this site, and of what families before offer, nothing when the scenario
    does not concern them; what depends on the chart alone is made through `Keep`. `examine`: what of that is said of the data
    where nothing is ordered: gaps, remarks, completeness. `reads`: charted variables that a forecast
    of a drug reads."""

    models: Collection[str]
    takes: Callable[[Order], bool]
    answer: Answering
    examine: Examining
    reads: Callable[[str], frozenset[str]]


def drugs(scenario: Scenario, drafted: Drafted, site: Site, keep: Keep) -> list[Answer]:
    """One answer for every drug ordered, given or measured lately, or named by a model."""
    answers: list[Answer] = []
    for drug, models, horizon_h in _horizons(scenario):
        if horizon_h < scenario.asked_h:
            answers.append(_cut(drug, horizon_h))
        own = {label: mine for label, orders in drafted.items() if (mine := tuple(o for o in orders if o.drug == drug))}
        answers.append(dosing.answer(scenario, drug, models, own, horizon_h, site, keep))
    return answers


def examined_drugs(scenario: Scenario, _: Site, keep: Keep) -> list[Answer]:
    """The same drugs, nothing ordered and nothing forecast; those that are over are left out: their doses matter no more."""
    return [
        dosing.examine(scenario, drug, models, horizon_h, keep)
        for drug, models, horizon_h in _horizons(scenario)
        if scenario.models is not None or not _over(scenario, drug)
    ]


def _over(scenario: Scenario, drug: str) -> bool:
    """Whether nothing of it is ordered, and for longer than any interval none was given or measured."""
    record, at = scenario.record, scenario.at
    last = [hours(a.last(at), at) for a in record.given(drug)] + [hours(m.time, at) for m in record.of(drug)]
    return max(last, default=-RECENT_H) < -LONGEST_GAP_H and all(o.drug != drug for o in record.current_orders)


def _horizons(scenario: Scenario) -> list[tuple[str, tuple[Model, ...], float]]:
    """Each drug with its models and how far ahead they are valid."""
    return [(drug, models, min([scenario.asked_h, *(m.valid_h for m in models)])) for drug, models in _models(scenario).items()]


def _models(scenario: Scenario) -> dict[str, tuple[Model, ...]]:
    """Models per drug: those named, else of every drug of the scenario its verified ones (all, if none is verified)."""
    if scenario.models is not None:
        named = [registry.MODELS[m] for m in scenario.models if m in registry.MODELS]
        return {d: tuple(m for m in named if m.drug == d) for d in dict.fromkeys(m.drug for m in named)}
    found: dict[str, tuple[Model, ...]] = {}
    for drug in concerned(scenario):
        models = registry.models_of(drug)
        found[drug] = tuple(m for m in models if m.status == "verified") or models
    return found


def concerned(scenario: Scenario) -> list[str]:
    """The drugs of ours that are ordered, or were given or measured lately."""
    record, at = scenario.record, scenario.at
    ordered = [o.drug for o in (*scenario.orders, *record.current_orders) if o.drug]
    given = [a.drug for a in record.administrations if hours(a.last(at), at) > -RECENT_H]
    measured = [m.variable for m in record.measurements if hours(m.time, at) > -RECENT_H]
    known = set(registry.drugs())
    return [d for d in dict.fromkeys([*ordered, *given, *measured]) if d in known]


def _cut(variable: str, horizon_h: float) -> Answer:
    words = f"forecasts end after {horizon_h:g} h, the longest time the models are valid for"
    return Answer({}, (), {}, (), (DataQuality(variable, "ignored", words),))


def _by_itself(answer: Callable[[Scenario, Drafted, Site, Keep], Sequence[Answer]]) -> Answering:
    """A family that says nothing of what others offer."""
    return lambda scenario, drafted, site, keep, _: answer(scenario, drafted, site, keep)


def _as_answered(answer: Answering) -> Examining:
    """The remarks and grades of a whole answer, for a family of which they rest on its copies."""

    def examine(scenario: Scenario, site: Site, keep: Keep) -> list[Answer]:
        found = answer(scenario, {}, site, keep, {})
        return [replace(each, summaries={}, forecasts=(), suggestions={}, advice=None) for each in found]

    return examine


_LUNGS, _SEDATION, _DILUTION = (_by_itself(family.answer) for family in (respiratory, sedation, dilution))
FAMILIES: tuple[Family, ...] = (
    Family(
        registry.MODELS.keys(), lambda order: order.drug in registry.drugs(), _by_itself(drugs), examined_drugs, registry.needs
    ),
    Family(respiratory.MODELS, respiratory.takes, _LUNGS, _as_answered(_LUNGS), respiratory.reads),
    Family(sedation.MODELS, sedation.takes, _SEDATION, _as_answered(_SEDATION), sedation.reads),
    Family((circulation.MODEL_ID,), circulation.takes, circulation.answer, _as_answered(circulation.answer), circulation.reads),
    Family((dilution.ID,), dilution.takes, _DILUTION, _as_answered(_DILUTION), dilution.reads),
    Family((kidney.ID,), kidney.takes, _by_itself(kidney.answer), kidney.examine, kidney.reads),
)


def needs(drug: str) -> frozenset[str]:
    """Charted variables that the forecasts of a drug read, over all families."""
    return frozenset[str]().union(*(family.reads(drug) for family in FAMILIES))


def modelled(drug: str) -> bool:
    """Whether some family forecasts what the drug does."""
    return drug == VENTILATOR or any(family.takes(Order("", drug=drug)) for family in FAMILIES)
