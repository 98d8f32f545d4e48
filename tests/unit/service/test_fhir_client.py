"""Reading over FHIR REST: bounded, never beyond the base, and honest about what is missing."""

import asyncio
import json
from collections.abc import AsyncGenerator
from datetime import timedelta
from email.utils import format_datetime
from typing import Any
from urllib.parse import parse_qs

import httpx
import pytest
import respx

from service.breaker import FAILURES, REST_S
from service.clock import FixedClock
from service.deadline import Deadline
from service.fhir_client import Access, FhirClient
from tests.calls import AT, bundle, observation

BASE = "https://ehr.example/fhir"
TOKEN = "token-of-the-call"
QUERY = "Observation?patient=1&code=x"
OBSERVATIONS = [observation(f"o{i}", "2160-0", 1.0, "mg/dL", i) for i in range(6)]


class Hands(FixedClock):
    """A clock whose steady time is moved by hand."""

    steady_at = 0.0

    def steady(self) -> float:
        return self.steady_at


@pytest.fixture
def clock() -> Hands:
    return Hands(AT)


@pytest.fixture
async def client(clock: Hands) -> AsyncGenerator[FhirClient]:
    found = FhirClient(clock, max_bytes=100_000, max_pages=4)
    yield found
    await found.close()


def deadline(clock: Hands, seconds: float = 2.0) -> Deadline:
    return Deadline(clock, clock.steady() + seconds, 0.45, clock.steady() + 3.0)


async def fetched(client: FhirClient, clock: Hands, query: str = QUERY, seconds: float = 2.0):
    return (await client.fetch(Access(BASE, TOKEN), {"key": query}, deadline(clock, seconds)))["key"]


def page(resources: list[Any], following: str | None = None) -> httpx.Response:
    links = {"link": [{"relation": "self", "url": "x"}, {"relation": "next", "url": following}]} if following else {}
    return httpx.Response(200, json=bundle(resources, **links))


@respx.mock
async def test_a_search_is_asked_once_with_the_token_and_nothing_compressed(client: FhirClient, clock: Hands) -> None:
    route = respx.get(f"{BASE}/Observation", params={"patient": "1", "code": "x"}).mock(page(OBSERVATIONS))
    found = await fetched(client, clock)
    assert found.complete
    assert found.failure is None
    assert len(found.pages[0]["entry"]) == 6
    headers = route.calls.last.request.headers
    assert headers["authorization"] == f"Bearer {TOKEN}"
    assert headers["accept-encoding"] == "identity"
    assert route.call_count == 1


@respx.mock
async def test_pages_are_followed_to_the_end(client: FhirClient, clock: Hands) -> None:
    respx.get(f"{BASE}/Observation").mock(page(OBSERVATIONS[:2], f"{BASE}?_getpages=a"))
    respx.get(BASE, params={"_getpages": "a"}).mock(page(OBSERVATIONS[2:4], "/fhir/page/3"))
    respx.get(f"{BASE}/page/3").mock(page(OBSERVATIONS[4:]))
    found = await fetched(client, clock)
    assert [len(p["entry"]) for p in found.pages] == [2, 2, 2]
    assert found.complete


@respx.mock
@pytest.mark.parametrize(
    "foreign", ["https://evil.example/fhir/Observation", "https://ehr.example/admin", "http://ehr.example/fhir/Observation"]
)
async def test_a_page_elsewhere_is_not_followed_and_gets_no_token(foreign: str, client: FhirClient, clock: Hands) -> None:
    respx.get(f"{BASE}/Observation").mock(page(OBSERVATIONS[:2], foreign))
    found = await fetched(client, clock)
    assert len(found.pages) == 1
    assert not found.complete
    assert len(respx.calls) == 1


@respx.mock
async def test_a_circle_of_pages_ends(client: FhirClient, clock: Hands) -> None:
    respx.get(f"{BASE}/Observation").mock(page(OBSERVATIONS[:1], f"{BASE}/b"))
    respx.get(f"{BASE}/b").mock(page(OBSERVATIONS[1:2], f"{BASE}/b"))
    found = await fetched(client, clock)
    assert len(found.pages) == 2
    assert not found.complete


