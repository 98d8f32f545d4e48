"""Quantiles over the copies."""

from collections.abc import Sequence

import numpy as np

from twin_engine.kernel.declare import Array


def quantiles(values: Array, levels: Sequence[float]) -> Array:
    """Quantiles over the last axis, (levels, rows): one sort, then linear interpolation."""
    ordered = np.sort(values, axis=-1)
    place = np.asarray(levels) * (ordered.shape[-1] - 1)
    below = np.floor(place).astype(int)
    above = np.minimum(below + 1, ordered.shape[-1] - 1)
    share = place - below
    return (ordered[..., below] * (1 - share) + ordered[..., above] * share).T
