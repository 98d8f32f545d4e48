"""Every setting is documented with its default, and nothing else is; the example of a client can be used."""

import json
import re

from pydantic import SecretStr

from service.settings import SECRETS_DIR, Settings, Tenant
from tests.checkout import pages, text
from tests.docs.markdown import blocks

PREFIX = "ICU_TWIN_"
NOT_SETTINGS = {"ICU_TWIN_DATA", SECRETS_DIR}  # where the tests look for real charts; where settings are read from files
PAGE = next(page for page in pages() if str(page) == "docs/operators/settings.md")


def in_words(default: object) -> str:
    """A default as the page writes it."""
    if default is None or default == ():
        return "none"
    if isinstance(default, SecretStr):
        return default.get_secret_value()
    if isinstance(default, tuple):
        return ", ".join(f"`{one}`" for one in default)
    return f"`{str(default).lower() if isinstance(default, bool) else default}`"


def settings() -> dict[str, str]:
    return {PREFIX + name.upper(): in_words(field.default) for name, field in Settings.model_fields.items()}


def test_every_setting_is_documented_with_its_default() -> None:
    rows = re.findall(rf"^\| `({PREFIX}[A-Z0-9_]+)` \| ([^|]+) \| [^|]+ \|$", text(PAGE), re.MULTILINE)
    assert Settings.model_config.get("env_prefix") == PREFIX
    assert dict(rows) == settings()
    assert len(rows) == len(settings())


def test_every_field_of_a_client_is_documented() -> None:
    assert set(re.findall(r"^\| `([a-z_]+)` \|", text(PAGE), re.MULTILINE)) == set(Tenant.model_fields)


def test_the_example_of_clients_is_accepted() -> None:
    (example,) = (block for block in blocks(PAGE) if block.language == "json")
    read = Settings.model_validate({"tenants": json.loads(example.body)})
    assert read.tenants[0].allows("https://ehr.example.org/fhir/R4/")


def test_no_page_names_a_setting_that_does_not_exist() -> None:
    named = {name for page in pages() for name in re.findall(rf"{PREFIX}[A-Z0-9_]*[A-Z0-9]", text(page))}
    assert named - settings().keys() - NOT_SETTINGS == set()
