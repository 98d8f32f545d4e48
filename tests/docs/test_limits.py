"""The published limits and targets are those in force."""

from tests.checkout import ROOT
from twin_engine.proposals.targets import TARGETS, Target
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


def target_row(target: Target) -> str:
    low, high = ("" if bound is None else f"{bound:g}" for bound in (target.low, target.high))
    span = f"{low}–{high}" if low and high else f"at least {low}" if low else f"at most {high}"
    per_mic = target.mic is not None and target.metric != "ft_above_mic"
    harm, mic = target.harm, target.mic
    cells = [
        target.drug,
        target.metric,
        f"{span} {target.unit}" + (" per mg/L of MIC" if per_mic else ""),
        "none" if harm is None else f"{harm.metric} above {harm.above:g} {harm.unit} ({harm.source})",
        "–" if mic is None else f"{mic.multiple:g} x MIC; without one {mic.breakpoint:g} mg/L, {mic.organisms} ({mic.source})",
        target.note,
        target.source,
    ]
    return "| " + " | ".join(cells) + " |"


def test_the_page_lists_every_target_and_no_other() -> None:
    assert sorted(rows("Targets")) == sorted(target_row(t) for t in TARGETS)
