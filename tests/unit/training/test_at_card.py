"""The rule by which an event is shown: what stands above the cut-off of a card, beside the best plain score."""

import numpy as np
import pytest

from training.at_card import at_card, by_the_rule, cut_off, highest
from training.discrimination import resamples

GAINS = {"one": {"auroc_gain_interval": [0.01, 0.02]}, "two": {"auroc_gain_interval": [0.1, 0.2]}}
STAYS, HOURS = 400, 10


def test_the_cut_off_is_the_first_rank_with_a_ppv_worth_a_card() -> None:
    rank = {"share_below": [0.9, 0.95, 0.98, 0.99], "ppv": [0.2, 0.05, 0.1, 0.3], "scores": [0.1, 0.2, 0.3, 0.4]}
    assert cut_off(rank) == 0.3
    assert cut_off({**rank, "ppv": [0.2, 0.05, 0.05, 0.09]}) is None


def test_ties_at_the_edge_share_what_is_left() -> None:
    assert highest(np.array([3.0, 1.0, 2.0, 2.0, 2.0]), 2).tolist() == pytest.approx([1.0, 0.0, 1 / 3, 1 / 3, 1 / 3])


def _judged(model_finds: float, gains: dict = GAINS) -> dict:
    """A tenth of the hours are chosen; `model_finds` of those of the model have the event, 15 % of those of the plain score."""
    rng, n = np.random.default_rng(4), STAYS * HOURS
    patient, label = np.repeat(np.arange(STAYS), HOURS), np.zeros(n)
    probability, plain = np.zeros(n), np.zeros(n)
    mine, other = rng.permutation(n).reshape(10, -1)[:2]
    probability[mine], plain[other] = 0.9, 1.0
    for rows, share in ((mine, model_finds), (other, 0.15)):
        label[rng.choice(rows, round(share * len(rows)), replace=False)] = 1.0
    again = resamples(STAYS, 200, 1)
    return at_card(probability, label, patient, {"one": plain, "two": np.zeros(n)}, gains, 0.5, again)


def test_a_better_model_is_shown() -> None:
    found = _judged(0.3)
    assert (found["hours"], found["ppv"], found["best_plain_score"], found["best_plain_ppv"]) == (400, 0.3, "one", 0.15)
    assert found["ppv_interval"][0] < 0.3 < found["ppv_interval"][1]
    assert found["ppv_gain_interval"][0] > 0.05
    assert by_the_rule([found, found])


@pytest.mark.parametrize(
    ("found", "missing"),
    [
        (_judged(0.16), "ppv_better"),
        (_judged(0.09), "ppv_enough"),
        (_judged(0.3, {"one": {"auroc_gain_interval": [-0.001, 0.02]}}), "ranks_better"),
    ],
)
def test_each_part_of_the_rule_silences_and_one_data_set_is_enough_for_that(found: dict, missing: str) -> None:
    assert not found[missing]
    assert not by_the_rule([_judged(0.3), found])


def test_where_no_hour_comes_as_high_nothing_is_shown() -> None:
    rows = np.linspace(0.0, 0.4, 50)
    found = at_card(rows, (rows > 0.3).astype(float), np.arange(50), {"one": rows}, GAINS, 0.5, resamples(50, 5, 1))
    assert found["hours"] == 0
    assert not by_the_rule([found])
