"""The alert policy: each part withholds what it is for, says so, and never a critical card outside silent mode."""

from dataclasses import replace

import pytest

from cds_cards.case import About, CardCase, CardDecision
from cds_cards.past import Acceptance, Past, Shown
from cds_cards.restraint import applied
from cds_cards.rules import STANDARD_RULES, Rules, SignedOff, Window
from cds_cards.schema import Card, Indicator
from cds_cards.topics import TOPICS, Topic, source
from tests.golden.predictions import case, prediction

VIEW = replace(case(prediction(())), hook="patient-view")
SIGN = case(prediction(()))
HYPOTENSION = "deterioration hypotension"


def decision(
    indicator: Indicator = "warning",
    topic: Topic = "deterioration",
    rule: str = HYPOTENSION,
    signs: tuple[str, ...] = ("circulation",),
    uuid: str = "a",
) -> CardDecision:
    card = Card(uuid, "MAP may fall within 6 h", indicator, source(topic, None))
    return CardDecision((card,), (), {}, {}, {uuid: About(topic, rule, frozenset(signs), "hypotension")})


def before(
    age_h: float, indicator: Indicator = "warning", signs: tuple[str, ...] = ("circulation",), rule: str = HYPOTENSION
) -> Shown:
    return Shown(rule, indicator, frozenset(signs), age_h)


def withheld_by(found: CardDecision, made: CardCase) -> str | None:
    done = applied(found, made)
    assert len(done.cards) + sum(s.by != "judgement" for s in done.suppressed) == len(found.cards), "each card is accounted for"
    return None if done.cards else done.suppressed[-1].by


def after(*shown: Shown, **changes: object) -> CardCase:
    return replace(VIEW, past=Past(shown), **changes)


def test_the_same_card_waits_six_hours() -> None:
    assert withheld_by(decision(), after(before(5.9))) == "lock-out"
    assert withheld_by(decision(), after(before(6.0))) is None
    assert withheld_by(decision(), after(before(1.0, rule="deterioration hypoxaemia"))) is None, "another event is another rule"


@pytest.mark.parametrize(("age_h", "by"), [(7.0, "lock-out"), (23.9, "lock-out"), (24.0, None)])
def test_a_card_that_looks_two_days_ahead_stands_for_a_day(age_h: float, by: str | None) -> None:
    kidney = "deterioration kidney_injury"
    made = decision(rule=kidney, signs=("kidney",))
    far = replace(made, about={"a": replace(made.about["a"], horizon_h=48.0)})
    asked_for = Rules(unproven=frozenset())
    assert withheld_by(far, after(before(age_h, rule=kidney, signs=("kidney",)), rules=asked_for)) == by
    louder = before(age_h, "info", rule=kidney, signs=("kidney",))
    assert withheld_by(far, after(louder, rules=asked_for)) is None, "escalation breaks through"
    at_once = after(before(age_h, rule=kidney, signs=("kidney",)), rules=replace(asked_for, lockout_h=0.0))
    assert withheld_by(far, at_once) is None, "a site without lock-out has none"


@pytest.mark.parametrize(
    ("found", "earlier", "by"),
    [
        (decision("warning"), before(1, "info"), None),
        (decision("info"), before(1, "warning"), "lock-out"),
        (decision(signs=("circulation", "kidney")), before(1), None),
        (decision(signs=()), before(1), "lock-out"),
        (decision("critical"), before(1, "critical"), None),
    ],
    ids=["louder", "quieter", "a new organ", "fewer organs", "critical"],
)
def test_escalation_breaks_through(found: CardDecision, earlier: Shown, by: str | None) -> None:
    assert withheld_by(found, after(earlier)) == by


def test_the_budget_of_the_day_holds_for_cards_nobody_asked_for() -> None:
    spent = tuple(before(h, rule=f"rule {h}") for h in (7, 12, 20))
    assert withheld_by(decision(), after(*spent)) == "budget"
    assert withheld_by(decision(), after(*spent[:2])) is None
    assert withheld_by(decision(), after(*spent, rules=Rules(budget=4))) is None
    assert withheld_by(decision("warning"), after(*(replace(s, indicator="info") for s in spent))) is None, "louder than all"
    assert withheld_by(decision(topic="dosing", rule="dosing vancomycin"), replace(SIGN, past=Past(spent))) is None


def test_cards_on_data_wait_for_the_budget_and_take_none_of_an_early_sign() -> None:
    asked = tuple(before(h, "info", (f"datum {h}",), rule="dataquality") for h in (7, 12, 20))
    quiet = decision("info")
    assert withheld_by(quiet, after(*asked)) is None
    assert withheld_by(quiet, after(*asked, *(before(h, rule=f"rule {h}") for h in (8, 9)))) is None
    assert withheld_by(quiet, after(*(before(h, rule=f"rule {h}") for h in (8, 9, 10)))) == "budget"
    data = decision("info", "dataquality", "dataquality", ("datum",))
    assert withheld_by(data, after(*asked)) == "budget"
    assert withheld_by(data, after(*(before(h, rule=f"rule {h}") for h in (8, 9, 10)))) == "budget"