@respx.mock
async def test_endless_pages_end_at_the_cap(client: FhirClient, clock: Hands) -> None:
    count = iter(range(1000))
    respx.get(url__startswith=BASE).mock(side_effect=lambda _: page(OBSERVATIONS[:1], f"{BASE}/p{next(count)}"))
    found = await fetched(client, clock)
    assert len(found.pages) == 4
    assert not found.complete


@respx.mock
async def test_an_empty_page_that_names_another_ends_the_search(client: FhirClient, clock: Hands) -> None:
    respx.get(f"{BASE}/Observation").mock(page([], f"{BASE}/b"))
    assert not (await fetched(client, clock)).complete
    assert len(respx.calls) == 1


@respx.mock
@pytest.mark.parametrize(
    ("answer", "failure"),
    [
        (httpx.Response(401), "not permitted"),
        (httpx.Response(403), "not permitted"),
        (httpx.Response(404), "not found"),
        (httpx.Response(410), "not found"),
        (httpx.Response(302, headers={"Location": "https://evil.example"}), "unavailable"),
        (httpx.Response(400), "refused"),
        (httpx.Response(200, json={"resourceType": "OperationOutcome"}), "not FHIR"),
        (httpx.Response(200, json=[]), "not FHIR"),
        (httpx.Response(200, json={"entry": []}), "not FHIR"),
        (httpx.Response(200, content=b"<html>"), "not FHIR"),
        (httpx.Response(200, content=b'{"resourceType": "Bundle", "total": NaN}'), "not FHIR"),
        (httpx.Response(200, content=b"[" * 50_000), "not FHIR"),
        (httpx.Response(200, content=b" " * 100_001), "too large"),
    ],
)
async def test_a_failure_has_a_name_and_is_not_tried_again(
    answer: httpx.Response, failure: str, client: FhirClient, clock: Hands
) -> None:
    respx.get(f"{BASE}/Observation").mock(answer)
    found = await fetched(client, clock)
    assert (found.failure, found.pages, found.complete) == (failure, (), False)
    assert len(respx.calls) == 1


@respx.mock
@pytest.mark.parametrize("passing", [429, 502, 503, 504, "reset"])
async def test_a_passing_failure_is_tried_once_more(passing: int | str, client: FhirClient, clock: Hands) -> None:
    first: Any = httpx.ReadError("reset") if passing == "reset" else httpx.Response(int(passing))
    route = respx.get(f"{BASE}/Observation").mock(side_effect=[first, page(OBSERVATIONS)])
    assert (await fetched(client, clock)).failure is None
    assert route.call_count == 2


@respx.mock
async def test_a_wait_longer_than_the_deadline_is_not_waited(client: FhirClient, clock: Hands) -> None:
    respx.get(f"{BASE}/Observation").mock(httpx.Response(429, headers={"Retry-After": "30"}))
    async with asyncio.timeout(1.0):
        found = await fetched(client, clock, seconds=0.1)
    assert found.failure == "unavailable"


@respx.mock
@pytest.mark.parametrize("wait", ["\u00b2", "soon", "-1", ""])
async def test_a_wait_that_is_no_number_is_a_short_one(wait: str, client: FhirClient, clock: Hands) -> None:
    headers = [(b"Retry-After", wait.encode("latin-1"))]
    route = respx.get(f"{BASE}/Observation").mock(side_effect=[httpx.Response(503, headers=headers), page(OBSERVATIONS)])
    assert (await fetched(client, clock)).failure is None
    assert route.call_count == 2


@respx.mock
async def test_a_server_that_says_when_to_come_back_is_left_alone_until_then(client: FhirClient, clock: Hands) -> None:
    route = respx.get(f"{BASE}/Observation").mock(httpx.Response(429, headers={"Retry-After": "30"}))
    assert (await fetched(client, clock)).failure == "unavailable"
    assert (await fetched(client, clock)).failure == "unavailable"
    assert route.call_count == 1, "neither waited for nor asked again"
    clock.steady_at += 31
    route.mock(page(OBSERVATIONS))
    assert (await fetched(client, clock)).failure is None


@respx.mock
async def test_a_wait_until_a_date_is_waited(client: FhirClient, clock: Hands) -> None:
    soon = format_datetime(AT, usegmt=True)
    route = respx.get(f"{BASE}/Observation")
    route.mock(side_effect=[httpx.Response(503, headers={"Retry-After": soon}), page(OBSERVATIONS)])
    assert (await fetched(client, clock)).failure is None
    later = format_datetime(AT + timedelta(minutes=1), usegmt=True)
    route.mock(side_effect=[httpx.Response(503, headers={"Retry-After": later}), page(OBSERVATIONS)])
    assert (await fetched(client, clock)).failure == "unavailable"


