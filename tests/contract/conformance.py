"""The page that traces every requirement on a CDS service to its test: `python -m tests.contract.conformance`.

Numbers are those of Inferno's extraction of CDS Hooks 2.0 (`2.0`) and of the hook library 1.0.1 (`library`), rows that bind the
service; the words are ours.
"""

import csv
from dataclasses import dataclass

from tests.checkout import ROOT

PAGE = ROOT / "docs" / "integrators" / "conformance.md"
ROWS = ROOT / "tests" / "contract" / "requirements.csv"
APPLICABLE = {"2.0": 120, "library": 23}
"""How many rows of each list bind the service."""
HEAD = """# Conformance with CDS Hooks 2.0.1

Every requirement on a CDS service, and the test that would fail if it were broken. The numbers are those of the
requirement lists of the Inferno test kits (CDS Hooks 2.0, and the hook library 1.0.1); the words are ours. This page is
written by `make pages` from `tests/contract/requirements.csv`. Rows that bind clients only are not listed.

Of the ballot of version 3.0 the service takes or gives what is safe for clients of 2.0: OperationOutcome bodies, scopes of
SMART v2, members that it does not know, `version` and `hookVersion` in discovery, the published codes of override
reasons. It uses no FHIRPath in prefetch templates and no `actionSelectionBehavior`.

| list | numbers | requirement | test |
|---|---|---|---|
"""


@dataclass(frozen=True, slots=True)
class Requirement:
    """Rows that say one thing. `tests` are `folder/module::function`; none = `why`."""

    source: str
    ids: tuple[int, ...]
    what: str
    tests: tuple[str, ...]
    why: str | None


def requirements() -> list[Requirement]:
    """Every group of rows."""
    with ROWS.open(encoding="utf-8", newline="") as lines:
        return [_read(row) for row in csv.DictReader(lines)]


def _read(row: dict[str, str]) -> Requirement:
    ids, told = tuple(int(i) for i in row["ids"].split()), row["tests"]
    why = told.removeprefix("none: ") if told.startswith("none: ") else None
    return Requirement(row["set"], ids, row["what"], () if why else tuple(told.split(";")), why)


def page() -> str:
    """The page."""
    lines: list[str] = []
    for one in requirements():
        tests = ", ".join(f"`{name}`" for name in one.tests) if one.tests else f"none: {one.why}"
        lines.append(f"| {one.source} | {', '.join(map(str, one.ids))} | {one.what} | {tests} |")
    return HEAD + "\n".join(lines) + "\n"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
