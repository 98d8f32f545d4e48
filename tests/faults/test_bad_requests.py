"""Bodies and requests that must be refused: with the right status, an OperationOutcome, and nothing of the input."""

import json
import time
from typing import Any

import httpx
import pytest

from service.hooks.strict_json import decode
from tests.calls import URL, order, request, service, settings, without

SECRET = "Zebulon-Canary-4711"
MARKED = {**request(), "hookInstance": SECRET}


async def answer(body: bytes | dict[str, Any], path: str = URL, **headers: str) -> httpx.Response:
    async with service() as client:
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        return await client.post(path, content=content, headers=headers)


def refused(found: httpx.Response, status: int) -> None:
    assert found.status_code == status, found.text
    outcome = found.json()
    assert outcome["resourceType"] == "OperationOutcome"
    assert outcome["issue"][0]["severity"] == "error"
    assert outcome["issue"][0]["details"]["text"]
    assert SECRET not in found.text


def with_number(literal: str) -> bytes:
    return json.dumps({**MARKED, "extension": {"n": 12345}}).replace("12345", literal).encode()


GOOD = json.dumps(MARKED).encode()
NOT_JSON = {
    "empty": b"",
    "cut": GOOD[:-20],
    "trailing comma": b'{"hook": "order-sign",}',
    "comment": b'{"hook": "order-sign" /* x */}',
    "two documents": GOOD + GOOD,
    "NaN": with_number("NaN"),
    "Infinity": with_number("-Infinity"),
    "1e400": with_number("1e400"),
    "5,000 digits": with_number("7" * 5000),
    "NaN in a draft": GOOD.replace(b'"value": 1000', b'"value": NaN'),
    "1e400 in a draft": GOOD.replace(b'"value": 1000', b'"value": 1e400'),
    "1e400 in the prefetch": GOOD.replace(b'"value": 82', b'"value": 1e400'),
    "lone surrogate": GOOD.replace(SECRET.encode(), b"\\ud800"),
    "not UTF-8": GOOD.replace(SECRET.encode(), b"\xff\xfe"),
    "UTF-16": json.dumps(MARKED).encode("utf-16"),
    "byte order mark": b"\xef\xbb\xbf" + GOOD,
    "100 deep": b'{"hook":' + b"[" * 100 + b"]" * 100 + b"}",
    "100,000 deep": b"[" * 100_000,
    "array at the root": b"[" + GOOD + b"]",
    "text at the root": json.dumps(SECRET).encode(),
    "null": b"null",
}


@pytest.mark.parametrize("case", NOT_JSON)
async def test_what_is_not_strict_json_is_refused(case: str) -> None:
    refused(await answer(NOT_JSON[case]), 400)


def test_the_good_body_behind_these_cases_is_good() -> None:
    for case in ("NaN in a draft", "1e400 in a draft", "1e400 in the prefetch", "lone surrogate", "not UTF-8"):
        assert NOT_JSON[case] != GOOD


def changed(**members: Any) -> dict[str, Any]:
    return {**MARKED, **members}


def in_context(**members: Any) -> dict[str, Any]:
    return {**MARKED, "context": {**MARKED["context"], **members}}


NOT_A_CALL = {
    "no hook": without(MARKED, "hook"),
    "unknown hook": changed(hook=SECRET),
    "a hook of another service": changed(hook="encounter-start"),
    "hook as number": changed(hook=7),
    "no hookInstance": without(MARKED, "hookInstance"),
    "blank hookInstance": changed(hookInstance=" "),
    "no context": without(MARKED, "context"),
    "context as text": changed(context=SECRET),
    "no patientId": without(MARKED, "context", "patientId"),
    "null patientId": in_context(patientId=None),
    "patientId as number": in_context(patientId=4711),
    "patientId that is a query": in_context(patientId=f"{SECRET}&_count=9"),
    "patientId that climbs": in_context(patientId="../Patient"),
    "patientId of another type": in_context(patientId=f"Practitioner/{SECRET}"),
    "no userId": without(MARKED, "context", "userId"),
    "encounterId as object": in_context(encounterId={"reference": SECRET}),
    "no draftOrders": without(MARKED, "context", "draftOrders"),
    "draftOrders as list": in_context(draftOrders=[order()]),
    "draftOrders that is no Bundle": in_context(draftOrders=order()),
    "prefetch as list": changed(prefetch=[SECRET]),
    "fhirServer as number": changed(fhirServer=1),
    "authorization without server": changed(fhirAuthorization={"access_token": SECRET}),
    "authorization as text": changed(fhirServer="https://x.example", fhirAuthorization=SECRET),
    "access token as number": changed(fhirServer="https://x.example", fhirAuthorization={"access_token": 1}),
    "order-select without selections": without({**request("order-select"), "hookInstance": SECRET}, "context", "selections"),
    "selections as text": {**request("order-select", selections="all")},
    "selections of numbers": {**request("order-select", selections=[1])},
    "selections that are not in draftOrders": {**request("order-select", selections=[f"MedicationRequest/{SECRET}"])},
}


