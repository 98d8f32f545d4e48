"""Sizes of the trees, chosen inside the training hospital: out of fold by patient, never on a test stay."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from training import boost
from training.boost import Shape
from training.discrimination import Ranked
from training.fit import Task, tasks
from training.fitting import sample

FOLDS, SEED = 3, 11
TREES, LEAVES = (30, 60, 100), (8, 16, 31)


@dataclass(frozen=True)
class Tried:
    """One size of one event's trees: AUROC and average precision out of fold; `released`: the size in use."""

    event: str
    shape: Shape
    auroc: float
    auprc: float
    released: bool


def tried(folder: Path, names: Sequence[str], stays: int, step: Callable[[str], None]) -> Iterator[Tried]:
    """Every size on at most `stays` training stays, the size in use first."""
    for task in tasks(folder, names):
        used = task.specification.shape
        others = (replace(used, trees=trees, leaves=leaves) for trees in TREES for leaves in LEAVES)
        for shape in dict.fromkeys((used, *others)):
            step(f"{task.specification.event}: {shape.trees} trees, {shape.leaves} leaves")
            yield _tried(task, shape, stays)


def _tried(task: Task, shape: Shape, stays: int) -> Tried:
    spec = task.specification
    names, index = np.unique(task.stays.stay[task.train].astype(str), return_inverse=True)
    chosen = np.random.default_rng(SEED).permutation(len(names)) < stays
    few = sample(task.stays, task.train[chosen[index]], task.label, spec.features)
    fold, out = boost.folds(few.stay, FOLDS, SEED), np.empty(len(few.y))
    for k in range(FOLDS):
        mine = fold == k
        booster = boost.fit(few.x, few.y, (~mine).astype(np.float64), spec.features, shape, SEED + k, 1)
        out[mine] = booster.predict(few.x[mine], raw_score=True, num_threads=1)
    ranked = Ranked(out, few.y, np.zeros(len(few.y), dtype=np.int64))
    return Tried(spec.event, shape, ranked.auroc(), ranked.auprc(), shape == spec.shape)
