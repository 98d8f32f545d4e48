"""A chart is followed between calls: a new value is noticed when told, when not told, and not twice; ids stay sealed."""

import asyncio
import json
from collections.abc import AsyncGenerator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
import sqlalchemy as sa
from joserfc.jwk import ECKey

from service.clock import FixedClock
from service.settings import Settings
from service.store import database
from tests.calls import AT, PATIENT, URL, bundle, observation, order, prefetch, request, service, settings
from tests.tokens import ISSUER, PUBLIC, bearer, token

FHIR = "https://ehr.example/fhir"
SECRET = "a secret that is long enough"


class Moving(FixedClock):
    def to(self, at: Any) -> None:
        self._at = at


class Server:
    """A FHIR server whose chart changes: tokens, `_lastUpdated` searches, and the chart of `tests.calls`."""

    def __init__(self) -> None:
        self.new: list[dict[str, Any]] = []
        self.down = False
        self.looks: list[str] = []
        self.reads = 0

    def chart(self, values: list[dict[str, Any]]) -> None:
        """Something new was charted."""
        self.new += values

    def __call__(self, asked: httpx.Request) -> httpx.Response:
        if asked.url.path.endswith("/token"):
            return httpx.Response(200, json={"access_token": "t", "token_type": "bearer", "expires_in": 300})
        if self.down:
            return httpx.Response(503)
        query = str(asked.url.params) + asked.content.decode()
        kind = asked.url.path.removeprefix("/fhir/").partition("/")[0]
        if "_lastUpdated" in query:
            self.looks.append(kind)
            return httpx.Response(200, json=bundle(self.new if kind == "Observation" else []))
        if kind == "Patient":
            self.reads += 1
            return httpx.Response(200, json=prefetch()["patient"])
        if kind == "Observation":
            stand = [prefetch()[key]["entry"] for key in ("body", "laboratory", "levels")]
            return httpx.Response(200, json=bundle([e["resource"] for some in stand for e in some] + self.new))
        if kind == "MedicationAdministration":
            return httpx.Response(200, json=prefetch()["administrations"])
        return httpx.Response(200, json=bundle([]))


@dataclass
class Ward:
    client: httpx.AsyncClient
    server: Server
    clock: Moving
    url: str

    async def call(self) -> None:
        document = {**request("order-sign", order(1000, 12)), "fhirServer": FHIR}
        answer = await self.client.post(URL, content=json.dumps(document), headers=bearer(token()))
        assert answer.status_code == 200, answer.text
        await self.until("select count(*) from watched", 1)

    async def tell(self, secret: str = SECRET, client: str = "st-anna", path: str = "") -> int:
        headers = {"Authorization": f"Bearer {secret}"}
        return (await self.client.post(f"/notifications/{client}{path}", content=b"{", headers=headers)).status_code

    async def until(self, query: str, expected: int) -> None:
        for _ in range(200):
            if self.ask(query) == expected:
                return
            await asyncio.sleep(0.05)
        raise AssertionError(f"{query}: {self.ask(query)}")

    async def refreshed(self, count: int) -> None:
        for _ in range(200):
            if self.server.reads == count and self.ask("select count(*) from job where kind = 'refresh'") == 0:
                return
            await asyncio.sleep(0.05)
        raise AssertionError(f"read {self.server.reads} times")

    def ask(self, query: str) -> Any:
        engine = database.connected(self.url)
        try:
            with engine.connect() as db:
                return db.execute(sa.text(query)).scalar()
        finally:
            engine.dispose()


def configured(folder: Path, url: str) -> Settings:
    key = ECKey.generate_key("P-384", {"kid": "ours"})
    (folder / "key.json").write_text(json.dumps(key.as_dict(private=True)))
    (folder / "secret").write_text(SECRET + "\n")
    backend = {"client_id": "icu-twin", "token_url": f"{FHIR}/token", "key_file": str(folder / "key.json")}
    follow = {"every_s": 600, "secret_file": str(folder / "secret")}
    tenant = {"name": "st-anna", "issuer": ISSUER, "jwks": PUBLIC, "fhir_bases": [FHIR], "backend": backend, "follow": follow}
    return settings(auth="on", tenants=[tenant], database_url=url)


@pytest.fixture
async def ward(tmp_path: Path) -> AsyncGenerator[Ward]:
    url, server, clock = f"sqlite:///{tmp_path / 'a.sqlite'}", Server(), Moving(AT)
    transport = httpx.MockTransport(server)
    async with service(configured(tmp_path, url), clock=clock, transport=transport) as client:
        yield Ward(client, server, clock, url)


def charted(value: float, updated: str = "2026-01-03T08:00:30Z") -> dict[str, Any]:
    return {**observation("vancomycin", "20578-1", value, "mg/L", -0.25), "meta": {"lastUpdated": updated}}


async def test_a_notification_is_followed_by_a_look_once_whatever_it_says(ward: Ward) -> None:
    await ward.call()
    ward.clock.to(AT + timedelta(minutes=20))
    ward.server.chart([charted(17.0)])
    assert await ward.tell("a wrong secret that is long") == 401
    assert await ward.tell(client="nobody") == 401
    assert ward.server.looks == []
    assert [await ward.tell(), await ward.tell(), await ward.tell(path="/Observation/1")] == [200, 200, 200]
    await ward.refreshed(1)
    # What the call had promised met its outcome without another call.
    await ward.until("select count(*) from prediction where status <> 'awaiting'", 1)
    ward.clock.to(AT + timedelta(minutes=21))
    assert await ward.tell() == 200
    await ward.until("select count(*) from job where due_at <= '2026-01-03 08:21:00'", 0)
    assert ward.server.reads == 1


async def test_without_a_notification_the_next_look_finds_what_was_missed(ward: Ward) -> None:
    await ward.call()
    ward.server.chart([charted(17.0)])
    ward.clock.to(AT + timedelta(minutes=11))
    await ward.refreshed(1)


async def test_a_server_that_is_down_is_asked_again_from_where_reading_stopped(ward: Ward) -> None:
    await ward.call()
    ward.server.down = True
    ward.server.chart([charted(17.0)])
    assert await ward.tell() == 200
    await ward.until("select attempts from job where kind = 'catch up'", 1)
    ward.server.down = False
    ward.clock.to(AT + timedelta(minutes=11))
    await ward.refreshed(1)


async def test_the_id_of_the_patient_is_sealed(ward: Ward) -> None:
    await ward.call()
    assert PATIENT not in str(ward.ask("select sealed || patient_key || tenant from watched"))
