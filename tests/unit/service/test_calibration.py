"""Coverage and error of scored predictions, by group."""

import pytest

from service.calibration import table, wilson
from service.store.predictions import Scored


def scored(error: float, inside: bool, topic: str | None = "dosing", lead_h: float = 4.0, **groups: str) -> Scored:
    return Scored(topic, "vancomycin", "vancomycin", "mg/L", groups, lead_h, error, error / 15.0, inside)


def test_groups_are_told_apart_and_small_ones_are_not_told() -> None:
    some = [scored(2.0, True, sex="male") for _ in range(9)] + [scored(-8.0, False, None, 14.0, sex="female")]
    rows = {row.group: row for row in table(some)}
    assert rows.keys() == {"all", "shown on a card", "within 6 h", "sex: male"}
    assert (rows["all"].n, rows["all"].coverage, rows["all"].bias) == (10, 0.9, 2.0)
    assert rows["all"].relative == pytest.approx(2.0 / 15.0)
    assert rows["sex: male"].coverage == 1.0
    assert not rows["all"].off


def test_intervals_that_hold_too_little_or_too_much_are_marked() -> None:
    narrow = [scored(1.0, n % 2 == 0) for n in range(40)]
    wide = [scored(1.0, True) for _ in range(200)]
    assert table(narrow)[0].off
    assert table(wide)[0].off
    assert not table(wide[:10])[0].off


def test_the_interval_of_a_share_is_wilsons() -> None:
    # 81 of 263: 0.2553 to 0.3662 (Newcombe, Stat Med 1998;17:857-872, table I, method 3).
    low, high = wilson(81, 263)
    assert (round(low, 4), round(high, 4)) == (0.2553, 0.3662)
