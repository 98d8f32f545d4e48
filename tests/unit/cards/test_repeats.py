"""A card that was answered is left out while nothing material has changed, and only then."""

import json
from dataclasses import replace

import pytest

from cds_cards.build import build
from cds_cards.case import CardCase
from cds_cards.gist import Answered, Gist
from cds_cards.repeats import changed, fingerprint, gist, said_before
from cds_cards.subject import subjects
from tests.golden.predictions import FALLING_KIDNEY, case, measured, order
from twin_engine.prediction import SafetyFinding, SafetyVerdict

MADE = case(replace(FALLING_KIDNEY, data_quality=()), order(1500))
NOW = Gist(0.3, 0.4, "lower", ("above the limit",), "data")


def print_of(made: CardCase) -> str:
    return fingerprint(next(subjects(made)))


def answered(made: CardCase, reason: str | None = None) -> Answered:
    return Answered(gist(next(subjects(made))), "overridden", reason)


def quiet(made: CardCase) -> CardCase:
    """The case with a warning in place of a critical card: harm under one of two models is not likely."""
    ordered = made.prediction.forecasts[0] if made.prediction else None
    assert ordered is not None
    metrics = {k: replace(m, p_harm_by_model={"a": 0.99, "b": 0.1}) for k, m in ordered.metrics.items()}
    prediction = replace(FALLING_KIDNEY, forecasts=(replace(ordered, metrics=metrics), *FALLING_KIDNEY.forecasts[1:]))
    return replace(made, prediction=prediction)


QUIET = quiet(MADE)


def test_an_answered_card_is_left_out_and_the_audit_says_why() -> None:
    assert build(QUIET).cards[0].indicator == "warning"
    again = build(replace(QUIET, answered={print_of(QUIET): answered(QUIET, "cds-not-applicable")}))
    assert again.cards == ()
    assert "overridden before (cds-not-applicable)" in again.suppressed[-1].reason


def test_the_audit_names_our_reasons_only_and_acceptance_counts_too() -> None:
    assert said_before(NOW, Answered(NOW, "overridden", "call Mrs X first")) == (
        "overridden before, and nothing material has changed"
    )
    assert said_before(NOW, Answered(NOW, "accepted")) == "accepted before, and nothing material has changed"


def test_a_critical_card_is_never_left_out() -> None:
    assert build(MADE).cards[0].indicator == "critical"
    assert build(replace(MADE, answered={print_of(MADE): answered(MADE)})).cards == build(MADE).cards


def test_what_is_ordered_and_for_whom_makes_the_fingerprint() -> None:
    same = [
        case(FALLING_KIDNEY, replace(order(1500), start=None)),
        case(FALLING_KIDNEY, replace(order(1500), id="another", label="another")),
    ]
    other = [
        case(FALLING_KIDNEY, order(1250)),
        case(FALLING_KIDNEY, order(1500, 8.0)),
        case(FALLING_KIDNEY, replace(order(1500), infusion_h=3.0)),
        case(FALLING_KIDNEY, replace(order(1500), route="oral")),
        case(FALLING_KIDNEY, order(1500), whose="another patient"),
    ]
    assert {print_of(made) for made in same} == {print_of(MADE)}
    assert print_of(MADE) not in {print_of(made) for made in other}


@pytest.mark.parametrize(
    ("then", "expected"),
    [
        (NOW, False),
        (replace(NOW, p_target=0.39), False),
        (replace(NOW, p_target=0.4), True),
        (replace(NOW, p_harm=0.3), True),
        (replace(NOW, p_harm=None), True),
        (replace(NOW, option="another"), True),
        (replace(NOW, option=None), True),
        (replace(NOW, limits=()), True),
        (replace(NOW, limits=("above the limit", "another one")), False),
        (replace(NOW, data="older data"), False),
    ],
)
def test_what_is_material(then: Gist, expected: bool) -> None:
    assert changed(NOW, Answered(then, "overridden")) is expected


def test_wrong_data_are_asked_again_once_a_new_value_is_there() -> None:
    older = Answered(replace(NOW, data="older data"), "overridden", "data-wrong")
    assert changed(NOW, older)
    assert not changed(NOW, replace(older, gist=NOW))
    assert said_before(NOW, None) is None


def test_a_new_value_changes_the_digest_and_a_total_that_moves_is_no_new_limit() -> None:
    chart = MADE.record
    newer = replace(chart, measurements=(*chart.measurements, measured("creatinine", 2.1, "mg/dL", 1)))
    digests = {gist(next(subjects(replace(MADE, record=r)))).data for r in (chart, newer)}
    assert len(digests) == 2
    beside = replace(chart, measurements=(*chart.measurements, measured("heart_rate", 90, "/min", 1)))
    assert gist(next(subjects(replace(MADE, record=beside)))).data in digests, "no model of the drug reads it"

    def beyond(total: str) -> CardCase:
        finding = SafetyFinding("recommended", f"total in 24 h {total} mg is above the recommended limit of 4,500 mg", "x")
        return replace(QUIET, verdicts={"MedicationRequest/draft-1": SafetyVerdict(False, (finding,))})

    assert gist(next(subjects(beyond("4,600")))).limits == gist(next(subjects(beyond("4,900")))).limits


def test_order_select_leaves_no_memory() -> None:
    assert build(QUIET).remembered.keys() == {card.uuid for card in build(QUIET).cards}
    assert build(replace(QUIET, hook="order-select")).remembered == {}


def test_a_gist_survives_being_kept() -> None:
    assert Gist.from_json(json.loads(json.dumps(NOW.as_json()))) == NOW
