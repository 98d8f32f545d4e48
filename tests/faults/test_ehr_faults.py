"""Rows 1 to 15 of the table of faults: what an EHR and its FHIR server can do to us, over real sockets.

Bounds: every call is answered within three seconds and half a second of slack for a busy machine; no fault raises the memory of
the process by 100 MB.
"""

import asyncio
import json
import resource
import time
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.calls import PATIENT, URL, bundle, observation, order, prefetch, request, service, settings, without
from tests.faults.proxy import (
    Fault,
    FaultProxy,
    bomb,
    drips,
    fault_proxy,
    floods,
    gives,
    hangs,
    is_cut,
    pages_without_end,
    resets,
    says,
)
from tests.scenarios.test_hooks import invocations

TOKEN = "token-of-the-call"
LONGEST_S = 3.5
MOST_BYTES = 100_000_000
AUTHORIZATION = {"access_token": TOKEN, "token_type": "Bearer", "expires_in": 300, "scope": "patient/*.rs", "subject": "x"}


def peak(*, afresh: bool) -> int:
    """The most memory that this process has had, in bytes; `afresh` = from now on, where Linux can say so."""
    status = Path("/proc/self/status")
    if not status.exists():
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    if afresh:
        Path("/proc/self/clear_refs").write_text("5")
    found = next(line for line in status.read_text().splitlines() if line.startswith("VmHWM"))
    return int(found.split()[1]) * 1024


def over_rest(proxy: FaultProxy, **changes: Any) -> dict[str, Any]:
    return {**without(request(), "prefetch"), "fhirServer": proxy.base, "fhirAuthorization": AUTHORIZATION, **changes}


async def asked(proxy: FaultProxy, document: dict[str, Any] | None = None, **changes: Any) -> httpx.Response:
    """One call, held to the bounds. The fetching gets the time that a service gives it: what answers at once is late in half of
    that on a busy machine."""
    configured = settings(fhir_bases=(proxy.base,), **changes)
    async with service(configured) as client:
        before, began = peak(afresh=True), time.monotonic()
        answer = await client.post(URL, content=json.dumps(document or over_rest(proxy)))
        assert time.monotonic() - began < LONGEST_S
        assert peak(afresh=False) - before < MOST_BYTES
    assert TOKEN not in answer.text
    return answer


def missing(answer: httpx.Response) -> str:
    assert answer.status_code == 412, answer.text
    return answer.json()["issue"][0]["diagnostics"]


async def test_row_1_a_key_that_is_missing_is_fetched_and_null_is_nothing() -> None:
    async with fault_proxy() as proxy:
        partly = {**without(prefetch(), "laboratory"), "levels": None}
        answer = await asked(proxy, over_rest(proxy, prefetch=partly))
        assert answer.status_code == 200
        assert [r.url.params["code"].count("2160-0") for r in proxy.asked] == [1]


async def test_row_2_an_operation_outcome_is_missing_not_empty() -> None:
    failed = {"resourceType": "OperationOutcome", "issue": [{"severity": "error", "code": "timeout"}]}
    async with fault_proxy() as proxy:
        answer = await asked(proxy, over_rest(proxy, prefetch={**prefetch(), "laboratory": failed}))
        assert answer.status_code == 200
        assert len(proxy.asked) == 1
    async with fault_proxy(laboratory=gives(failed)) as proxy:
        assert missing(await asked(proxy)) == "missing prefetch keys: laboratory"


async def test_row_3_a_page_that_is_not_to_be_had_is_said() -> None:
    async with fault_proxy(**{"page-2": says("410 Gone")}) as proxy:
        cut = bundle(prefetch()["administrations"]["entry"][0:0], link=[{"relation": "next", "url": f"{proxy.base}/page-2"}])
        answer = await asked(proxy, over_rest(proxy, prefetch={**prefetch(), "administrations": cut}))
        assert answer.status_code == 200
        assert "administrations: more was charted than was sent" in answer.json()["cards"][0]["detail"]


