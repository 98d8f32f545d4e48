"""Gradient-boosted trees that add up over organs: every tree reads the features of one organ only."""

from collections.abc import Sequence
from dataclasses import dataclass

import lightgbm
import numpy as np
from numpy.typing import NDArray

from twin_engine.risk.features import Feature


@dataclass(frozen=True)
class Shape:
    """Size of one ensemble member."""

    trees: int = 60
    leaves: int = 16
    learning_rate: float = 0.1
    least_rows: int = 300
    ridge: float = 10.0


def organs(features: Sequence[Feature]) -> tuple[str, ...]:
    """The organs in order of first appearance."""
    return tuple(dict.fromkeys(f.organ for f in features))


def fit(
    x: NDArray[np.float32],
    y: NDArray[np.float64],
    weight: NDArray[np.float64],
    features: Sequence[Feature],
    shape: Shape,
    seed: int,
    threads: int,
) -> lightgbm.Booster:
    """One member, fitted on the rows with a positive weight."""
    used = weight > 0
    groups = [[i for i, f in enumerate(features) if f.organ == organ] for organ in organs(features)]
    parameters = {
        "objective": "binary",
        "num_leaves": shape.leaves,
        "learning_rate": shape.learning_rate,
        "min_data_in_leaf": shape.least_rows,
        "lambda_l2": shape.ridge,
        "feature_fraction": 0.7,
        "bagging_fraction": 0.7,
        "bagging_freq": 1,
        "max_bin": 127,
        "interaction_constraints": groups,
        "monotone_constraints": [f.direction for f in features],
        "monotone_constraints_method": "intermediate",
        "seed": seed,
        "deterministic": True,
        "force_row_wise": True,
        "num_threads": threads,
        "verbose": -1,
    }
    rows = lightgbm.Dataset(x[used], label=y[used], weight=weight[used], free_raw_data=True)
    return lightgbm.train(parameters, rows, num_boost_round=shape.trees)


def patient_weights(stay: NDArray[np.object_], generator: np.random.Generator) -> NDArray[np.float64]:
    """How often each row's patient is drawn in one bootstrap sample of the patients."""
    names, index = np.unique(stay.astype(str), return_inverse=True)
    drawn = np.bincount(generator.integers(0, len(names), len(names)), minlength=len(names))
    return drawn[index].astype(np.float64)


def folds(stay: NDArray[np.object_], count: int, seed: int) -> NDArray[np.int64]:
    """A fold number per row, the same for all rows of a patient."""
    names, index = np.unique(stay.astype(str), return_inverse=True)
    return np.random.default_rng(seed).permutation(len(names))[index] % count
