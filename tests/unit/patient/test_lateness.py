"""What came into the chart late: used once it was there, never before, and said where it matters."""

from dataclasses import replace
from datetime import datetime

import pytest

from tests.golden.predictions import AT, CHART, ago
from tests.unit.mapping.test_medications import given, mapped, quantity, time
from tests.unit.scenario_json.documents import dose, scenario
from twin_engine.history import history
from twin_engine.patient.lateness import late_doses
from twin_engine.patient.record import Administration, Measurement, PatientRecord
from twin_engine.scenario_json import read, write
from validation.replay_stays import as_of
from validation.tasks import until

RECORDED = "http://hl7.org/fhir/5.0/StructureDefinition/extension-MedicationAdministration.recorded"


def charted(start_h: float, end_h: float | None, entered_h: float | None) -> Administration:
    known = None if entered_h is None else ago(entered_h)
    return Administration("vancomycin", ago(start_h), "mg", 1000.0, end=None if end_h is None else ago(end_h), available=known)


@pytest.mark.parametrize(
    ("doses", "words"),
    [
        ([charted(8, 7, None)], None),
        ([charted(8, 7, 5.5)], None),
        ([charted(8, 7, 8)], None),
        ([charted(8, 2, 1)], None),
        ([charted(30, 29, 2)], None),
        ([charted(8, 7, 3)], "a dose was charted 4 h after"),
        ([charted(8, None, 3)], "a dose was charted 5 h after"),
        ([charted(8, 7, 3), charted(20, 19, 3)], "2 doses were charted up to 16 h after"),
    ],
)
def test_a_dose_charted_over_two_hours_late_is_said_for_a_day(doses: list[Administration], words: str | None) -> None:
    found = late_doses("vancomycin", doses, AT)
    assert [(q.variable, q.status) for q in found] == ([] if words is None else [("vancomycin", "assumed")])
    assert words is None or found[0].effect.startswith(words)


def test_the_twin_of_a_drug_says_it() -> None:
    record = replace(CHART, administrations=(charted(8, 7, 1),))
    assert [q.effect[:24] for q in history(record, "vancomycin", AT).remarks] == ["a dose was charted 6 h a"]
    assert history(CHART, "vancomycin", AT).remarks == ()


def test_an_administration_is_known_from_when_it_was_recorded() -> None:
    def recorded(hours: float) -> dict[str, object]:
        return given({"dose": quantity(1000, "mg")}, extension=[{"url": RECORDED, "valueDateTime": time(hours)}])

    [row] = mapped(recorded(-1)).record.given("vancomycin")
    assert row.available == datetime.fromisoformat(time(-1))
    assert mapped(recorded(1)).record.given("vancomycin") == ()
    # The last update is no such time: a restored server would hold no dose at all.
    [restored] = mapped(given({"dose": quantity(1000, "mg")}, meta={"lastUpdated": time(9)})).record.given("vancomycin")
    assert restored.available is None


def test_a_setting_that_was_entered_later_was_not_in_the_chart() -> None:
    def peep(issued: float) -> dict[str, object]:
        return {
            "resourceType": "Observation", "id": "p", "status": "final", "effectiveDateTime": time(-1), "issued": time(issued),
            "code": {"coding": [{"system": "http://loinc.org", "code": "20077-4"}]},
            "valueQuantity": {"value": 10, "unit": "cm[H2O]", "code": "cm[H2O]"},
        }  # fmt: skip

    assert [s.variable for s in mapped(peep(-0.5)).record.settings] == ["peep"]
    assert mapped(peep(0.5)).record.settings == ()


def test_a_scenario_uses_a_dose_only_once_it_was_charted() -> None:
    known = read(scenario(administrations=[dose(available="2026-01-03T07:00:00Z")]))
    assert len(known.record.administrations) == 1
    assert read(write(known)) == known
    unknown = read(scenario(administrations=[dose(available="2026-01-03T09:00:00Z")]))
    assert unknown.record.administrations == ()
    assert [q.effect for q in unknown.remarks] == ["not used: it was not known at the time of the prediction"]


def test_a_replayed_chart_holds_what_was_in_it_then() -> None:
    rows = tuple(Measurement("map", v, "mm[Hg]", ago(3), available=ago(h)) for v, h in ((61.0, 2.9), (62.0, 0.5)))
    record = PatientRecord(None, "unknown", rows, (charted(4, 3.5, 3.4), charted(5, 4.5, 0.5)))
    for stood in (until, as_of):
        before, now = stood(record, ago(1)), stood(record, AT)
        assert [m.value for m in before.measurements] == [61.0]
        assert (len(before.administrations), len(now.administrations), len(now.measurements)) == (1, 2, 2)
