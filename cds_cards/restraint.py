"""Which of the cards that a call deserves go out: demotion, roles, lock-out, budget, silent mode; each omission has its reason.

Lock-out and budget hold for cards that nobody asked for (opening a chart). An order that is being signed gets its answer
every time, until a clinician has answered it (`repeats`). A critical card is left out in silent mode only.

A silent card goes through the other parts first, beside those that were shown and those that were silent before it: what is
left out as silent is what would have been shown, as often as it would have been.
"""

from collections.abc import Sequence
from dataclasses import replace

from cds_cards.case import About, CardCase, CardDecision, Suppressed
from cds_cards.past import Shown
from cds_cards.rules import DEMOTED_BELOW, DEMOTED_FROM, Rules
from cds_cards.schema import Card, Indicator
from cds_cards.topics import Topic

UNASKED = frozenset({"patient-view"})
TO_CHECK = "dataquality"
SHORT_HORIZON_H, LONGEST_LOCKOUT_H = 6.0, 24.0
LOUDNESS: dict[Indicator, int] = {"info": 0, "warning": 1, "critical": 2}


def applied(decision: CardDecision, case: CardCase) -> CardDecision:
    """The decision as the policy lets it out, in the same order."""
    cards: list[Card] = []
    left_out = list(decision.suppressed)
    shown, silent = list(case.past.shown), list(case.past.silent)
    for each in decision.cards:
        about = decision.about[each.uuid]
        card = _demoted(each, about, case)
        hushed = _silenced(about, case.rules)
        found = _withheld(card, about, case, shown if hushed is None else [*shown, *silent]) or hushed
        seen = Shown(about.rule, card.indicator, about.signs, 0.0)
        if found is None:
            cards.append(card)
            shown.append(seen)
            continue
        by, why = found
        if found is hushed:
            silent.append(seen)
        signs = about.signs if found is hushed else frozenset[str]()
        left_out.append(Suppressed(about.rule, why, by, about.rule, card.indicator, about.event, card, signs))
    out = {card.uuid for card in cards}
    once = {uuid: key for uuid, key in decision.once_a_day.items() if uuid in out}
    kept = {uuid: told for uuid, told in decision.remembered.items() if uuid in out}
    return replace(decision, cards=tuple(cards), suppressed=tuple(left_out), once_a_day=once, remembered=kept)


def demotable(rule: str, case: CardCase) -> bool:
    """Whether the site has signed for this rule, and its cards of the last month were hardly ever accepted."""
    seen = case.past.acceptance.get(rule)
    signed = rule in case.rules.signed_off
    return signed and seen is not None and seen.answered >= DEMOTED_FROM and seen.share < DEMOTED_BELOW


def _demoted(card: Card, about: About, case: CardCase) -> Card:
    return replace(card, indicator="info") if card.indicator == "warning" and demotable(about.rule, case) else card


def _withheld(card: Card, about: About, case: CardCase, shown: Sequence[Shown]) -> tuple[str, str] | None:
    """Which part of the policy withholds the card beside those that were `shown`, and why in words."""
    if card.indicator == "critical":
        return None
    if not _readable(card, about.topic, case):
        return "role", f"not for a {case.role}"
    if case.hook not in UNASKED:
        return None
    return locked(card, about, case.rules, shown) or _over_budget(card, about, case.rules, shown)


def _silenced(about: About, rules: Rules) -> tuple[str, str] | None:
    if about.topic in rules.silent:
        return "silent", "silent mode: computed and not shown"
    if about.rule in rules.unproven:
        return "silent", "not shown to be better than a plain score elsewhere; shown only where the site asks for it"
    return None


def _readable(card: Card, topic: Topic, case: CardCase) -> bool:
    """Whether the card is for this reader. Who signs an order is warned, whatever the role."""
    warned = case.hook not in UNASKED and card.indicator == "warning"
    return warned or case.role in case.rules.audience[topic]


def locked(card: Card, about: About, rules: Rules, shown: Sequence[Shown]) -> tuple[str, str] | None:
    """A card of the same rule lately, unless this one is louder or names a sign that none of those did."""
    waits_h = lockout_h(about, rules)
    same = [s for s in shown if s.rule == about.rule and s.age_h < waits_h]
    if not same:
        return None
    louder = LOUDNESS[card.indicator] > max(LOUDNESS[s.indicator] for s in same)
    new = about.signs - frozenset[str]().union(*(s.signs for s in same))
    if louder or new:
        return None
    return "lock-out", f"shown within {waits_h:g} h, and neither louder nor with a new sign"


def lockout_h(about: About, rules: Rules) -> float:
    """Hours for which a shown card speaks for the next of its rule: longer, up to a day, where it looks further ahead."""
    longer = rules.lockout_h * about.horizon_h / SHORT_HORIZON_H
    return max(rules.lockout_h, min(longer, LONGEST_LOCKOUT_H))


def _over_budget(card: Card, about: About, rules: Rules, shown: Sequence[Shown]) -> tuple[str, str] | None:
    """The budget of the day is spent, unless this card is louder than all that were shown. Cards that ask to check data wait
    for it, and spend none of what an early sign may need."""
    if about.topic != TO_CHECK:
        shown = [s for s in shown if s.rule != TO_CHECK]
    if len(shown) < rules.budget or LOUDNESS[card.indicator] > max((LOUDNESS[s.indicator] for s in shown), default=-1):
        return None
    return "budget", f"the budget of {rules.budget} cards per patient-day is spent"
