"""Three orders signed at once on one chart, as a health record sends them: PEEP, a rate of norepinephrine, a push of propofol.

The chart is that of a ventilated patient in septic shock with everything charted that circulation, lungs and sedation read.
"""

import json
import uuid
from collections.abc import Iterator
from typing import Any

import numpy as np

from bench.charts import RXNORM, UCUM, bundle, observation, stamp

NOREPINEPHRINE, PROPOFOL = ("7512", "norepinephrine"), ("8782", "propofol")
VITALS = (("8867-4", 104.0, "/min"), ("76214-6", 66.0, "mm[Hg]"), ("9279-1", 20.0, "/min"), ("59408-5", 97.0, "%"))
SPREAD = {"8867-4": 4.0, "76214-6": 2.5, "9279-1": 0.0, "59408-5": 0.4}
BREATHS = (
    ("20077-4", 10.0, "cm[H2O]"), ("19994-3", 50.0, "%"), ("20112-9", 420.0, "mL"), ("19834-1", 20.0, "/min"),
    ("76259-1", 24.0, "cm[H2O]"), ("76531-3", 31.0, "cm[H2O]"), ("76530-5", 14.0, "cm[H2O]"),
)  # fmt: skip
GASES = (("2744-1", 7.34, "[pH]"), ("2019-8", 44.0, "mm[Hg]"), ("2703-7", 72.0, "mm[Hg]"))
ROUTE = {"coding": [{"system": "http://snomed.info/sct", "code": "47625008"}]}
Resource = dict[str, Any]


def _quantity(value: float, unit: str) -> Resource:
    return {"value": value, "unit": unit, "system": UCUM, "code": unit}


def _drug(drug: tuple[str, str]) -> Resource:
    return {"coding": [{"system": RXNORM, "code": drug[0], "display": drug[1]}]}


def _running(patient: str, drug: tuple[str, str], rate: Resource, begin: float, end: float | None) -> Resource:
    period = {"start": stamp(begin), **({} if end is None else {"end": stamp(end)})}
    return {
        "resourceType": "MedicationAdministration",
        "id": uuid.uuid5(uuid.NAMESPACE_OID, f"{patient} {drug} {begin}").hex,
        "status": "in-progress" if end is None else "completed",
        "medicationCodeableConcept": _drug(drug),
        "subject": {"reference": f"Patient/{patient}"},
        "effectivePeriod": period,
        "dosage": {"route": ROUTE, "rateQuantity": rate},
    }


def _medicine(patient: str, ident: str, drug: tuple[str, str], instruction: Resource) -> Resource:
    return {
        "resourceType": "MedicationRequest",
        "id": ident,
        "status": "draft",
        "intent": "order",
        "subject": {"reference": f"Patient/{patient}"},
        "medicationCodeableConcept": _drug(drug),
        "dosageInstruction": [{"route": ROUTE, **instruction}],
    }


def drafts(patient: str) -> list[Resource]:
    """PEEP 10 to 14 cm[H2O], norepinephrine 0.15 to 0.25 ug/kg/min, propofol 100 mg as a push."""
    peep = {
        "resourceType": "DeviceRequest",
        "id": "peep",
        "status": "draft",
        "intent": "order",
        "codeCodeableConcept": {"coding": [{"system": "http://snomed.info/sct", "code": "706172005"}]},
        "subject": {"reference": f"Patient/{patient}"},
        "parameter": [
            {
                "code": {"coding": [{"system": "http://loinc.org", "code": "20077-4"}]},
                "valueQuantity": {"value": 14, "system": UCUM, "code": "cm[H2O]"},
            }
        ],
    }
    step = {"doseAndRate": [{"rateQuantity": _quantity(0.25, "ug/kg/min")}]}
    push = {
        "timing": {"code": {"text": "once"}, "repeat": {"count": 1}},
        "doseAndRate": [{"doseQuantity": _quantity(100, "mg")}],
    }
    return [peep, _medicine(patient, "step", NOREPINEPHRINE, step), _medicine(patient, "push", PROPOFOL, push)]


def _observations(patient: str, seed: int, vitals: int) -> Iterator[tuple[str, Resource]]:
    rng = np.random.default_rng(seed)

    def row(code: str, value: float, unit: str, hour: float) -> Resource:
        return observation(patient, code, value, unit, hour, "vital-signs")

    for code, value, unit in (("29463-7", float(rng.uniform(60, 100)), "kg"), ("8302-2", 175.0, "cm")):
        yield "levels", row(code, value, unit, -20.0)
    for hour in (-14.0, -3.0):
        yield "laboratory", row("718-7", float(rng.uniform(8.5, 11.5)), "g/dL", hour)
        yield "laboratory", row("2160-0", float(rng.uniform(0.8, 1.8)), "mg/dL", hour)
    for hour in (-9.0, -5.0, -1.0):
        for code, value, unit in GASES:
            yield "gases", row(code, value * float(np.exp(rng.normal(0, 0.002 if unit == "[pH]" else 0.04))), unit, hour)
    for hour in (-10.0, -8.0, -6.0, -4.0, -2.0, -1.0):
        for code, value, unit in BREATHS:
            yield "ventilator", row(code, value, unit, hour)
        mode = {k: v for k, v in row("20124-4", 0.0, "1", hour).items() if k != "valueQuantity"}
        coded = {"coding": [{"system": "urn:icu-twin:ventilator-mode", "code": "vc_cmv"}]}
        yield "ventilator", {**mode, "valueCodeableConcept": coded}
    for i in range(vitals):
        code, value, unit = VITALS[i % 4]
        yield "vitals", row(code, value + float(rng.normal(0, SPREAD[code])), unit, -0.25 * (i // 4) - 0.1)


def call(seed: int, vitals: int = 200) -> bytes:
    """An order-sign body with prefetch for a patient of its own, four vital signs every 15 min."""
    patient = f"joint-{seed}"
    charted: dict[str, list[Resource]] = {}
    for key, resource in _observations(patient, seed, vitals):
        charted.setdefault(key, []).append(resource)
    rates = [_quantity(rate, "ug/kg/min") for rate in (0.1, 0.2, 0.15)]
    given = [
        _running(patient, NOREPINEPHRINE, rate, begin, end)
        for rate, (begin, end) in zip(rates, ((-10.0, -6.0), (-6.0, -3.0), (-3.0, None)), strict=True)
    ]
    given.append(_running(patient, PROPOFOL, _quantity(100, "mg/h"), -8.0, None))
    person = {"resourceType": "Patient", "id": patient, "gender": "male", "birthDate": "1966-05-04"}
    document = {
        "hook": "order-sign",
        "hookInstance": str(uuid.UUID(int=seed)),
        "context": {"userId": "Practitioner/1", "patientId": patient, "draftOrders": bundle(drafts(patient), "collection")},
        "prefetch": {
            "patient": person,
            **{key: bundle(rows) for key, rows in charted.items()},
            "administrations": bundle(given),
            "requests": None,
            "procedures": None,
            "conditions": None,
        },
    }
    return json.dumps(document).encode()
