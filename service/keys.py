"""The public keys of configured clients: from the configuration, or from the one address configured for the client.

Fetched keys are kept for an hour; an unknown key id asks again, at most once a minute, so that keys can be rotated and
nobody can make us ask often.
"""

import asyncio
from dataclasses import dataclass
from pathlib import Path

import httpx
import msgspec
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from service.clock import Clock
from service.settings import JsonWebKeys, Tenant

KEPT_S = 3600.0
ASK_AGAIN_S = 60.0
LARGEST_JWKS = 256_000
TIMEOUT_S = 2.0


@dataclass(frozen=True, slots=True)
class _Kept:
    keys: KeySet | None
    at: float


class Keys:
    """Key sets by tenant."""

    def __init__(self, clock: Clock, transport: httpx.AsyncBaseTransport | None = None) -> None:
        self._clock = clock
        self._transport = transport
        self._kept: dict[str, _Kept] = {}
        self._asking: dict[str, asyncio.Lock] = {}

    async def of(self, tenant: Tenant, kid: str) -> KeySet | None:
        """The tenant's keys, asked for again if none has this id; None when they cannot be had."""
        kept = self._kept.get(tenant.name)
        if kept is not None and self._good(tenant, kept, kid):
            return kept.keys
        async with self._asking.setdefault(tenant.name, asyncio.Lock()):
            kept = self._kept.get(tenant.name)
            if kept is None or not self._good(tenant, kept, kid):
                kept = await self._asked(tenant, kept)
                self._kept[tenant.name] = kept
        return kept.keys

    def _good(self, tenant: Tenant, kept: _Kept, kid: str) -> bool:
        age = self._clock.steady() - kept.at
        if tenant.jku is None or age < ASK_AGAIN_S:
            return True
        return age < KEPT_S and kept.keys is not None and has_key(kept.keys, kid)

    async def _asked(self, tenant: Tenant, before: _Kept | None) -> _Kept:
        now = self._clock.steady()
        if tenant.jku is None:
            document = tenant.jwks or (_file(tenant.jwks_file) if tenant.jwks_file else None)
            return _Kept(key_set(document), now)
        fetched = await self._fetched(tenant.jku)
        if fetched is None and before is not None:
            return _Kept(before.keys, now)
        return _Kept(fetched, now)

    async def _fetched(self, address: str) -> KeySet | None:
        body = b""
        try:
            async with (
                asyncio.timeout(TIMEOUT_S),
                httpx.AsyncClient(transport=self._transport, follow_redirects=False) as client,
                client.stream("GET", address, headers={"Accept-Encoding": "identity"}) as response,
            ):
                if response.status_code != 200 or response.headers.get("Content-Encoding", "identity") != "identity":
                    return None
                async for part in response.aiter_bytes():
                    body += part
                    if len(body) > LARGEST_JWKS:
                        return None
        except (httpx.HTTPError, TimeoutError):
            return None
        return key_set(_json(body))


def has_key(keys: KeySet, kid: str) -> bool:
    """Whether the set holds a key of this id."""
    return any(key.kid == kid for key in keys.keys)


def key_set(document: JsonWebKeys | None) -> KeySet | None:
    """The keys of a JWKS document; None when it holds none that can be read."""
    if document is None:
        return None
    try:
        return KeySet.import_key_set({"keys": [dict(key) for key in document["keys"]]})
    except (JoseError, ValueError, KeyError):
        return None


def _file(path: Path) -> JsonWebKeys | None:
    return _json(path.read_bytes())


def _json(body: bytes) -> JsonWebKeys | None:
    try:
        return msgspec.json.decode(body, type=JsonWebKeys)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None
