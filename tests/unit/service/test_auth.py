"""Who may call: every check of the client JWT, and that a refusal says nothing."""

import base64
import json
from collections.abc import AsyncGenerator
from typing import Any

import httpx
import pytest
import pytest_asyncio
from joserfc.jwk import OctKey

from service.settings import Tenant
from tests.calls import AT, BASE, URL, request, service, settings
from tests.tokens import ISSUER, KEY, PUBLIC, RSA, STRANGER, bearer, claims, token

NOW = int(AT.timestamp())
TENANT = Tenant(name="ehr", issuer=ISSUER, jwks=PUBLIC)


async def status(header: dict[str, str], path: str = URL, **changes: Any) -> httpx.Response:
    configured = settings(**{"auth": "on", "tenants": (TENANT,), **changes})
    async with service(configured) as client:
        return await client.post(path, content=json.dumps(request()), headers=header)


def unsigned(alg: str) -> str:
    def part(value: dict[str, Any]) -> str:
        return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")

    return f"{part({'alg': alg, 'typ': 'JWT', 'kid': 'key-1'})}.{part(claims())}."


def spliced(one: str, other: str) -> str:
    """The claims of one token under the signature of another."""
    return ".".join((one.split(".", maxsplit=1)[0], other.split(".")[1], one.split(".")[2]))


def signed_with_the_public_key() -> str:
    secret = OctKey.import_key(json.dumps(KEY.as_dict(private=False)).encode(), {"kid": "key-1"})
    return token(secret, "HS256")


def nested() -> str:
    claims_part = base64.urlsafe_b64encode(b'{"iss":' + b"[" * 2500 + b"]" * 2500 + b"}").decode().rstrip("=")
    return ".".join((token().split(".")[0], claims_part, token().split(".")[2]))


GOOD = {
    "ES384": token,
    "RS384": lambda: token(RSA, "RS384"),
    "audience in a list": lambda: token(aud=["https://x.example", BASE + URL]),
    "nbf and sub, as one vendor adds": lambda: token(nbf=NOW - 10, sub="them"),
    "clock a little ahead": lambda: token(iat=NOW + 30, exp=NOW + 300),
    "jku of somebody, but keys were given by hand": lambda: token(header={"jku": "https://evil.example/jwks"}),
    "no typ": lambda: token(header={"typ": None}),
}
BAD = {
    "expired": lambda: token(iat=NOW - 600, exp=NOW - 300),
    "lives for ten years": lambda: token(exp=NOW + 315_000_000),
    "lives for more than an hour": lambda: token(exp=NOW + 3601),
    "issued in the future": lambda: token(iat=NOW + 600, exp=NOW + 900),
    "not before the future": lambda: token(nbf=NOW + 600),
    "ends before it begins": lambda: token(iat=NOW, exp=NOW - 10),
    "forged": lambda: token(STRANGER),
    "changed after signing": lambda: spliced(token(), token()),
    "alg none": lambda: unsigned("none"),
    "alg none in capitals": lambda: unsigned("NONE"),
    "HS256 with the public key as secret": signed_with_the_public_key,
    "an asymmetric algorithm that is not configured": lambda: token(RSA, "RS256"),
    "an algorithm of another kind of key": lambda: token(RSA, "RS384", header={"kid": "key-1"}),
    "wrong audience": lambda: token(aud="https://other.example" + URL),
    "audience of another endpoint": lambda: token(aud=BASE + "/cds-services"),
    "audience of the feedback endpoint": lambda: token(aud=BASE + URL + "/feedback"),
    "unknown issuer": lambda: token(iss="https://evil.example"),
    "unknown kid": lambda: token(header={"kid": "key-9"}),
    "no kid": lambda: token(header={"kid": None}),
    "no jti": lambda: token(jti=None),
    "empty jti": lambda: token(jti=""),
    "endless jti": lambda: token(jti="x" * 513),
    "no exp": lambda: token(exp=None),
    "no iat": lambda: token(iat=None),
    "no iss": lambda: token(iss=None),
    "no aud": lambda: token(aud=None),
    "exp as text": lambda: token(exp=str(NOW + 300)),
    "issuer in a list": lambda: token(iss=["https://ehr.example"]),
    "tenant as an object": lambda: token(tenant={}),
    "tenant in a list": lambda: token(tenant=["ward"]),
    "claims nested too deeply": nested,
    "exp true": lambda: token(exp=True),
    "another type of token": lambda: token(header={"typ": "at+jwt"}),
    "four parts": lambda: token() + ".x",
    "not base64": lambda: "a.b!.c",
    "not JSON": lambda: "YQ.YQ.YQ",
    "100 kB": lambda: token(padding="x" * 100_000),
    "empty": lambda: "",
}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def running() -> AsyncGenerator[httpx.AsyncClient]:
    """One service for the tokens of both tables: every one has an id of its own."""
    async with service(settings(auth="on", tenants=(TENANT,))) as client:
        yield client


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize("case", BAD)
async def test_a_bad_token_is_refused_without_a_word(case: str, running: httpx.AsyncClient) -> None:
    answer = await running.post(URL, content=json.dumps(request()), headers=bearer(BAD[case]()))
    assert answer.status_code == 401
    assert answer.content == b""
    assert answer.headers["www-authenticate"] == "Bearer"


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize("case", GOOD)
async def test_a_good_token_is_let_in(case: str, running: httpx.AsyncClient) -> None:
    answer = await running.post(URL, content=json.dumps(request()), headers=bearer(GOOD[case]()))
    assert answer.status_code == 200


