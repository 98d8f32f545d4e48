"""Sizes of the trees, chosen inside the training hospital: out of fold by patient, never on a test stay.

The rule stands before the run: another size is taken only if its AUROC is at least `LEAST_GAIN` higher than that of the size
in use, the interval of the gain over resampled stays lies above 0, and its average precision is not lower; of several the
smallest.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from training import boost
from training.boost import Shape
from training.discrimination import Ranked, interval, resamples
from training.fit import Task, tasks
from training.fitting import Sample, sample

FOLDS, SEED = 3, 11
TREES, LEAVES = (30, 60, 100), (8, 16, 31)
REPEATS = 200
LEAST_GAIN = 0.003


@dataclass(frozen=True)
class Tried:
    """One size of one event's trees: AUROC and average precision out of fold, the interval of the gain in AUROC over the size
    in use (None for itself), and whether the rule would take it."""

    event: str
    shape: Shape
    auroc: float
    auprc: float
    gain: tuple[float, float] | None
    better: bool


def tried(folder: Path, names: Sequence[str], stays: int, step: Callable[[str], None]) -> Iterator[Tried]:
    """Every size on at most `stays` training stays, the size in use first."""
    for task in tasks(folder, names):
        used, few = task.specification.shape, _some(task, stays)
        patient = np.unique(few.stay.astype(str), return_inverse=True)[1]
        again = resamples(int(patient.max()) + 1, REPEATS, SEED)

        def judged(shape: Shape, task: Task = task, few: Sample = few, patient: NDArray[np.int64] = patient) -> Ranked:
            step(f"{task.specification.event}: {shape.trees} trees, {shape.leaves} leaves")
            return Ranked(_out_of_fold(task, few, shape), few.y, patient)

        base = judged(used)
        yield Tried(task.specification.event, used, base.auroc(), base.auprc(), None, better=False)
        others = (replace(used, trees=trees, leaves=leaves) for trees in TREES for leaves in LEAVES)
        for shape in dict.fromkeys(each for each in others if each != used):
            other = judged(shape)
            gain = interval([other.auroc(w) - base.auroc(w) for w in again])
            better = other.auroc() - base.auroc() >= LEAST_GAIN and gain[0] > 0.0 and other.auprc() >= base.auprc()
            yield Tried(task.specification.event, shape, other.auroc(), other.auprc(), gain, better)


def _some(task: Task, stays: int) -> Sample:
    names, index = np.unique(task.stays.stay[task.train].astype(str), return_inverse=True)
    chosen = np.random.default_rng(SEED).permutation(len(names)) < stays
    return sample(task.stays, task.train[chosen[index]], task.label, task.specification.features)


def _out_of_fold(task: Task, few: Sample, shape: Shape) -> NDArray[np.float64]:
    fold, out = boost.folds(few.stay, FOLDS, SEED), np.empty(len(few.y))
    for k in range(FOLDS):
        mine = fold == k
        booster = boost.fit(few.x, few.y, (~mine).astype(np.float64), task.specification.features, shape, SEED + k, 1)
        out[mine] = booster.predict(few.x[mine], raw_score=True, num_threads=1)
    return out
