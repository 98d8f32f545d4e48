"""Hand-made predictions and charts for the card tests: every number is chosen here, none is computed by a model."""

import uuid
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

from cds_cards.case import CardCase, DraftView
from twin_engine.patient.record import Administration, DataQuality, Measurement, Order, PatientRecord
from twin_engine.prediction import (
    Forecast,
    Metric,
    ModelSummary,
    ParameterSummary,
    Place,
    Prediction,
    SafetyFinding,
    SafetyVerdict,
)
from twin_engine.scenario import AS_ORDERED, NO_CHANGE

AT = datetime(2026, 1, 3, 8, tzinfo=UTC)
DRAFT = "MedicationRequest/draft-1"
STEADY, NEXT = "vancomycin_auc24_steady", "vancomycin_auc24_next"
CLEARED = SafetyVerdict(cleared=True)
ABSOLUTE = SafetyFinding("absolute", "vancomycin single dose 4,000 mg is above the absolute limit of 3,000 mg", "Rybak 2020")
RECOMMENDED = SafetyFinding("recommended", "vancomycin dose 40 mg/kg is above the recommended limit of 35 mg/kg", "Rybak 2020")


def ago(hours: float) -> datetime:
    return AT - timedelta(hours=hours)


def measured(variable: str, value: float, unit: str, hours: float) -> Measurement:
    return Measurement(variable, value, unit, ago(hours))


CHART = PatientRecord(
    birth_date=date(1955, 5, 4),
    sex="male",
    measurements=(
        measured("weight", 82, "kg", 40),
        measured("height", 175, "cm", 40),
        measured("creatinine", 1.1, "mg/dL", 29),
        measured("vancomycin", 22.4, "mg/L", 6),
        measured("creatinine", 1.9, "mg/dL", 5),
    ),
    administrations=(Administration("vancomycin", ago(12), "mg", 1500, end=ago(10.5)),),
)


def order(amount: float, interval_h: float | None = 12.0, drug: str = "vancomycin") -> Order:
    return Order(AS_ORDERED, drug, amount, None, "mg", interval_h, amount / 1000.0, start=AT)


def metric(median: float, low: float, high: float, p_in: float, p_above: float) -> Metric:
    p_below = max(0.0, 1.0 - p_in - p_above)
    by_model = {"vancomycin_goti_2018": p_above}
    made = Metric("mg.h/L", median, low, high, p_in, p_above, p_below, p_above, (400.0, 600.0), 600.0)
    return replace(made, harm_metric=STEADY, p_harm_by_model=by_model)


def forecast(label: str, orders: tuple[Order, ...], found: Metric | None, rank: int | None = None, **more: object) -> Forecast:
    metrics = {} if found is None else {STEADY: found}
    places = {} if found is None else {"vancomycin": Place(STEADY, rank or 1, found.p_in_target - found.p_harm)}
    made = Forecast(label, orders, (), {}, metrics, (), CLEARED, places)
    return replace(made, **more)  # type: ignore[arg-type]


def model(name: str, weight: float = 1.0, levels: int = 1, status: str = "verified") -> ModelSummary:
    clearance = ParameterSummary("L/h", typical=3.6, mode=2.1, median=2.13, low=1.7, high=2.7)
    seen = ((ago(6), 0.83),) if levels else ()
    drug = name.split("_", maxsplit=1)[0]
    return ModelSummary(drug, drug, status, weight, levels, 301.0, {"CL": clearance}, levels == 0, {}, seen)


def prediction(
    forecasts: tuple[Forecast, ...],
    suggested: str | None = None,
    models: Mapping[str, ModelSummary] | None = None,
    quality: tuple[DataQuality, ...] = (),
) -> Prediction:
    twin = {"vancomycin_goti_2018": model("vancomycin_goti_2018")} if models is None else dict(models)
    return Prediction(AT, twin, forecasts, {} if suggested is None else {"vancomycin": suggested}, (), quality, {})


TOO_HIGH = forecast(AS_ORDERED, (order(1500),), metric(742, 610, 901, 0.09, 0.91), 3)
LOWER = forecast("1,000 mg every 12 h", (order(1000),), metric(495, 407, 601, 0.9, 0.05), 1, changes=AS_ORDERED)
LOWEST = forecast("750 mg every 12 h", (order(750),), metric(371, 305, 451, 0.32, 0.0), 2, changes=AS_ORDERED)
NOTHING = forecast(NO_CHANGE, (), metric(120, 60, 210, 0.0, 0.0), 4)
FALLING_KIDNEY = prediction((TOO_HIGH, NOTHING, LOWER, LOWEST), LOWER.label)


def changed(label: str, amount: float) -> dict[str, object]:
    return {
        "resourceType": "MedicationRequest",
        "id": "draft-1",
        "status": "draft",
        "intent": "order",
        "subject": {"reference": "Patient/1"},
        "medicationCodeableConcept": {"text": "<b>vancomycin</b> http://example.org"},
        "dosageInstruction": [{"text": label, "doseAndRate": [{"doseQuantity": {"value": amount, "unit": "mg"}}]}],
    }


def case(found: Prediction | None, *orders: Order, **more: object) -> CardCase:
    drafted = orders or (order(1500),)
    changing = [] if found is None else [f for f in found.forecasts if f.changes]
    made = CardCase(
        hook="order-sign",
        prediction=found,
        record=CHART,
        drafts=(DraftView(DRAFT, AS_ORDERED, "vancomycin", drafted),),
        verdicts={DRAFT: CLEARED},
        uuid_of=lambda name: str(uuid.uuid5(uuid.NAMESPACE_OID, name)),
        resources={f.label: changed(f.label, f.orders[0].amount or 0.0) for f in changing},
        draft_reference_by_label={f.label: DRAFT for f in changing},
        timezone="Europe/Berlin",
    )
    return replace(made, **more)  # type: ignore[arg-type]
