"""What the page shows of a patient: identity, series to draw, doses, and the draft in the order form."""

from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime, timedelta

from demo.chart import CODES
from demo.patient import DemoPatient
from demo.simulator import levels

_NAMES = {
    "vancomycin": ("Vancomycin level", "mg/L"),
    "creatinine": ("Creatinine", "mg/dL"),
    "lactate": ("Lactate", "mmol/L"),
    "wbc": ("White cells", "10⁹/L"),
    "temperature": ("Temperature", "°C"),
    "albumin": ("Albumin", "g/dL"),
    "map": ("Mean arterial pressure", "mmHg"),
    "heart_rate": ("Heart rate", "/min"),
    "weight": ("Weight", "kg"),
    "height": ("Height", "cm"),
}


def bed(patient: DemoPatient) -> Mapping[str, object]:
    """One line of the bed board."""
    return {
        "id": patient.id,
        "name": f"{patient.family}, {patient.given}",
        "bed": patient.bed,
        "about": f"{patient.age_years} y, {patient.sex}",
        "problem": ", ".join(display for _, display in patient.conditions),
    }


def sheet(patient: DemoPatient, now: datetime) -> Mapping[str, object]:
    """Everything on the chart page."""
    series = {**patient.measurements, "vancomycin": tuple(levels(patient))}
    return {
        **bed(patient),
        "mrn": patient.mrn,
        "story": patient.story,
        "now": now.isoformat(),
        "series": [
            {
                "variable": name,
                "name": _NAMES[name][0],
                "unit": _NAMES[name][1],
                "code": CODES[name][0],
                "points": [{"time": _at(now, h), "value": v} for h, v in sorted(series.get(name, ()), reverse=True)],
            }
            for name in _NAMES
        ],
        "doses": [
            {
                "start": _at(now, d.hours_ago),
                "end": _at(now, d.hours_ago - d.infusion_h),
                "amount_mg": d.amount_mg,
                "infusion_h": d.infusion_h,
            }
            for d in patient.doses
        ],
        "draft": asdict(patient.draft),
        "slip": None if patient.slip is None else asdict(patient.slip),
    }


def _at(now: datetime, hours: float) -> str:
    return (now - timedelta(hours=hours)).isoformat()
