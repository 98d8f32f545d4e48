"""Choice among options: gain, harm, copies, ties, clearing, the first day."""

import numpy as np
import pytest

from twin_engine.proposals.choose import Choice, rank
from twin_engine.proposals.targets import auc_target

TARGET = auc_target("vancomycin")
assert TARGET is not None
RNG = np.random.default_rng(0)
CLEARANCE = np.exp(RNG.normal(np.log(4.0), 0.25, 512))


def choice(label: str, daily: float, *, alternative: bool = True, cleared: bool = True, first: float | None = None) -> Choice:
    return Choice(label, daily / CLEARANCE, daily, daily / 2 if first is None else first, cleared, alternative)


def suggested(*choices: Choice, first_day: bool = False) -> str | None:
    assert TARGET is not None
    return rank(choices, "as ordered", TARGET, first_day=first_day).suggested


HIGH = choice("as ordered", 4000.0, alternative=False)
GOOD = choice("good", 2000.0)


def test_a_clearly_better_dose_is_suggested() -> None:
    assert suggested(HIGH, GOOD) == "good"


def test_a_dose_that_is_fine_is_left_alone() -> None:
    assert suggested(choice("as ordered", 2000.0, alternative=False), choice("other", 2100.0)) is None


def test_what_was_not_cleared_is_never_suggested() -> None:
    assert suggested(HIGH, choice("good", 2000.0, cleared=False)) is None


def test_no_change_may_win_but_is_not_a_suggestion() -> None:
    assert suggested(HIGH, choice("no change", 2000.0, alternative=False)) is None


def test_an_order_too_low_may_be_raised_while_harm_stays_unlikely() -> None:
    low = choice("as ordered", 1000.0, alternative=False)
    enough = choice("enough", 1700.0)
    assert (low.exposure > 600).mean() < (enough.exposure > 600).mean() < 0.2
    assert suggested(low, enough) == "enough"


def test_more_harm_than_the_order_is_not_suggested_once_it_is_likely() -> None:
    low = choice("as ordered", 1000.0, alternative=False)
    assert (GOOD.exposure > 600).mean() >= 0.2
    assert suggested(low, GOOD) is None


def test_a_harmless_dose_that_misses_the_target_is_not_suggested() -> None:
    assert suggested(HIGH, choice("too little", 1200.0)) is None


def test_the_first_day_never_lowers_the_first_dose() -> None:
    assert suggested(HIGH, GOOD, first_day=True) is None
    assert suggested(HIGH, choice("same first dose", 2000.0, first=2000.0), first_day=True) == "same first dose"


def test_ties_go_to_the_lower_daily_amount() -> None:
    lower = choice("lower", 1980.0)
    assert TARGET is not None
    ranking = rank([HIGH, GOOD, lower], "as ordered", TARGET, first_day=False)
    assert ranking.suggested == "lower"
    assert ranking.ranked["lower"].place < ranking.ranked["good"].place


def test_without_an_order_there_is_nothing_to_suggest() -> None:
    assert TARGET is not None
    assert rank([choice("no change", 2000.0, alternative=False)], None, TARGET, first_day=False).suggested is None


def test_probabilities_are_counts_over_copies() -> None:
    assert TARGET is not None
    ranked = rank([HIGH, GOOD], "as ordered", TARGET, first_day=False).ranked
    expected = ((GOOD.exposure >= 400) & (GOOD.exposure <= 600)).mean() - (GOOD.exposure > 600).mean()
    assert ranked["good"].utility == pytest.approx(expected)
    assert ranked["good"].better_in is not None
    assert ranked["good"].better_in > 0.6
    assert ranked["as ordered"].better_in is None
