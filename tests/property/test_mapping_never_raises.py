"""Whatever stands in a resource, mapping gives a record and issues; it never raises."""

import copy
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fhir_mapping.bundles import resources
from fhir_mapping.orders import read_drafts, rewritten
from fhir_mapping.record import map_chart

AT = datetime(2026, 1, 3, 8, tzinfo=UTC)
WORDS = st.sampled_from(
    [
        "final",
        "completed",
        "active",
        "draft",
        "mg",
        "mL",
        "kg",
        "h",
        "d",
        "2026-01-03T06:00:00Z",
        "2026-01-03",
        "#m",
        "Patient/1",
        "http://loinc.org",
        "2160-0",
        "20578-1",
        "8478-0",
        "http://www.nlm.nih.gov/research/umls/rxnorm",
        "11124",
        "1e400",
        "",
        "BID",
        "http://www.whocc.no/atc",
        "http://snomed.info/sct",
        "8339",
        "J01CR05",
        "72236",
        "mg{PE}",
        "g",
        "mg/L",
        "mL/h",
        "mg/h",
        "20578-1",
        "302497006",
        "251288004",
        "233573008",
        "vancomycin 1000 MG Injection",
        "Oral Capsule",
        "Injection",
        "exactly-one",
        "any",
        "stopped",
    ]
)
KEYS = st.sampled_from(
    [
        "status",
        "code",
        "coding",
        "system",
        "value",
        "unit",
        "valueQuantity",
        "effectiveDateTime",
        "effectivePeriod",
        "start",
        "end",
        "dosage",
        "dose",
        "rateQuantity",
        "rateRatio",
        "numerator",
        "denominator",
        "dosageInstruction",
        "doseAndRate",
        "doseQuantity",
        "doseRange",
        "high",
        "timing",
        "repeat",
        "frequency",
        "period",
        "periodUnit",
        "medicationCodeableConcept",
        "medicationReference",
        "reference",
        "contained",
        "ingredient",
        "itemCodeableConcept",
        "strength",
        "subject",
        "component",
        "birthDate",
        "gender",
        "id",
        "extension",
        "event",
        "count",
        "category",
        "text",
        "meta",
        "lastUpdated",
        "versionId",
        "encounter",
        "partOf",
        "specimen",
        "device",
        "route",
        "intent",
        "basedOn",
        "timeOfDay",
        "dayOfWeek",
        "boundsDuration",
        "clinicalStatus",
        "abatementDateTime",
        "oralDiet",
        "nutrient",
        "valueRatio",
        "valueString",
        "doNotPerform",
        "action",
        "resource",
        "selectionBehavior",
        "sequence",
        "maxDosePerPeriod",
        "maxDosePerAdministration",
        "rateRange",
        "low",
        "boundsPeriod",
        "boundsRange",
        "durationUnit",
        "duration",
        "additionalInstruction",
        "asNeededBoolean",
        "asNeededCodeableConcept",
        "patientInstruction",
        "form",
        "display",
        "method",
        "hasMember",
        "derivedFrom",
        "interpretation",
        "valueCodeableConcept",
        "comparator",
        "timingPeriod",
        "timingDateTime",
        "performedPeriod",
        "performedDateTime",
        "bodySite",
        "reasonCode",
        "priorPrescription",
        "statusReason",
        "type",
    ]
)
LEAVES = st.one_of(
    WORDS,
    st.none(),
    st.booleans(),
    st.integers(-10, 10**12),
    st.sampled_from([10**400, -(10**400)]),
    st.floats(),
    st.text(max_size=5),
)
ANYTHING = st.recursive(
    LEAVES, lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(KEYS, inner, max_size=5)), max_leaves=25
)
KINDS = st.sampled_from(
    [
        "Observation",
        "MedicationAdministration",
        "MedicationRequest",
        "Medication",
        "Patient",
        "Procedure",
        "Condition",
        "Flag",
        "Consent",
        "Encounter",
        "Specimen",
        "Device",
        "DeviceMetric",
        "DeviceUseStatement",
        "DeviceRequest",
        "ServiceRequest",
        "NutritionOrder",
        "RequestGroup",
        "Foo",
    ]
)


