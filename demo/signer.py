"""The demo EHR's identity: an ES384 key made at start, and the JWT that CDS Hooks asks for with every call."""

import secrets
from datetime import datetime

from joserfc import jwt
from joserfc.jwk import ECKey

LIFE_S = 300


class Signer:
    """Signs calls as one issuer. The private key never leaves this object; `jwks` is its public half."""

    def __init__(self, issuer: str) -> None:
        self.issuer = issuer
        self._key = ECKey.generate_key("P-384", {"kid": secrets.token_hex(8), "alg": "ES384", "use": "sig"})

    @property
    def jwks(self) -> dict[str, list[dict[str, str | list[str]]]]:
        """The public keys, as a JSON Web Key Set."""
        return {"keys": [dict(self._key.as_dict(private=False))]}

    def authorization(self, endpoint: str, now: datetime) -> dict[str, str]:
        """The Authorization header for one call to one endpoint."""
        issued = int(now.timestamp())
        header = {"alg": "ES384", "typ": "JWT", "kid": self._key.kid}
        claims = {
            "iss": self.issuer,
            "aud": endpoint,
            "iat": issued,
            "exp": issued + LIFE_S,
            "jti": secrets.token_urlsafe(16),
        }
        return {"Authorization": "Bearer " + jwt.encode(header, claims, self._key, algorithms=["ES384"])}
