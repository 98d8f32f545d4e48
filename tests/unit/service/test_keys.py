"""Keys come from the configured address only, are kept, and asked for again when they were rotated."""

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest

from service.clock import FixedClock
from service.keys import ASK_AGAIN_S, KEPT_S, Keys
from service.settings import Tenant
from tests.calls import AT, URL, request, service, settings
from tests.tokens import ISSUER, KEY, PUBLIC, RSA, bearer, token

JKU = "https://ehr.example/jwks.json"
TENANT = Tenant(name="ehr", issuer=ISSUER, jku=JKU)
EMPTY: dict[str, Any] = {"keys": [RSA.as_dict(private=False)]}


class Hands(FixedClock):
    """A clock whose steady time is moved by hand."""

    steady_at = 1000.0

    def steady(self) -> float:
        return self.steady_at


@dataclass
class Server:
    """A key server that counts who asked."""

    answer: Any = None
    status: int = 200
    asked: list[str] = field(default_factory=list)

    def __call__(self, given: httpx.Request) -> httpx.Response:
        self.asked.append(str(given.url))
        if isinstance(self.answer, Exception):
            raise self.answer
        content = self.answer if isinstance(self.answer, bytes) else json.dumps(self.answer).encode()
        return httpx.Response(self.status, content=content)


@pytest.fixture
def clock() -> Hands:
    return Hands(AT)


async def test_keys_are_fetched_once_and_kept(clock: Hands) -> None:
    server = Server(PUBLIC)
    keys = Keys(clock, httpx.MockTransport(server))
    for _ in range(3):
        found = await keys.of(TENANT, "key-1")
        assert found is not None
    clock.steady_at += KEPT_S - 1
    await keys.of(TENANT, "key-1")
    assert server.asked == [JKU]
    clock.steady_at += 2
    await keys.of(TENANT, "key-1")
    assert len(server.asked) == 2


async def test_a_rotated_key_is_found_but_nobody_can_make_us_ask_often(clock: Hands) -> None:
    server = Server(EMPTY)
    keys = Keys(clock, httpx.MockTransport(server))
    for _ in range(20):
        await keys.of(TENANT, "key-1")
    assert len(server.asked) == 1
    server.answer = PUBLIC
    clock.steady_at += ASK_AGAIN_S + 1
    found = await keys.of(TENANT, "key-1")
    assert found is not None
    assert {key.kid for key in found.keys} == {"key-1", "key-2"}


@pytest.mark.parametrize(
    ("answer", "status"),
    [
        (b"<html>", 200),
        (b"x" * 10_000_000, 200),
        ({"keys": "none"}, 200),
        ({"keys": [{"kty": "EC"}]}, 200),
        (PUBLIC, 302),
        (PUBLIC, 500),
        (httpx.ConnectError("down"), 200),
    ],
)
async def test_what_is_no_key_set_lets_nobody_in(answer: Any, status: int, clock: Hands) -> None:
    assert await Keys(clock, httpx.MockTransport(Server(answer, status))).of(TENANT, "key-1") is None


async def test_keys_are_used_on_while_their_server_is_down(clock: Hands) -> None:
    server = Server(PUBLIC)
    keys = Keys(clock, httpx.MockTransport(server))
    await keys.of(TENANT, "key-1")
    server.status = 503
    clock.steady_at += KEPT_S + 1
    assert await keys.of(TENANT, "key-1") is not None


async def test_an_address_that_the_token_names_is_never_asked() -> None:
    server = Server(PUBLIC)
    configured = settings(auth="on", tenants=(TENANT,))
    async with service(configured, transport=httpx.MockTransport(server)) as client:
        foreign = bearer(token(header={"jku": "https://evil.example/jwks.json"}))
        assert (await client.post(URL, content=json.dumps(request()), headers=foreign)).status_code == 401
        assert server.asked == []
        ours = bearer(token(header={"jku": JKU}))
        assert (await client.post(URL, content=json.dumps(request()), headers=ours)).status_code == 200
    assert server.asked == [JKU]


async def test_keys_from_a_file(tmp_path: Path, clock: Hands) -> None:
    file = tmp_path / "jwks.json"
    file.write_text(json.dumps({"keys": [KEY.as_dict(private=False)]}))
    found = await Keys(clock).of(Tenant(name="ehr", issuer=ISSUER, jwks_file=file), "key-1")
    assert found is not None
    assert [key.kid for key in found.keys] == ["key-1"]