@pytest.mark.parametrize("header", [{}, {"Authorization": "Basic YTpi"}, {"Authorization": "Bearer"}])
async def test_no_token_is_refused(header: dict[str, str]) -> None:
    assert (await status(header)).status_code == 401


async def test_a_token_is_good_once_also_in_another_process(tmp_path: Any) -> None:
    once, url = bearer(token()), f"sqlite:///{tmp_path / 'audit.sqlite'}"
    assert (await status(once, database_url=url)).status_code == 200
    assert (await status(once, database_url=url)).status_code == 401


async def test_a_refused_token_does_not_use_up_its_id() -> None:
    configured = settings(auth="on", tenants=(TENANT,))
    async with service(configured) as client:
        body = json.dumps(request())
        assert (await client.post(URL, content=body, headers=bearer(token(STRANGER, jti="same")))).status_code == 401
        assert (await client.post(URL, content=body, headers=bearer(token(jti="same")))).status_code == 200


async def test_every_endpoint_asks_for_the_token_with_its_own_audience() -> None:
    async with service(settings(auth="on", tenants=(TENANT,))) as client:
        assert (await client.get("/cds-services")).status_code == 401
        assert (await client.get("/cds-services", headers=bearer(token()))).status_code == 401
        mine = bearer(token(aud=BASE + "/cds-services"))
        assert (await client.get("/cds-services", headers=mine)).status_code == 200
        body = json.dumps({"feedback": []})
        for audience in (BASE + URL, BASE + URL + "/feedback"):
            answer = await client.post(f"{URL}/feedback", content=body, headers=bearer(token(aud=audience)))
            assert answer.status_code == 200
        assert (await client.post(f"{URL}/feedback", content=body)).status_code == 401
        for open_to_all in ("/health/live", "/health/ready"):
            assert (await client.get(open_to_all)).status_code == 200


async def test_an_unknown_service_is_not_revealed_to_strangers() -> None:
    assert (await status({}, path="/cds-services/other")).status_code == 401
    known = bearer(token(aud=BASE + "/cds-services/other"))
    assert (await status(known, path="/cds-services/other")).status_code == 404


async def test_the_tenant_claim_must_fit() -> None:
    north = Tenant(name="north", issuer=ISSUER, claim="north", jwks=PUBLIC)
    assert (await status(bearer(token(tenant="north")), tenants=(north,))).status_code == 200
    assert (await status(bearer(token(tenant="south")), tenants=(north,))).status_code == 401
    assert (await status(bearer(token()), tenants=(north,))).status_code == 401


async def test_the_reference_sandbox_can_be_let_in_for_development() -> None:
    sandbox = Tenant(name="sandbox", issuer="https://sandbox.cds-hooks.org", jwks=PUBLIC)
    given = bearer(token(iss=sandbox.issuer))
    assert (await status(given, tenants=(sandbox,))).status_code == 200
