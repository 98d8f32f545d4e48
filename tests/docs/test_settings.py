"""Every setting is documented, and nothing else is."""

import re

from service.settings import Settings
from tests.checkout import ROOT, pages, text

PREFIX = "ICU_TWIN_"
NOT_SETTINGS = {"ICU_TWIN_DATA"}  # where the tests look for real charts


def settings() -> set[str]:
    return {PREFIX + name.upper() for name in Settings.model_fields}


def documented() -> set[str]:
    page = (ROOT / "docs" / "operators" / "settings.md").read_text()
    return set(re.findall(rf"^\| `({PREFIX}[A-Z0-9_]+)`", page, re.MULTILINE))


def test_the_prefix_is_ours() -> None:
    assert Settings.model_config.get("env_prefix", "").upper() == PREFIX


def test_every_setting_has_its_row() -> None:
    assert settings() - documented() == set()


def test_every_row_is_a_setting() -> None:
    assert documented() - settings() == set()


def test_no_page_names_a_setting_that_does_not_exist() -> None:
    named = {name for page in pages() for name in re.findall(rf"{PREFIX}[A-Z0-9_]+[A-Z0-9]", text(page))}
    assert named - settings() - NOT_SETTINGS == set()
