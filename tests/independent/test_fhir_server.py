"""The service against a FHIR server that we did not write: hooks without prefetch, the doctor, and the demo patients."""

import asyncio
import json
from datetime import timedelta
from typing import Any

import httpx
import pytest
from typer.testing import CliRunner

from demo import load
from fhir_mapping.bundles import resources
from service.cli import app
from service.clock import SystemClock
from service.deadline import Deadline
from service.fhir_client import Access, FhirClient
from tests.calls import PATIENT, URL, observation, post, prefetch, request, service, settings, without
from tests.independent.running import control, missing

pytestmark = pytest.mark.skipif(missing() is not None, reason=missing() or "")
TOKEN = "token-of-the-call"


@pytest.fixture(scope="module")
def base(address: str) -> str:
    for value in prefetch().values():
        for one in resources(value).resources:
            put(address, dict(one))
    many(address, 1000)
    return address


def many(address: str, count: int) -> None:
    entries: list[dict[str, Any]] = []
    for number in range(count):
        rate = observation("rate", "8867-4", 60 + number % 50, "/min", 0.1 * number, patient="many") | {"id": f"rate-{number}"}
        entries.append({"resource": rate, "request": {"method": "PUT", "url": f"Observation/rate-{number}"}})
    bundle = {"resourceType": "Bundle", "type": "batch", "entry": entries}
    answer = httpx.post(address, json=bundle, timeout=60, trust_env=False)
    assert {e["response"]["status"] for e in answer.json()["entry"]} <= {"200", "201"}


def put(address: str, resource: dict[str, Any]) -> None:
    place = f"{address}/{resource['resourceType']}/{resource['id']}"
    assert httpx.put(place, json=resource, trust_env=False).status_code in {200, 201}


def without_prefetch(base: str, token: str | None) -> dict[str, Any]:
    authorization = {"token_type": "Bearer", "expires_in": 300, "scope": "patient/*.rs", "subject": "icu-twin"}
    if token:
        authorization["access_token"] = token
    return {**without(request(), "prefetch"), "fhirServer": base, "fhirAuthorization": authorization}


async def asked(base: str, token: str | None) -> httpx.Response:
    async with service(settings(fhir_bases=(base,), fetch_seconds=15)) as client:
        return await client.post(URL, content=json.dumps(without_prefetch(base, token)))


async def test_a_call_without_prefetch_gets_the_card_that_prefetch_gets(base: str) -> None:
    before = len(control(base, token=TOKEN).asked)
    try:
        fetched = await asked(base, TOKEN)
    finally:
        asked_for = control(base, token=None).asked[before:]
    assert fetched.status_code == 200, fetched.text
    sent = await post(request())
    assert [(c["summary"], c["detail"]) for c in fetched.json()["cards"]] == [
        (c["summary"], c["detail"]) for c in sent.json()["cards"]
    ]
    assert all(one["authorized"] for one in asked_for if one["path"] != "/fhir/metadata" and one["method"] == "GET")


async def test_a_call_without_a_token_that_the_server_wants_is_412(base: str) -> None:
    control(base, token=TOKEN)
    try:
        answer = await asked(base, None)
    finally:
        control(base, token=None)
    assert answer.status_code == 412
    assert "laboratory" in answer.json()["issue"][0]["diagnostics"]


async def read(base: str, query: str, pages: int = 10) -> list[str]:
    clock = SystemClock()
    until = clock.steady() + 20
    client = FhirClient(clock, 8_000_000, pages)
    found = (await client.fetch(Access(base, None), {"key": query}, Deadline(clock, until, 0, until)))["key"]
    await client.close()
    assert found.failure is None
    assert found.complete == (pages == 10)
    return [entry["resource"]["id"] for page in found.pages for entry in page["entry"]]  # type: ignore[attr-defined]


async def test_a_thousand_values_are_read_page_by_page_newest_first(base: str) -> None:
    query = "Observation?patient=many&code=http://loinc.org|8867-4&_sort=-date&_count=200"
    assert await read(base, query) == [f"rate-{n}" for n in range(1000)]
    assert await read(base, query, pages=2) == [f"rate-{n}" for n in range(400)]


