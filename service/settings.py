"""Configuration, from environment variables that start with ICU_TWIN_ and from files. Unsafe configurations do not start."""

import ipaddress
import os
from pathlib import Path
from typing import Literal, Self

import msgspec
from pydantic import BaseModel, ConfigDict, Field, SecretStr, model_validator
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SecretsSettingsSource, SettingsConfigDict

from cds_cards.profiles import PROFILES, PreferenceItem
from service import policy_file, recalibration_file, site_file
from service.addresses import normalised_base
from service.policy_file import Policies
from service.smart import BackendClient, UnusableKey, private_key
from twin_engine.risk.recalibration import Recalibration
from twin_engine.site import STANDARD, Site

ASYMMETRIC = frozenset({"ES256", "ES384", "ES512", "RS256", "RS384", "RS512", "PS256", "PS384", "PS512"})
PUBLISHED_KEY_ISSUERS = frozenset({"https://sandbox.cds-hooks.org"})
"""Issuers whose private signing key is public, so that anybody can be them."""
SHORTEST_SECRET = 24
SECRETS_DIR = "ICU_TWIN_SECRETS_DIR"
DEFAULT_SECRET = "for development only"
JsonWebKeys = dict[str, list[dict[str, str | list[str]]]]


class UnsafeConfiguration(ValueError):
    """The settings would let in whom they must not; the message says which and why."""


class Follow(BaseModel):
    """Charts of this client's patients are followed between calls: looked at every so many seconds, for so many hours after
    the last call. `secret_file`: what notifications of its FHIR server have to carry; without it there are none."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    every_s: int = Field(default=60, ge=10, le=3600)
    hours: int = Field(default=12, ge=1, le=72)
    secret_file: Path | None = None

    def secret(self) -> str | None:
        """The secret of notifications. Raises OSError, UnicodeDecodeError."""
        return None if self.secret_file is None else self.secret_file.read_text(encoding="ascii").strip()


class Tenant(BaseModel):
    """One configured client: who signs its calls, and which FHIR servers it may point us to.

    Keys come from exactly one of `jwks_file`, `jwks` and `jku`; never from an address that a token names.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = Field(min_length=1, max_length=64)
    issuer: str = Field(min_length=1)
    claim: str | None = None
    jwks_file: Path | None = None
    jwks: JsonWebKeys | None = None
    jku: str | None = None
    fhir_bases: tuple[str, ...] = ()
    profile: str = "spec"
    preference_list: tuple[PreferenceItem, ...] = ()
    backend: BackendClient | None = None
    follow: Follow | None = None
    timezone: str = "UTC"

    @model_validator(mode="after")
    def _one_source_of_keys(self) -> Self:
        if sum(source is not None for source in (self.jwks_file, self.jwks, self.jku)) > 1:
            raise ValueError("a tenant has one source of keys: jwks_file, jwks or jku")
        if self.profile not in PROFILES:
            raise ValueError(f"profile must be one of {', '.join(PROFILES)}")
        return self

    def allows(self, base: str) -> bool:
        """Whether this client may name this FHIR base."""
        wanted = normalised_base(base)
        return wanted is not None and wanted in {normalised_base(known) for known in self.fhir_bases}


class Settings(BaseSettings):
    """Everything that can be configured."""

    model_config = SettingsConfigDict(env_prefix="ICU_TWIN_", extra="ignore", frozen=True)

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """The environment first, then files named like their variables in the folder that `SECRETS_DIR` names."""
        folder = os.environ.get(SECRETS_DIR)
        if folder is None:
            return init_settings, env_settings
        return init_settings, env_settings, SecretsSettingsSource(settings_cls, secrets_dir=folder)

    mode: Literal["development", "production"] = "development"
    host: str = "127.0.0.1"
    port: int = Field(default=8040, ge=0, le=65535)
    metrics_port: int | None = Field(default=None, ge=1, le=65535)
    public_url: str | None = None
    auth: Literal["on", "off"] = "on"
    tenants: tuple[Tenant, ...] = ()
    tenants_file: Path | None = None
    fhir_bases: tuple[str, ...] = ()
    cors_origins: tuple[str, ...] = ()
    jwt_algorithms: tuple[str, ...] = ("ES384", "RS384")
    jwt_longest_life_s: int = Field(default=3600, ge=1, le=3600)
    database_url: str = "sqlite:///icu-twin.sqlite"
    patient_key_secret: SecretStr = SecretStr(DEFAULT_SECRET)
    retention_days: int = Field(default=90, ge=1)
    audit_required: bool = True
    replicas: int = Field(default=1, ge=1)
    max_body_bytes: int = Field(default=10_000_000, ge=1_000)
    fetch_seconds: float = Field(default=2.0, gt=0, le=30)
    own_seconds: float = Field(default=0.45, gt=0, le=30)
    total_seconds: float = Field(default=3.0, gt=0, le=60)
    fetch_max_bytes: int = Field(default=8_000_000, ge=1_000)
    fetch_max_pages: int = Field(default=10, ge=1)
    workers: int = Field(default=2, ge=1)
    waiting: int = Field(default=8, ge=0)
    draws: int = Field(default=512, ge=64, le=20_000)
    site_file: Path | None = None
    recalibration_file: Path | None = None
    silent: bool = False
    twins: int = Field(default=32, ge=0)

    @property
    def base_url(self) -> str:
        """The address by which clients know this service, without a slash at the end."""
        return (self.public_url or f"http://{self.host}:{self.port}").rstrip("/")

    def clients(self) -> tuple[Tenant, ...]:
        """Every configured client. Raises UnsafeConfiguration when the file of tenants cannot be read."""
        if self.tenants_file is None:
            return self.tenants
        try:
            listed = msgspec.json.decode(self.tenants_file.read_bytes(), type=list[dict[str, object]])
        except (OSError, msgspec.DecodeError) as error:
            raise UnsafeConfiguration(f"tenants_file cannot be read: {type(error).__name__}") from error
        return (*self.tenants, *(Tenant.model_validate(one) for one in listed))

    def site(self) -> Site:
        """Targets, deliverable doses and limits of this site. Raises UnsafeConfiguration when its file cannot be used."""
        if self.site_file is None:
            return STANDARD
        try:
            return site_file.read(self.site_file)
        except site_file.SiteFileError as error:
            raise UnsafeConfiguration(f"site_file: {error}") from error

    def policies(self) -> Policies:
        """The alert policy of this site and its units. Raises UnsafeConfiguration when its file cannot be used."""
        if self.site_file is None:
            found = Policies()
        else:
            try:
                found = policy_file.read(self.site_file)
            except policy_file.PolicyFileError as error:
                raise UnsafeConfiguration(f"site_file: {error}") from error
        return found.silenced() if self.silent else found

    def recalibrations(self) -> tuple[Recalibration, ...]:
        """The site's calibrations of the risk models. Raises UnsafeConfiguration when their file cannot be used."""
        if self.recalibration_file is None:
            return ()
        try:
            return recalibration_file.read(self.recalibration_file)
        except recalibration_file.RecalibrationFileError as error:
            raise UnsafeConfiguration(f"recalibration_file: {error}") from error

    def local_tenant(self) -> Tenant:
        """Who calls when authentication is off: this machine, with the FHIR servers of ICU_TWIN_FHIR_BASES."""
        return Tenant(name="local", issuer="local", fhir_bases=self.fhir_bases)


