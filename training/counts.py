"""How often the events without a model happen in data that trained nothing: respiratory failure and kidney injury.

A model of either is made only where at least 500 external stays show the event.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from training import events
from training.evaluation import READERS
from training.stays import Stays
from training.trained import took_part

NEEDED = 500
WITHIN_H, BASELINE_H = 48, 168
KDIGO_RISE, KDIGO_TIMES, KDIGO_SEVERE = 0.3, (1.5, 2.0, 3.0), 4.0
"""mg/dL within 48 h, times the lowest of a week, mg/dL: KDIGO Clinical Practice Guideline for Acute Kidney Injury. Kidney Int
Suppl 2012;2:1-138."""


@dataclass(frozen=True)
class Count:
    """Of one event in one data set: stays in which it could be asked, stays in which it came, and how often it began."""

    data: str
    event: str
    stays: int
    with_event: int
    onsets: int


def counts(folder: Path) -> Iterator[Count]:
    """Every data set in the folder without the stays that trained a model."""
    for name, read in READERS.items():
        stays = read(folder)
        if stays is None or not (kept := ~took_part(stays.stay)).any():
            continue
        own = stays.keep(kept)
        for event, found in _EVENTS.items():
            if found[0] in own.values:
                yield Count(name, event, *found[1](own))


def stages(hours: NDArray[np.float64], creatinine: NDArray[np.float64]) -> NDArray[np.int64]:
    """KDIGO stage by creatinine (mg/dL) at each of its values in one stay, from the values up to it."""
    found = np.zeros(len(hours), dtype=np.int64)
    for i, (hour, value) in enumerate(zip(hours, creatinine, strict=True)):
        week = creatinine[: i + 1][hours[: i + 1] >= hour - BASELINE_H]
        two_days = creatinine[: i + 1][hours[: i + 1] >= hour - WITHIN_H]
        # Rounded: in binary 1.2 - 0.9 falls short of 0.3.
        rose = round(float(value - two_days.min()), 6) >= KDIGO_RISE
        stage = sum(round(float(value / week.min()), 6) >= times for times in KDIGO_TIMES)
        found[i] = 3 if value >= KDIGO_SEVERE and (rose or stage) else max(stage, int(rose))
    return found


def _kidney(stays: Stays) -> tuple[int, int, int]:
    known = np.flatnonzero(~np.isnan(stays.values["creatinine"]))
    asked = came = onsets = 0
    for rows in np.split(known, np.flatnonzero(np.diff(stays.first[known])) + 1):
        if len(rows) < 2:
            continue
        hours = rows.astype(np.float64)
        stage = stages(hours, stays.values["creatinine"][rows])
        risen = np.flatnonzero((np.diff(stage) > 0) & (np.diff(hours) <= WITHIN_H))
        asked, came, onsets = asked + 1, came + bool(len(risen)), onsets + len(risen)
    return asked, came, onsets


def _lungs(stays: Stays) -> tuple[int, int, int]:
    eligible, label = events.desaturation(stays)
    came = eligible & (label > 0)
    begins = came & ~np.r_[False, came[:-1] & (stays.stay[1:] == stays.stay[:-1])]
    return len(np.unique(stays.stay[eligible].astype(str))), len(np.unique(stays.stay[came].astype(str))), int(begins.sum())


_EVENTS: dict[str, tuple[str, Callable[[Stays], tuple[int, int, int]]]] = {
    "respiratory": ("spo2", _lungs),
    "kidney": ("creatinine", _kidney),
}
