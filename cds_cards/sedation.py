"""The words of a card on a sedative: the bispectral index that is expected under all that is ordered and runs."""

from collections.abc import Iterator
from datetime import datetime
from typing import Final

from cds_cards.case import CardCase
from cds_cards.evidence import data_line, remarks
from cds_cards.infused import change, running
from cds_cards.pressure import dips, falls, side_effect
from cds_cards.schema import SUMMARY_LENGTH
from cds_cards.subject import Subject
from cds_cards.wording import age, ahead, amount, capital, drug_name, fitted, plain, probability, regimen, table, unit_text
from twin_engine.circulation.judge import starts_h
from twin_engine.covariates import hours
from twin_engine.patient.hypnosis import shown_by_drugs
from twin_engine.patient.record import Measurement
from twin_engine.prediction import Forecast, Metric, Prediction
from twin_engine.sedation.answer import ADDING, EFFECT, EFFECT_LATER, INERTLY, LATER, LATER_H, MODEL_ID, SOON, SOON_H, lowest_of
from twin_engine.sedation.bodies import VARIABLE
from twin_engine.sedation.breathing import CONTROLLED, DRIVE, DRIVE_ID, LOWEST, PACO2
from twin_engine.sedation.breathing import LATER as VENTILATION_LATER
from twin_engine.sedation.chart import INDEX_HOLDS_H, score
from twin_engine.sedation.surface import OPIOID, PROPOFOL

DRUGS: Final = (PROPOFOL, OPIOID)


def concerns(subject: Subject) -> bool:
    """Whether the order is a sedative whose effect on the index is forecast."""
    return subject.drug in DRUGS and _metric(subject.ordered, SOON) is not None


def summary(subject: Subject) -> str:
    """One sentence: rate, what goes with it, the index as measured lately, and ten minutes after the first order starts."""
    soon, prediction = _metric(subject.ordered, SOON), subject.case.prediction
    if soon is None or prediction is None:
        return ""
    order = f"{capital(drug_name(subject.drug))} {change(subject)}"
    deepest = _deepest(subject)
    low = "" if deepest is None else f", lowest {deepest[1].median:.0f} in {deepest[0]} min"
    latest = _reading(subject.case, prediction.at)
    if latest is not None and -hours(latest.time, prediction.at) <= INDEX_HOLDS_H:
        index = f"BIS {latest.value:.0f}→{_interval(soon, '90 % ')} in {_ahead(subject, SOON_H)}{low}; experimental"
    else:
        charted = subject.case.record.latest(VARIABLE, prediction.at)
        none = "none measured" if charted is None else f"none usable in {INDEX_HOLDS_H:.0f} h"
        index = f"predicted BIS {_interval(soon, '90 % ')} in {_ahead(subject, SOON_H)}{low}, {none}; experimental"
    if pressure := falls(subject):
        predicted = "" if index.startswith("BIS") else "predicted "
        brief = f"{pressure}, {predicted}BIS {_interval(soon)} in {_ahead(subject, SOON_H)}{low}"
        told = (f"{order}{_beside(subject)}: {pressure}, {index}", f"{order}{_beside(subject)}: {brief}", f"{order}: {brief}")
        return fitted(told, SUMMARY_LENGTH)
    also = f"; {dip}" if (dip := dips(subject)) else ""
    whole = f"{order}{_beside(subject)}: {index}"
    return fitted((whole + also, f"{order}: {index}{also}", whole, f"{order}: {index}"), SUMMARY_LENGTH)


def detail(subject: Subject, prediction: Prediction, opening: tuple[str, ...] = ()) -> str:
    """GFM: limits first, the table, what the forecast rests on."""
    told = (
        *_waits(subject),
        *_passes(subject),
        *_effect(subject),
        *_grounds(subject, prediction),
        *_score(subject.case, prediction),
        data_line(subject, prediction),
        *side_effect(subject),
        *breath(subject),
        *remarks(subject, prediction),
        *_footing(prediction),
    )
    return "\n\n".join((*opening, _options(subject), "\n".join(f"- {line}" for line in told)))


