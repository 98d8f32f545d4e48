"""One prediction for nobody at start-up, so that the first clinician does not wait for imports and caches."""

from datetime import UTC, datetime, timedelta

from twin_engine.patient.record import Administration, Measurement, Order, PatientRecord
from twin_engine.predict import predict
from twin_engine.scenario import AS_ORDERED, Scenario

AT = datetime(2026, 1, 3, 8, tzinfo=UTC)


def run() -> None:
    """Predict one order of an invented patient. Raises what the core raises: a service that cannot predict must not start."""
    facts = (("weight", 80.0, "kg"), ("height", 175.0, "cm"), ("creatinine", 1.0, "mg/dL"), ("vancomycin", 15.0, "mg/L"))
    measured = tuple(Measurement(name, value, unit, AT - timedelta(hours=2)) for name, value, unit in facts)
    given = Administration("vancomycin", AT - timedelta(hours=14), "mg", amount=1000.0, end=AT - timedelta(hours=13))
    record = PatientRecord(datetime(1960, 1, 1, tzinfo=UTC).date(), "male", measured, (given,))
    order = Order(AS_ORDERED, "vancomycin", amount=1000.0, unit="mg", interval_h=12.0, infusion_h=1.0, start=AT)
    predict(Scenario(AT, 1, record, (order,)))
