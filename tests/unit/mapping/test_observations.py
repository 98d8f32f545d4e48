"""Observations: units, components, comparators, statuses, times, duplicates, encounters."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from fhir_mapping.issues import remarks
from fhir_mapping.record import MappedChart, map_chart

AT = datetime(2026, 1, 3, 8, tzinfo=UTC)
LOINC = "http://loinc.org"


def time(hours: float) -> str:
    return (AT + timedelta(hours=hours)).isoformat()


def observation(code: str, value: Any, unit: str | None, **other: Any) -> dict[str, Any]:
    quantity = {"value": value, **({} if unit is None else {"code": unit})}
    return {
        "resourceType": "Observation",
        "id": "o",
        "status": "final",
        "code": {"coding": [{"system": LOINC, "code": code}]},
        "subject": {"reference": "Patient/1"},
        "effectiveDateTime": time(-2),
        "valueQuantity": quantity,
        **other,
    }


def mapped(*resources: dict[str, Any], **other: Any) -> MappedChart:
    return map_chart(resources, at=AT, **other)


def values(*resources: dict[str, Any], **other: Any) -> list[tuple[str, float | None]]:
    return [(m.variable, m.value) for m in mapped(*resources, **other).record.measurements]


@pytest.mark.parametrize(
    ("code", "value", "unit", "variable", "expected"),
    [
        ("2160-0", 1.2, "mg/dL", "creatinine", 1.2),
        ("14682-9", 106.08, "umol/L", "creatinine", 1.2),
        ("20578-1", 14.0, "ug/mL", "vancomycin", 14.0),
        ("8310-5", 98.6, "[degF]", "temperature", 37.0),
        ("29463-7", 176.37, "[lb_av]", "weight", 80.0),
        ("2345-7", 180.16, "mg/dL", "glucose", 10.0),
        ("8478-0", 70, "mmHg", "map", 70.0),
    ],
)
def test_values_come_in_the_canonical_unit(code: str, value: float, unit: str, variable: str, expected: float) -> None:
    [(name, found)] = values(observation(code, value, unit))
    assert name == variable
    assert found == pytest.approx(expected, rel=2e-3)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"status": "entered-in-error"}, "not_final"),
        ({"status": "cancelled"}, "not_final"),
        ({"effectiveDateTime": "2026-01-03"}, "no_exact_time"),
        ({"effectiveDateTime": "2026-01-03T06:00:00"}, "no_exact_time"),
        ({"valueQuantity": None, "dataAbsentReason": {"coding": [{"code": "not-performed"}]}}, "no_value"),
        ({"valueQuantity": {"value": 1.2, "code": "furlong"}}, "unknown_unit"),
        ({"valueQuantity": {"value": 1.2}}, "unknown_unit"),
        ({"valueQuantity": {"value": 90000.0, "code": "mg/dL"}}, "implausible"),
        ({"valueQuantity": {"value": 106.0, "code": "mg/dL"}}, "conflicting"),
    ],
)
def test_what_cannot_be_used_is_an_issue(change: dict[str, Any], code: str) -> None:
    found = mapped({**observation("2160-0", 1.2, "mg/dL"), **change})
    assert found.record.measurements == ()
    assert [(i.code, i.variable) for i in found.issues] == [(code, "creatinine")]


def test_comparators_stay() -> None:
    low = observation("20578-1", 3.0, "mg/L")
    low["valueQuantity"]["comparator"] = "<"
    [level] = mapped(low).record.of("vancomycin")
    assert (level.value, level.comparator) == (3.0, "<")


def test_blood_pressure_components_are_read_one_by_one() -> None:
    parts = [
        {"code": {"coding": [{"system": LOINC, "code": code}]}, "valueQuantity": {"value": v, "code": "mm[Hg]"}}
        for code, v in (("8480-6", 120), ("8462-4", 60))
    ]
    panel = observation("85354-9", None, None, component=parts)
    assert sorted(values(panel)) == [("dbp", 60.0), ("sbp", 120.0)]


def test_two_values_in_one_minute_leave_the_validated_one() -> None:
    device = observation("8867-4", 90, "/min", id="d", device={"reference": "Device/1"})
    nurse = observation("8867-4", 100, "/min", id="n", performer=[{"reference": "Practitioner/1"}])
    assert values(device, nurse) == values(nurse, device) == [("heart_rate", 100.0)]
    assert [i.code for i in mapped(device, nurse).issues] == ["conflicting"]


def test_an_older_contradiction_no_longer_matters() -> None:
    early = {"effectiveDateTime": time(-6)}
    chart = [observation("8867-4", v, "/min", id=str(v), **early) for v in (90, 100)]
    assert [i.code for i in mapped(*chart, observation("8867-4", 80, "/min", id="now")).issues] == ["duplicate"]


def test_rounding_in_another_unit_is_no_contradiction() -> None:
    inches, metric = observation("8302-2", 68, "[in_i]", id="1"), observation("8302-2", 173, "cm", id="2")
    assert [i.code for i in mapped(inches, metric).issues] == ["duplicate"]


def test_a_final_result_replaces_the_preliminary_one_without_a_conflict() -> None:
    early = observation("2160-0", 1.2, "mg/dL", id="1", status="preliminary")
    final = observation("2160-0", 2.2, "mg/dL", id="2")
    assert values(early, final) == values(final, early) == [("creatinine", 2.2)]
    assert [i.code for i in mapped(early, final).issues] == ["duplicate"]
    assert values(early) == [("creatinine", 1.2)]


def test_a_resource_that_comes_twice_counts_once() -> None:
    """The same urine arrives in two prefetch keys; amounts that add up would double."""
    urine = observation("9187-6", 200, "mL")
    assert values(urine, dict(urine)) == [("urine_output", 200.0)]
    corrected = {**urine, "valueQuantity": {"value": 250, "code": "mL"}, "meta": {"lastUpdated": time(-1)}}
    found = mapped({**urine, "meta": {"lastUpdated": time(-2)}}, corrected)
    assert [m.value for m in found.record.measurements] == [250.0]
    assert [i.code for i in found.issues] == ["duplicate"]


@pytest.mark.parametrize(("value", "unit"), [(40, "%"), (0.4, "1"), (0.4, "%"), (40, "1")])
def test_the_oxygen_fraction_in_every_way_it_is_written(value: float, unit: str) -> None:
    [setting] = mapped(observation("19994-3", value, unit)).record.settings
    assert setting.value == pytest.approx(0.4)


@pytest.mark.parametrize(("value", "unit"), [(0.1, "%"), (400, "%"), (0, "1")])
def test_no_oxygen_fraction_that_nobody_can_breathe(value: float, unit: str) -> None:
    assert mapped(observation("19994-3", value, unit)).record.settings == ()


@pytest.mark.parametrize(
    "ratio", [{"valueString": "1:2"}, {"valueRatio": {"numerator": {"value": 1}, "denominator": {"value": 2}}}]
)
def test_inspiration_to_expiration_as_text_or_ratio(ratio: dict[str, Any]) -> None:
    [setting] = mapped(observation("75931-6", None, None, valueQuantity=None, **ratio)).record.settings
    assert setting.value == 0.5


def test_a_day_is_exact_enough_for_height_and_for_nothing_that_changes_by_the_hour() -> None:
    height = observation("8302-2", 175, "cm", effectiveDateTime="2026-01-02")
    found = mapped(height, observation("8867-4", 90, "/min", id="h", effectiveDateTime="2026-01-02"))
    assert [(m.variable, m.time.isoformat()) for m in found.record.measurements] == [("height", "2026-01-02T00:00:00+00:00")]
    assert sorted(i.code for i in found.issues) == ["assumed", "no_exact_time"]


def test_saturation_of_a_laboratory_is_not_the_finger_probe() -> None:
    laboratory = {"category": [{"coding": [{"code": "laboratory"}]}]}
    assert values(observation("2708-6", 70, "%", **laboratory)) == [("sao2", 70.0)]
    assert values(observation("2708-6", 95, "%")) == [("spo2", 95.0)]


def pressures(*panel: tuple[str, str]) -> dict[str, Any]:
    parts = [{"code": {"coding": [{"system": LOINC, "code": "8478-0"}]}, "valueQuantity": {"value": 15, "code": "mm[Hg]"}}]
    codes = [{"system": system, "code": code} for system, code in panel]
    return {**observation("", None, None, component=parts), "code": {"coding": codes}}


def test_pressures_of_the_left_atrium_are_no_arterial_pressures() -> None:
    assert values(pressures((LOINC, "85354-9"))) == [("map", 15.0)]
    assert values(pressures((LOINC, "60988-3"))) == []
    assert [i.code for i in mapped(pressures((LOINC, "60988-3"))).issues] == ["unknown_code"]


def test_the_specimen_says_which_blood_it_was() -> None:
    gas = observation("11558-4", 7.3, "[pH]", specimen={"reference": "Specimen/s"})
    kinds = {"BLDV": "venous", "BLDA": "arterial", "Mixed venous blood": "mixed_venous", "Blood": "unknown"}
    for word, specimen in kinds.items():
        sample = {"resourceType": "Specimen", "id": "s", "type": {"text": word, "coding": [{"code": word}]}}
        assert [m.specimen for m in mapped(gas, sample).record.measurements] == [specimen]


def test_a_device_metric_tells_set_from_measured_and_whether_the_device_is_on() -> None:
    volume = observation("76222-9", 420, "mL", device={"reference": "DeviceMetric/v"})
    metric = {"resourceType": "DeviceMetric", "id": "v", "category": "setting"}
    assert [s.variable for s in mapped(volume, metric).record.settings] == ["tidal_volume_set"]
    assert values(volume, {**metric, "category": "measurement"}) == [("tidal_volume", 420.0)]
    assert values(volume, {**metric, "category": "measurement", "operationalStatus": "standby"}) == []


def test_the_parts_of_one_stay_belong_together() -> None:
    stays = [
        {"resourceType": "Encounter", "id": "hospital", "status": "in-progress"},
        {"resourceType": "Encounter", "id": "icu", "status": "in-progress", "partOf": {"reference": "Encounter/hospital"}},
        {"resourceType": "Encounter", "id": "old", "status": "finished"},
    ]
    rates = [
        observation(
            "8867-4", rate, "/min", id=stay, effectiveDateTime=time(-hour), encounter={"reference": f"Encounter/{stay}"}
        )
        for hour, (stay, rate) in enumerate([("hospital", 80), ("icu", 90), ("old", 100)], 1)
    ]
    for encounter in ("icu", "hospital", None):
        found = mapped(*stays, *rates, encounter_id=encounter)
        assert sorted(m.value or 0 for m in found.record.measurements) == [80.0, 90.0]
        assert [i.code for i in found.issues] == ["other_encounter"]


def test_only_this_encounter_counts_but_for_what_outlives_it() -> None:
    other = {"encounter": {"reference": "Encounter/old"}}
    chart = [
        observation("8867-4", 90, "/min", id="1", **other),
        observation("29463-7", 80, "kg", id="2", **other),
        observation("2160-0", 1.0, "mg/dL", id="3", **other),
        observation("20578-1", 12.0, "mg/L", id="4", effectiveDateTime=time(-24 * 8), **other),
    ]
    assert sorted(name for name, _ in values(*chart, encounter_id="now")) == ["creatinine", "weight"]


def test_results_not_yet_available_are_not_known() -> None:
    assert values(observation("2160-0", 1.2, "mg/dL", issued=time(1))) == []


def test_the_owners_of_resources_are_told() -> None:
    stranger = observation("2160-0", 1.2, "mg/dL", subject={"reference": "https://host/fhir/Patient/2/_history/1"})
    assert mapped({"resourceType": "Patient", "id": "1"}, stranger).patient_ids == {"1", "2"}


@pytest.mark.parametrize("value", [{"valueCodeableConcept": {"text": "ASV"}}, {"valueString": "APRV"}])
def test_a_mode_that_cannot_be_read_is_in_force_as_unknown(value: dict[str, Any]) -> None:
    written = {k: v for k, v in observation("20124-4", 0, None).items() if k != "valueQuantity"}
    chart = mapped({**written, **value})
    assert [(s.variable, s.category) for s in chart.record.settings] == [("ventilator_mode", "unknown")]
    assert "the mode is not known" in chart.issues[0].text
    assert mapped({**written, "dataAbsentReason": {"text": "not done"}}).record.settings == ()


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"effectiveDateTime": "2026-01-03T07:00:00"}, "assumed"),
        ({"valueQuantity": {"value": 15.0, "code": "g/L"}}, "implausible"),
        ({"valueQuantity": {"value": 15.0, "unit": "index"}}, "assumed"),
    ],
    ids=["no zone", "too high to be true", "a unit that cannot be read"],
)
def test_a_level_that_is_not_used_is_told_to_who_reads_the_forecast(change: dict[str, Any], status: str) -> None:
    level = {
        "resourceType": "Observation", "id": "level", "status": "final", "subject": {"reference": "Patient/1"},
        "code": {"coding": [{"system": "http://loinc.org", "code": "20578-1"}]},
        "effectiveDateTime": "2026-01-03T07:00:00Z", "valueQuantity": {"value": 15.0, "code": "mg/L"},
    }  # fmt: skip
    assert remarks(map_chart([level], at=AT).issues) == ()
    (remark,) = remarks(map_chart([{**level, **change}], at=AT).issues)
    assert (remark.variable, remark.status) == ("vancomycin", status)
    assert remark.effect.startswith("a level is charted and not used: ")


def test_a_gas_in_a_doubtful_unit_is_not_used_and_named() -> None:
    chart = mapped(observation("2703-7", 9.6, "mm[Hg]"))
    assert chart.record.measurements == ()
    assert "pao2 cannot be true in mmHg, but in kPa" in chart.issues[0].text
