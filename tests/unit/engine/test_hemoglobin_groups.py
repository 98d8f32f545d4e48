"""The haemoglobins of the copies."""

import numpy as np
import pytest

from twin_engine.blood.hemoglobin import GROUPS, MEAN, SD, groups, of_copies


def test_a_measured_value_is_that_of_every_copy() -> None:
    assert set(of_copies(groups(9.1, 64, 1), 64)) == {9.1}


@pytest.mark.parametrize("draws", [16, 256, 511])
def test_the_population_is_spread_over_the_copies_in_pairs(draws: int) -> None:
    values, half = of_copies(groups(None, draws, 7), draws), (draws + 1) // 2
    assert len(np.unique(values)) == GROUPS
    assert values[: draws - half] + values[half:] == pytest.approx(2.0 * MEAN)
    assert values.std() == pytest.approx(SD, rel=0.08)


def test_which_copy_has_which_follows_the_seed() -> None:
    assert (of_copies(groups(None, 256, 1), 256) != of_copies(groups(None, 256, 2), 256)).any()
