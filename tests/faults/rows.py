"""The page of what was broken on purpose, and the test of each: `python -m tests.faults.rows`."""

import csv
from dataclasses import dataclass

from tests.checkout import ROOT

PAGE = ROOT / "docs" / "safety" / "faults.md"
ROWS = ROOT / "tests" / "faults" / "rows.csv"
NUMBERS = (*range(1, 16), *range(33, 50))
HEAD = """# What was broken on purpose

What a client, a FHIR server, an attacker or a machine can do to the service, what it answers, and the test of it. Rows on
clinical data (16 to 32) stand in the [fail-closed list](fail_closed.md). Every call of rows 1 to 15 is held to 3.5 seconds and
100 MB. This page is written by `make pages` from `tests/faults/rows.csv`.

| row | fault | answer and bounds | test |
|---|---|---|---|
"""


@dataclass(frozen=True, slots=True)
class Row:
    """One fault. `tests` are `folder/module::function`; a row without says in `answer` why there is none."""

    number: int
    fault: str
    answer: str
    tests: tuple[str, ...]


def rows() -> list[Row]:
    """Every fault."""
    with ROWS.open(encoding="utf-8", newline="") as lines:
        found = [(int(r["row"]), r["fault"], r["answer"], r["tests"]) for r in csv.DictReader(lines)]
    return [Row(number, fault, answer, tuple(tests.split(";")) if tests else ()) for number, fault, answer, tests in found]


def page() -> str:
    """The page."""
    lines = [f"| {r.number} | {r.fault} | {r.answer} | {', '.join(f'`{t}`' for t in r.tests) or '-'} |" for r in rows()]
    return HEAD + "\n".join(lines) + "\n"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
