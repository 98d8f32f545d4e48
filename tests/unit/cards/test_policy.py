"""How loud a card may be, and that no number whatever makes an impossible card."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cds_cards.build import build
from cds_cards.case import CardCase, CardDecision, DraftView
from cds_cards.policy import dosing_indicator, fine, harm_under_every_model
from cds_cards.subject import Subject, subjects
from tests.golden.predictions import (
    AT,
    CHART,
    FALLING_KIDNEY,
    LOWER,
    NOTHING,
    TOO_HIGH,
    case,
    metric,
    order,
    prediction,
)
from twin_engine.patient.record import DataQuality, Order
from twin_engine.prediction import Metric, Place, Prediction
from twin_engine.safety.check import check
from twin_engine.scenario import AS_ORDERED


def subject(made: CardCase) -> Subject:
    return next(subjects(made))


def harmful(p_harm: float, safer: float = 0.05) -> Prediction:
    ordered = replace(TOO_HIGH, metrics={"vancomycin_auc24_steady": metric(700, 500, 900, 1 - p_harm, p_harm)})
    other = replace(LOWER, metrics={"vancomycin_auc24_steady": metric(500, 400, 600, 1 - safer, safer)})
    return prediction((ordered, NOTHING, other), LOWER.label)


def indicator(made: Prediction, **more: object) -> str:
    found = subject(case(made, **more))
    ordered = found.metric(found.ordered)
    assert ordered is not None
    return dosing_indicator(found, ordered)


def test_likely_harm_with_fresh_data_and_a_safer_option_is_critical() -> None:
    assert indicator(harmful(0.5)) == "critical"


@pytest.mark.parametrize(
    "weaker",
    [
        harmful(0.49),
        replace(harmful(0.6), data_quality=(DataQuality("creatinine", "stale", "old"),)),
        replace(harmful(0.6), data_quality=(DataQuality("vancomycin", "incomplete_dose_history", "holes"),)),
        replace(harmful(0.6, safer=0.45), forecasts=tuple(f for f in harmful(0.6, safer=0.45).forecasts if f is not NOTHING)),
    ],
    ids=["less likely", "old data", "holes in the history", "nothing safer"],
)
def test_each_condition_of_critical_is_needed(weaker: Prediction) -> None:
    assert indicator(weaker) == "warning"


def test_that_nothing_harms_less_is_no_safer_dose() -> None:
    without_doses = replace(harmful(0.9), forecasts=harmful(0.9).forecasts[:2])
    assert NOTHING in without_doses.forecasts
    assert indicator(without_doses) == "warning"
    too_little = replace(LOWER, metrics={"vancomycin_auc24_steady": metric(300, 200, 399, 0.05, 0.0)})
    assert indicator(replace(without_doses, forecasts=(*without_doses.forecasts, too_little))) == "warning"


def test_data_that_could_not_be_had_are_not_fresh() -> None:
    assert indicator(harmful(0.9), incomplete=("albumin",)) == "warning"


def test_remarks_on_another_drug_do_not_matter() -> None:
    other = (DataQuality("gentamicin", "stale", "old"), DataQuality("shoe_size", "ignored", "not known"))
    assert indicator(replace(harmful(0.9), data_quality=other)) == "critical"


def test_harm_must_be_likely_under_each_of_several_models() -> None:
    likely = metric(700, 500, 900, 0.1, 0.9)
    assert harm_under_every_model(replace(likely, p_harm_by_model={"a": 0.95, "b": 0.5}))
    assert not harm_under_every_model(replace(likely, p_harm_by_model={"a": 0.99, "b": 0.49}))
    assert not harm_under_every_model(replace(likely, p_harm_by_model={}))


@pytest.mark.parametrize(
    ("p_harm", "suggested", "expected"), [(0.19, None, True), (0.2, None, False), (0.0, LOWER.label, False)]
)
def test_fine_is_little_harm_and_nothing_better(p_harm: float, suggested: str | None, expected: bool) -> None:
    suggestions = {} if suggested is None else {"vancomycin": suggested}
    found = subject(case(replace(harmful(p_harm), suggestions=suggestions)))
    ordered = found.metric(found.ordered)
    assert ordered is not None
    assert fine(found, ordered) is expected


def test_an_option_that_was_not_cleared_is_not_suggested() -> None:
    refused = replace(LOWER, safety=replace(LOWER.safety, cleared=False))
    made = case(prediction((TOO_HIGH, NOTHING, refused), LOWER.label))
    assert subject(made).suggested is None
    assert all(not card.suggestions for card in build(made).cards)


def test_an_option_that_changes_another_draft_is_not_offered_here() -> None:
    made = case(FALLING_KIDNEY, draft_reference_by_label={LOWER.label: "MedicationRequest/other"})
    assert build(made).cards[0].suggestions == ()


numbers = st.floats(0, 1e9, allow_nan=False)
chances = st.floats(0, 1)
metrics = st.builds(
    Metric, st.just("mg.h/L"), numbers, numbers, numbers, chances, chances, chances, chances,
    st.just((400.0, 600.0)), st.sampled_from([600.0, None]),
)  # fmt: skip
orders = st.builds(
    Order, st.just(AS_ORDERED), st.just("vancomycin"), amount=st.one_of(st.none(), numbers), rate=st.one_of(st.none(), numbers),
    unit=st.sampled_from(["mg", "g", None]), interval_h=st.one_of(st.none(), st.floats(0.1, 1e4)),
    infusion_h=st.one_of(st.none(), numbers), stop=st.booleans(), as_needed=st.booleans(),
    max_amount=st.one_of(st.none(), numbers),
)  # fmt: skip


@given(metrics, metrics, orders, st.text(), st.sampled_from(["order-sign", "order-select"]))
def test_no_number_and_no_text_breaks_a_card(first: Metric, second: Metric, drafted: Order, remark: str, hook: str) -> None:
    name = "vancomycin_auc24_steady"
    ordered = replace(TOO_HIGH, orders=(drafted,), metrics={name: first})
    other = replace(LOWER, metrics={name: second})
    found = prediction((ordered, NOTHING, other), LOWER.label, quality=(DataQuality("weight", "stale", remark),))
    for card in build(case(found, drafted, hook=hook)).cards:
        assert len(card.summary) <= 139
        assert "<b>" not in card.summary + (card.detail or "")
        assert "example.org" not in card.summary + (card.detail or "")
        assert not any(line.startswith(("#", ">", "```")) for line in (card.detail or "").splitlines())


def test_the_same_call_gives_the_same_uuids() -> None:
    one, other = build(case(FALLING_KIDNEY)), build(case(FALLING_KIDNEY))
    assert one == other
    assert one.cards[0].uuid != one.cards[0].suggestions[0].uuid


def test_an_unknown_profile_is_an_error() -> None:
    with pytest.raises(ValueError, match="spec"):
        build(case(prediction((), None), order(1)), "brand-x")


def test_time_of_the_data_is_local() -> None:
    detail = build(case(FALLING_KIDNEY, timezone="America/New_York")).cards[0].detail or ""
    assert AT.hour == 8
    assert "Data at 03 Jan 03:00 EST" in detail


def test_what_no_limit_was_held_against_is_never_called_within_limits() -> None:
    """A drug of the catalogue without model and limits gets no card, and the audit says that nothing was checked."""
    made = replace(order(10), drug="morphine")
    draft = DraftView("MedicationRequest/m", AS_ORDERED, made.drug, (made,))
    (kept,) = build(replace(case(None), drafts=(draft,), verdicts={draft.reference: check((made,), CHART, AT)})).suppressed
    assert kept.reason == "no model of this drug; not checked: no limits are declared for morphine"


@pytest.mark.parametrize(("p_harm", "loud"), [(0.5, "info"), (0.96, "warning")])
def test_a_model_that_is_not_verified_warns_when_it_is_all_but_sure_of_harm(p_harm: float, loud: str) -> None:
    made = harmful(p_harm)
    models = {name: replace(model, status="experimental") for name, model in made.twin.items()}
    assert indicator(replace(made, twin=models)) == loud


def below(p_below: float, settled_below: float, *, drafted: Order | None = None) -> CardDecision:
    """The cards of an order that stays below its target, with nothing better in sight."""
    low = replace(metric(100, 60, 150, 1 - p_below, 0.0), harm_metric="vancomycin_auc24_next")
    settled = metric(200, 120, 300, 1 - settled_below, 0.0)
    drafted = drafted or order(500)
    made = replace(
        TOO_HIGH,
        orders=(drafted,),
        metrics={"vancomycin_auc24_next": low, "vancomycin_auc24_steady": settled},
        places={"vancomycin": Place("vancomycin_auc24_next", 1, 0.0)},
    )
    return build(case(prediction((made, NOTHING)), drafted))


def test_an_order_that_is_likely_to_miss_its_target_for_good_is_not_met_with_silence() -> None:
    (card,) = below(0.97, 0.96).cards
    assert card.indicator == "warning"
    assert card.summary.endswith("< 400 in 95 %")
    assert "**No suggestion:** no other dose" in (card.detail or "")
    assert below(0.80, 0.80).cards
    assert not below(0.79, 0.96).cards
    assert not below(0.97, 0.5).cards, "it gets there later"
    once = replace(order(500), interval_h=None)
    assert not below(0.97, 0.96, drafted=once).cards, "a single dose may be for prophylaxis"


def one_sided(p_in: float, p_harm: float) -> Metric:
    """A time above a concentration whose harm shows in the trough."""
    return Metric("%", 99.6, 40, 100, p_in, 0.0, 1 - p_in, p_harm, (98.0, None), 20.0, "vancomycin_trough_steady")


@pytest.mark.parametrize(
    ("ordered", "other", "told"),
    [
        (one_sided(0.55, 0.05), one_sided(0.85, 0.05), "< 98 in 45 %; 1,000 mg q12h over 1 h: in 15 %"),
        (one_sided(0.95, 0.90), one_sided(0.90, 0.30), "trough > 20 in 90 %; 1,000 mg every 12 h over 1 h: in 30 %"),
    ],
)
def test_a_suggestion_is_told_by_the_risk_that_the_order_is_told_by(ordered: Metric, other: Metric, told: str) -> None:
    """Medians beyond an open bound say nothing: 99.6 % of the time for the order, 99.6 for what is suggested."""
    name = "vancomycin_ft_above_mic_steady"
    place = {"vancomycin": Place(name, 1, 0.0)}
    forecasts = (replace(f, metrics={name: m}, places=place) for f, m in ((TOO_HIGH, ordered), (LOWER, other)))
    (card,) = build(case(prediction((*forecasts,), LOWER.label))).cards
    assert card.summary.endswith(told)


@pytest.mark.parametrize(
    ("option", "place", "shown"),
    [
        (metric(350, 250, 470, 0.35, 0.0), Place("vancomycin_auc24_steady", 1, 0.35, 0.6), True),
        (metric(350, 250, 470, 0.35, 0.0), Place("vancomycin_auc24_steady", 1, 0.29, 0.9), False),
        (metric(350, 250, 470, 0.35, 0.0), Place("vancomycin_auc24_steady", 1, 0.35, 0.59), False),
        (metric(390, 200, 800, 0.4, 0.3), Place("vancomycin_auc24_steady", 1, 0.35, 0.9), False),
    ],
    ids=["does most", "too little more", "in too few copies", "harms"],
)
def test_what_does_clearly_more_is_told_though_it_misses_the_target_too(option: Metric, place: Place, shown: bool) -> None:
    """The less an order does the likelier is a card: at 15 % in the target it was met with silence, at 50 % it was not."""
    name = "vancomycin_auc24_steady"
    first = replace(TOO_HIGH, metrics={name: metric(300, 200, 420, 0.25, 0.0)}, places={"vancomycin": Place(name, 2, 0.2)})
    other = replace(LOWER, metrics={name: option}, places={"vancomycin": place})
    decision = build(case(prediction((first, NOTHING, other))))
    assert bool(decision.cards) is shown
    if shown:
        told = "is likely to reach the target; 1,000 mg q12h does most: 400–600 in 35 %, as ordered in 25 %"
        assert told in (decision.cards[0].detail or "")
        assert decision.cards[0].suggestions == ()
