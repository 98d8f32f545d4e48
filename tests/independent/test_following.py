"""Charts followed on a FHIR server that we did not write: it tells us by its Subscription, gives us tokens for our signature,
and what it did not tell is found by asking."""

import asyncio
import json
import re
from collections.abc import AsyncGenerator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from joserfc.jwk import ECKey

from fhir_mapping.bundles import resources
from service.app import create_app
from service.clock import FixedClock, SystemClock
from tests.calls import AT, BASE, URL, observation, order, prefetch, request, settings
from tests.independent.running import Heard, control, missing
from tests.sockets import listening
from tests.tokens import ISSUER, PUBLIC, bearer, token

pytestmark = pytest.mark.skipif(missing() is not None, reason=missing() or "")
SECRET = "a secret that is long enough"
PATIENT = "followed"
_TIME = re.compile(r"20\d\d-\d\d-\d\dT[0-9:.]+Z")


class Moving(FixedClock):
    """A wall clock that is set by hand."""

    def forth(self, minutes: float) -> None:
        self._at += timedelta(minutes=minutes)


@dataclass
class Ward:
    """The service on a socket, and the server that it follows."""

    client: httpx.AsyncClient
    fhir: str
    clock: Moving
    began: datetime

    def forth(self, minutes: float) -> None:
        """Set both clocks forward."""
        self.clock.forth(minutes)
        control(self.fhir, ahead=(self.clock.now() - self.began).total_seconds())

    def dated(self, document: Any) -> Any:
        """The same with times relative to now instead of the day of the test charts, about a patient of our own."""
        ahead = self.began - AT
        text = json.dumps(document).replace("icu-1", PATIENT)
        return json.loads(_TIME.sub(lambda t: (datetime.fromisoformat(t[0]) + ahead).isoformat(), text))

    async def put(self, resource: dict[str, Any]) -> None:
        async with httpx.AsyncClient(trust_env=False, headers=bearer("of the test")) as server:
            answer = await server.put(f"{self.fhir}/{resource['resourceType']}/{resource['id']}", json=resource)
        assert answer.status_code in {200, 201}, answer.text

    async def chart_level(self, name: str, value: float, hours: float) -> None:
        await self.put(self.dated(observation("level", "20578-1", value, "mg/L", hours)) | {"id": f"{PATIENT}-{name}"})

    async def subscribe(self, secret: str) -> None:
        endpoint = f"{self.client.base_url}/notifications/st-anna"
        channel = {"type": "rest-hook", "endpoint": endpoint, "header": [f"Authorization: Bearer {secret}"]}
        await self.put(
            {
                "resourceType": "Subscription",
                "id": "icu-twin",
                "status": "active",
                "reason": "test",
                "criteria": "Observation?category=laboratory",
                "channel": channel,
            }
        )

    async def call(self) -> None:
        document = {**self.dated(request("order-sign", order(1000, 12))), "fhirServer": self.fhir}
        headers = {"Content-Type": "application/json", **bearer(token(at=self.began))}
        answer = await self.client.post(URL, content=json.dumps(document), headers=headers)
        assert answer.status_code == 200, answer.text

    async def counted(self, metric: str) -> float:
        lines = (await self.client.get("/metrics")).text.splitlines()
        return sum(float(line.rsplit(" ", 1)[1]) for line in lines if re.match(rf"{metric}_total[ {{]", line))

    async def until(self, metric: str, expected: float) -> None:
        for _ in range(300):
            if await self.counted(metric) == expected:
                return
            await asyncio.sleep(0.05)
        raise AssertionError(f"{metric} is {await self.counted(metric)}")

    async def told(self, before: Heard, count: int) -> list[int]:
        """What came of the notifications after `before`, once there are so many."""
        for _ in range(200):
            found = control(self.fhir).told[len(before.told) :]
            if len(found) >= count:
                return found
            await asyncio.sleep(0.05)
        raise AssertionError("the server told nobody")


