"""Every control that the safety pages name has the test that they name."""

import re
from pathlib import Path

import pytest

from tests.checkout import ROOT

PAGES = ("docs/safety/threat_model.md", "docs/safety/hazard_log.md")
NAMED = re.compile(r"`(tests/[\w/]+\.py)(?:::(\w+))?`")


@pytest.mark.parametrize("page", PAGES)
def test_every_named_test_exists(page: str) -> None:
    named = NAMED.findall((ROOT / page).read_text(encoding="utf-8"))
    assert len(named) > 10
    missing = [
        f"{file}::{test}"
        for file, test in named
        if not (ROOT / file).is_file() or (test and f"def {test}(" not in Path(ROOT / file).read_text(encoding="utf-8"))
    ]
    assert missing == []


def test_every_hazard_has_a_test_and_an_id_of_its_own() -> None:
    rows = re.findall(r"^\| (H\d+) \|(.*)\|$", (ROOT / PAGES[1]).read_text(encoding="utf-8"), re.MULTILINE)
    ids = [ident for ident, _ in rows]
    assert len(ids) == len(set(ids)) >= 10
    assert [ident for ident, row in rows if not NAMED.search(row)] == []
