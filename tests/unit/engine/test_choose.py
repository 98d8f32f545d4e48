"""Choice among options: gain, harm, copies, ties, clearing, the first day."""

from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from twin_engine.proposals.aim import Aim
from twin_engine.proposals.choose import Choice, Never, Ranking, rank
from twin_engine.proposals.targets import target_of

TARGET = target_of("vancomycin")
assert TARGET is not None
AIM = Aim(TARGET)
ANYTHING = Never()
RNG = np.random.default_rng(0)
CLEARANCE = np.exp(RNG.normal(np.log(4.0), 0.25, 512))


def exposed(daily: float) -> NDArray[np.float64]:
    return daily / CLEARANCE


def choice(label: str, daily: float, *, alternative: bool = True, cleared: bool = True, first: float | None = None) -> Choice:
    utility, harmed = AIM.utility(exposed(daily), exposed(daily)), AIM.harmed(exposed(daily))
    aims = 400 <= float(np.median(exposed(daily))) <= 600
    first = daily / 2 if first is None else first
    return Choice(label, utility, float(utility.mean()), float(harmed.mean()), aims, daily, first, cleared, alternative)


def ranked(*choices: Choice, never: Never = ANYTHING) -> Ranking:
    return rank(choices, "as ordered", never)


def suggested(*choices: Choice, never: Never = ANYTHING) -> str | None:
    return ranked(*choices, never=never).suggested


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
    assert low.p_harm < enough.p_harm < 0.2
    assert suggested(low, enough) == "enough"


def test_more_harm_than_the_order_is_not_suggested_once_it_is_likely() -> None:
    low = choice("as ordered", 1000.0, alternative=False)
    assert GOOD.p_harm >= 0.2
    assert suggested(low, GOOD) is None


def test_what_is_more_likely_than_not_to_harm_is_not_suggested_however_bad_the_order_is() -> None:
    order = once_every("as ordered", 24.0, p_in_target=0.98, p_harm=1.0, alternative=False)
    bad = once_every("48 h", 48.0, p_in_target=0.98, p_harm=0.6)
    assert bad.mean >= order.mean + 0.3
    assert suggested(order, bad) is None
    assert suggested(order, bad, once_every("72 h", 72.0, p_in_target=0.8, p_harm=0.49)) == "72 h"
    assert suggested(order, once_every("48 h", 48.0, p_in_target=0.98, p_harm=0.5)) is None


def test_a_harmless_dose_that_misses_the_target_is_not_suggested() -> None:
    assert suggested(HIGH, choice("too little", 1200.0)) is None


def test_the_first_day_never_lowers_the_first_dose() -> None:
    assert suggested(HIGH, GOOD, never=Never(lower_first=True)) is None
    assert suggested(HIGH, choice("same first dose", 2000.0, first=2000.0), never=Never(lower_first=True)) == "same first dose"


def test_ties_go_to_the_lower_daily_amount() -> None:
    lower = choice("lower", 1980.0)
    ranking = ranked(HIGH, GOOD, lower)
    assert ranking.suggested == "lower"
    assert ranking.ranked["lower"].place < ranking.ranked["good"].place


def test_without_an_order_there_is_nothing_to_suggest() -> None:
    assert rank([choice("no change", 2000.0, alternative=False)], None, ANYTHING).suggested is None


def test_probabilities_are_counts_over_copies() -> None:
    found = ranked(HIGH, GOOD).ranked
    reached = exposed(GOOD.daily_amount)
    expected = ((reached >= 400) & (reached <= 600)).mean() - (reached > 600).mean()
    assert found["good"].utility == pytest.approx(expected)
    assert found["good"].better_in is not None
    assert found["good"].better_in > 0.6
    assert found["as ordered"].better_in is None


def test_a_dose_is_not_lowered_where_that_is_forbidden() -> None:
    assert suggested(HIGH, GOOD, never=Never(lower_daily=True)) is None


def test_what_reaches_the_target_today_is_not_suggested_where_it_goes_on_to_miss_it() -> None:
    good_today = replace(GOOD, p_below_settled=0.7)
    assert suggested(HIGH, good_today) is None
    assert suggested(HIGH, good_today, choice("second best", 2300.0)) == "second best"
    assert suggested(replace(HIGH, p_below_settled=0.8), good_today) == "good"


def test_a_first_dose_may_be_rounded_and_what_keeps_a_suggestion_back_is_said() -> None:
    rounded = choice("rounded", 2000.0, first=1950.0)
    assert suggested(HIGH, rounded, never=Never(lower_first=True)) == "rounded"
    held = ranked(HIGH, GOOD, never=Never(lower_first=True))
    assert (held.suggested, held.withheld) == (
        None,
        "the first dose against an infection is not lowered within a day: no suggestion",
    )
    assert ranked(HIGH, GOOD).withheld is None


def once_every(label: str, hours: float, *, p_in_target: float, p_harm: float, alternative: bool = True) -> Choice:
    """One dose of 560 mg every so often, of which the peak tells little and the trough much."""
    copies = np.zeros(100)
    copies[: round(p_in_target * 100)] = 1.0
    copies[: round(p_harm * 100)] -= 1.0
    amount = 560.0 if alternative else 400.0
    return Choice(label, copies, p_in_target - p_harm, p_harm, alternative, amount * 24 / hours, amount, True, alternative)


def test_a_peak_is_not_waited_for_longer_than_harm_asks() -> None:
    """A peak is as high every 48 h as every 24 h, and the trough is always lower: only harm tells how long to wait."""
    low = once_every("as ordered", 24.0, p_in_target=0.10, p_harm=0.10, alternative=False)
    daily = once_every("24 h", 24.0, p_in_target=0.86, p_harm=0.14)
    longer = [once_every("36 h", 36.0, p_in_target=0.85, p_harm=0.04), once_every("48 h", 48.0, p_in_target=0.85, p_harm=0.0)]
    ranking = ranked(low, daily, *longer, never=Never(wait_needlessly=True))
    assert ranking.suggested == "24 h"
    assert ranking.ranked["24 h"].place < min(ranking.ranked["36 h"].place, ranking.ranked["48 h"].place)
    assert suggested(low, daily, *longer) == "48 h"
    harmful = once_every("24 h", 24.0, p_in_target=0.86, p_harm=0.5)
    assert suggested(low, harmful, *longer, never=Never(wait_needlessly=True)) == "36 h"


def test_what_harms_once_settled_is_not_suggested_and_what_lasts_is() -> None:
    steep = replace(GOOD, label="steep", p_harm_settled=0.7)
    assert (ranked(HIGH, steep).suggested, ranked(HIGH, steep).overshoots) == (None, "steep")
    lasting = replace(GOOD, label="lasting", mean=GOOD.mean - 0.05)
    found = ranked(HIGH, steep, lasting)
    assert (found.suggested, found.overshoots) == ("lasting", None)
    for heading in (0.7, 1.0):
        found = ranked(replace(HIGH, p_harm_settled=heading), steep)
        assert (found.suggested, found.overshoots) == (None, "steep"), "an order that harms more often is no licence"
