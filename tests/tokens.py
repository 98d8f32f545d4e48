"""Client JWTs for tests: two issuers' keys, and tokens that are right but for one thing."""

from datetime import datetime
from typing import Any
from uuid import uuid4

from joserfc import jwt
from joserfc.jwk import ECKey, OctKey, RSAKey

from tests.calls import AT, BASE, URL

ISSUER = "https://ehr.example"
KEY = ECKey.generate_key("P-384", {"kid": "key-1"})
RSA = RSAKey.generate_key(2048, {"kid": "key-2"})
STRANGER = ECKey.generate_key("P-384", {"kid": "key-1"})
PUBLIC: dict[str, Any] = {"keys": [KEY.as_dict(private=False), RSA.as_dict(private=False)]}


def claims(at: datetime = AT, **changes: Any) -> dict[str, Any]:
    """The claims of a good token, with changes; a change to None leaves the claim out."""
    now = int(at.timestamp())
    good = {"iss": ISSUER, "aud": BASE + URL, "exp": now + 300, "iat": now, "jti": uuid4().hex}
    return {name: value for name, value in {**good, **changes}.items() if value is not None}


def token(key: ECKey | RSAKey | OctKey = KEY, alg: str = "ES384", header: dict[str, Any] | None = None, **changes: Any) -> str:
    """A signed token."""
    head = {"alg": alg, "typ": "JWT", "kid": key.kid or "key-1", **(header or {})}
    return jwt.encode({k: v for k, v in head.items() if v is not None}, claims(**changes), key, algorithms=[alg])


def bearer(text: str) -> dict[str, str]:
    """The header that carries a token."""
    return {"Authorization": f"Bearer {text}"}
