"""One stay lived again: the chart opened every hour, every order signed when it was written, each under every policy."""

import uuid
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from cds_cards.case import CardCase, CardDecision, DraftView, RiskView
from service.risks import seen
from twin_engine.outcome import CannotPredict
from twin_engine.patient.events import EVENTS as EVENTS_SEEN
from twin_engine.patient.events import happened
from twin_engine.patient.record import PatientRecord
from twin_engine.predict import examine, predict
from twin_engine.prediction import Prediction
from twin_engine.risk.load import EVENTS, shipped
from twin_engine.risk.orders import risk_changes
from twin_engine.risk.what_if import RiskChange
from twin_engine.safety.check import check
from twin_engine.scenario import AS_ORDERED, Scenario
from validation.replay_onsets import ONSETS
from validation.replay_policies import POLICIES, SHOWN, Counts, Memory, Outcome, Pair
from validation.replay_stays import Stay, Written, as_of

HOUR = timedelta(hours=1)
HARMFUL = 0.5
DRAWS = 256
"""Half of the usual copies: thousands of orders are predicted."""
MOVED = "risk of hypotension: "
DRAFT = "MedicationRequest/written"
Moments = dict[str, set[datetime]]
"""By event."""


def lived(stay: Stay) -> Outcome:
    """What is counted in one stay."""
    memories = {name: Memory(policy) for name, policy in POLICIES.items()}
    counts = {name: Counts() for name in POLICIES}
    hours, orders = Counter[Pair](), Counter[str]()
    warned: dict[str, Moments] = {name: {event: set() for event in ONSETS} for name in POLICIES}
    refused: Moments = {event: set() for event in ONSETS}
    for at, written in _moments(stay):
        record = as_of(stay.record, at)
        if written is None:
            case, said = _opened(record, at)
            hours.update(said.items())
            for event, moments in refused.items():
                moments.update([at] if said[event].startswith("refused") else [])
        else:
            case = _signed(record, written, orders)
        for name, memory in memories.items():
            decision = memory.decide(case, at)
            _count(counts[name], decision, stay.record, at)
            rules = {decision.about[c.uuid].rule for c in decision.cards}
            for event, moments in warned[name].items():
                moments.update([at] if f"deterioration {event}" in rules else [])
            if written is not None and _harmful(case):
                counts[name].harmful += 1
                counts[name].harmful_silent += not decision.cards
    for name, found in counts.items():
        _onsets(found, stay, warned[name], refused)
    return Outcome((stay.end - stay.start) / timedelta(days=1), counts, hours, orders)


def _moments(stay: Stay) -> Iterator[tuple[datetime, Written | None]]:
    opened = [(stay.start + k * HOUR, None) for k in range(1, int((stay.end - stay.start) / HOUR) + 1)]
    signed = [(w.at, w) for w in stay.written]
    yield from sorted([*opened, *signed], key=lambda moment: moment[0])


def _opened(record: PatientRecord, at: datetime) -> tuple[CardCase, dict[str, str]]:
    """Opening the chart: the risks, and what is to be said of its data. And by event what its model said."""
    views, data = seen(shipped(), record, at), examine(Scenario(at=at, seed=1, record=record, draws=DRAWS))
    return replace(_case("patient-view", record, data, at), risks=views), dict(zip(EVENTS, map(_said, views), strict=True))


def _said(view: RiskView) -> str:
    if isinstance(view.found, CannotPredict):
        return "refused: " + _without_numbers(view.found.reason)
    return "among the highest" if view.course is not None else "asked, not among the highest"


def _signed(record: PatientRecord, written: Written, orders: "Counter[str]") -> CardCase:
    orders["signed"] += 1
    at = written.at
    prediction = None
    if written.orders:
        prediction = predict(Scenario(at=at, seed=1, record=record, orders=written.orders, draws=DRAWS))
        ordered = prediction.forecast(AS_ORDERED)
        known = ordered is not None and (bool(ordered.metrics) or bool(ordered.variables))
        orders["predicted" if known else "refused"] += 1
    else:
        orders["unread"] += 1
    draft = DraftView(DRAFT, AS_ORDERED, written.drug, written.orders)
    moved = {} if prediction is None else risk_changes(shipped(), prediction, record, (AS_ORDERED,))
    orders.update(_moved(moved.get(AS_ORDERED, ())))
    case = _case("order-sign", record, prediction, at)
    return replace(case, drafts=(draft,), verdicts={DRAFT: check(written.orders, record, at)}, risk_changes=moved)


def _moved(found: Sequence[RiskChange | CannotPredict]) -> Iterator[str]:
    """What became of the change of the risk of hypotension."""
    for each in found:
        if isinstance(each, RiskChange) and each.event == "hypotension":
            yield f"{MOVED}compared (0 where the order moves no pressure)"
        elif isinstance(each, CannotPredict) and each.variable == "hypotension":
            yield MOVED + _without_numbers(each.reason)


def _without_numbers(reason: str) -> str:
    return " ".join("…" if any(c.isdigit() for c in w) else w for w in reason.split())


def _case(hook: str, record: PatientRecord, prediction: Prediction | None, at: datetime) -> CardCase:
    return CardCase(
        hook=hook,
        prediction=prediction,
        record=record,
        drafts=(),
        verdicts={},
        uuid_of=lambda name: str(uuid.uuid5(uuid.NAMESPACE_OID, f"{at} {name}")),
    )


def _harmful(case: CardCase) -> bool:
    ordered = None if case.prediction is None or not case.drafts[0].orders else case.prediction.forecast(AS_ORDERED)
    place = None if ordered is None else ordered.places.get(case.drafts[0].drug or "")
    return ordered is not None and place is not None and ordered.metrics[place.metric].p_harm >= HARMFUL


def _count(counts: Counts, decision: CardDecision, whole: PatientRecord, at: datetime) -> None:
    counts.shown.update(_kind(decision.about[card.uuid].rule) for card in decision.cards)
    for card in decision.cards:
        about = decision.about[card.uuid]
        _follow_up(counts, (_kind(about.rule), SHOWN), about.event, whole, at)
    for each in decision.suppressed:
        if each.by == "judgement" or each.rule is None:
            continue
        key = _kind(each.rule), each.by
        counts.withheld[key] += 1
        _follow_up(counts, key, each.event, whole, at)


def _follow_up(counts: Counts, key: Pair, event: str | None, whole: PatientRecord, at: datetime) -> None:
    came = None if event is None else happened(event, whole, at, at + timedelta(days=3))
    counts.decided[key] += came is not None
    counts.came[key] += bool(came)


def _kind(rule: str) -> str:
    """The topic of a rule; of early signs, the event too."""
    return rule if rule.startswith("deterioration ") else rule.split(maxsplit=1)[0]


def _onsets(counts: Counts, stay: Stay, warned: Moments, refused: Moments) -> None:
    """Onsets of each event, and whether a card came in the hours before that its model looks ahead."""
    for event, found in ONSETS.items():
        for at in found.of(stay.record, stay.start, stay.end):
            window = [at - k * HOUR for k in range(int(EVENTS_SEEN[event].within_h))]
            told = any(t in warned[event] for t in window)
            counts.onsets[event] += 1
            counts.warned[event] += told
            counts.refused[event] += not told and all(t in refused[event] for t in window if t > stay.start)