LONG = "Observation?patient=1&code=" + ",".join(f"http://loinc.org|{i}-0" for i in range(100, 220)) + "&_sort=-date"


@respx.mock
async def test_a_long_search_goes_into_the_body(client: FhirClient, clock: Hands) -> None:
    route = respx.post(f"{BASE}/Observation/_search").mock(page(OBSERVATIONS))
    assert (await fetched(client, clock, LONG)).failure is None
    sent = parse_qs(route.calls.last.request.content.decode())
    assert sent["code"][0].split(",")[0] == "http://loinc.org|100-0"
    assert sent["_sort"] == ["-date"]
    assert route.calls.last.request.headers["content-type"] == "application/x-www-form-urlencoded"


@respx.mock
@pytest.mark.parametrize("status", [404, 405, 415, 501])
async def test_a_server_without_search_by_post_is_asked_by_get(status: int, client: FhirClient, clock: Hands) -> None:
    respx.post(f"{BASE}/Observation/_search").mock(httpx.Response(status))
    respx.get(f"{BASE}/Observation").mock(page(OBSERVATIONS))
    assert (await fetched(client, clock, LONG)).failure is None


@respx.mock
async def test_an_address_too_long_for_a_server_is_asked_by_post(client: FhirClient, clock: Hands) -> None:
    respx.get(f"{BASE}/Observation").mock(httpx.Response(414))
    respx.post(f"{BASE}/Observation/_search").mock(page(OBSERVATIONS))
    assert (await fetched(client, clock)).failure is None


@respx.mock
async def test_codes_that_a_server_refuses_together_are_asked_in_parts(client: FhirClient, clock: Hands) -> None:
    def few(asked: httpx.Request) -> httpx.Response:
        codes = asked.url.params["code"].split(",")
        return page([observation(c, c, 1.0, "mg/dL", 1) for c in codes]) if len(codes) <= 2 else httpx.Response(400)

    respx.get(f"{BASE}/Observation").mock(side_effect=few)
    found = await fetched(client, clock, "Observation?patient=1&code=a,b,c,d,e&_count=9")
    assert found.failure is None
    assert found.complete
    assert sorted(e["resource"]["id"] for p in found.pages for e in p["entry"]) == ["a-1", "b-1", "c-1", "d-1", "e-1"]
    assert len(respx.calls) == 5, "the whole, the larger half, and three parts"


@respx.mock
async def test_a_part_that_stays_refused_is_no_silent_gap(client: FhirClient, clock: Hands) -> None:
    respx.get(f"{BASE}/Observation").mock(httpx.Response(400))
    found = await fetched(client, clock, "Observation?patient=1&code=a,b,c,d,e,f,g,h")
    assert found.failure == "refused"
    assert len(respx.calls) == 1 + 2 + 4


@respx.mock
async def test_all_answers_to_one_call_share_the_room(client: FhirClient, clock: Hands) -> None:
    respx.get(url__startswith=BASE).mock(httpx.Response(200, content=json.dumps(bundle(OBSERVATIONS)).encode() + b" " * 40_000))
    queries = {str(i): f"Observation?x={i}" for i in range(4)}
    found = await client.fetch(Access(BASE, TOKEN), queries, deadline(clock))
    assert [one.failure for one in found.values()].count("too large") == 2


@respx.mock
async def test_a_long_answer_that_can_be_missed_leaves_room_for_one_that_cannot(client: FhirClient, clock: Hands) -> None:
    written = json.dumps(bundle(OBSERVATIONS)).encode()
    respx.get(f"{BASE}/Observation", params={"x": "vitals"}).mock(httpx.Response(200, content=written + b" " * 80_000))

    async def later(_: httpx.Request) -> httpx.Response:
        await asyncio.sleep(0.05)
        return httpx.Response(200, content=written + b" " * 40_000)

    respx.get(f"{BASE}/Observation", params={"x": "laboratory"}).mock(side_effect=later)
    queries = {key: f"Observation?x={key}" for key in ("vitals", "laboratory")}
    missed = await client.fetch(Access(BASE, TOKEN), queries, deadline(clock))
    assert missed["laboratory"].failure == "too large"
    found = await client.fetch(Access(BASE, TOKEN), queries, deadline(clock), {"laboratory"})
    assert found["laboratory"].failure is None
    assert found["vitals"].failure == "too large"


