"""Intervals by resampling whole patients: rows of one patient are never independent."""

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


def patient_bootstrap(
    statistic: Callable[[NDArray[np.intp]], float],
    patients: Sequence[object],
    repeats: int = 1000,
    seed: int = 0,
    *,
    covers: float = 0.95,
) -> tuple[float, float, float]:
    """(estimate, low, high) of a statistic of row indices, resampling patients with replacement; low to high holds the share
    `covers` of the resamples, as much being left out on either side."""
    groups = _rows_of(patients)
    rng = np.random.default_rng(seed)
    values: list[float] = []
    for _ in range(repeats):
        chosen = rng.integers(0, len(groups), len(groups))
        values.append(statistic(np.concatenate([groups[int(i)] for i in chosen])))
    low, high = np.nanquantile(values, (0.5 - covers / 2.0, 0.5 + covers / 2.0))
    return float(statistic(np.arange(len(patients)))), float(low), float(high)


def _rows_of(patients: Sequence[object]) -> list[NDArray[np.intp]]:
    labels = np.array([str(p) for p in patients])
    return [np.flatnonzero(labels == label) for label in np.unique(labels)]
