"""The demo EHR's tokens: verifiable with the public half, and that half holds no private key."""

from datetime import UTC, datetime

from joserfc import jwt
from joserfc.jwk import KeySet

from demo.signer import Signer

NOW = datetime(2026, 1, 3, 8, tzinfo=UTC)


def test_the_public_keys_verify_the_token_and_hold_no_secret() -> None:
    signer = Signer("http://127.0.0.1:1")
    token = signer.authorization("http://127.0.0.1:2/cds-services", NOW)["Authorization"].removeprefix("Bearer ")
    assert all("d" not in key for key in signer.jwks["keys"])
    read = jwt.decode(token, KeySet.import_key_set(signer.jwks), algorithms=["ES384"])
    assert read.claims["iss"] == "http://127.0.0.1:1"
    assert read.claims["aud"] == "http://127.0.0.1:2/cds-services"
    assert 0 < read.claims["exp"] - read.claims["iat"] <= 300


def test_no_token_is_issued_twice() -> None:
    signer = Signer("http://127.0.0.1:1")
    assert signer.authorization("x", NOW) != signer.authorization("x", NOW)