def problems(settings: Settings) -> tuple[str, ...]:
    """What makes this configuration unsafe to start, in words; empty when it may start."""
    found: list[str] = []
    if settings.auth == "off" and not _loopback(settings.host):
        found.append("auth=off is for a loopback address only")
    if settings.metrics_port == settings.port:
        found.append("metrics_port is the port of the service itself")
    unknown = set(settings.jwt_algorithms) - ASYMMETRIC
    if unknown or not settings.jwt_algorithms:
        found.append("jwt_algorithms must be asymmetric signature algorithms")
    for read in (settings.site, settings.policies, settings.recalibrations):
        try:
            read()
        except UnsafeConfiguration as error:
            found.append(str(error))
    for tenant in settings.clients() if settings.auth == "on" else ():
        found.extend(_tenant_problems(tenant))
    if settings.mode == "production":
        found.extend(_production_problems(settings))
    return tuple(found)


def checked(settings: Settings) -> Settings:
    """The settings themselves. Raises UnsafeConfiguration with every reason."""
    found = problems(settings)
    if found:
        raise UnsafeConfiguration("; ".join(found))
    return settings


def _tenant_problems(tenant: Tenant) -> list[str]:
    found: list[str] = []
    if tenant.jwks_file is None and tenant.jwks is None and tenant.jku is None:
        found.append(f"tenant {tenant.name} has no keys: give jwks_file, jwks or jku")
    if tenant.jwks_file is not None and not tenant.jwks_file.is_file():
        found.append(f"tenant {tenant.name}: jwks_file is not a file")
    if any(normalised_base(base) is None for base in tenant.fhir_bases):
        found.append(f"tenant {tenant.name}: a FHIR base is not a plain http(s) address")
    if tenant.follow is not None:
        found.extend(_follow_problems(tenant, tenant.follow))
    if tenant.backend is not None:
        try:
            private_key(tenant.backend)
        except UnusableKey as error:
            found.append(f"tenant {tenant.name}: {error}")
    return found


def _follow_problems(tenant: Tenant, follow: Follow) -> list[str]:
    found: list[str] = []
    if tenant.backend is None or len(tenant.fhir_bases) != 1:
        found.append(f"tenant {tenant.name}: to follow charts takes a backend and exactly one FHIR base")
    try:
        secret = follow.secret()
    except (OSError, UnicodeDecodeError) as error:
        found.append(f"tenant {tenant.name}: secret_file cannot be read: {type(error).__name__}")
    else:
        if secret is not None and len(secret) < SHORTEST_SECRET:
            found.append(f"tenant {tenant.name}: the secret of notifications is shorter than {SHORTEST_SECRET} characters")
    return found


def _production_problems(settings: Settings) -> list[str]:
    clients = settings.clients()
    addresses = [address for t in clients for address in (*t.fhir_bases, t.jku, t.backend and t.backend.token_url) if address]
    rules = (
        (settings.auth == "off", "auth=off in production"),
        (not settings.base_url.startswith("https://"), "public_url must be https in production"),
        (not clients, "no tenant is configured"),
        (any(t.issuer in PUBLISHED_KEY_ISSUERS for t in clients), "the sandbox signs with a key that everybody has"),
        (any(not a.startswith("https://") for a in addresses), "FHIR bases, jku and token_url must be https in production"),
        (settings.patient_key_secret.get_secret_value() == DEFAULT_SECRET, "patient_key_secret is the published default"),
        ("*" in settings.cors_origins, "cors_origins must name the origins"),
        (settings.replicas > 1 and settings.database_url.startswith("sqlite"), "replicas need a shared database"),
    )
    return [words for broken, words in rules if broken]


def _loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