async def test_a_long_search_by_post_finds_what_the_short_one_finds(base: str) -> None:
    codes = ",".join(["http://loinc.org|8867-4", *(f"http://loinc.org|{n}-9" for n in range(10_000, 10_090))])
    found = await read(base, f"Observation?patient=many&code={codes}&_sort=-date&_count=200")
    assert len(found) == 1000
    assert {"method": "POST", "path": "/fhir/Observation/_search", "authorized": False} in control(base).asked


def told(*arguments: str) -> Any:
    answer = CliRunner().invoke(app, [*arguments])
    assert answer.exit_code == 0, answer.output
    return answer.output


def test_the_doctor_says_what_is_there_what_runs_and_what_to_fix(base: str) -> None:
    put(base, {**observation("wedge", "8867-4", 9, "mm[Hg]", 1), "code": {"coding": [{"system": "urn:ward", "code": "W1"}]}})
    found = json.loads(told("doctor", "--fhir", base, "--patient", PATIENT, "--json"))
    assert found["server"]["fhir_version"] == "4.0.1"
    assert found["server"]["ignored"] == []
    (chart,) = found["patients"]
    charted = {one["name"]: one for one in chart["variables"]}
    assert charted["creatinine"]["values"] == 1
    assert charted["creatinine"]["units"] == ["mg/dL"]
    assert chart["doses"] == {"vancomycin": 2}
    assert [(one["code"], one["count"]) for one in chart["unknown"]] == [("W1", 1)]
    runs = {one["model"]: one["why"] for one in chart["models"]}
    assert any("SAPS II" in why for why in runs.values())
    assert found["runs"] == any(not why for why in runs.values()) is True
    assert any("W1" in words for words in found["advice"])
    asked = {one["name"]: one for one in chart["questions"]}
    assert all(bool(one["gives"]) or one["why"] for one in asked.values())
    assert asked["pressure under a pressor"]["why"] == ["no mean arterial pressure is charted in the last 12 h"]
    assert "peep" in asked["ventilator change"]["absent"]
    assert any("pressure under a pressor" in words and "map (LOINC 8478-0" in words for words in found["advice"])
    assert "risk of hypotension" in told("doctor", "--fhir", base, "--patient", PATIENT)


def test_where_nothing_is_permitted_the_doctor_says_one_thing_to_do(base: str) -> None:
    control(base, token=TOKEN)
    try:
        answer = CliRunner().invoke(app, ["doctor", "--fhir", base, "--patient", PATIENT, "--json"])
    finally:
        control(base, token=None)
    assert answer.exit_code == 1
    told_of_charts = [words for words in json.loads(answer.output)["advice"] if not words.startswith("Capability")]
    assert len(told_of_charts) == 1
    assert "--token-file" in told_of_charts[0]


async def test_the_demo_patients_come_are_asked_about_and_go(base: str) -> None:
    now = SystemClock().now()
    references = await load.loaded(base, None, now)
    assert references == [f"Patient/icu-twin-demo-{name}" for name in ("ada-brandt", "tomas-vega", "ingrid-sund")]
    ident = references[0].removeprefix("Patient/")
    draft = {**request()["context"]["draftOrders"]["entry"][0]["resource"], "subject": {"reference": references[0]}}
    document = without_prefetch(base, None)
    document["context"] = {**request("order-sign", draft)["context"], "patientId": ident}
    async with service(settings(fhir_bases=(base,), fetch_seconds=15), at=now + timedelta(seconds=1)) as client:
        answer = await client.post(URL, content=json.dumps(document))
    assert answer.status_code == 200, answer.text
    assert "level" in answer.json()["cards"][0]["detail"]
    found = json.loads(await asyncio.to_thread(told, "doctor", "--fhir", base, "--patient", ident, "--json"))
    asked = {one["name"]: one["gives"] for one in found["patients"][0]["questions"]}
    assert asked["creatinine and GFR"] == ["creatinine", "gfr"]
    assert asked["pressure under a pressor"] == ["map"]
    count = len(list(load.resources(now)))
    assert await load.removed(base, None) == count
    assert await load.removed(base, None) == 0
    assert httpx.get(f"{base}/Patient/{PATIENT}", trust_env=False).status_code == 200, "what is not ours stays"
