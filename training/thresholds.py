"""Alarm thresholds, chosen on patients that the members left out, and what alarms they give."""

import numpy as np
from numpy.typing import NDArray

from training.fitting import Fitted, Sample
from training.utility import best_threshold

LOCK_OUT_H = 6
ALERTS_PER_DAY = 0.5
"""The budget from which a threshold is taken: alerts per patient-day at risk, after a lock-out of 6 h."""


def alerts(
    score: NDArray[np.float64], hour: NDArray[np.int64], stay: NDArray[np.object_], threshold: float
) -> NDArray[np.int64]:
    """Rows at which an alert fires: at or above the threshold, and none of the same stay in the 6 h before."""
    fired: list[int] = []
    last_stay, last_hour = None, -LOCK_OUT_H
    for row in np.flatnonzero(score >= threshold):
        if stay[row] != last_stay or hour[row] - last_hour >= LOCK_OUT_H:
            fired.append(int(row))
            last_stay, last_hour = stay[row], hour[row]
    return np.array(fired, dtype=np.int64)


def budget_threshold(score: NDArray[np.float64], hour: NDArray[np.int64], stay: NDArray[np.object_]) -> float:
    """The lowest score that keeps within the budget, by bisection over quantiles."""
    low, high = 0.0, 1.0
    for _ in range(14):
        middle = (low + high) / 2.0
        fired = len(alerts(score, hour, stay, float(np.quantile(score, middle))))
        low, high = (middle, high) if fired / (len(score) / 24.0) > ALERTS_PER_DAY else (low, middle)
    return float(np.quantile(score, high))


def thresholds(event: str, train: Sample, fitted: Fitted) -> dict[str, float]:
    """Probabilities: `alert` within the budget, and for sepsis the one of highest utility."""
    seen = np.flatnonzero(~np.isnan(fitted.out_of_bag))
    score, stay = 1.0 / (1.0 + np.exp(-fitted.out_of_bag[seen])), train.stay[seen]
    found = {"alert": budget_threshold(score, train.hour[seen], stay)}
    if event == "sepsis":
        found["utility"] = best_threshold(score, train.y[seen], stay)
    return {name: round(value, 6) for name, value in found.items()}
