"""Decision records are numbered, listed, and follow the template."""

import re
from pathlib import Path

import pytest

from tests.checkout import committed
from tests.docs.markdown import headings, links, prose

FOLDER = Path("docs/adr")
RECORDS = sorted(page for page in committed() if page.parent == FOLDER and page.name[:4].isdigit())
SECTIONS = ["Context", "Decision", "Consequences", "Alternatives"]


def test_no_two_records_have_one_number() -> None:
    """A number may be missing: records are numbered when work on them begins, and not all of it ends in one."""
    assert len(RECORDS) >= 11
    assert len({record.name[:4] for record in RECORDS}) == len(RECORDS)


def test_every_record_is_listed() -> None:
    assert {link for link in links(FOLDER / "README.md") if link[:4].isdigit()} == {record.name for record in RECORDS}


@pytest.mark.parametrize("record", RECORDS, ids=lambda record: record.stem)
def test_a_record_follows_the_template(record: Path) -> None:
    (level, title, status), *sections = headings(record)
    assert level == 1
    assert title.startswith(f"{record.name[:4]}: ")
    assert re.fullmatch(r"Status: (accepted|replaced by \[\d{4}\]\(.+\)), \d{4}-\d{2}-\d{2}", status)
    assert [name for _, name, _ in sections] == SECTIONS
    assert all(beneath for _, _, beneath in sections)


def test_code_named_in_a_record_exists() -> None:
    missing = {
        path
        for record in RECORDS
        for path in re.findall(r"`((?:twin_engine|service|fhir_mapping|cds_cards|tests|openapi)/[\w/.-]+)`", prose(record))
        if not (Path(path) in committed() or any(Path(path) in known.parents for known in committed()))
    }
    assert missing == set()
