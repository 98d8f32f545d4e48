"""The synthetic charts are valid FHIR R4, and the endpoint searches them as FHIR defines."""

from datetime import UTC, datetime, timedelta

import pytest
from fhir.resources.R4B import get_fhir_model_class

from demo.chart import chart, draft_order
from demo.fhir_search import Charts
from demo.patient import Regimen, patients

NOW = datetime(2026, 2, 28, 12, tzinfo=UTC)
BASE = "http://127.0.0.1:1/fhir"
CHARTS = Charts(resource for patient in patients() for resource in chart(patient, NOW))


def found(kind: str, *query: tuple[str, str]) -> list[dict[str, object]]:
    return [entry["resource"] for entry in CHARTS.search(BASE, kind, query)["entry"]]  # type: ignore[attr-defined]


@pytest.mark.parametrize("patient", patients(), ids=lambda p: p.id)
def test_every_resource_is_valid_r4(patient) -> None:
    resources = [*chart(patient, NOW), draft_order(patient, Regimen(1000, None, 1), NOW, "draft-1")]
    for resource in resources:
        get_fhir_model_class(str(resource["resourceType"])).model_validate(resource)
    assert len({(r["resourceType"], r["id"]) for r in resources}) == len(resources)


def test_nothing_is_charted_in_the_future() -> None:
    for observation in found("Observation", ("_count", "500")):
        assert datetime.fromisoformat(str(observation["effectiveDateTime"])) <= NOW


def test_age_holds_on_the_last_day_of_february() -> None:
    leap = datetime(2028, 2, 29, tzinfo=UTC)
    person = chart(patients()[0], leap)[0]
    assert person["birthDate"] == f"{2028 - patients()[0].age_years}-01-15"


def test_search_keeps_patients_apart() -> None:
    subjects = {str(o["subject"]) for o in found("Observation", ("patient", "ada-brandt"), ("_count", "500"))}
    assert subjects == {"{'reference': 'Patient/ada-brandt'}"}
    assert found("Observation", ("patient", "nobody")) == []


def test_search_by_code_newest_first() -> None:
    query = (("patient", "ada-brandt"), ("code", "http://loinc.org|2160-0,http://loinc.org|20578-1"), ("_sort", "-date"))
    times = [str(o["effectiveDateTime"]) for o in found("Observation", *query)]
    assert len(times) > 4
    assert times == sorted(times, reverse=True)
    assert found("Observation", ("code", "http://snomed.info/sct|2160-0")) == []


def test_search_by_date() -> None:
    since = (NOW - timedelta(hours=12)).isoformat()
    recent = found("Observation", ("patient", "ada-brandt"), ("code", "2160-0"), ("date", f"ge{since}"))
    older = found("Observation", ("patient", "ada-brandt"), ("code", "2160-0"), ("date", f"lt{since}"))
    assert recent
    assert older
    assert len(recent) + len(older) == len(found("Observation", ("patient", "ada-brandt"), ("code", "2160-0")))


def test_pages_together_are_the_whole_result() -> None:
    seen, query = [], [("patient", "ada-brandt"), ("_count", "7")]
    while True:
        page = CHARTS.search(BASE, "Observation", query)
        seen += [entry["resource"]["id"] for entry in page["entry"]]  # type: ignore[attr-defined]
        if not any(link["relation"] == "next" for link in page["link"]):  # type: ignore[attr-defined]
            break
        query = [(n, v) for n, v in query if n != "_offset"] + [("_offset", str(len(seen)))]
    assert len(seen) == len(set(seen)) == page["total"] > 7


def test_a_parameter_that_is_not_known_is_not_claimed_to_be_used() -> None:
    page = CHARTS.search(BASE, "Observation", [("patient", "ada-brandt"), ("performer", "x")])
    assert "performer" not in str(page["link"])
