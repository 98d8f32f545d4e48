"""How well scores rank: areas under curves, with intervals from resampled patients."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Rows = NDArray[np.float64]


class Ranked:
    """Scores sorted once, so that every bootstrap sample of patients is one pass over weights."""

    def __init__(self, score: Rows, label: Rows, patient: NDArray[np.int64]) -> None:
        order = np.argsort(-score, kind="stable")
        self.label, self.patient = label[order] > 0, patient[order]
        sorted_score = score[order]
        self.last_of_tie = np.flatnonzero(np.r_[sorted_score[1:] != sorted_score[:-1], True])

    def auroc(self, times: NDArray[np.float64] | None = None) -> float:
        """P(an event row scores above another), ties half; `times` = how often each patient counts."""
        true, false = self._cumulated(times)
        if true[-1] <= 0 or false[-1] <= 0:
            return float("nan")
        rate, fall = np.r_[0.0, true / true[-1]], np.r_[0.0, false / false[-1]]
        return float(np.sum(np.diff(fall) * (rate[1:] + rate[:-1]) / 2.0))

    def auprc(self, times: NDArray[np.float64] | None = None) -> float:
        """Average precision: the mean over events of the PPV at their rank."""
        true, false = self._cumulated(times)
        if true[-1] <= 0:
            return float("nan")
        precision = true / np.maximum(true + false, 1e-12)
        return float(np.sum(np.diff(np.r_[0.0, true]) * precision) / true[-1])

    def _cumulated(self, times: NDArray[np.float64] | None) -> tuple[Rows, Rows]:
        weight = np.ones(len(self.label)) if times is None else times[self.patient]
        true, total = np.cumsum(weight * self.label), np.cumsum(weight)
        return true[self.last_of_tie], (total - true)[self.last_of_tie]


def resamples(patients: int, count: int, seed: int) -> list[NDArray[np.float64]]:
    """How often each patient counts in each of `count` bootstrap samples."""
    generator = np.random.default_rng(seed)
    return [np.bincount(generator.integers(0, patients, patients), minlength=patients).astype(float) for _ in range(count)]


def interval(values: Sequence[float]) -> tuple[float, float]:
    """2.5th and 97.5th percentiles."""
    low, high = np.nanpercentile(values, [2.5, 97.5])
    return float(low), float(high)
