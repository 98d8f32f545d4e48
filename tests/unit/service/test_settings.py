"""Unsafe configurations do not start, and say why."""

import json
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr, ValidationError

from service.app import create_app
from service.settings import Settings, Tenant, UnsafeConfiguration, checked, problems
from tests.calls import settings
from tests.tokens import ISSUER, PUBLIC

TENANT = Tenant(name="ehr", issuer=ISSUER, jwks=PUBLIC, fhir_bases=("https://ehr.example/fhir",))
SAFE: dict[str, Any] = {
    "mode": "production",
    "auth": "on",
    "host": "0.0.0.0",
    "public_url": "https://twin.example",
    "tenants": (TENANT,),
    "patient_key_secret": SecretStr("a secret of this hospital"),
}
SANDBOX = Tenant(name="sandbox", issuer="https://sandbox.cds-hooks.org", jwks=PUBLIC)
UNSAFE: dict[str, tuple[dict[str, Any], str]] = {
    "no authentication": ({"auth": "off", "host": "127.0.0.1"}, "auth=off"),
    "no TLS": ({"public_url": "http://twin.example"}, "https"),
    "no client": ({"tenants": ()}, "no tenant"),
    "the sandbox": ({"tenants": (SANDBOX,)}, "everybody has"),
    "the secret that everybody knows": ({"patient_key_secret": SecretStr("for development only")}, "secret"),
    "any origin": ({"cors_origins": ("*",)}, "origins"),
    "replicas without a shared database": ({"replicas": 2}, "shared database"),
    "FHIR without TLS": ({"tenants": (TENANT.model_copy(update={"fhir_bases": ("http://ehr.example/fhir",)}),)}, "https"),
    "keys without TLS": ({"tenants": (Tenant(name="e", issuer=ISSUER, jku="http://ehr.example/jwks"),)}, "https"),
    "a client without keys": ({"tenants": (Tenant(name="e", issuer=ISSUER),)}, "no keys"),
    "a file of keys that is not there": ({"tenants": (Tenant(name="e", issuer=ISSUER, jwks_file=Path("absent")),)}, "file"),
    "a symmetric algorithm": ({"jwt_algorithms": ("HS256",)}, "asymmetric"),
    "the algorithm none": ({"jwt_algorithms": ("ES384", "none")}, "asymmetric"),
}


def test_a_safe_production_configuration_starts() -> None:
    assert problems(settings(**SAFE)) == ()
    create_app(settings(**SAFE))


@pytest.mark.parametrize("case", UNSAFE)
def test_an_unsafe_production_configuration_does_not_start(case: str) -> None:
    changes, why = UNSAFE[case]
    with pytest.raises(UnsafeConfiguration, match=why):
        create_app(settings(**{**SAFE, **changes}))


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "twin.example", "192.0.2.7"])
def test_authentication_can_be_off_on_loopback_only(host: str) -> None:
    with pytest.raises(UnsafeConfiguration, match="loopback"):
        checked(settings(host=host))
    for loopback in ("127.0.0.1", "::1", "localhost"):
        assert checked(settings(host=loopback)).auth == "off"


def test_settings_come_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ICU_TWIN_PORT", "9000")
    monkeypatch.setenv("ICU_TWIN_TENANTS", json.dumps([TENANT.model_dump(mode="json")]))
    read = Settings()
    assert read.port == 9000
    assert read.tenants == (TENANT,)
    assert read.base_url == "http://127.0.0.1:9000"


def test_clients_can_come_from_a_file(tmp_path: Path) -> None:
    file = tmp_path / "tenants.json"
    file.write_text(json.dumps([TENANT.model_dump(mode="json")]))
    assert settings(tenants_file=file).clients() == (TENANT,)
    file.write_text("[")
    with pytest.raises(UnsafeConfiguration):
        settings(tenants_file=file).clients()


@pytest.mark.parametrize(
    "wrong", [{"jwks": PUBLIC, "jku": "https://x.example"}, {"profile": "other"}, {"surprise": 1}, {"name": ""}]
)
def test_a_client_is_declared_without_contradiction(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Tenant(**{"name": "ehr", "issuer": ISSUER, **wrong})


def test_a_secret_is_never_printed() -> None:
    shown = settings(**SAFE)
    assert "hospital" not in repr(shown)
    assert "hospital" not in json.dumps(shown.model_dump(mode="json"))