@pytest.fixture
async def ward(address: str, tmp_path: Path) -> AsyncGenerator[Ward]:
    key = ECKey.generate_key("P-384", {"kid": "ours"})
    (tmp_path / "key.json").write_text(json.dumps(key.as_dict(private=True)))
    (tmp_path / "secret").write_text(SECRET)
    control(address, token="of the test", silent=False, ahead=0, clients={"icu-twin": {"keys": [key.as_dict(private=False)]}})
    backend = {
        "client_id": "icu-twin",
        "token_url": address.removesuffix("/fhir") + "/token",
        "key_file": str(tmp_path / "key.json"),
    }
    follow = {"every_s": 600, "secret_file": str(tmp_path / "secret")}
    tenant = {"name": "st-anna", "issuer": ISSUER, "jwks": PUBLIC, "fhir_bases": [address]}
    url = f"sqlite:///{tmp_path / 'a.sqlite'}"
    configured = settings(auth="on", tenants=[{**tenant, "backend": backend, "follow": follow}], database_url=url)
    now = SystemClock().now()
    clock = Moving(now)
    app = create_app(configured.model_copy(update={"public_url": BASE}), clock=clock)
    try:
        async with (
            listening(app) as (host, port),
            httpx.AsyncClient(base_url=f"http://{host}:{port}", trust_env=False, timeout=30) as client,
        ):
            found = Ward(client, address, clock, now)
            for value in prefetch().values():
                for one in resources(found.dated(value)).resources:
                    await found.put({**one, "id": PATIENT if one["resourceType"] == "Patient" else f"{PATIENT}-{one['id']}"})
            await found.subscribe(SECRET)
            yield found
    finally:
        control(address, token=None, silent=False, clients={}, ahead=0)
        httpx.delete(f"{address}/Subscription/icu-twin", trust_env=False)


async def test_the_servers_subscription_brings_the_outcome_of_a_prediction(ward: Ward) -> None:
    """Tokens for our signature, verified by the server; a second notification of the same change is no second reading."""
    await ward.call()
    before = control(ward.fhir)
    ward.forth(20)
    await ward.chart_level("new", 17.0, -0.3)
    assert await ward.told(before, 1) == [200]
    await ward.until("icu_twin_refreshed", 1)
    await ward.until("icu_twin_predictions", 1)
    asked = control(ward.fhir).asked[len(before.asked) :]
    assert any(one["path"] == "/fhir/Observation" and one["authorized"] for one in asked)
    endpoint = {"Authorization": f"Bearer {SECRET}"}
    for _ in range(3):
        assert (await ward.client.post("/notifications/st-anna", headers=endpoint)).status_code == 200
    ward.forth(1)
    await asyncio.sleep(1.5)
    assert await ward.counted("icu_twin_refreshed") == 1


async def test_what_the_server_did_not_tell_is_caught_up(ward: Ward) -> None:
    """Nothing comes while the line is cut; the next look reads from where reading stopped, and nothing twice."""
    await ward.call()
    before = control(ward.fhir, silent=True)
    ward.forth(5)
    await ward.chart_level("missed", 17.0, -0.05)
    await asyncio.sleep(1.5)
    assert control(ward.fhir).told == before.told
    assert await ward.counted("icu_twin_refreshed") == 0
    ward.forth(6)
    await ward.until("icu_twin_refreshed", 1)
    await ward.until("icu_twin_predictions", 1)
    ward.forth(11)
    await asyncio.sleep(1.5)
    assert await ward.counted("icu_twin_refreshed") == 1


async def test_a_notification_with_another_secret_is_refused_and_read_by_nobody(ward: Ward) -> None:
    await ward.subscribe("the secret of somebody else, also long")
    await ward.call()
    before = control(ward.fhir)
    await ward.chart_level("unheard", 17.0, -0.1)
    assert await ward.told(before, 1) == [401]
    await asyncio.sleep(1.2)
    assert not [one for one in control(ward.fhir).asked[len(before.asked) :] if one["method"] == "GET"]


async def test_a_server_that_gives_no_token_is_not_read(ward: Ward) -> None:
    control(ward.fhir, clients={})
    await ward.call()
    before = control(ward.fhir)
    ward.forth(20)
    await ward.chart_level("locked", 17.0, -0.3)
    assert await ward.told(before, 1) == [200]
    await asyncio.sleep(1.2)
    assert await ward.counted("icu_twin_refreshed") == 0
    assert not [one for one in control(ward.fhir).asked[len(before.asked) :] if one["method"] == "GET"]
