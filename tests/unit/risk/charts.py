"""A chart of hourly vital signs and a few laboratory values, up to 2026-01-03 08:00."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

from twin_engine.patient.record import Measurement, PatientRecord, sorted_by_time
from twin_engine.patient.variables import VARIABLES

AT = datetime(2026, 1, 3, 8, tzinfo=UTC)
VITALS = {
    "map": 78.0,
    "sbp": 115.0,
    "dbp": 60.0,
    "heart_rate": 92.0,
    "respiratory_rate": 20.0,
    "spo2": 96.0,
    "temperature": 37.4,
}
LABORATORY = {"lactate": 2.4, "creatinine": 1.3, "wbc": 13.0, "hemoglobin": 9.8, "platelets": 180.0, "potassium": 4.2}


def measured(variable: str, value: float, hours_ago: float) -> Measurement:
    """One charted value."""
    return Measurement(variable, value, VARIABLES[variable].unit, AT - timedelta(hours=hours_ago))


def chart(hours: int = 24, **vitals: float) -> PatientRecord:
    """Steady vital signs every hour, on the half hour, and one set of laboratory values of 4 h ago."""
    rows = [measured(n, v, k + 0.5) for n, v in {**VITALS, **vitals}.items() for k in range(hours)]
    rows += [measured(n, v, 4.0) for n, v in LABORATORY.items()]
    return PatientRecord(date(1961, 5, 4), "male", sorted_by_time(rows))


def falling(chart_of: PatientRecord, by: float) -> PatientRecord:
    """The chart with pressures that fell by `by` mm[Hg] over the last 6 h."""

    def lowered(m: Measurement) -> Measurement:
        hours = (AT - m.time) / timedelta(hours=1)
        if m.variable not in {"map", "sbp", "dbp"} or hours > 6 or m.value is None:
            return m
        return replace(m, value=m.value - by * (6.0 - hours) / 6.0)

    return replace(chart_of, measurements=tuple(lowered(m) for m in chart_of.measurements))
