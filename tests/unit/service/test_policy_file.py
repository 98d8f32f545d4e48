"""The alert policy of a site file: what it states holds, units differ from the site, and what is not understood is refused."""

from pathlib import Path

import pytest

from cds_cards.rules import STANDARD_RULES, UNPROVEN
from cds_cards.topics import TOPICS
from service.policy_file import Policies, PolicyFileError, read
from service.settings import Settings, UnsafeConfiguration
from tests.calls import settings

SITE = """
[policy]
budget = 2
lockout_h = 8
windows_h = { "action-completed" = 12 }
roles = { "urn:site|77" = "nurse" }
audience = { dataquality = ["nurse"] }
demote = [{ rule = "dosing vancomycin", signed_by = "Alert committee", on = "2026-01-14" }]

[units.icu-3]
budget = 1
silent = ["deterioration"]
despite_limits = true
show_unproven = ["deterioration sepsis"]

[units.icu-4]
silent = true
"""


def written(tmp_path: Path, content: str) -> Path:
    path = tmp_path / "site.toml"
    path.write_text(content, encoding="utf-8")
    return path


def test_the_site_and_its_units(tmp_path: Path) -> None:
    found = read(written(tmp_path, SITE))
    site, three, four = found.of(None), found.of("icu-3"), found.of("icu-4")
    assert (site.budget, site.lockout_h, site.window("action-completed").hours) == (2, 8, 12)
    assert site.window("patient-contraindication") == STANDARD_RULES.window("patient-contraindication")
    assert site.audience["dataquality"] == {"nurse"}
    assert site.audience["dosing"] == STANDARD_RULES.audience["dosing"]
    assert site.signed_off["dosing vancomycin"].by == "Alert committee"
    assert (three.budget, three.lockout_h, three.silent, three.despite_limits) == (1, 8, {"deterioration"}, True)
    assert four.silent == frozenset(TOPICS)
    assert not site.silent
    assert (site.unproven, three.unproven) == (UNPROVEN, UNPROVEN - {"deterioration sepsis"}), (
        "only where it is asked for by name"
    )
    assert found.of("elsewhere") is site
    assert found.roles == {"urn:site|77": "nurse"}


def test_without_a_file_the_standard_holds_and_one_setting_silences_all(tmp_path: Path) -> None:
    assert settings().policies() == Policies()
    quiet = settings(silent=True, site_file=written(tmp_path, SITE)).policies()
    assert all(quiet.of(unit).silent == frozenset(TOPICS) for unit in (None, "icu-3", "icu-4"))


@pytest.mark.parametrize(
    "content",
    [
        "[policy]\nbudget = -1",
        "[policy]\nbudget = 2.5",
        "[policy]\nbudgets = 2",
        "[policy]\nwindows_h = { because = 2 }",
        "[policy]\nwindows_h = { action-completed = 1000 }",
        '[policy]\nsilent = ["weather"]',
        '[policy]\nshow_unproven = ["deterioration weather"]',
        '[policy]\naudience = { dosing = ["visitor"] }',
        "[units.icu-3]\ndemote = []",
        "[policy",
    ],
)
def test_what_is_not_understood_stops_the_start(tmp_path: Path, content: str) -> None:
    path = written(tmp_path, content)
    with pytest.raises(PolicyFileError):
        read(path)
    with pytest.raises(UnsafeConfiguration):
        Settings(site_file=path).policies()
