"""Card cases that hand-made predictions show, because no chart reaches them easily; see `predicted` for all others."""

from dataclasses import replace

from cds_cards.case import CardCase, DraftView
from tests.golden.predicted import predicted
from tests.golden.predictions import (
    ABSOLUTE,
    CHART,
    DRAFT,
    FALLING_KIDNEY,
    LOWER,
    LOWEST,
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
)
from twin_engine.patient.record import DataQuality
from twin_engine.prediction import SafetyVerdict
from twin_engine.scenario import AS_ORDERED

BEYOND = {DRAFT: SafetyVerdict(cleared=False, findings=(ABSOLUTE, RECOMMENDED))}
STALE = DataQuality("creatinine", "stale", "creatinine is 30 h old: no suggestion", 30.0)


def _doubtful_data() -> CardCase:
    """Harm not likely enough to be critical, nothing better cleared."""
    likely = forecast(AS_ORDERED, (order(1250),), metric(561, 430, 720, 0.6, 0.35), 1)
    return case(prediction((likely, NOTHING), quality=(STALE,)), order(1250), incomplete=("albumin was not supplied",))


def _unverified() -> CardCase:
    models = {"vancomycin_goti_2018": model("vancomycin_goti_2018", status="experimental")}
    return case(replace(FALLING_KIDNEY, twin=models))


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


HAND_MADE: dict[str, CardCase] = {
    "old_and_incomplete_data_are_named": _doubtful_data(),
    "absolute_limit_when_no_prediction_was_ready": case(None, order(4000, None), verdicts=BEYOND),
    "no_prediction_from_incomplete_data": replace(predicted("no_weight"), incomplete=("earlier encounters could not be read",)),
    "unverified_model_informs_only": _unverified(),
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
