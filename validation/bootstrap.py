"""Intervals by resampling whole patients: rows of one patient are never independent."""

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


def patient_bootstrap(
    statistic: Callable[[NDArray[np.intp]], float], patients: Sequence[object], repeats: int = 1000, seed: int = 0
) -> tuple[float, float, float]:
    """(estimate, 2.5 %, 97.5 %) of a statistic of row indices, resampling patients with replacement."""
    labels = np.array([str(p) for p in patients])
    groups = [np.flatnonzero(labels == label) for label in np.unique(labels)]
    rng = np.random.default_rng(seed)
    values = []
    for _ in range(repeats):
        chosen = rng.integers(0, len(groups), len(groups))
        values.append(statistic(np.concatenate([groups[i] for i in chosen])))
    low, high = np.nanquantile(values, (0.025, 0.975))
    return float(statistic(np.arange(len(labels)))), float(low), float(high)
