"""Why there is no prediction: each reason once, and the models named only where they differ."""

from dataclasses import replace
from datetime import date

from cds_cards.case import DraftView
from cds_cards.data_quality import (
    doubtful,
    no_prediction_detail,
    no_prediction_summary,
    reasons,
    to_check_detail,
    to_check_summary,
)
from cds_cards.subject import subjects
from tests.golden.predictions import case, prediction
from tests.unit.engine.test_predict import DOSES, order, record, run
from twin_engine.outcome import CannotPredict
from twin_engine.patient.clash import UNIT_DOUBTED
from twin_engine.patient.record import DataQuality, Order
from twin_engine.readiness import HOLES


def told(*gaps: str, variable: str = "vancomycin") -> tuple[str, ...]:
    found = replace(prediction(()), cannot_predict=tuple(CannotPredict(variable, gap) for gap in gaps))
    return reasons(next(subjects(case(found))))


def test_a_reason_that_all_models_share_names_none() -> None:
    assert told("vancomycin_goti_2018: no weight is charted", "vancomycin_colin_2019: no weight is charted") == (
        "no weight is charted",
    )


def test_models_are_named_where_they_differ() -> None:
    assert told(
        "vancomycin_goti_2018: no weight is charted",
        "vancomycin_colin_2019: no weight is charted",
        "vancomycin_thomson_2009: the age is outside the studied 18-90 a",
        "the order's unit cannot be used: mg vs mL",
    ) == (
        "no weight is charted (Goti 2018, Colin 2019)",
        "the age is outside the studied 18-90 a (Thomson 2009)",
        "the order's unit cannot be used: mg vs mL",
    )


def test_reasons_of_other_drugs_are_not_told() -> None:
    assert told("no weight is charted", variable="fentanyl") == ("no model applies to this patient",)


def test_of_a_pressor_every_gap_that_can_be_mended_is_told() -> None:
    """A pressure alone would not do: the weight is missing, too."""
    pressor = Order("as ordered", drug="vasopressin", rate=2.4, unit="U/h")
    found = replace(
        case(run(replace(record(weight=None), measurements=()), pressor)),
        drafts=(DraftView("MedicationRequest/v", "as ordered", "vasopressin", (pressor,)),),
    )
    [subject] = subjects(found)
    pressure, weight = reasons(subject)
    assert "mean arterial pressure" in pressure
    assert weight == "no weight is charted"
    assert no_prediction_summary(subject).endswith(f"{pressure}; {weight}")


def test_what_is_not_charted_is_no_charted_item_and_a_doubtful_unit_has_its_own_word() -> None:
    found = (
        DataQuality("height", "missing", "blocks breath sizes"),
        DataQuality(
            "creatinine", "conflicting", f"cannot be true in mg/dL, but in umol/L: {UNIT_DOUBTED}, and the value is not used"
        ),
    )
    assert to_check_summary(found) == "Please check 2 items: height: not charted; creatinine: the unit may be wrong"
    assert "(the unit may be wrong)" in to_check_detail(found)
    assert to_check_summary(found[:1]) == "Please check 1 item: height: not charted"


def test_a_creatinine_that_moves_is_no_doubtful_value_to_check() -> None:
    for creatinine in ([(-16.0, 1.0), (-4.0, 1.8)], [(-16.0, 2.4), (-4.0, 1.4)]):
        moving = record(creatinine=creatinine, doses=DOSES, levels=[(-1.0, 14.0)])
        found = run(moving, order(2000.0, 8.0))
        assert any("has not settled" in q.effect for q in found.data_quality)
        assert "creatinine" not in {q.variable for q in doubtful(replace(case(found), record=moving))}


def test_what_differs_in_its_numbers_alone_is_one_row_and_a_consequence_is_no_item() -> None:
    lost = [
        DataQuality("vancomycin", "incomplete_dose_history", f"a dose without a usable amount at 2026-01-0{d}Z")
        for d in (1, 2, 3)
    ]
    whole = case(replace(prediction(()), data_quality=(*lost, DataQuality("vancomycin", "incomplete_dose_history", HOLES))))
    found = doubtful(whole)
    assert to_check_summary(found) == "Please check 1 item: vancomycin: dose history incomplete"
    told = to_check_detail(found).splitlines()
    assert (
        told[0]
        == "- **vancomycin** (dose history incomplete): a dose without a usable amount at 2026-01-01Z (and 2 more like it)"
    )
    assert told[1] == ""


def test_a_value_that_is_charted_and_cannot_be_used_is_not_called_missing() -> None:
    lost = DataQuality("weight", "ignored", "outside the plausible 20-650 kg")
    gap = CannotPredict("vancomycin", "vancomycin_goti_2018: no weight is charted")
    found = replace(prediction((), quality=(lost,)), cannot_predict=(gap,))
    assert reasons(next(subjects(case(found)))) == ("no usable weight is charted: outside the plausible 20-650 kg",)


def test_within_the_limits_does_not_mean_right_for_these_kidneys_or_for_a_child() -> None:
    found = replace(prediction(()), cannot_predict=(CannotPredict("vancomycin", "no weight is charted"),))
    made = case(found)
    assert no_prediction_detail(next(subjects(made))).endswith("could be checked; they do not see the kidneys.")
    child = replace(made, record=replace(made.record, birth_date=date(2018, 1, 1)))
    assert "they are those of adults, and they do not see the kidneys" in no_prediction_detail(next(subjects(child)))
    awake = replace(made, drafts=(replace(made.drafts[0], drug="dexmedetomidine", orders=()),))
    assert no_prediction_detail(next(subjects(awake))).endswith("could be checked.")