@pytest.mark.parametrize("status", ["401 Unauthorized", "403 Forbidden"])
async def test_row_4_what_is_not_permitted_is_named_and_not_asked_again(status: str) -> None:
    async with fault_proxy(procedures=says(status)) as proxy:
        answer = await asked(proxy)
        assert "procedures: not permitted" in answer.json()["cards"][0]["detail"]
        assert [r.url.path for r in proxy.asked].count("/fhir/Procedure") == 1


@pytest.mark.parametrize(
    ("fault", "times"),
    [
        (says("404 Not Found"), 1),
        (says("410 Gone"), 1),
        (says("429 Too Many Requests", Retry_After="0"), 2),
        (says("500 Internal Server Error"), 1),
        (says("503 Service Unavailable"), 2),
        (says("429 Too Many Requests", Retry_After="3600"), 1),
    ],
    ids=["404", "410", "429", "500", "503", "429 for an hour"],
)
async def test_row_5_a_passing_failure_is_tried_once_more_and_then_said(fault: Fault, times: int) -> None:
    async with fault_proxy(conditions=fault) as proxy:
        answer = await asked(proxy)
        assert answer.status_code == 200
        assert "conditions: " in answer.json()["cards"][0]["detail"]
        assert [r.url.path for r in proxy.asked].count("/fhir/Condition") == times


async def test_row_5_a_server_that_keeps_failing_is_left_alone() -> None:
    async with fault_proxy(every=says("500 Internal Server Error")) as proxy:
        configured = settings(fhir_bases=(proxy.base,), fetch_seconds=1.0)
        async with service(configured) as client:
            for number in range(3):
                document = over_rest(proxy, hookInstance=str(number))
                assert (await client.post(URL, content=json.dumps(document))).status_code == 412
            once = len(proxy.asked)
            assert (await client.post(URL, content=json.dumps(over_rest(proxy, hookInstance="4")))).status_code == 412
            assert len(proxy.asked) == once


@pytest.mark.parametrize("fault", [hangs, drips, is_cut, resets], ids=["hangs", "drips", "is cut", "resets"])
async def test_row_6_what_came_late_or_in_part_is_no_data(fault: Fault) -> None:
    async with fault_proxy(laboratory=fault) as proxy:
        assert missing(await asked(proxy)) == "missing prefetch keys: laboratory"
    async with fault_proxy(conditions=fault) as proxy:
        answer = await asked(proxy)
        assert answer.status_code == 200
        assert "conditions: unavailable" in answer.json()["cards"][0]["detail"]


def many_entries(count: int) -> bytes:
    return b'{"resourceType":"Bundle","type":"searchset","entry":[' + b",".join([b'{"resource":{"a":[]}}'] * count) + b"]}"


LONG = b'{"resourceType":"Bundle","x":"' + b"x" * 50_000_000 + b'"}'
LARGE: dict[str, Fault] = {
    "gzip bomb": bomb(200_000_000),
    "flood": floods,
    "50 MB": gives(LONG),
    "300,000 entries": gives(many_entries(300_000)),
}


@pytest.mark.parametrize("case", LARGE)
async def test_row_7_an_answer_too_large_is_not_unfolded(case: str) -> None:
    async with fault_proxy(laboratory=LARGE[case]) as proxy:
        assert missing(await asked(proxy)) == "missing prefetch keys: laboratory"


async def test_row_7_pages_without_end_end() -> None:
    base: list[str] = []
    async with fault_proxy(laboratory=pages_without_end(lambda: base[0])) as proxy:
        base.append(proxy.base)
        answer = await asked(proxy)
        assert answer.status_code == 200
        assert "laboratory: only the newest part" in answer.json()["cards"][0]["detail"]
        assert sum("2160-0" in str(r.url) for r in proxy.asked) <= 10


