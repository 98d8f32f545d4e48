"""What each risk model predicts: which hours it may be asked at, and what must then happen.

Every function maps stays to (eligible, label) per row; hours whose future cannot be judged are not eligible.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from training.stays import Stays

Labelled = tuple[NDArray[np.bool_], NDArray[np.float64]]

HORIZON_H = 6
LOW_MAP = 65.0
LOW_SPO2 = 90.0


def shifted(values: NDArray[np.float64], stays: Stays, hours: int) -> NDArray[np.float64]:
    """The value `hours` later (negative: earlier) in the same stay, NaN beyond it."""
    index = np.arange(stays.rows) + hours
    inside = (index >= 0) & (index < stays.rows)
    index = np.clip(index, 0, stays.rows - 1)
    return np.where(inside & (stays.first[index] == stays.first), values[index], np.nan)


def hypotension(stays: Stays) -> Labelled:
    """MAP < 65 mm[Hg] in two or more of the next 6 hourly values.

    Asked where MAP is at least 65 now and the hour before, no vasopressor is known to run, and two or more of the next
    six hours hold a MAP.
    """
    pressure = stays.values["map"]
    ahead = np.stack([shifted(pressure, stays, k) for k in range(1, HORIZON_H + 1)], axis=1)
    eligible = (pressure >= LOW_MAP) & (shifted(pressure, stays, -1) >= LOW_MAP) & ((~np.isnan(ahead)).sum(axis=1) >= 2)
    eligible &= ~(stays.marks.get("vasopressor", np.zeros(stays.rows)) > 0)
    return eligible, ((ahead < LOW_MAP).sum(axis=1) >= 2).astype(np.float64)


def desaturation(stays: Stays) -> Labelled:
    """SpO2 < 90 % in two consecutive hourly values within the next 6 hours, from 90 % or more now and the hour before."""
    saturation = stays.values["spo2"]
    ahead = np.stack([shifted(saturation, stays, k) for k in range(1, HORIZON_H + 1)], axis=1)
    low = ahead < LOW_SPO2
    eligible = (saturation >= LOW_SPO2) & (shifted(saturation, stays, -1) >= LOW_SPO2) & ((~np.isnan(ahead)).sum(axis=1) >= 2)
    return eligible, (low[:, 1:] & low[:, :-1]).any(axis=1).astype(np.float64)


def sepsis(stays: Stays) -> Labelled:
    """Sepsis-3 onset within 6 hours or begun: the label of the data set, at every hour that has one."""
    label = stays.marks["sepsis"]
    return ~np.isnan(label), np.nan_to_num(label)


def death(stays: Stays) -> Labelled:
    """Death in hospital, asked at the last of the first 48 hours."""
    last = np.r_[stays.stay[1:] != stays.stay[:-1], True]
    label = stays.marks["death"]
    return last & ~np.isnan(label), np.nan_to_num(label)


EVENTS: dict[str, Callable[[Stays], Labelled]] = {
    "hypotension": hypotension,
    "desaturation": desaturation,
    "sepsis": sepsis,
    "death": death,
}
