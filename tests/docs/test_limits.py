"""The published limits, targets and doses are those in force."""

from twin_engine.proposals.targets import TARGETS
from twin_engine.safety.limits import LIMITS
from validation.limits_page import PAGE, limit_row, render, target_row


def test_the_page_is_what_the_code_says() -> None:
    assert PAGE.read_text(encoding="utf-8") == render(), "run `make pages`"


def test_every_limit_and_target_has_its_row() -> None:
    lines = PAGE.read_text(encoding="utf-8").splitlines()
    assert {limit_row(limit) for limit in LIMITS} <= set(lines)
    assert {target_row(target) for target in TARGETS} <= set(lines)
