"""The measures that judge a risk model, against what they must be by definition."""

from pathlib import Path

import numpy as np
import pytest

from training import trained
from training.calibrate import logistic
from training.discrimination import Ranked, interval, resamples
from training.utility import best_threshold, utility

GENERATOR = np.random.default_rng(5)


def test_auroc_is_the_share_of_pairs_in_order() -> None:
    score = GENERATOR.integers(0, 12, 300).astype(float)
    label = (GENERATOR.random(300) < 0.3).astype(float)
    events, others = score[label > 0], score[label == 0]
    pairs = (events[:, None] > others).mean() + 0.5 * (events[:, None] == others).mean()
    assert Ranked(score, label, np.zeros(300, dtype=int)).auroc() == pytest.approx(pairs)


def test_a_patient_drawn_twice_counts_twice() -> None:
    score, label = GENERATOR.random(60), (GENERATOR.random(60) < 0.4).astype(float)
    patient = np.repeat(np.arange(6), 10)
    times = np.array([2.0, 0.0, 1.0, 1.0, 1.0, 1.0])
    drawn = np.concatenate([np.flatnonzero(patient == p) for p, n in enumerate(times) for _ in range(int(n))])
    again = Ranked(score[drawn], label[drawn], patient[drawn])
    weighted = Ranked(score, label, patient)
    assert weighted.auroc(times) == pytest.approx(again.auroc())
    assert weighted.auprc(times) == pytest.approx(again.auprc())


def test_intervals_hold_the_estimate_and_repeat() -> None:
    first, second = resamples(50, 20, 1), resamples(50, 20, 1)
    assert all(np.array_equal(a, b) for a, b in zip(first, second, strict=True))
    assert interval([float(w.std()) for w in first])[0] > 0.0


def test_utility_is_zero_for_silence_and_one_for_the_best_alarms() -> None:
    label = np.r_[np.zeros(20), np.ones(10), np.zeros(40)]
    stay = np.array(["a"] * 30 + ["b"] * 40, dtype=object)
    silent = np.zeros(70, dtype=bool)
    assert utility(silent, label, stay) == pytest.approx(0.0)
    # Onset is 6 h after the first label, so alarms gain from 12 h before onset (hour 14) to 3 h after it (hour 29).
    best = (np.arange(70) > 14) & (np.arange(70) < 30)
    assert utility(best, label, stay) == pytest.approx(1.0)
    assert utility(~silent, label, stay) < 1.0
    assert utility((np.arange(70) >= 30), label, stay) < 0.0


def test_the_best_threshold_beats_its_neighbours() -> None:
    label = np.r_[np.zeros(20), np.ones(10), np.zeros(40)]
    stay = np.array(["a"] * 30 + ["b"] * 40, dtype=object)
    score = np.r_[np.linspace(0.0, 0.6, 30), np.linspace(0.0, 0.35, 40)]
    chosen = best_threshold(score, label, stay)
    gains = {t: utility(score >= t, label, stay) for t in (chosen, 0.1, 0.2, 0.5, 0.7)}
    assert max(gains, key=lambda t: gains[t]) == chosen


def test_the_logistic_regression_finds_what_made_the_data() -> None:
    x = GENERATOR.normal(size=(40_000, 2))
    y = (GENERATOR.random(40_000) < 1.0 / (1.0 + np.exp(-(-1.0 + 0.8 * x[:, 0] - 0.5 * x[:, 1])))).astype(float)
    assert logistic(x, y) == pytest.approx([-1.0, 0.8, -0.5], abs=0.05)


def test_training_stays_are_known_by_hash_alone(tmp_path: Path) -> None:
    path = tmp_path / "list.bin"
    trained.write(["2019-A-1", "2019-A-2"], path)
    trained.write(["2012-132539"], path)
    found = trained.took_part(np.array(["2019-A-1", "2019-A-1", "2019-B-1", "2012-132539"], dtype=object), path)
    assert found.tolist() == [True, True, False, True]
    assert path.stat().st_size == 24
    assert trained.took_part(np.array(["2019-A-1", "2019-B-100001"], dtype=object)).tolist() == [True, False]
