"""Our own access tokens: a signed assertion out, a token in, kept no longer than it is good."""

import asyncio
import json
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import httpx
import pytest
from joserfc import jwt
from joserfc.jwk import ECKey, RSAKey

from service.clock import FixedClock
from service.settings import Tenant, problems
from service.smart import BackendClient, BackendTokens, UnusableKey
from tests.calls import AT, settings
from tests.tokens import ISSUER, PUBLIC

URL = "https://ehr.example/oauth2/token"
KEYS: dict[str, ECKey | RSAKey] = {
    "ES384": ECKey.generate_key("P-384", {"kid": "ours"}),
    "RS384": RSAKey.generate_key(2048, {"kid": "ours"}),
}


class Hands(FixedClock):
    """A clock whose steady time is moved by hand."""

    steady_at = 0.0

    def steady(self) -> float:
        return self.steady_at


class Server:
    """An authorization server that counts what it is asked."""

    def __init__(self, **answer: Any) -> None:
        self.asked: list[dict[str, list[str]]] = []
        self.answer = httpx.Response(200, json={"token_type": "bearer", "expires_in": 300, **answer})

    async def __call__(self, request: httpx.Request) -> httpx.Response:
        assert str(request.url) == URL
        self.asked.append(parse_qs(request.content.decode()))
        await asyncio.sleep(0.01)
        return httpx.Response(self.answer.status_code, headers=self.answer.headers, content=self.answer.content)


def registered(folder: Path, algorithm: Any = "ES384") -> BackendClient:
    file = folder / "key.jwk"
    file.write_text(json.dumps(KEYS[algorithm].as_dict(private=True)))
    return BackendClient(client_id="icu-twin", token_url=URL, key_file=file, algorithm=algorithm)


@pytest.mark.parametrize("algorithm", ["ES384", "RS384"])
async def test_the_assertion_is_as_the_specification_says(algorithm: str, tmp_path: Path) -> None:
    server = Server(access_token="t")
    tokens = BackendTokens(Hands(AT), httpx.MockTransport(server))
    assert await tokens.token(registered(tmp_path, algorithm)) == "t"
    (form,) = server.asked
    assert form["grant_type"] == ["client_credentials"]
    assert form["client_assertion_type"] == ["urn:ietf:params:oauth:client-assertion-type:jwt-bearer"]
    assert form["scope"] == ["system/*.rs"]
    read = jwt.decode(form["client_assertion"][0], KEYS[algorithm], algorithms=[algorithm])
    assert read.header == {"alg": algorithm, "typ": "JWT", "kid": "ours"}
    assert read.claims["iss"] == read.claims["sub"] == "icu-twin"
    assert read.claims["aud"] == URL
    assert 0 < read.claims["exp"] - AT.timestamp() <= 300


async def test_a_token_is_asked_for_once_and_again_before_it_expires(tmp_path: Path) -> None:
    server, clock = Server(access_token="t"), Hands(AT)
    tokens, client = BackendTokens(clock, httpx.MockTransport(server)), registered(tmp_path)
    assert await asyncio.gather(*(tokens.token(client) for _ in range(5))) == ["t"] * 5
    assert len(server.asked) == 1
    clock.steady_at = 269.0
    await tokens.token(client)
    assert len(server.asked) == 1
    clock.steady_at = 271.0
    await tokens.token(client)
    assert len(server.asked) == 2
    assertions = [form["client_assertion"][0] for form in server.asked]
    ids = {jwt.decode(a, KEYS["ES384"], algorithms=["ES384"]).claims["jti"] for a in assertions}
    assert len(ids) == 2, "an assertion is used once"


@pytest.mark.parametrize(
    "answer",
    [
        httpx.Response(401, json={"error": "invalid_client"}),
        httpx.Response(302, headers={"Location": "https://evil.example"}),
        httpx.Response(200, content=b"<html>"),
        httpx.Response(200, content=b" " * 100_000),
        httpx.Response(200, json={"access_token": "t", "token_type": "mac"}),
        httpx.Response(200, json={"token_type": "bearer"}),
    ],
)
async def test_no_token_is_none_and_is_not_asked_for_all_the_time(answer: httpx.Response, tmp_path: Path) -> None:
    server, clock = Server(access_token="t"), Hands(AT)
    good, server.answer = server.answer, answer
    tokens, client = BackendTokens(clock, httpx.MockTransport(server)), registered(tmp_path)
    assert [await tokens.token(client) for _ in range(3)] == [None] * 3
    assert len(server.asked) == 1
    clock.steady_at, server.answer = 11.0, good
    assert await tokens.token(client) == "t"


async def test_a_server_that_is_down_gives_none(tmp_path: Path) -> None:
    def down(_: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("down")

    assert await BackendTokens(Hands(AT), httpx.MockTransport(down)).token(registered(tmp_path)) is None


def test_a_key_that_cannot_be_used_does_not_start(tmp_path: Path) -> None:
    file = tmp_path / "public.jwk"
    file.write_text(json.dumps(KEYS["ES384"].as_dict(private=False)))
    for path in (file, tmp_path / "absent"):
        client = BackendClient(client_id="icu-twin", token_url=URL, key_file=path)
        tenant = Tenant(name="ehr", issuer=ISSUER, jwks=PUBLIC, backend=client)
        (why,) = problems(settings(auth="on", tenants=(tenant,)))
        assert "key_file" in why
    with pytest.raises(UnusableKey):
        BackendTokens(Hands(AT))._assertion(BackendClient(client_id="x", token_url=URL, key_file=file))
