"""Every shape of order, dose, result and support, broken at any place: mapping gives a record and issues, and never raises."""

import copy
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fhir_mapping.codes import read_codes
from fhir_mapping.orders import read_drafts
from fhir_mapping.record import map_chart
from tests.property.test_mapping_never_raises import ANYTHING, AT, ORDER, VALID


def coded(system: str, code: str, display: str = "") -> dict[str, Any]:
    return {"coding": [{"system": system, "code": code, "display": display}]}


def amount(value: float, unit: str) -> dict[str, Any]:
    return {"value": value, "unit": unit, "system": "http://unitsofmeasure.org", "code": unit}


RXNORM = "http://www.nlm.nih.gov/research/umls/rxnorm"
SNOMED = "http://snomed.info/sct"
SITE = read_codes(
    "kind,system,code,name,display,specimen,site,unit,source\nsign,urn:site,EFF,crrt,Effluent,,,,site\n".splitlines()
)
EVERY_8_H = {"repeat": {"frequency": 1, "period": 8, "periodUnit": "h", "boundsDuration": amount(3, "d")}}
PATIENT = {"subject": {"reference": "Patient/1"}}
LOAD_THEN_MAINTENANCE = {
    **ORDER,
    "dosageInstruction": [
        {"sequence": 2, "timing": EVERY_8_H, "doseAndRate": [{"doseRange": {"low": amount(1, "g"), "high": amount(2, "g")}}]},
        {"sequence": 1, "timing": {"repeat": {"count": 1}}, "doseAndRate": [{"doseQuantity": amount(25, "mg/kg")}]},
    ],
}
SHAPES: dict[str, list[dict[str, Any]]] = {
    "group": [
        {
            **PATIENT,
            "resourceType": "RequestGroup",
            "id": "g",
            "status": "draft",
            "intent": "order",
            "contained": [{**LOAD_THEN_MAINTENANCE, "id": "c"}],
            "action": [
                {"selectionBehavior": "exactly-one", "action": [{"resource": {"reference": "#c"}}]},
                {"resource": {"reference": "MedicationRequest/o"}},
            ],
        },
        LOAD_THEN_MAINTENANCE,
    ],
    "rates": [
        {
            **{key: part for key, part in ORDER.items() if key != "medicationCodeableConcept"},
            "contained": [
                {
                    "resourceType": "Medication",
                    "id": "m",
                    "form": {"text": "Injection"},
                    "ingredient": [
                        {
                            "itemCodeableConcept": coded(RXNORM, "7512"),
                            "strength": {"numerator": amount(4, "mg"), "denominator": amount(50, "mL")},
                        }
                    ],
                }
            ],
            "medicationReference": {"reference": "#m"},
            "dosageInstruction": [
                {
                    "additionalInstruction": [{"text": "titrate"}],
                    "asNeededBoolean": True,
                    "doseAndRate": [{"rateRange": {"low": amount(2, "mL/h"), "high": amount(9, "mL/h")}}],
                    "maxDosePerPeriod": {"numerator": amount(10, "mg"), "denominator": amount(1, "h")},
                }
            ],
        }
    ],
    "combination": [
        {**VALID, "medicationCodeableConcept": coded(RXNORM, "1659149"), "dosage": {"dose": amount(4.5, "g")}},
        {**VALID, "id": "b", "medicationCodeableConcept": coded("http://www.whocc.no/atc", "J01CR05", "4 g/0,5 g")},
    ],
    "prodrug": [{**VALID, "medicationCodeableConcept": coded(RXNORM, "1670194"), "dosage": {"dose": amount(900, "mg{PE}")}}],
    "named": [{**VALID, "medicationCodeableConcept": coded(RXNORM, "1", "vancomycin 1000 MG Injection")}],
    "mic": [
        {
            **PATIENT,
            "resourceType": "Observation",
            "id": "p",
            "status": "final",
            "code": coded("http://loinc.org", "29576-6"),
            "effectiveDateTime": "2026-01-02T06:00:00Z",
            "component": [
                {"code": coded("http://loinc.org", "524-9"), "valueQuantity": {**amount(1, "ug/mL"), "comparator": "<="}},
                {"code": coded("http://loinc.org", "6652-2"), "valueQuantity": amount(0.5, "mg/L")},
            ],
        }
    ],
    "support": [
        {
            **PATIENT,
            "resourceType": "Procedure",
            "id": "p",
            "status": "in-progress",
            "code": coded(SNOMED, "233585000"),
            "performedPeriod": {"start": "2026-01-02T06:00:00Z"},
        },
        {
            **PATIENT,
            "resourceType": "DeviceUseStatement",
            "id": "u",
            "status": "active",
            "device": {"reference": "Device/d"},
            "timingPeriod": {"start": "2026-01-02T06:00:00Z"},
        },
        {"resourceType": "Device", "id": "d", "type": coded(SNOMED, "700151002")},
        {
            **PATIENT,
            "resourceType": "Observation",
            "id": "e",
            "status": "final",
            "code": coded("urn:site", "EFF"),
            "effectiveDateTime": "2026-01-03T06:00:00Z",
            "valueQuantity": amount(2000, "mL/h"),
        },
    ],
}


def paths(value: Any, at: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The way to every part of a JSON value."""
    for key, part in value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ():
        yield (*at, key)
        yield from paths(part, (*at, key))


@pytest.mark.parametrize("shape", SHAPES)
@settings(max_examples=150, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_every_shape_with_parts_broken_anywhere_is_read_or_remarked(shape: str, data: st.DataObject) -> None:
    chart: Any = copy.deepcopy(SHAPES[shape])
    for _ in range(data.draw(st.integers(1, 3))):
        *way, last = data.draw(st.sampled_from(list(paths(chart))))
        holder = chart
        for key in way:
            holder = holder[key]
        holder[last] = data.draw(ANYTHING)
    found = map_chart(chart, at=AT, site=SITE)
    assert all(a.amount is None or 0 <= a.amount < float("inf") for a in found.record.administrations)
    assert all(p.effluent_ml_per_h is None or p.effluent_ml_per_h > 0 for p in found.record.procedures)
    for draft in read_drafts({"resourceType": "Bundle", "entry": [{"resource": r} for r in chart]}, at=AT, site=SITE):
        assert all(o.amount is None or 0 < o.amount < float("inf") for o in draft.orders)


@pytest.mark.parametrize("shape", SHAPES)
def test_every_shape_is_read_while_it_is_whole(shape: str) -> None:
    """Else breaking it would show nothing."""
    chart = SHAPES[shape]
    record = map_chart(chart, at=AT, site=SITE).record
    drafts = read_drafts({"resourceType": "Bundle", "entry": [{"resource": r} for r in chart]}, at=AT, site=SITE)
    assert record.administrations or record.measurements or record.procedures or any(d.orders for d in drafts)
