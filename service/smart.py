"""SMART Backend Services: access tokens of our own, for reading charts when no call is under way.

The client authenticates with a signed assertion (private_key_jwt, RS384 or ES384, five minutes, fresh jti, audience = the token
address). A token is kept in memory until shortly before it expires, asked for once however many wait for it, and never
stored or logged. Source: HL7 SMART App Launch 2.2, "Backend Services".
"""

import asyncio
import json
import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import Literal
from urllib.parse import urlencode

import httpx
import msgspec
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, RSAKey
from pydantic import BaseModel, ConfigDict, Field

from service.clock import Clock
from service.observability import log

ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
ASSERTION_S = 300
EARLY_S = 30.0
TIMEOUT_S = 5.0
LARGEST_ANSWER = 64_000
ASK_AGAIN_S = 10.0
KINDS = {"ES384": ECKey, "RS384": RSAKey}


class BackendClient(BaseModel):
    """Us as a registered client of one FHIR server. `key_file` holds the private key as a JWK with its kid."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    client_id: str = Field(min_length=1, max_length=255)
    token_url: str
    key_file: Path
    algorithm: Literal["ES384", "RS384"] = "ES384"
    scope: str = "system/*.rs"


class UnusableKey(ValueError):
    """The private key cannot be read; the message does not quote it."""


@dataclass(frozen=True, slots=True)
class _Kept:
    token: str | None
    until: float


class _Granted(msgspec.Struct):
    access_token: str
    token_type: str
    expires_in: float = 0.0


class BackendTokens:
    """Access tokens by registered client."""

    def __init__(self, clock: Clock, transport: httpx.AsyncBaseTransport | None = None) -> None:
        self._clock = clock
        self._transport = transport
        self._keys: dict[Path, ECKey | RSAKey] = {}
        self._kept: dict[BackendClient, _Kept] = {}
        self._asking: dict[BackendClient, asyncio.Lock] = {}

    async def token(self, client: BackendClient) -> str | None:
        """A token that is good for at least half a minute; None when the server gives none (asked again after ten seconds).

        Raises UnusableKey.
        """
        async with self._asking.setdefault(client, asyncio.Lock()):
            kept = self._kept.get(client)
            if kept is None or self._clock.steady() >= kept.until:
                kept = await self._asked(client)
                self._kept[client] = kept
        return kept.token

    async def _asked(self, client: BackendClient) -> _Kept:
        form = urlencode(
            {
                "grant_type": "client_credentials",
                "scope": client.scope,
                "client_assertion_type": ASSERTION_TYPE,
                "client_assertion": self._assertion(client),
            }
        )
        granted = _granted(await self._posted(client.token_url, form))
        now = self._clock.steady()
        if granted is None:
            log.warning("token_refused", why="the authorization server gave no token")
            return _Kept(None, now + ASK_AGAIN_S)
        return _Kept(granted.access_token, now + max(granted.expires_in - EARLY_S, 0.0))

    def _assertion(self, client: BackendClient) -> str:
        if client.key_file not in self._keys:
            self._keys[client.key_file] = private_key(client)
        key, now = self._keys[client.key_file], int(self._clock.now().timestamp())
        header = {"alg": client.algorithm, "typ": "JWT", "kid": key.kid}
        claims = {
            "iss": client.client_id,
            "sub": client.client_id,
            "aud": client.token_url,
            "exp": now + ASSERTION_S,
            "jti": secrets.token_urlsafe(24),
        }
        return jwt.encode(header, claims, key, algorithms=[client.algorithm])

    async def _posted(self, address: str, form: str) -> bytes:
        headers = {
            "Accept": "application/json",
            "Accept-Encoding": "identity",
            "Content-Type": "application/x-www-form-urlencoded",
        }
        body = bytearray()
        try:
            async with (
                asyncio.timeout(TIMEOUT_S),
                httpx.AsyncClient(transport=self._transport, follow_redirects=False, trust_env=False) as http,
                http.stream("POST", address, content=form, headers=headers) as response,
            ):
                if response.status_code != 200 or response.headers.get("Content-Encoding", "identity") != "identity":
                    return b""
                async for part in response.aiter_bytes():
                    body += part
                    if len(body) > LARGEST_ANSWER:
                        return b""
        except (httpx.HTTPError, TimeoutError):
            return b""
        return bytes(body)


def private_key(client: BackendClient) -> ECKey | RSAKey:
    """The private key of a registered client. Raises UnusableKey."""
    try:
        key = KINDS[client.algorithm].import_key(json.loads(client.key_file.read_bytes()))
    except (OSError, ValueError, TypeError, JoseError) as error:
        raise UnusableKey(f"key_file of client {client.client_id} cannot be read: {type(error).__name__}") from error
    if not key.is_private or key.kid is None:
        raise UnusableKey(f"key_file of client {client.client_id} holds no private key with a kid")
    return key


def _granted(body: bytes) -> _Granted | None:
    try:
        found = msgspec.json.decode(body, type=_Granted)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None
    return found if found.token_type.lower() == "bearer" and found.access_token else None
