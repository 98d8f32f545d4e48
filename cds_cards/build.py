"""Every card of one hook call: at most three, at most one critical, and none where the order is fine.

Order of the work: what each drug order deserves, which of these cards are urgent enough, and what the alert policy lets out.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from cds_cards import (
    data_quality,
    dosing,
    infusion,
    limits,
    patient_view,
    policy,
    pressure,
    restraint,
    risk_change,
    sedation,
    ventilation,
)
from cds_cards.case import About, CardCase, CardDecision, DraftView, Suppressed
from cds_cards.gist import Remembered
from cds_cards.override_reasons import OVERRIDE_REASONS
from cds_cards.profiles import Profile, profile_named
from cds_cards.repeats import fingerprint, gist, said_before
from cds_cards.schema import Card, Indicator, Suggestion
from cds_cards.subject import Subject, subjects
from cds_cards.topics import Topic, source
from cds_cards.wording import CLOSING, drug_name, listed, plain, probability
from twin_engine.families import modelled
from twin_engine.patient.events import EVENT_OF_DRUG

__all__ = ["CardCase", "CardDecision", "DraftView", "Suppressed", "build"]

SIGNING = frozenset({"order-sign", "org.icutwin.vent-change"})
EXTENSION = "org.icu-twin.orders"
_LOUDNESS: dict[Indicator, int] = {"critical": 2, "warning": 1, "info": 0}


@dataclass(frozen=True, slots=True)
class _Deserved:
    """A card that a subject deserves, with what decides whether it is shown."""

    subject: Subject
    card: Card
    topic: Topic
    absolute: bool
    once_a_day: str | None = None

    @property
    def about(self) -> About:
        drug = self.subject.drug
        return About(self.topic, f"{self.topic} {drug}", event=EVENT_OF_DRUG.get(drug))

    @property
    def urgency(self) -> tuple[bool, int, float]:
        return self.absolute, _LOUDNESS[self.card.indicator], policy.gain(self.subject)


def build(case: CardCase, profile: str = "spec") -> CardDecision:
    """The cards of one hook call and what was suppressed. Raises ValueError for an unknown profile."""
    chosen = profile_named(profile)
    decided = patient_view.deserved(case) if case.hook == "patient-view" else _orders(case, chosen)
    let_out = restraint.applied(decided, case)
    return replace(let_out, cards=tuple(chosen.finished(card) for card in let_out.cards))


def _orders(case: CardCase, chosen: Profile) -> CardDecision:
    deserved: list[_Deserved] = []
    suppressed = [Suppressed(d.reference, "not an order that we model") for d in case.drafts if d.drug is None]
    for subject in subjects(case):
        suppressed += risk_change.left_out(subject)
        found = _unless_answered(_deserved(subject, chosen))
        if isinstance(found, Suppressed):
            suppressed.append(found)
        else:
            deserved.append(found)
    shown, left_out = _shown(deserved)
    suppressed += [_left_out(each, "crowding", "more urgent cards were shown") for each in left_out]
    if case.hook == "order-select":
        shown = [replace(each, card=_at_most_warning(each.card)) for each in shown]
    once = {each.card.uuid: each.once_a_day for each in shown if each.once_a_day is not None}
    kept = {
        e.card.uuid: Remembered(e.subject.drug, fingerprint(e.subject), gist(e.subject)) for e in shown if case.hook in SIGNING
    }
    about = {each.card.uuid: each.about for each in shown}
    return CardDecision(tuple(each.card for each in shown), tuple(suppressed), once, kept, about)


def _unless_answered(found: _Deserved | Suppressed) -> _Deserved | Suppressed:
    """A card that was answered on the same order is left out while nothing material has changed; never a critical one."""
    if isinstance(found, Suppressed) or found.card.indicator == "critical" or found.once_a_day is not None:
        return found
    subject = found.subject
    why = said_before(gist(subject), subject.case.answered.get(fingerprint(subject)), subject.case.rules)
    return found if why is None else _left_out(found, "feedback", why)


def _left_out(each: _Deserved, by: str, why: str) -> Suppressed:
    about = each.about
    return Suppressed(each.subject.topic, why, by, about.rule, each.card.indicator, about.event, each.card)


def _deserved(subject: Subject, profile: Profile) -> _Deserved | Suppressed:
    """What one decision deserves: an absolute limit first, then the effect, then a recommended limit, then silence."""
    metric = subject.metric(subject.ordered)
    recommended = bool(subject.findings_of("recommended"))
    if subject.findings_of("absolute"):
        return _limit(subject, profile, "absolute")
    if beside := infusion.on_other_card(subject):
        return Suppressed(subject.topic, f"told on the card of {drug_name(beside)}")
    if infusion.concerns(subject):
        if not recommended and (why := infusion.goes_on(subject)):
            return Suppressed(subject.topic, why)
        return _limit(subject, profile, "recommended") if recommended else _infusion(subject, profile)
    if ventilation.concerns(subject):
        return _limit(subject, profile, "recommended") if recommended else _ventilation(subject, profile)
    if sedation.concerns(subject):
        return _limit(subject, profile, "recommended") if recommended else _sedation(subject, profile)
    if metric is not None and not policy.fine(subject, metric):
        loud = policy.dosing_indicator(subject, metric)
        return _dosing(subject, profile, dosing.summary(subject, metric), "warning" if recommended and loud == "info" else loud)
    if recommended:
        return _limit(subject, profile, "recommended")
    return _without_finding(subject, profile)


def _without_finding(subject: Subject, profile: Profile) -> _Deserved | Suppressed:
    """Silence where the order is fine; the exposure of a drug without a target; or why there is no prediction."""
    metric = subject.metric(subject.ordered)
    if metric is not None:
        chances = f"P(in target) {probability(metric.p_in_target)}, P(harm) {probability(metric.p_harm)}"
        return Suppressed(subject.topic, f"nothing clearly better than the order: {chances}; {_checked(subject)}")
    if subject.ordered is not None and subject.predicted:
        return _dosing(subject, profile, dosing.exposure_summary(subject, subject.ordered), "info")
    if modelled(subject.drug):
        return _no_prediction(subject, profile)
    return Suppressed(subject.topic, f"no model of this drug; {_checked(subject)}")


def _checked(subject: Subject) -> str:
    """What the limits said of an order that crosses none: what could not be checked is not within them."""
    unknown = [plain(found.reason) for found in subject.findings_of("unknown")]
    return f"not checked: {listed(unknown)}" if unknown else "within its limits"


def _limit(subject: Subject, profile: Profile, severity: Literal["absolute", "recommended"]) -> _Deserved:
    text, absolute = limits.summary(subject, severity), severity == "absolute"
    loud: Indicator = "critical" if absolute else "warning"
    card = _card(subject, profile, "limit", summary=text, indicator=loud, detail=_detail(subject))
    return _Deserved(subject, card, "limit", absolute)


def _loud(certain: bool) -> Indicator:
    """How loud a card on a forecast that is not verified may be: it warns of harm that is all but certain."""
    return "warning" if certain else "info"


def _dosing(subject: Subject, profile: Profile, summary: str, indicator: Indicator) -> _Deserved:
    card = _card(subject, profile, "dosing", summary=summary, indicator=indicator, detail=_detail(subject))
    return _Deserved(subject, card, "dosing", absolute=False)


def _infusion(subject: Subject, profile: Profile) -> _Deserved:
    text, loud = infusion.summary(subject), _loud(pressure.endangers(subject))
    card = _card(subject, profile, "infusion", summary=text, indicator=loud, detail=_detail(subject))
    return _Deserved(subject, card, "infusion", absolute=False)


def _sedation(subject: Subject, profile: Profile) -> _Deserved:
    text, loud = sedation.summary(subject), _loud(pressure.endangers(subject))
    card = _card(subject, profile, "infusion", summary=text, indicator=loud, detail=_detail(subject))
    return _Deserved(subject, card, "infusion", absolute=False)


def _ventilation(subject: Subject, profile: Profile) -> _Deserved:
    text, loud = ventilation.summary(subject), _loud(ventilation.endangers(subject))
    card = _card(subject, profile, "ventilation", summary=text, indicator=loud, detail=_detail(subject))
    return _Deserved(subject, card, "ventilation", absolute=False)


def _no_prediction(subject: Subject, profile: Profile) -> _Deserved:
    text = data_quality.no_prediction_summary(subject)
    card = _card(subject, profile, "noprediction", summary=text, indicator="info", detail=_detail(subject))
    key = data_quality.once_a_day_key(subject)
    return _Deserved(subject, card, "noprediction", absolute=False, once_a_day=key)


def _detail(subject: Subject) -> str:
    prediction, opening = subject.case.prediction, limits.lines(subject)
    if prediction is not None and ventilation.concerns(subject):
        return ventilation.detail(subject, prediction, opening)
    if prediction is None or not (subject.predicted or infusion.concerns(subject)):
        return data_quality.no_prediction_detail(subject, opening)
    if infusion.concerns(subject):
        return infusion.detail(subject, prediction, opening)
    if sedation.concerns(subject):
        return sedation.detail(subject, prediction, opening)
    return dosing.detail(subject, prediction, opening)


def _card(subject: Subject, profile: Profile, topic: Topic, *, summary: str, indicator: Indicator, detail: str) -> Card:
    offering = ventilation.suggestions if ventilation.concerns(subject) else dosing.suggestions
    offered: tuple[Suggestion, ...] = offering(subject, profile)
    return Card(
        uuid=subject.case.uuid_of(f"card {topic} {subject.topic}"),
        summary=summary,
        indicator=indicator,
        source=source(topic, subject.case.base_url),
        detail=detail,
        suggestions=offered,
        selection_behavior=profile.selection if offered else None,
        override_reasons=OVERRIDE_REASONS,
        extension={EXTENSION: {"references": list(subject.references)}},
    )


def _shown(deserved: Sequence[_Deserved]) -> tuple[list[_Deserved], list[_Deserved]]:
    """The most urgent cards, one critical, and those left out. Every absolute limit stands on the critical card."""
    ranked = sorted(deserved, key=lambda each: each.urgency, reverse=True)
    shown = [each if i == 0 else replace(each, card=_at_most_warning(each.card)) for i, each in enumerate(ranked)]
    shown, left_out = shown[: policy.MOST_CARDS], ranked[policy.MOST_CARDS :]
    if not shown:
        return [], []
    further = [each.subject for each in ranked[1:] if each.absolute]
    first = replace(shown[0], card=_with_the_rest(shown[0], further, left_out))
    return [_closed(each) for each in (first, *shown[1:])], left_out


def _with_the_rest(first: _Deserved, further: Sequence[Subject], left_out: Sequence[_Deserved]) -> Card:
    """The first card with the absolute limits of the other orders, and what was evaluated but gets no card."""
    summary = limits.summary(first.subject, "absolute", len(further)) if further else first.card.summary
    notes = (first.card.detail or "", *limits.others(further), *_also_evaluated(left_out))
    return replace(first.card, summary=summary, detail="\n\n".join(notes))


def _closed(each: _Deserved) -> _Deserved:
    return replace(each, card=replace(each.card, detail=f"{each.card.detail}\n\n{CLOSING}"))


def _also_evaluated(left_out: Sequence[_Deserved]) -> Iterator[str]:
    if left_out:
        yield "Also evaluated: " + "; ".join(each.subject.name() for each in left_out)


def _at_most_warning(card: Card) -> Card:
    return replace(card, indicator="warning") if card.indicator == "critical" else card
