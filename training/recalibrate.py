"""A site's own calibration of the released risk models: slope and intercept on its own stays, with what they rest on."""

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from training import data_site, events
from training.calibrate import logistic, logit
from training.discrimination import interval, resamples
from training.fitting import run
from training.places import VALIDATION_ONLY, released
from training.stays import Stays, feature_rows
from twin_engine.risk.features import Feature
from twin_engine.risk.load import EVENTS
from twin_engine.risk.recalibration import Recalibration, why_not

REPEATS = 200
TELLING = {
    "sepsis": frozenset({"sepsis"}),
    "hypoxaemia": frozenset({"spo2"}),
    "kidney_injury": frozenset({"creatinine", "renal_replacement"}),
}
"""The columns without which a table cannot tell an event."""


@dataclass(frozen=True)
class Recalibrated:
    """A recalibration, the observed-to-expected ratio before and after it, each with its interval over resampled stays (after:
    of a recalibration on one sample, judged on all), and why the service would not use it."""

    found: Recalibration
    before: tuple[float, float, float]
    after: tuple[float, float, float]
    why_not: str | None


def recalibrate(folder: Path, window: str, date: str, seed: int) -> list[Recalibrated]:
    """One for each shown event that the table can tell. Raises data_site.UnusableTable."""
    stays = data_site.read(folder)
    known = stays.values.keys() | stays.marks.keys()
    told = [e for e in EVENTS if e not in VALIDATION_ONLY and TELLING.get(e, frozenset()) <= known]
    return [made for event in told if (made := _of_event(event, stays, window, date, seed)) is not None]


def _of_event(event: str, stays: Stays, window: str, date: str, seed: int) -> Recalibrated | None:
    graph_path, card_path = released("shipped", event)
    graph, card = graph_path.read_bytes(), json.loads(card_path.read_text(encoding="utf-8"))
    eligible, label = events.EVENTS[event](stays)
    rows = np.flatnonzero(eligible)
    if not label[rows].any():
        return None
    features = [Feature(**f) for f in card["features"]]
    x, y = logit(run(graph, feature_rows(stays, rows, features), "probability").ravel()), label[rows]
    patient = np.unique(stays.stay[rows].astype(str), return_inverse=True)[1]
    came = len(np.unique(patient[y > 0]))
    intercept, slope = logistic(x[:, None], y)
    digest = hashlib.sha256(graph).hexdigest()
    found = Recalibration(event, digest, float(slope), float(intercept), int(patient.max()) + 1, came, window, date)
    again = resamples(found.stays, REPEATS, seed)
    observed, expected = (np.bincount(patient, weights=v) for v in (y, _probability(x, 1.0, 0.0)))
    before = [float((w @ observed) / (w @ expected)) for w in again]
    after = [_judged(x, y, w[patient]) for w in again]
    return Recalibrated(
        found,
        (float(y.sum() / expected.sum()), *interval(before)),
        (float(y.sum() / _probability(x, found.slope, found.intercept).sum()), *interval(after)),
        why_not(found, digest),
    )


def _judged(x: NDArray[np.float64], y: NDArray[np.float64], weight: NDArray[np.float64]) -> float:
    intercept, slope = logistic(x[:, None], y, weight)
    return float(y.sum() / _probability(x, float(slope), float(intercept)).sum())


def _probability(x: NDArray[np.float64], slope: float, intercept: float) -> NDArray[np.float64]:
    return 1.0 / (1.0 + np.exp(-(slope * x + intercept)))
