"""Standard normal draws that are spread evenly, so that no interval hangs on the luck of one seed."""

import numpy as np
from scipy.special import ndtri

from twin_engine.kernel.declare import Array


def evenly(rng: np.random.Generator, draws: int, columns: int) -> Array:
    """Standard normal draws (draws, columns): evenly spread in every column (McKay MD et al. Technometrics 1979;21:239-45), in
    pairs of opposite sign so that their median is exact. Plain draws would make every interval too wide or too narrow by up
    to a tenth, the same for all patients of one seed."""
    half = (draws + 1) // 2
    place = rng.permuted(np.tile(np.arange(half), (columns, 1)), axis=1).T
    normal = ndtri((place + 0.5) / half)
    return np.concatenate([normal, -normal])[:draws]
