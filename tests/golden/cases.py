"""The card cases, by name. Each stands in `cards/<name>.md` as a clinician reads it and in `cards/<name>.json` as sent."""

from dataclasses import replace

from cds_cards.case import CardCase, DraftView
from tests.golden.predictions import (
    ABSOLUTE,
    CHART,
    DRAFT,
    FALLING_KIDNEY,
    LOWER,
    LOWEST,
    NO_LEVEL,
    NOTHING,
    RECOMMENDED,
    TOO_HIGH,
    case,
    changed,
    forecast,
    metric,
    model,
    order,
    prediction,
    with_exposure,
)
from twin_engine.outcome import CannotPredict
from twin_engine.patient.record import DataQuality
from twin_engine.prediction import Prediction, SafetyVerdict
from twin_engine.scenario import AS_ORDERED, NO_CHANGE

BEYOND = {DRAFT: SafetyVerdict(cleared=False, findings=(ABSOLUTE, RECOMMENDED))}
ABOVE_RECOMMENDED = {DRAFT: SafetyVerdict(cleared=False, findings=(RECOMMENDED,))}
EMPTY_FORECASTS = (forecast(AS_ORDERED, (order(1500),), None), forecast(NO_CHANGE, (), None))
STALE = DataQuality("creatinine", "stale", "creatinine is 30 h old: no suggestion", 30.0)


def _unpredictable(reason: str) -> Prediction:
    return replace(prediction(EMPTY_FORECASTS, models={}), cannot_predict=(CannotPredict("vancomycin", reason),))


def _too_low() -> CardCase:
    low = forecast(AS_ORDERED, (order(1000),), metric(288, 201, 402, 0.05, 0.0), 2)
    more = forecast("1,500 mg every 8 h", (order(1500, 8),), metric(517, 371, 744, 0.62, 0.2), 1, changes=AS_ORDERED)
    models = {
        "vancomycin_colin_2019": model("vancomycin_colin_2019", 0.62, levels=0),
        "vancomycin_goti_2018": model("vancomycin_goti_2018", 0.38, levels=0),
    }
    return case(prediction((low, NOTHING, more), more.label, models), order(1000), record=NO_LEVEL)


def _moderate() -> CardCase:
    """Harm not likely enough to be critical, nothing better cleared."""
    likely = forecast(AS_ORDERED, (order(1250),), metric(561, 430, 720, 0.6, 0.35), 1)
    return case(prediction((likely, NOTHING), quality=(STALE,)), order(1250), incomplete=("albumin was not supplied",))


def _unverified() -> CardCase:
    models = {"vancomycin_goti_2018": model("vancomycin_goti_2018", status="experimental")}
    return case(replace(FALLING_KIDNEY, twin=models))


def _exposure_only() -> CardCase:
    models = {"vancomycin_goti_2018": model("vancomycin_goti_2018", status="exposure only")}
    return case(prediction((with_exposure(EMPTY_FORECASTS[0]),), models=models))


def _several_drafts(count: int) -> CardCase:
    """One order beyond a limit for each of `count` drugs, and one that is predicted too high."""
    drugs = ("gentamicin", "tobramycin", "amikacin", "meropenem")[:count]
    limits = {
        f"MedicationRequest/{drug}": SafetyVerdict(
            cleared=False, findings=(replace(ABSOLUTE, reason=f"{drug} single dose 9,000 mg is above its absolute limit"),)
        )
        for drug in drugs
    }
    drafts = tuple(DraftView(f"MedicationRequest/{drug}", AS_ORDERED, drug, (order(9000, 24, drug),)) for drug in drugs)
    first = case(FALLING_KIDNEY)
    return replace(first, drafts=(*first.drafts, *drafts), verdicts={**first.verdicts, **limits})


def _load_and_maintenance() -> CardCase:
    load = order(2000, None)
    both = [replace(f, orders=(load, *f.orders)) for f in (TOO_HIGH, LOWER, LOWEST)]
    first = case(replace(FALLING_KIDNEY, forecasts=(both[0], NOTHING, *both[1:])))
    drafts = (DraftView("MedicationRequest/draft-0", AS_ORDERED, "vancomycin", (load,)), *first.drafts)
    return replace(first, drafts=drafts, resources={LOWER.label: changed(LOWER.label, 1000)})


CASES: dict[str, CardCase] = {
    "too_high_is_critical": case(FALLING_KIDNEY),
    "too_high_with_old_creatinine_is_a_warning": case(replace(FALLING_KIDNEY, suggestions={}, data_quality=(STALE,))),
    "too_low_without_a_level": _too_low(),
    "harm_moderate_and_nothing_better": _moderate(),
    "fine_is_silent": case(prediction((replace(LOWER, label=AS_ORDERED, changes=None), NOTHING, LOWEST)), order(1000)),
    "absolute_limit_with_prediction": case(
        prediction((replace(TOO_HIGH, orders=(order(4000, None),)), NOTHING, LOWER), LOWER.label),
        order(4000, None),
        verdicts=BEYOND,
    ),
    "absolute_limit_without_prediction": case(_unpredictable("no weight charted"), order(4000, None), verdicts=BEYOND),
    "absolute_limit_when_no_prediction_was_ready": case(None, order(4000, None), verdicts=BEYOND),
    "recommended_limit_of_a_fine_order": case(
        prediction((replace(LOWER, label=AS_ORDERED, changes=None), NOTHING)), order(1000), verdicts=ABOVE_RECOMMENDED
    ),
    "no_prediction_without_weight": case(
        _unpredictable("no weight charted"), incomplete=("earlier encounters could not be read",)
    ),
    "unverified_model_informs_only": _unverified(),
    "exposure_only_informs_only": _exposure_only(),
    "order_select_is_at_most_a_warning": replace(case(FALLING_KIDNEY), hook="order-select"),
    "order_that_is_not_ours": replace(case(None), drafts=(DraftView("MedicationRequest/x", AS_ORDERED, None),)),
    "five_drafts_make_three_cards": _several_drafts(4),
    "load_and_maintenance_are_one_decision": _load_and_maintenance(),
    "patient_view_asks_to_check_data": replace(
        case(
            prediction(
                (),
                quality=(
                    DataQuality("vancomycin", "conflicting", "a level contradicts the charted doses; it counts less"),
                    DataQuality("weight", "implausible", "a charted weight of 820 kg is not used"),
                ),
            )
        ),
        hook="patient-view",
    ),
    "patient_view_is_silent": replace(case(prediction(())), hook="patient-view"),
    "changed_order_cannot_be_written": case(FALLING_KIDNEY, resources={}, draft_reference_by_label={}),
    "chart_without_anything": case(FALLING_KIDNEY, record=replace(CHART, measurements=())),
}