async def test_row_8_nothing_leads_to_another_server() -> None:
    async with fault_proxy() as elsewhere:
        moved = says("302 Found", Location=f"{elsewhere.base}/Condition")
        linked = bundle([], link=[{"relation": "next", "url": f"{elsewhere.base}/Procedure"}])
        async with fault_proxy(conditions=moved, procedures=gives(linked)) as proxy:
            foreign = {"reference": f"{elsewhere.base}/Medication/vanc"}
            draft = {**without(order(), "medicationCodeableConcept"), "medicationReference": foreign}
            await asked(proxy)
            await asked(proxy, over_rest(proxy, context=request("order-sign", draft)["context"]))
        assert elsewhere.asked == []


async def test_row_9_a_token_that_expires_on_the_way_stops_the_fetch(capfd: pytest.CaptureFixture[str]) -> None:
    base: list[str] = []
    pages = pages_without_end(lambda: base[0])
    count = iter(range(1000))

    async def expires(writer: asyncio.StreamWriter, body: bytes) -> None:
        await (pages if next(count) < 1 else says("401 Unauthorized"))(writer, body)

    async with fault_proxy(laboratory=expires) as proxy:
        base.append(proxy.base)
        answer = await asked(proxy)
        assert answer.status_code == 200
        assert "laboratory: only the newest part" in answer.json()["cards"][0]["detail"]
        assert sum("2160-0" in str(r.url) for r in proxy.asked) == 2
    assert TOKEN not in "".join(capfd.readouterr())


async def test_row_10_what_is_charted_ahead_of_its_time_is_not_used() -> None:
    """A creatinine of ten minutes from now; the server's clock may be ahead of ours."""
    later = observation("creatinine", "2160-0", 9.9, "mg/dL", -10 / 60)
    ahead = {**prefetch(), "laboratory": bundle([later, *(e["resource"] for e in prefetch()["laboratory"]["entry"])])}
    async with fault_proxy() as proxy:
        one = await asked(proxy, {**request(), "prefetch": ahead})
        other = await asked(proxy, request())
        assert one.json()["cards"][0]["summary"] == other.json()["cards"][0]["summary"]


async def test_row_11_a_client_that_went_away_holds_no_place() -> None:
    async with fault_proxy(laboratory=hangs) as proxy:
        configured = settings(fhir_bases=(proxy.base,), fetch_seconds=30.0, total_seconds=40.0, workers=1, waiting=0)
        async with service(configured) as client:
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.3):
                    await client.post(URL, content=json.dumps(over_rest(proxy)))
            answer = await client.post(URL, content=json.dumps(request()))
            assert answer.status_code == 200, "the only place is free"


async def test_row_12_the_same_call_twice_gets_the_same_answer_and_one_audit(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'a.sqlite'}"
    async with service(settings(database_url=url)) as client:
        one, two = [await client.post(URL, content=json.dumps(request())) for _ in range(2)]
    assert one.json() == two.json()
    assert len(invocations(url)) == 1


async def test_row_13_two_patients_are_never_mixed() -> None:
    other = gives({"resourceType": "Patient", "id": "icu-2", "birthDate": "1950-01-01"})
    async with fault_proxy(patient=other) as proxy:
        answer = await asked(proxy)
        assert answer.status_code == 400
        assert PATIENT not in answer.text
        assert "icu-2" not in answer.text


async def test_row_14_the_same_id_on_two_servers_is_two_patients(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'a.sqlite'}"
    async with fault_proxy() as one, fault_proxy() as other:
        for number, proxy in enumerate((one, other)):
            document = over_rest(proxy, hookInstance=str(number))
            assert (await asked(proxy, document, database_url=url, fetch_seconds=3)).status_code == 200
    keys = [row.patient_key for row in invocations(url)]
    assert len(set(keys)) == len(keys) == 2


async def test_row_15_calls_at_once_for_one_patient_agree(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'a.sqlite'}"
    async with service(settings(database_url=url, workers=2, waiting=8)) as client:
        documents = [{**request(), "hookInstance": f"at-once-{i}"} for i in range(4)]
        answers = await asyncio.gather(*(client.post(URL, content=json.dumps(d)) for d in documents))
    assert [a.status_code for a in answers] == [200] * 4
    assert len({a.json()["cards"][0]["summary"] for a in answers}) == 1
    assert len(invocations(url)) == 4
