"""A synthetic patient's chart as FHIR R4 resources, with every time relative to the given now."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from demo.patient import DemoPatient, Regimen
from demo.simulator import levels

LOINC, SNOMED, RXNORM = "http://loinc.org", "http://snomed.info/sct", "http://www.nlm.nih.gov/research/umls/rxnorm"
UCUM = "http://unitsofmeasure.org"
CATEGORY = "http://terminology.hl7.org/CodeSystem/observation-category"
CODES = {
    "weight": ("29463-7", "Body weight", "kg", "vital-signs"),
    "height": ("8302-2", "Body height", "cm", "vital-signs"),
    "creatinine": ("2160-0", "Creatinine [Mass/volume] in Serum or Plasma", "mg/dL", "laboratory"),
    "albumin": ("1751-7", "Albumin [Mass/volume] in Serum or Plasma", "g/dL", "laboratory"),
    "wbc": ("6690-2", "Leukocytes [#/volume] in Blood", "10*3/uL", "laboratory"),
    "lactate": ("2524-7", "Lactate [Moles/volume] in Serum or Plasma", "mmol/L", "laboratory"),
    "temperature": ("8310-5", "Body temperature", "Cel", "vital-signs"),
    "map": ("8478-0", "Mean blood pressure", "mm[Hg]", "vital-signs"),
    "heart_rate": ("8867-4", "Heart rate", "/min", "vital-signs"),
    "vancomycin": ("20578-1", "Vancomycin [Mass/volume] in Serum or Plasma", "ug/mL", "laboratory"),
}
VANCOMYCIN = {
    "coding": [{"system": RXNORM, "code": "11124", "display": "vancomycin"}],
    "text": "vancomycin intravenous",
}
INTRAVENOUS = {"coding": [{"system": SNOMED, "code": "47625008", "display": "Intravenous route"}]}

Resource = dict[str, object]


def chart(patient: DemoPatient, now: datetime) -> tuple[Resource, ...]:
    """Every resource of one patient."""
    return (
        _person(patient, now),
        _encounter(patient, now),
        *_conditions(patient, now),
        *_observations(patient, now),
        *_medication(patient, now),
    )


def draft_order(patient: DemoPatient, regimen: Regimen, now: datetime, reference: str) -> Resource:
    """An unsigned vancomycin order as the order form writes it; `reference` is its id."""
    return {
        **_order(patient, regimen),
        "id": reference,
        "status": "draft",
        "authoredOn": _instant(now),
        "requester": {"reference": "Practitioner/demo-clinician"},
    }


def _person(patient: DemoPatient, now: datetime) -> Resource:
    born = now.date().replace(year=now.year - patient.age_years, month=1, day=15)
    return {
        "resourceType": "Patient",
        "id": patient.id,
        "identifier": [{"system": "urn:icu-twin:demo:mrn", "value": patient.mrn}],
        "name": [{"family": patient.family, "given": [patient.given]}],
        "gender": patient.sex,
        "birthDate": born.isoformat(),
    }


def _encounter(patient: DemoPatient, now: datetime) -> Resource:
    return {
        "resourceType": "Encounter",
        "id": f"{patient.id}-stay",
        "status": "in-progress",
        "class": {
            "system": "http://terminology.hl7.org/CodeSystem/v3-ActCode",
            "code": "IMP",
            "display": "inpatient encounter",
        },
        "subject": _subject(patient),
        "period": {"start": _ago(now, patient.admitted_h)},
    }


def _conditions(patient: DemoPatient, now: datetime) -> Iterator[Resource]:
    for number, (code, display) in enumerate(patient.conditions, 1):
        yield {
            "resourceType": "Condition",
            "id": f"{patient.id}-condition-{number}",
            "clinicalStatus": {
                "coding": [{"system": "http://terminology.hl7.org/CodeSystem/condition-clinical", "code": "active"}]
            },
            "code": {"coding": [{"system": SNOMED, "code": code, "display": display}], "text": display},
            "subject": _subject(patient),
            "encounter": _stay(patient),
            "onsetDateTime": _ago(now, patient.admitted_h),
        }


def _observations(patient: DemoPatient, now: datetime) -> Iterator[Resource]:
    series = {**patient.measurements, "vancomycin": tuple(levels(patient))}
    for variable, values in series.items():
        code, display, unit, category = CODES[variable]
        for number, (hours, value) in enumerate(values, 1):
            yield {
                "resourceType": "Observation",
                "id": f"{patient.id}-{variable.replace('_', '-')}-{number}",
                "status": "final",
                "category": [{"coding": [{"system": CATEGORY, "code": category}]}],
                "code": {"coding": [{"system": LOINC, "code": code, "display": display}], "text": display},
                "subject": _subject(patient),
                "encounter": _stay(patient),
                "effectiveDateTime": _ago(now, hours),
                "issued": _ago(now, max(hours - 0.7, 0.1) if category == "laboratory" else hours),
                "valueQuantity": {"value": value, "unit": unit, "system": UCUM, "code": unit},
            }


def _medication(patient: DemoPatient, now: datetime) -> Iterator[Resource]:
    for number, dose in enumerate(patient.doses, 1):
        yield {
            "resourceType": "MedicationAdministration",
            "id": f"{patient.id}-dose-{number}",
            "status": "completed",
            "medicationCodeableConcept": VANCOMYCIN,
            "subject": _subject(patient),
            "context": _stay(patient),
            "effectivePeriod": {
                "start": _ago(now, dose.hours_ago),
                "end": _ago(now, dose.hours_ago - dose.infusion_h),
            },
            "dosage": {"route": INTRAVENOUS, "dose": _milligrams(dose.amount_mg)},
        }


def _order(patient: DemoPatient, regimen: Regimen) -> Resource:
    hours = regimen.interval_h
    timing = {"repeat": {"count": 1}} if hours is None else {"repeat": {"frequency": 1, "period": hours, "periodUnit": "h"}}
    repeat = {**timing["repeat"], "duration": regimen.infusion_h, "durationUnit": "h"}
    return {
        "resourceType": "MedicationRequest",
        "intent": "order",
        "medicationCodeableConcept": VANCOMYCIN,
        "subject": _subject(patient),
        "encounter": _stay(patient),
        "dosageInstruction": [
            {
                "timing": {"repeat": repeat},
                "route": INTRAVENOUS,
                "doseAndRate": [{"doseQuantity": _milligrams(regimen.amount_mg)}],
            }
        ],
    }


def _milligrams(amount: float) -> Resource:
    return {"value": amount, "unit": "mg", "system": UCUM, "code": "mg"}


def _subject(patient: DemoPatient) -> Resource:
    return {"reference": f"Patient/{patient.id}"}


def _stay(patient: DemoPatient) -> Resource:
    return {"reference": f"Encounter/{patient.id}-stay"}


def _ago(now: datetime, hours: float) -> str:
    return _instant(now - timedelta(hours=hours))


def _instant(time: datetime) -> str:
    return time.isoformat(timespec="seconds")
