"""Who calls: the JWT of CDS Hooks, checked in the order issuer, audience, times, tenant, signature, first use.

Every refusal looks the same from outside. A token is never stored or logged.
"""

import base64
import binascii
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime
from typing import cast

import msgspec
from joserfc import jws
from joserfc.errors import JoseError

from service.clock import Clock
from service.errors import NotAuthorised
from service.keys import Keys
from service.settings import ASYMMETRIC, PUBLISHED_KEY_ISSUERS, Settings, Tenant

LONGEST_TOKEN = 8_192
LEEWAY_S = 60
LONGEST_JTI = 512
FirstUse = Callable[[str, str, datetime], Awaitable[bool]]
Claims = Mapping[str, object]


class Verifier:
    """Checks the Authorization header of each call; `first_use(issuer, jti, expires_at)` remembers token ids."""

    def __init__(self, settings: Settings, keys: Keys, clock: Clock, first_use: FirstUse) -> None:
        self._settings = settings
        self._tenants = settings.clients() if settings.auth == "on" else ()
        self._algorithms = [name for name in settings.jwt_algorithms if name in ASYMMETRIC]
        self._keys = keys
        self._clock = clock
        self._first_use = first_use

    async def client(self, authorization: str | None, *paths: str) -> Tenant:
        """The configured client behind a call whose audience may be any of `paths`. Raises NotAuthorised."""
        if self._settings.auth == "off":
            return self._settings.local_tenant()
        token = _bearer(authorization)
        header, claims = _unverified(token)
        tenant = self._tenant(claims)
        self._check_audience(claims, paths)
        expires_at = self._check_times(claims)
        await self._check_signature(token, header, tenant)
        jti = claims.get("jti")
        if not isinstance(jti, str) or not 0 < len(jti) <= LONGEST_JTI:
            raise NotAuthorised("no jti")
        if not await self._first_use(tenant.issuer, jti, expires_at):
            raise NotAuthorised("the token was used before")
        return tenant

    def _tenant(self, claims: Claims) -> Tenant:
        issuer, claim = claims.get("iss"), claims.get("tenant")
        if not isinstance(issuer, str) or not isinstance(claim, str | None):
            raise NotAuthorised("issuer or tenant is not a string")
        if self._settings.mode == "production" and issuer in PUBLISHED_KEY_ISSUERS:
            raise NotAuthorised("the issuer's private key is public")
        found = [t for t in self._tenants if t.issuer == issuer and t.claim in {None, claim}]
        if not found:
            raise NotAuthorised("unknown issuer or tenant")
        return max(found, key=lambda t: t.claim is not None)

    def _check_audience(self, claims: Claims, paths: tuple[str, ...]) -> None:
        audience = claims.get("aud")
        named = cast(list[object], audience) if isinstance(audience, list) else [audience]
        if not any(self._settings.base_url + path in named for path in paths):
            raise NotAuthorised("the audience is not this endpoint")

    def _check_times(self, claims: Claims) -> datetime:
        now = self._clock.now().timestamp()
        expires, issued = _instant(claims, "exp"), _instant(claims, "iat")
        starts = _instant(claims, "nbf") if "nbf" in claims else issued
        if expires <= now - LEEWAY_S:
            raise NotAuthorised("expired")
        if max(issued, starts) > now + LEEWAY_S:
            raise NotAuthorised("not yet in force")
        if not 0 < expires - issued <= self._settings.jwt_longest_life_s:
            raise NotAuthorised("lives too long")
        return datetime.fromtimestamp(expires + LEEWAY_S, UTC)

    async def _check_signature(self, token: str, header: Claims, tenant: Tenant) -> None:
        kid, algorithm = header.get("kid"), header.get("alg")
        if not isinstance(kid, str) or algorithm not in self._algorithms or "crit" in header:
            raise NotAuthorised("no kid, or an algorithm that is not allowed")
        if str(header.get("typ", "JWT")).upper() != "JWT":
            raise NotAuthorised("not a JWT")
        if tenant.jku is not None and header.get("jku") not in (None, tenant.jku):
            raise NotAuthorised("keys are offered from an address that is not configured")
        keys = await self._keys.of(tenant, kid)
        key = None if keys is None else next((k for k in keys.keys if k.kid == kid), None)
        if key is None:
            raise NotAuthorised("unknown key")
        try:
            jws.deserialize_compact(token, key, algorithms=self._algorithms)
        except (JoseError, ValueError) as error:
            raise NotAuthorised("the signature does not fit") from error


def _bearer(authorization: str | None) -> str:
    scheme, _, token = (authorization or "").partition(" ")
    if scheme.lower() != "bearer" or not token.strip() or len(token) > LONGEST_TOKEN:
        raise NotAuthorised("no bearer token")
    return token.strip()


def _unverified(token: str) -> tuple[Claims, Claims]:
    """Header and claims as they stand, before anything about them is believed."""
    parts = token.split(".")
    if len(parts) != 3:
        raise NotAuthorised("not a compact JWS")
    return _part(parts[0]), _part(parts[1])


def _part(text: str) -> Claims:
    try:
        return msgspec.json.decode(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)), type=dict[str, object])
    except (binascii.Error, ValueError, RecursionError) as error:
        raise NotAuthorised("not a JWT") from error


def _instant(claims: Claims, name: str) -> float:
    value = claims.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value < 1e11:
        raise NotAuthorised(f"no {name}")
    return float(value)
