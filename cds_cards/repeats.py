"""Whether a card says again what a clinician has answered already.

A card is left out only after feedback on the same order of the same patient, and only while nothing material has changed:
P(target) and P(harm) within 0.10, the same option best, no limit newly crossed, and, where the answer was that the data are
wrong, no new datum since. Critical cards are never left out. The reason of the answer says how long it counts (`rules`).
"""

import hashlib
import json
from datetime import timedelta

from cds_cards.gist import Answered, Gist
from cds_cards.override_reasons import OVERRIDE_REASONS
from cds_cards.rules import LONGEST_STAY_H, STANDARD_RULES, Rules
from cds_cards.subject import Subject
from twin_engine.families import needs
from twin_engine.patient.record import Order

MATERIAL = 0.10
LASTS = timedelta(hours=LONGEST_STAY_H)
"""No answer counts longer."""
DATA_WRONG = "data-wrong"
_OFFERED = frozenset(reason.code for reason in OVERRIDE_REASONS)


def fingerprint(subject: Subject) -> str:
    """sha256 of what is ordered for whom; ids, texts and start times leave it unchanged."""
    orders = sorted((_regimen(order) for order in subject.orders), key=repr)
    return hashlib.sha256(json.dumps([subject.case.whose, subject.drug, orders]).encode()).hexdigest()


def gist(subject: Subject) -> Gist:
    """What a card on this subject claims."""
    metric, option = subject.metric(subject.ordered), subject.suggested
    crossed = {_without_numbers(f.reason) for f in subject.findings if f.severity in {"absolute", "recommended"}}
    return Gist(
        p_target=None if metric is None else metric.p_in_target,
        p_harm=None if metric is None else metric.p_harm,
        option=None if option is None else option.label,
        limits=tuple(sorted(crossed)),
        data=_data(subject),
    )


def said_before(now: Gist, earlier: Answered | None, rules: Rules = STANDARD_RULES) -> str | None:
    """Why a card with this gist need not be shown, or None when it must be."""
    if earlier is None or changed(now, earlier):
        return None
    if not rules.window(earlier.reason).holds(earlier.age_h, same_stay=earlier.same_stay):
        return None
    # A code that is not ours may hold anything, and the reasons outlive the patient's data.
    why = f" ({earlier.reason})" if earlier.reason in _OFFERED else ""
    return f"{earlier.outcome} before{why}, and nothing material has changed"


def changed(now: Gist, earlier: Answered) -> bool:
    """Whether anything material differs from what was answered."""
    then = earlier.gist
    return (
        _moved(now.p_target, then.p_target)
        or _moved(now.p_harm, then.p_harm)
        or now.option != then.option
        or not set(now.limits) <= set(then.limits)
        or (earlier.reason == DATA_WRONG and now.data != then.data)
    )


def _moved(now: float | None, then: float | None) -> bool:
    if now is None or then is None:
        return now is not then
    return round(abs(now - then), 9) >= MATERIAL


def _regimen(order: Order) -> list[object]:
    numbers = (order.amount, order.max_amount, order.rate, order.max_rate, order.interval_h, order.infusion_h)
    exact = [None if number is None else float(number) for number in numbers]
    settings = [[s.variable, s.category, None if s.value is None else float(s.value)] for s in order.settings]
    return [order.route, order.unit, order.stop, order.as_needed, *exact, *([settings] if settings else [])]


def _without_numbers(reason: str) -> str:
    return " ".join(word for word in reason.split() if not any(c.isdigit() for c in word))


def _data(subject: Subject) -> str:
    """Digest of the charted values and doses that this drug's forecast and limits rest on."""
    record, read = subject.case.record, {*needs(subject.drug), subject.drug, f"{subject.drug}_mic", "weight"}
    measured = [(m.variable, m.time.isoformat(), m.value, m.category) for m in record.measurements if m.variable in read]
    given = [(a.drug, a.start.isoformat(), a.amount, a.rate) for a in record.given(subject.drug)]
    return hashlib.sha256(json.dumps([measured, given]).encode()).hexdigest()
