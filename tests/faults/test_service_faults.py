"""Rows 33 to 49 of the table of faults that are the service's own edge; `rows.csv` says where the others are tested."""

import asyncio
import json
import socket
import time
from datetime import datetime, timedelta
from typing import Any

import httpx
import pytest

from service import in_time
from service.app import create_app
from service.clock import FixedClock
from tests.calls import AT, URL, request, service, settings, without
from tests.sockets import listening

FOREIGN = (
    "http://127.0.0.1/fhir", "http://169.254.169.254/fhir", "http://[::ffff:169.254.169.254]/fhir", "http://[fd00:ec2::254]/fhir",
    "https://ehr.example.evil.example/fhir", "https://user@ehr.example/fhir", "https://ehr.example:8443/fhir", "file:///etc/passwd",
    "https://ehr.example/fhir/../admin", "https://EHR.example.:443/fhir", "gopher://ehr.example/fhir", "https://ehr.example%2efhir/",
)  # fmt: skip


async def test_row_34_what_is_not_known_is_not_found_or_not_minded() -> None:
    document = {**request(), "extension": {"com.example": {"deep": [1]}}, "hookVersion": "9.9", "cdsHooksVersion": "9.0.0"}
    async with service() as client:
        assert (await client.post(URL, content=json.dumps(document))).status_code == 200
        assert (await client.post("/cds-services/nobody", content=json.dumps(document))).status_code == 404


async def raw(host: str, port: int, text: bytes) -> bytes:
    reader, writer = await asyncio.open_connection(host, port)
    writer.write(text)
    try:
        async with asyncio.timeout(3):
            return await reader.read(200)
    finally:
        writer.close()


async def test_row_35_half_open_and_smuggling_connections_hurt_nobody() -> None:
    async with listening(create_app(settings(), clock=FixedClock(AT))) as (host, port):
        waiting = [await asyncio.open_connection(host, port) for _ in range(100)]
        for _, writer in waiting:
            writer.write(b"POST /cds-services/icu-twin HTTP/1.1\r\nHost: x\r\nContent-Le")
        lengths = b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"
        both = b"POST /cds-services/icu-twin HTTP/1.1\r\nHost: x\r\n" + lengths
        assert (await raw(host, port, both)).startswith((b"HTTP/1.1 400", b"HTTP/1.1 415"))
        assert (await raw(host, port, b"\x00\x01garbage\r\n\r\n")).startswith(b"HTTP/1.1 400")
        async with httpx.AsyncClient(base_url=f"http://{host}:{port}", trust_env=False, timeout=20) as client:
            headers = {"Content-Type": "application/json", "X-Forwarded-For": "9.9.9.9", "X-Forwarded-Proto": "https"}
            answer = await client.post(URL, content=json.dumps(request()), headers=headers)
        assert answer.status_code == 200
        assert "server" not in answer.headers
        for _, writer in waiting:
            writer.close()


@pytest.mark.parametrize("address", FOREIGN)
async def test_row_39_an_address_that_is_not_configured_is_not_even_looked_up(
    address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with service(settings(fhir_bases=("https://ehr.example/fhir",))) as client:

        def looked_up(*_: Any, **__: Any) -> Any:
            raise AssertionError("a name was looked up")

        monkeypatch.setattr(socket, "getaddrinfo", looked_up)
        document = {**without(request(), "prefetch"), "fhirServer": address, "fhirAuthorization": {"access_token": "t"}}
        answer = await client.post(URL, content=json.dumps(document))
    assert answer.status_code == 412


async def test_row_46_a_calculation_that_breaks_is_a_fault_of_one_call_only(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = in_time.predict
    hits = iter(range(1000))

    def breaks(*args: Any, **kwargs: Any) -> Any:
        if next(hits) == 0:
            raise MemoryError("secret words")
        return whole(*args, **kwargs)

    monkeypatch.setattr(in_time, "predict", breaks)
    async with service() as client:
        first = await client.post(URL, content=json.dumps(request()))
        second = await client.post(URL, content=json.dumps({**request(), "hookInstance": "2"}))
    assert (first.status_code, second.status_code) == (500, 200)
    assert "secret" not in first.text
    assert first.json()["resourceType"] == "OperationOutcome"


class Jumping(FixedClock):
    """A wall clock that goes back by an hour with each look; the steady time goes on."""

    looks = 0

    def now(self) -> datetime:
        self.looks += 1
        return super().now() - timedelta(hours=self.looks if self.looks > 5 else 0)

    def steady(self) -> float:
        return time.monotonic()


async def test_row_47_a_wall_clock_that_jumps_back_breaks_no_deadline() -> None:
    async with service(clock=Jumping(AT)) as client:
        for number in range(3):
            began = time.monotonic()
            answer = await client.post(URL, content=json.dumps({**request(), "hookInstance": str(number)}))
            assert answer.status_code == 200
            assert time.monotonic() - began < 5