def _beside(subject: Subject) -> str:
    """The other drug as drafted with this one, or as it runs: " with remifentanil 0.1 mcg/kg/min"."""
    other = next(drug for drug in DRUGS if drug != subject.drug)
    drafted = [o for d in subject.case.drafts if d.label == subject.label for o in d.orders if o.drug == other]
    if drafted:
        return f" with {other} {regimen(drafted, short=True)}"
    now = running(subject.case, other)
    return f" with {other} {amount(now[0])} {unit_text(now[1])}" if now is not None and now[0] else ""


def _options(subject: Subject) -> str:
    head = ["Option", f"BIS in {_ahead(subject, SOON_H)} (90 %)", f"in {_ahead(subject, LATER_H)} (90 %)"]
    rows = (("As ordered: " + regimen(subject.orders, short=True), subject.ordered), ("No change", subject.no_change))
    return table(head, (row for name, option in rows for row in _row(name, option)))


def _deepest(subject: Subject) -> tuple[int, Metric] | None:
    return None if subject.ordered is None else lowest_of(subject.ordered.metrics)


def _passes(subject: Subject) -> Iterator[str]:
    """Where the index is lower before the options are judged than then: a push is over sooner."""
    deepest = _deepest(subject)
    if deepest is not None:
        yield f"**Lowest in {deepest[0]} min**: BIS {_interval(deepest[1], '90 % ')}"


def _start(subject: Subject, *drugs: str) -> float:
    """Hours to the first order of these drugs in the option."""
    option, prediction = subject.ordered, subject.case.prediction
    orders = () if option is None else (o for o in option.orders if o.drug in drugs)
    return 0.0 if prediction is None else min((starts_h(o, prediction.at) for o in orders), default=0.0)


def _ahead(subject: Subject, after_h: float) -> str:
    """How far ahead an instant after the first order's start is."""
    return ahead(_start(subject, *DRUGS) + after_h)


def _waits(subject: Subject) -> Iterator[str]:
    """That an order which starts later is judged after its start, or not yet where another one starts before it."""
    own, first = _start(subject, subject.drug), _start(subject, *DRUGS)
    if age(own) == age(0.0):
        return
    soon, later = (_ahead(subject, h) for h in (SOON_H, LATER_H))
    judged = f"judged 10 min and 1 h after the first order starts, in {soon} and in {later}"
    late = f"; it is not in the number in {soon}" if own >= first + SOON_H else ""
    yield f"**Starts in {age(own)}**: {judged}{late}"


def _row(name: str, option: Forecast | None) -> Iterator[list[str]]:
    soon, later = _metric(option, SOON), _metric(option, LATER)
    if soon is not None and later is not None:
        yield [name, _interval(soon), _interval(later)]


def _effect(subject: Subject) -> Iterator[str]:
    """What all that is ordered does to the index, by each of two studies that differ where both have a share."""
    findings = ((f"_{INERTLY}", " if remifentanil adds nothing of its own"), (f"_{ADDING}", " if it adds to propofol"))
    apart = [found for name, words in findings if (found := _moved(subject, name, words))]
    told = apart if len(apart) == len(findings) else [found for found in (_moved(subject, "", ""),) if found]
    if told:
        yield f"**Effect of all that is ordered** against no change: {'; '.join(told)}"


def _moved(subject: Subject, finding: str, words: str) -> str:
    soon, later = (_metric(subject.ordered, f"{name}{finding}") for name in (EFFECT, EFFECT_LATER))
    if soon is None or later is None:
        return ""
    first, second = (f"{_signed(m.median)} ({_signed(m.low)} to {_signed(m.high)})" for m in (soon, later))
    return f"{first} in {_ahead(subject, SOON_H)}, {second} in {_ahead(subject, LATER_H)}{words}"


