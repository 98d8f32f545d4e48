"""Synthetic charts of many distinct patients, as scenarios and as hook calls with prefetch."""

import json
import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np

AT = datetime(2026, 1, 10, 8, tzinfo=UTC)
LOINC, RXNORM, UCUM = "http://loinc.org", "http://www.nlm.nih.gov/research/umls/rxnorm", "http://unitsofmeasure.org"
VITALS = (("8867-4", 90.0, "/min"), ("8478-0", 74.0, "mm[Hg]"), ("9279-1", 18.0, "/min"), ("59408-5", 96.0, "%"))


def stamp(hour: float) -> str:
    """An instant, hours relative to the time of the call."""
    return (AT + timedelta(hours=hour)).isoformat()


def scenario(doses: int, levels: int, creatinines: int, models: list[str] | None = None) -> dict[str, Any]:
    """A patient on vancomycin every 12 h with a pending change of dose."""
    measurements: list[dict[str, Any]] = [
        {"variable": "weight", "value": 82, "unit": "kg", "time": stamp(-20)},
        {"variable": "height", "value": 175, "unit": "cm", "time": stamp(-20)},
    ]
    for i in range(creatinines):
        row = {"variable": "creatinine", "value": 1.0 + 0.05 * (i % 4), "unit": "mg/dL", "time": stamp(-3 - 24 * i)}
        measurements.append(row)
    for i in range(levels):
        measurements.append({"variable": "vancomycin", "value": 14 + i % 3, "unit": "mg/L", "time": stamp(-11.5 - 24 * i)})
    given = [
        {"drug": "vancomycin", "amount": 1000, "unit": "mg", "start": stamp(-11 - 12 * i), "end": stamp(-10 - 12 * i)}
        for i in range(doses)
    ]
    order = {"drug": "vancomycin", "amount": 1500, "unit": "mg", "interval_h": 12, "infusion_h": 1.5, "start": stamp(1)}
    return {
        "at": stamp(0),
        "seed": 1,
        "horizon_h": 48,
        "patient": {"birth_date": "1961-05-04", "sex": "male"},
        "measurements": measurements,
        "administrations": given,
        "orders": [order],
        **({} if models is None else {"models": models}),
    }


def observation(patient: str, code: str, value: float, unit: str, hour: float, category: str) -> dict[str, Any]:
    """One charted value."""
    return {
        "resourceType": "Observation",
        "id": uuid.uuid5(uuid.NAMESPACE_OID, f"{patient} {code} {hour}").hex,
        "status": "final",
        "category": [{"coding": [{"code": category}]}],
        "code": {"coding": [{"system": LOINC, "code": code}]},
        "subject": {"reference": f"Patient/{patient}"},
        "effectiveDateTime": stamp(hour),
        "valueQuantity": {"value": round(value, 2), "unit": unit, "system": UCUM, "code": unit},
    }


MEDICINE = {"coding": [{"system": RXNORM, "code": "11124", "display": "vancomycin"}]}


def _given(patient: str, hour: float) -> dict[str, Any]:
    return {
        "resourceType": "MedicationAdministration",
        "id": uuid.uuid4().hex,
        "status": "completed",
        "medicationCodeableConcept": MEDICINE,
        "subject": {"reference": f"Patient/{patient}"},
        "effectivePeriod": {"start": stamp(hour), "end": stamp(hour + 1)},
        "dosage": {"dose": {"value": 1000, "unit": "mg", "system": UCUM, "code": "mg"}},
    }


def _draft(patient: str) -> dict[str, Any]:
    timing = {"repeat": {"frequency": 1, "period": 12, "periodUnit": "h", "duration": 1.5, "durationUnit": "h"}}
    dose = {"doseQuantity": {"value": 1500, "unit": "mg", "system": UCUM, "code": "mg"}}
    return {
        "resourceType": "MedicationRequest",
        "id": "draft-1",
        "status": "draft",
        "intent": "order",
        "subject": {"reference": f"Patient/{patient}"},
        "medicationCodeableConcept": MEDICINE,
        "dosageInstruction": [{"timing": timing, "doseAndRate": [dose]}],
    }


def bundle(rows: list[dict[str, Any]], kind: str = "searchset") -> dict[str, Any]:
    """These resources together."""
    return {"resourceType": "Bundle", "type": kind, "entry": [{"resource": row} for row in rows]}


def call(seed: int, observations: int) -> bytes:
    """An order-sign body with prefetch for a patient of its own."""
    rng = np.random.default_rng(seed)
    patient = f"bench-{seed}"

    def row(code: str, value: float, unit: str, hour: float, category: str = "laboratory") -> dict[str, Any]:
        return observation(patient, code, value, unit, hour, category)

    laboratory = [row("2160-0", float(rng.uniform(0.7, 1.4)), "mg/dL", -4 - 12 * i) for i in range(6)]
    levels = [row("20578-1", float(rng.uniform(9, 19)), "ug/mL", hour) for hour in (-36.5, -12.5)]
    body = [
        row("29463-7", float(rng.uniform(55, 105)), "kg", -20, "vital-signs"),
        row("8302-2", float(rng.uniform(155, 190)), "cm", -20, "vital-signs"),
    ]
    vitals = [
        row(code, value + float(rng.normal(0, 2)), unit, -0.25 * (i // 4) - 0.1, "vital-signs")
        for i in range(observations - len(laboratory) - len(levels) - len(body))
        for code, value, unit in [VITALS[i % 4]]
    ]
    document = {
        "hook": "order-sign",
        "hookInstance": str(uuid.UUID(int=seed)),
        "context": {
            "userId": "Practitioner/1",
            "patientId": patient,
            "draftOrders": bundle([_draft(patient)], "collection"),
        },
        "prefetch": {
            "patient": {"resourceType": "Patient", "id": patient, "gender": "male", "birthDate": "1961-05-04"},
            "body": bundle(body),
            "laboratory": bundle(laboratory),
            "levels": bundle(levels),
            "vitals": bundle(vitals),
            "administrations": bundle([_given(patient, -12 - 12 * i) for i in range(6)]),
            "requests": None,
            "procedures": None,
            "conditions": None,
        },
    }
    return json.dumps(document).encode()


def view(seed: int, observations: int) -> bytes:
    """A patient-view body with the same prefetch."""
    document = json.loads(call(seed, observations))
    context = {name: value for name, value in document["context"].items() if name != "draftOrders"}
    return json.dumps({**document, "hook": "patient-view", "context": context}).encode()
