"""Card cases that hand-made predictions show, because no chart reaches them easily; see `predicted` for all others."""

from dataclasses import replace

from cds_cards.case import CardCase, DraftView, RiskView
from cds_cards.rules import Rules
from tests.golden.predicted import predicted
from tests.golden.predictions import (
    ABSOLUTE,
    AT,
    CHART,
    DRAFT,
    FALLING_KIDNEY,
    LOWER,
    LOWEST,
    NOTHING,
    RECOMMENDED,
    TOO_HIGH,
    ago,
    case,
    changed,
    forecast,
    measured,
    metric,
    model,
    order,
    prediction,
)
from twin_engine.outcome import CannotPredict
from twin_engine.patient.record import Condition, DataQuality
from twin_engine.prediction import Completeness, SafetyVerdict
from twin_engine.risk.forecast import RiskCourse, RiskForecast
from twin_engine.risk.old_values import WithoutOld
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


HYPOTENSION = RiskForecast(
    event="hypotension",
    title="New hypotension within 6 h",
    horizon_h=6,
    at=AT,
    probability=0.31,
    low=0.26,
    high=0.36,
    share_below=0.95,
    ppv=0.3018,
    base_rate=0.046,
    population="PhysioNet/CinC Challenge 2019 hospital B",
    terms={"circulation": 1.3, "acid_base": 0.5, "kidney": 0.2, "lungs": 0.05, "blood": -0.4},
    drivers=(("map", 1.1), ("lactate", 0.5), ("heart_rate", 0.2), ("creatinine", 0.1)),
    missing=("bilirubin", "fibrinogen"),
    outside=(),
)
WATCHED = replace(
    CHART,
    measurements=(
        *CHART.measurements,
        measured("lactate", 3.9, "mmol/L", 9),
        measured("map", 67, "mm[Hg]", 0.1),
        measured("heart_rate", 112, "/min", 0.1),
    ),
)
RISING = RiskCourse(tuple(ago(h) for h in (8, 6, 4, 2, 0)), (0.12, 0.05, 0.1, 0.2, 0.31), (0.8, 0.6, 0.75, 0.9, 0.95))
VIEW = RiskView(HYPOTENSION, RISING, ("NEWS2 at least 8 (incomplete)", "qSOFA 2"), ("LVEF 30 %, 12 h old",))


WANTING = (
    Completeness("circulation", "B", ("map",), stale=("map",), if_measured={"map": 0.77}),
    Completeness("lungs", "C", ("hemoglobin",), missing=("hemoglobin",), stale=("spo2",), if_measured={"spo2": 0.95}),
    Completeness("kidneys", "A", (), fresh=("creatinine", "weight")),
    Completeness("vancomycin", "D", ("vancomycin",), width=0.8),
)


KIDNEY = replace(
    HYPOTENSION,
    event="kidney_injury",
    title="Acute kidney injury or its next stage within 48 h",
    horizon_h=48,
    probability=0.47,
    low=0.4,
    high=0.53,
    share_below=0.98,
    ppv=0.4592,
    base_rate=0.119,
    terms={"kidney": 1.4, "circulation": 0.5, "acid_base": 0.3, "lungs": 0.05},
    drivers=(("creatinine", 0.9), ("urea_nitrogen", 0.4), ("map", 0.3), ("lactate", 0.2)),
)


SATURATION = replace(
    HYPOTENSION,
    event="hypoxaemia",
    title="Low oxygen saturation within 6 h",
    probability=0.06,
    low=0.04,
    high=0.08,
    share_below=0.99,
    ppv=0.113,
    base_rate=0.0047,
    terms={"lungs": 2.1, "circulation": 0.3, "kidney": 0.05},
    drivers=(("spo2", 1.8), ("respiratory_rate", 0.4), ("heart_rate", 0.3)),
)


def view_of(*views: RiskView, **more: object) -> CardCase:
    watched = replace(case(prediction(())), hook="patient-view", record=WATCHED, risks=views)
    return replace(watched, **more)  # type: ignore[arg-type]


HAND_MADE: dict[str, CardCase] = {
    "risk_among_the_highest_five_percent": view_of(VIEW),
    "risk_among_the_highest_percent": view_of(replace(VIEW, found=replace(HYPOTENSION, share_below=0.992, ppv=0.458))),
    "risk_that_rests_on_an_old_value": view_of(
        replace(VIEW, without_old=WithoutOld(("lactate",), 0.9)), prediction=replace(prediction(()), completeness=WANTING)
    ),
    "risk_recalibrated_at_the_site": view_of(replace(VIEW, found=replace(HYPOTENSION, local_probability=0.22))),
    "risk_not_worth_a_card": view_of(RiskView(replace(HYPOTENSION, share_below=0.94))),
    "risk_of_low_saturation": view_of(replace(VIEW, found=SATURATION, course=None), rules=Rules(unproven=frozenset())),
    "risk_of_kidney_injury": view_of(replace(VIEW, found=KIDNEY, course=None), rules=Rules(unproven=frozenset())),
    "risk_of_two_events_on_one_card": view_of(VIEW, replace(VIEW, found=KIDNEY), rules=Rules(unproven=frozenset())),
    "risk_refused": view_of(RiskView(CannotPredict("hypotension", "norepinephrine is running"))),
    "risk_where_treatment_is_limited": view_of(
        VIEW, record=replace(WATCHED, conditions=(Condition("limitation_of_treatment"),))
    ),
    "old_and_incomplete_data_are_named": _doubtful_data(),
    "absolute_limit_when_no_prediction_was_ready": case(None, order(4000, None), verdicts=BEYOND),
    "no_prediction_from_incomplete_data": replace(predicted("no_weight"), incomplete=("earlier encounters could not be read",)),
    "unverified_model_informs_only": _unverified(),
    "order_select_is_at_most_a_warning": replace(case(FALLING_KIDNEY), hook="order-select"),
    "order_that_is_not_ours": replace(case(None), drafts=(DraftView("MedicationRequest/x", AS_ORDERED, None),)),
    "five_drafts_make_three_cards": _several_drafts(4),
    "load_and_maintenance_are_one_decision": _load_and_maintenance(),
    "patient_view_asks_about_a_lone_low_saturation": replace(
        case(
            prediction(()),
            record=replace(
                CHART,
                measurements=(
                    *CHART.measurements,
                    *(measured("spo2", v, "%", h) for v, h in ((96, 3.5), (35, 2.5), (97, 1.5))),
                ),
            ),
        ),
        hook="patient-view",
    ),
    "patient_view_asks_to_check_data": replace(
        case(
            prediction(
                (),
                quality=(
                    DataQuality(
                        "vancomycin",
                        "conflicting",
                        "a level contradicts the charted doses: check the doses, the time and the level",
                    ),
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