@pytest.mark.parametrize("case", NOT_A_CALL)
async def test_what_is_no_call_is_refused(case: str) -> None:
    refused(await answer(NOT_A_CALL[case]), 400)


def other_patients_prefetch() -> dict[str, Any]:
    document = json.loads(GOOD)
    document["prefetch"]["patient"]["id"] = SECRET
    return document


def other_patients_laboratory() -> dict[str, Any]:
    document = json.loads(GOOD)
    document["prefetch"]["laboratory"]["entry"][0]["resource"]["subject"]["reference"] = f"Patient/{SECRET}"
    return document


OTHER_PATIENT = {
    "context": in_context(patientId=SECRET),
    "prefetch Patient": other_patients_prefetch(),
    "one Observation": other_patients_laboratory(),
    "draft": {**request("order-sign", order(patient=SECRET))},
    "second draft": {**request("order-sign", order(), order(ident="b", patient=SECRET))},
    "draft, by absolute reference": {**request("order-sign", order(patient=f"x/https://e.example/Patient/{SECRET}"))},
}


@pytest.mark.parametrize("case", OTHER_PATIENT)
async def test_two_patients_in_one_call_are_refused(case: str) -> None:
    refused(await answer(OTHER_PATIENT[case]), 400)


@pytest.mark.parametrize("path", ["/cds-services/other", "/cds-services/icu-twin/x", "/nothing", "/docs", "/openapi.json"])
async def test_unknown_paths_are_not_found(path: str) -> None:
    refused(await answer(GOOD, path), 404)


async def test_a_wrong_method_is_refused() -> None:
    async with service() as client:
        refused(await client.get(URL), 405)


@pytest.mark.parametrize("media_type", ["text/plain", "", "application/xml", "multipart/form-data; boundary=x"])
async def test_only_json_is_read(media_type: str) -> None:
    refused(await answer(GOOD, **{"Content-Type": media_type}), 415)


async def test_json_with_a_charset_is_read() -> None:
    assert (await answer(GOOD, **{"Content-Type": "application/json; charset=utf-8"})).status_code == 200


async def test_a_compressed_body_is_refused_unread() -> None:
    refused(await answer(GOOD, **{"Content-Encoding": "gzip"}), 415)


async def test_a_body_beyond_the_limit_is_refused() -> None:
    async with service(settings(max_body_bytes=2000)) as client:
        refused(await client.post(URL, content=GOOD), 413)

        async def parts() -> Any:
            for _ in range(100):
                yield b" " * 1000

        refused(await client.post(URL, content=parts()), 413)


async def test_a_hostile_body_is_refused_quickly() -> None:
    async with service() as client:
        for body in (b"[" * 5_000_000, b'"' + b"[" * 5_000_000, b"{" + b'"a":{' * 900_000):
            started = time.process_time()
            refused(await client.post(URL, content=body), 400)
            assert time.process_time() - started < 1.0


@pytest.mark.parametrize("length", range(65_530, 65_545))
def test_brackets_in_a_long_string_are_no_nesting_wherever_it_is_looked_at_first(length: int) -> None:
    """The beginning is looked at alone: it may end inside a string, or between a backslash and what it escapes."""
    for escaped in ("\\\\", '\\"'):
        text = "[" * 200 + "x" * (length - 206) + escaped
        assert decode(f'{{"a":"{text}y"}}'.encode()) is not None
