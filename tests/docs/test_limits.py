"""The published limits and targets are those in force."""

from tests.checkout import ROOT
from twin_engine.proposals.targets import TARGETS
from twin_engine.safety.limits import LIMITS, Limit

PAGE = (ROOT / "docs" / "safety" / "limits.md").read_text()
QUANTITIES = {
    "single_dose": "one dose",
    "dose_per_kg": "one dose per kg",
    "rate_per_h": "infusion rate",
    "total_24h": "total in 24 h",
    "total_24h_without_level": "total in 24 h without a level",
}
ONLY_FOR = {True: ", repeated", False: ", given once", None: ""}


def row(limit: Limit) -> str:
    what = QUANTITIES[limit.quantity] + ONLY_FOR[limit.repeating]
    return f"| {limit.drug} | {what} | {limit.severity} | {limit.highest:,g} {limit.unit} | {limit.source} |"


def rows(heading: str) -> list[str]:
    section = PAGE.split(f"## {heading}\n", maxsplit=1)[1].split("\n## ", maxsplit=1)[0]
    return [line for line in section.splitlines() if line.startswith("| ")][1:]


def test_the_page_lists_every_limit_and_no_other() -> None:
    assert sorted(rows("Limits")) == sorted(row(limit) for limit in LIMITS)


def test_the_page_lists_every_target_and_no_other() -> None:
    expected = [
        f"| {t.drug} | {t.metric} | {t.low:g}–{t.high:g} {t.unit} | "
        f"{'none' if t.harm_above is None else f'above {t.harm_above:g} {t.unit}'} | {t.note} | {t.source} |"
        for t in TARGETS
    ]
    assert sorted(rows("Targets")) == sorted(expected)