@st.composite
def resource(draw: st.DrawFn) -> dict[str, Any]:
    return {**draw(st.dictionaries(KEYS, ANYTHING, max_size=8)), "resourceType": draw(KINDS)}


VALID = {
    "resourceType": "MedicationAdministration",
    "id": "a",
    "status": "completed",
    "subject": {"reference": "Patient/1"},
    "medicationCodeableConcept": {"coding": [{"system": "http://www.nlm.nih.gov/research/umls/rxnorm", "code": "11124"}]},
    "effectivePeriod": {"start": "2026-01-03T01:00:00Z", "end": "2026-01-03T02:00:00Z"},
    "dosage": {"dose": {"value": 1000, "code": "mg"}},
}


@settings(max_examples=300, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(resource(), max_size=4))
def test_any_chart_is_mapped(chart: list[dict[str, Any]]) -> None:
    found = map_chart(chart, at=AT)
    assert all(m.value is None or m.value == m.value for m in found.record.measurements)


@settings(max_examples=300)
@given(KEYS, ANYTHING)
def test_a_good_dose_with_one_broken_part_is_read_or_remarked(key: str, value: Any) -> None:
    found = map_chart([{**VALID, key: value}], at=AT)
    assert len(found.record.administrations) <= 1
    assert all(a.amount is None or a.amount >= 0 for a in found.record.administrations)


@settings(max_examples=300)
@given(
    st.one_of(
        ANYTHING,
        st.lists(resource(), max_size=3).map(lambda rs: {"resourceType": "Bundle", "entry": [{"resource": r} for r in rs]}),
    )
)
def test_any_bundle_of_drafts_is_read(bundle: Any) -> None:
    for draft in read_drafts(bundle, at=AT):
        assert all(o.amount is None or 0 < o.amount < float("inf") for o in draft.orders)
    assert resources(bundle).state in {"present", "null", "failed"}


ORDER = {
    "resourceType": "MedicationRequest",
    "id": "o",
    "status": "draft",
    "intent": "order",
    "subject": {"reference": "Patient/1"},
    "medicationCodeableConcept": VALID["medicationCodeableConcept"],
    "dosageInstruction": [
        {
            "timing": {"repeat": {"frequency": 1, "period": 12, "periodUnit": "h", "duration": 1, "durationUnit": "h"}},
            "doseAndRate": [{"doseQuantity": {"value": 1000, "code": "mg"}}],
        }
    ],
}


@settings(max_examples=300)
@given(KEYS, ANYTHING, st.sampled_from(["order", "dosage", "repeat", "dose"]))
def test_a_good_draft_with_one_broken_part_is_read_and_rewritten_or_refused(key: str, value: Any, place: str) -> None:
    """What is written back says the new dose and nothing else; what cannot say it is refused by a ValueError."""
    broken = copy.deepcopy(ORDER)
    dosage = broken["dosageInstruction"][0]
    holders = {
        "order": broken,
        "dosage": dosage,
        "repeat": dosage["timing"]["repeat"],
        "dose": dosage["doseAndRate"][0]["doseQuantity"],
    }
    holders[place][key] = value
    for draft in read_drafts({"resourceType": "Bundle", "entry": [{"resource": broken}]}, at=AT):
        if draft.problems or len(draft.orders) != 1 or draft.orders[0].amount is None:
            continue
        changed = replace(draft.orders[0], amount=750.0, unit="mg", interval_h=8.0, infusion_h=2.0)
        before = repr(draft.resource)
        try:
            resource = rewritten(draft, changed)
        except ValueError:
            continue
        assert repr(draft.resource) == before
        [again] = read_drafts({"resourceType": "Bundle", "entry": [{"resource": resource}]}, at=AT)
        [order] = again.orders
        assert (order.amount, order.interval_h, order.infusion_h) == (750.0, 8.0, pytest.approx(2.0))