def test_one_call_spends_from_the_same_budget() -> None:
    one, two = decision(uuid="a"), decision(topic="dataquality", rule="dataquality", uuid="b")
    both = CardDecision((*one.cards, *two.cards), (), {}, {}, {**one.about, **two.about})
    done = applied(both, replace(VIEW, rules=Rules(budget=1)))
    assert [c.uuid for c in done.cards] == ["a"]
    assert [s.by for s in done.suppressed] == ["budget"]
    assert done.suppressed[0].event == "hypotension"


@pytest.mark.parametrize(
    ("role", "hook", "topic", "indicator", "by"),
    [
        ("prescriber", "patient-view", "deterioration", "warning", None),
        ("nurse", "patient-view", "dataquality", "info", None),
        ("pharmacist", "patient-view", "dataquality", "info", "role"),
        ("pharmacist", "patient-view", "deterioration", "critical", None),
        ("nurse", "order-sign", "dosing", "info", "role"),
        ("nurse", "order-sign", "dosing", "warning", None),
        ("pharmacist", "order-sign", "dosing", "info", None),
        ("nurse", "order-sign", "limit", "critical", None),
    ],
)
def test_who_reads_what(role: str, hook: str, topic: Topic, indicator: Indicator, by: str | None) -> None:
    made = replace(VIEW, hook=hook, role=role)  # type: ignore[arg-type]
    assert withheld_by(decision(indicator, topic, f"{topic} x"), made) == by


def test_silent_mode_shows_nothing_and_keeps_what_it_would_have_shown() -> None:
    silent = Rules(silent=frozenset(TOPICS))
    done = applied(decision("critical"), replace(VIEW, rules=silent))
    assert done.cards == ()
    (kept,) = done.suppressed
    assert (kept.by, kept.rule, kept.indicator, kept.event) == ("silent", HYPOTENSION, "critical", "hypotension")
    assert kept.card is not None
    one_topic = Rules(silent=frozenset({"deterioration"}))
    assert withheld_by(decision(), replace(VIEW, rules=one_topic)) == "silent"
    assert withheld_by(decision(topic="dataquality"), replace(VIEW, rules=one_topic)) is None


def test_what_is_silent_is_counted_as_often_as_it_would_have_been_shown() -> None:
    """Beside what was shown and what was silent before; what is shown does not wait for what was silent."""
    quiet = replace(VIEW, rules=Rules(silent=frozenset({"deterioration"})))
    first = applied(decision(), quiet).suppressed[-1]
    assert (first.by, first.signs) == ("silent", {"circulation"})
    earlier = Past(silent=(before(1.0),))
    assert withheld_by(decision(), replace(quiet, past=earlier)) == "lock-out"
    assert withheld_by(decision(signs=("kidney",)), replace(quiet, past=earlier)) == "silent", "a new organ"
    assert withheld_by(decision(), replace(quiet, past=Past(silent=(before(6.0),)))) == "silent"
    assert withheld_by(decision("critical"), replace(quiet, past=earlier)) == "silent"
    spent = Past(tuple(before(h, rule=f"rule {h}") for h in (7, 12)), silent=(before(20, rule="rule 20"),))
    assert withheld_by(decision(), replace(quiet, past=spent)) == "budget"
    assert withheld_by(decision(), replace(VIEW, past=spent)) is None
    assert withheld_by(decision(), replace(VIEW, past=earlier)) is None


@pytest.mark.parametrize(
    ("seen", "signed", "indicator"),
    [
        (Acceptance(50, 2), True, "info"),
        (Acceptance(50, 2), False, "warning"),
        (Acceptance(49, 0), True, "warning"),
        (Acceptance(60, 3), True, "warning"),
        (None, True, "warning"),
    ],
    ids=["hardly accepted", "not signed off", "too few", "5 % accepted", "never answered"],
)
def test_a_rule_is_demoted_when_hardly_accepted_and_signed_off(
    seen: Acceptance | None, signed: bool, indicator: Indicator
) -> None:
    rules = Rules(signed_off={HYPOTENSION: SignedOff("Alert committee", "2026-01-02")} if signed else {})
    past = Past(acceptance={} if seen is None else {HYPOTENSION: seen})
    (card,) = applied(decision(), replace(VIEW, rules=rules, past=past)).cards
    assert card.indicator == indicator
    (loud,) = applied(decision("critical"), replace(VIEW, rules=rules, past=past)).cards
    assert loud.indicator == "critical"


def test_the_reason_of_an_answer_says_how_long_it_holds() -> None:
    def holds(reason: str | None, age_h: float, same_stay: bool = False) -> bool:
        return STANDARD_RULES.window(reason).holds(age_h, same_stay=same_stay)

    assert holds("cds-suboptimal-context", 5.9)
    assert not holds("cds-suboptimal-context", 6.1)
    assert holds(None, 24.0)
    assert not holds("somebody-elses-code", 24.1, same_stay=True)
    assert holds("patient-contraindication", 100.0, same_stay=True)
    assert not holds("patient-contraindication", 100.0, same_stay=False)
    assert not holds("patient-contraindication", 169.0, same_stay=True)
    assert Rules(windows={"action-completed": Window(2.0)}).window("action-completed").hours == 2.0
