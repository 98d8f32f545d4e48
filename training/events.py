"""What each risk model predicts: which hours it may be asked at, and what must then happen.

Every function maps stays to (eligible, label) per row; hours whose future cannot be judged are not eligible.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from training.stays import Stays
from twin_engine.patient.kdigo import COUNTS_H, HIGHEST, SEVERE_MG_DL, stages

Labelled = tuple[NDArray[np.bool_], NDArray[np.float64]]

HORIZON_H = 6
LOW_MAP = 65.0
LOW_SPO2 = 90.0
KIDNEY_H = 48


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


def hypoxaemia(stays: Stays) -> Labelled:
    """SpO2 < 90 % in two consecutive hourly values within the next 6 hours, from 90 % or more now and the hour before."""
    saturation = stays.values["spo2"]
    ahead = np.stack([shifted(saturation, stays, k) for k in range(1, HORIZON_H + 1)], axis=1)
    low = ahead < LOW_SPO2
    eligible = (saturation >= LOW_SPO2) & (shifted(saturation, stays, -1) >= LOW_SPO2) & ((~np.isnan(ahead)).sum(axis=1) >= 2)
    return eligible, (low[:, 1:] & low[:, :-1]).any(axis=1).astype(np.float64)


def kidney_injury(stays: Stays) -> Labelled:
    """A KDIGO stage by creatinine within the next 48 hours that is higher than that of the newest creatinine.

    Asked where the newest creatinine is at most 36 h old, below 4 mg/dL and not of stage 3, and no renal replacement is known.
    Hours after which nobody drew a creatinine within 48 h are not judged: the event can neither be seen nor excluded there.
    """
    creatinine, first, rows = stays.values["creatinine"], stays.first, np.arange(stays.rows)
    known = np.flatnonzero(~np.isnan(creatinine))
    if not len(known):
        return np.zeros(stays.rows, dtype=bool), np.zeros(stays.rows)
    of_stay = np.split(known, np.flatnonzero(np.diff(first[known])) + 1)
    stage = np.concatenate([stages(mine.astype(np.float64), creatinine[mine]) for mine in of_stay])
    newest = np.maximum.accumulate(np.where(np.isnan(creatinine), -1, rows))
    fresh = (newest >= first) & (rows - newest < COUNTS_H)
    charted = np.zeros(stays.rows, dtype=np.int64)
    charted[known] = stage
    ahead = np.full(stays.rows, -1)
    for hours in range(1, KIDNEY_H + 1):
        inside = known - hours >= first[known]
        before = known[inside] - hours
        ahead[before] = np.maximum(ahead[before], stage[inside])
    eligible = fresh & (charted[newest] < HIGHEST) & (creatinine[newest] < SEVERE_MG_DL) & (ahead >= 0)
    eligible &= ~(stays.marks.get("renal_replacement", np.zeros(stays.rows)) > 0)
    return eligible, (ahead > charted[newest]).astype(np.float64)


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
    "hypoxaemia": hypoxaemia,
    "kidney_injury": kidney_injury,
    "sepsis": sepsis,
    "death": death,
}