def _grounds(subject: Subject, prediction: Prediction) -> Iterator[str]:
    model = prediction.twin.get(MODEL_ID)
    latest = _reading(subject.case, prediction.at)
    if latest is None or model is None or model.population_estimate:
        yield "**Why:** population estimate, no BIS of this patient used"
    else:
        old = age((prediction.at - latest.time).total_seconds() / 3600.0)
        yield f"**Why:** BIS {latest.value:.0f} {old} ago; {model.n_observations} values of this patient used"


def _reading(case: CardCase, at: datetime) -> Measurement | None:
    """The newest index that shows what sedatives do, however old."""
    usable = shown_by_drugs(case.record, VARIABLE, at)
    return usable[-1] if usable else None


def _score(case: CardCase, prediction: Prediction) -> Iterator[str]:
    found = score(case.record, prediction.at)
    if found is not None and found.value is not None:
        old = age((prediction.at - found.time).total_seconds() / 3600.0)
        yield f"RASS {_signed(found.value)} charted {old} ago; the score itself is not forecast"


def _footing(prediction: Prediction) -> Iterator[str]:
    model = prediction.twin.get(MODEL_ID)
    if model is not None and model.weight < 1.0:
        share = probability(model.weight)
        yield f"Studies differ: remifentanil lowers BIS in one, not in another; {share} of the copies follow the first"
    yield "BIS target: none, no bound for sedation in intensive care has a source here"
    yield "Experimental, studied in volunteers: for information, no suggestion is made"
    both = "propofol Eleveld 2018" + ("" if model is None or model.weight == 1.0 else ", remifentanil Eleveld 2017")
    yield f"Models of concentrations and index: {both}"


def without_index(subject: Subject) -> Iterator[str]:
    """Why a sedative has no forecast of the index, and what it does to breathing."""
    if subject.drug in DRUGS and not concerns(subject):
        yield from (f"**No prediction of BIS:** {reason}" for reason in _reasons(subject, VARIABLE)[:1])
        yield from breath(subject)


def breath(subject: Subject) -> Iterator[str]:
    """What the order does to the breathing of a patient who breathes alone, or why that is not told."""
    lowest, later, gas = (_metric(subject.ordered, name) for name in (LOWEST, VENTILATION_LATER, PACO2))
    if lowest is not None and later is not None and gas is not None:
        unit = unit_text(gas.unit)
        fall, left, tension = (f"{_signed(m.median)} ({_signed(m.low)} to {_signed(m.high)})" for m in (lowest, later, gas))
        of = "" if age(_start(subject, *DRUGS)) == age(0.0) else " of the start"
        told = f"minute ventilation {fall} % at its lowest within 1 h{of}, {left} % after it, PaCO2 at most {tension} {unit}"
        yield f"**Breathing:** {told}; experimental"
        model = None if subject.case.prediction is None else subject.case.prediction.twin.get(DRIVE_ID)
        if model is not None and model.weight < 1.0:
            yield (
                "Studies differ on breathing at rest: remifentanil lowers it by 28 % at 1 ng/mL in one, by 13 % in another; "
                "the interval holds both, with propofol the fall may be larger"
            )
    yield from (f"No prediction of breathing: {reason}" for reason in _reasons(subject, DRIVE)[:1] if reason != CONTROLLED)


def _reasons(subject: Subject, variable: str) -> list[str]:
    prediction = subject.case.prediction
    return [] if prediction is None else [plain(g.reason) for g in prediction.cannot_predict if g.variable == variable]


def _metric(forecast: Forecast | None, name: str) -> Metric | None:
    return None if forecast is None else forecast.metrics.get(name)


def _interval(metric: Metric, prefix: str = "") -> str:
    return f"{metric.median:.0f} ({prefix}{metric.low:.0f}–{metric.high:.0f})"


def _signed(value: float) -> str:
    return f"{value:+.0f}".replace("-", "−").replace("+0", "0").replace("−0", "0")
