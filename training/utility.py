"""Normalised utility of the PhysioNet/CinC Challenge 2019: what an alarm at each hour is worth.

Reyna MA et al. Crit Care Med 2020;48:210-7, figure 1: reward of a true alarm rises from 12 h to 6 h before onset and
falls to nothing 3 h after; a missed hour costs from 6 h before onset, up to 2; a false alarm costs 0.05. Scaled so that
no alarm at all is 0 and the best possible is 1. The label starts 6 h before onset.
"""

import numpy as np
from numpy.typing import NDArray

EARLY_H, BEST_H, LATE_H = -12, -6, 3
TRUE_MAX, MISSED_MAX, FALSE_ALARM = 1.0, -2.0, -0.05


def hourly_values(label: NDArray[np.float64], stay: NDArray[np.object_]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Worth of an alarm and of silence at each row; stays are blocks of hours."""
    starts = np.flatnonzero(np.r_[True, stay[1:] != stay[:-1]])
    lengths = np.diff(np.r_[starts, len(stay)])
    hour = np.arange(len(stay)) - np.repeat(starts, lengths)
    first = np.minimum.reduceat(np.where(label > 0, hour, np.iinfo(np.int64).max), starts)
    septic = np.repeat(first < np.iinfo(np.int64).max, lengths)
    since = np.where(septic, hour - np.repeat(np.where(first < np.iinfo(np.int64).max, first, 0), lengths) + BEST_H, 0)
    rising = np.maximum(TRUE_MAX * (since - EARLY_H) / (BEST_H - EARLY_H), FALSE_ALARM)
    falling = TRUE_MAX * (LATE_H - since) / (LATE_H - BEST_H)
    alarm = np.where(since <= BEST_H, rising, falling)
    silence = np.where(since <= BEST_H, 0.0, MISSED_MAX * (since - BEST_H) / (LATE_H - BEST_H))
    counts = septic & (since <= LATE_H)
    return np.where(septic, np.where(counts, alarm, 0.0), FALSE_ALARM), np.where(counts, silence, 0.0)


def utility(alarmed: NDArray[np.bool_], label: NDArray[np.float64], stay: NDArray[np.object_]) -> float:
    """Normalised utility of alarms at these rows."""
    alarm, silence = hourly_values(label, stay)
    return float((np.where(alarmed, alarm, silence).sum() - silence.sum()) / (np.maximum(alarm, silence).sum() - silence.sum()))


def best_threshold(score: NDArray[np.float64], label: NDArray[np.float64], stay: NDArray[np.object_]) -> float:
    """The score from which alarms give the highest utility."""
    alarm, silence = hourly_values(label, stay)
    order = np.argsort(-score, kind="stable")
    gained = np.cumsum((alarm - silence)[order])
    return float(score[order][int(np.argmax(gained))])