@respx.mock
async def test_all_that_one_call_fetches_shares_its_room(client: FhirClient, clock: Hands) -> None:
    respx.get(url__startswith=BASE).mock(httpx.Response(200, content=json.dumps(bundle(OBSERVATIONS)).encode() + b" " * 60_000))
    access = Access(BASE, TOKEN, client.room())
    first, second = [await client.fetch(access, {"key": QUERY}, deadline(clock)) for _ in range(2)]
    assert (first["key"].failure, second["key"].failure) == (None, "too large")


@respx.mock
async def test_an_answer_of_countless_small_parts_is_not_unfolded(clock: Hands) -> None:
    wide = FhirClient(clock, max_bytes=10_000_000, max_pages=4)
    respx.get(f"{BASE}/Observation").mock(
        httpx.Response(200, content=b'{"resourceType":"Bundle","entry":[' + b"{}," * 400_000 + b"{}]}")
    )
    assert (await fetched(wide, clock)).failure == "too large"
    await wide.close()


@respx.mock
async def test_a_server_that_hangs_costs_the_deadline_and_no_more(client: FhirClient, clock: Hands) -> None:
    async def hang(_: httpx.Request) -> httpx.Response:
        await asyncio.sleep(60)
        return httpx.Response(200)

    respx.get(f"{BASE}/Observation").mock(side_effect=hang)
    respx.get(f"{BASE}/Patient/1").mock(httpx.Response(200, json={"resourceType": "Patient"}))
    async with asyncio.timeout(1.0):
        queries = {"slow": QUERY, "quick": "Patient/1"}
        found = await client.fetch(Access(BASE, TOKEN), queries, deadline(clock, 0.1))
    assert found["slow"].failure == "unavailable"
    assert found["quick"].failure is None


async def test_a_body_that_drips_costs_the_deadline_and_no_more(clock: Hands) -> None:
    class Drip(httpx.AsyncByteStream):
        async def __aiter__(self) -> Any:
            while True:
                await asyncio.sleep(0.01)
                yield b" "

    client = FhirClient(clock, 100_000, 4, httpx.MockTransport(lambda _: httpx.Response(200, stream=Drip())))
    async with asyncio.timeout(1.0):
        assert (await fetched(client, clock, seconds=0.15)).failure == "unavailable"
    await client.close()


async def test_a_compressed_answer_is_not_unpacked(clock: Hands) -> None:
    class Bomb(httpx.AsyncByteStream):
        async def __aiter__(self) -> Any:
            raise AssertionError("the body was read")
            yield b""

    answer = httpx.Response(200, headers={"Content-Encoding": "gzip"}, stream=Bomb())
    client = FhirClient(clock, 100_000, 4, httpx.MockTransport(lambda _: answer))
    assert (await fetched(client, clock)).failure == "too large"
    await client.close()


@respx.mock
async def test_a_server_that_keeps_failing_is_left_alone_for_a_while(client: FhirClient, clock: Hands) -> None:
    route = respx.get(f"{BASE}/Observation").mock(httpx.Response(500))
    for _ in range(FAILURES + 5):
        await fetched(client, clock)
    assert route.call_count == FAILURES
    clock.steady_at += REST_S + 1
    route.mock(page(OBSERVATIONS))
    assert (await fetched(client, clock)).failure is None


@respx.mock
async def test_queries_run_side_by_side(client: FhirClient, clock: Hands) -> None:
    running = most = 0

    async def counted(_: httpx.Request) -> httpx.Response:
        nonlocal running, most
        running += 1
        most = max(most, running)
        await asyncio.sleep(0.02)
        running -= 1
        return page(OBSERVATIONS)

    respx.get(url__startswith=BASE).mock(side_effect=counted)
    await client.fetch(Access(BASE, TOKEN), {str(i): f"Observation?x={i}" for i in range(8)}, deadline(clock))
    assert most == 8


def test_a_token_is_not_shown() -> None:
    assert TOKEN not in repr(Access(BASE, TOKEN)) + str(Access(BASE, TOKEN)) + json.dumps(repr({"a": Access(BASE, TOKEN)}))
