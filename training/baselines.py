"""What a model must beat: a score anyone can compute, the current value, a logistic regression on six inputs, and one on which
values are charted at all: what the care of a patient tells without looking at the patient."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from training.calibrate import logistic
from training.stays import Stays, feature_rows
from twin_engine.risk import scores
from twin_engine.risk.features import DERIVED, Feature

Scores = Mapping[str, NDArray[np.float64]]
COEFFICIENTS = Path(__file__).with_name("baselines.json")

_OF_PRESSURE = (
    Feature("map", "newest", 6, ""), Feature("map", "lowest", 6, ""), Feature("heart_rate", "newest", 6, ""),
    Feature("respiratory_rate", "newest", 6, ""), Feature("temperature", "newest", 8, ""), Feature("age", "context", 0, ""),
)  # fmt: skip
SIX: Mapping[str, tuple[Feature, ...]] = {
    "hypotension": _OF_PRESSURE,
    "sepsis": _OF_PRESSURE,
    "hypoxaemia": (
        Feature("spo2", "newest", 6, ""), Feature("spo2", "lowest", 6, ""), Feature("spo2", "mean", 12, ""),
        Feature("respiratory_rate", "newest", 6, ""), Feature("heart_rate", "newest", 6, ""), Feature("age", "context", 0, ""),
    ),
    "kidney_injury": (
        Feature("creatinine", "newest", 168, ""), Feature("creatinine", "lowest", 168, ""),
        Feature("creatinine", "change", 48, ""), Feature("urea_nitrogen", "newest", 168, ""), Feature("map", "mean", 12, ""),
        Feature("age", "context", 0, ""),
    ),
}  # fmt: skip
RARELY = 0.02
"""Share of rows below which it tells nothing whether a value is charted, or is missing."""
NEWS2 = (
    (Feature("respiratory_rate", "newest", 4, ""), scores.NEWS2_RESPIRATION),
    (Feature("spo2", "newest", 4, ""), scores.NEWS2_SPO2),
    (Feature("sbp", "newest", 4, ""), scores.NEWS2_SYSTOLIC),
    (Feature("heart_rate", "newest", 4, ""), scores.NEWS2_PULSE),
    (Feature("temperature", "newest", 8, ""), scores.NEWS2_TEMPERATURE),
)
SOFA_FALLING = (
    (Feature("platelets", "lowest", 24, ""), scores.SOFA_PLATELETS),
    (Feature("map", "lowest", 24, ""), ((70.0, 1),)),
    (Feature("gcs", "lowest", 24, ""), scores.SOFA_GCS),
)
SOFA_RISING = (
    (Feature("bilirubin", "highest", 48, ""), scores.SOFA_BILIRUBIN),
    (Feature("creatinine", "highest", 24, ""), scores.SOFA_CREATININE),
)


def baseline_scores(event: str, stays: Stays, rows: NDArray[np.int64]) -> Scores:
    """Scores of these rows, higher = worse. NEWS2 and SOFA sum the charted parts; a part not charted adds nothing."""
    found = {"news2_charted_parts": _news2(stays, rows), "sofa_charted_parts": _sofa(stays, rows)}
    if event == "death":
        given = {name: stays.marks[name][rows] for name in ("saps_i", "sofa") if name in stays.marks}
        return {**found, **{f"{name}_given": np.nan_to_num(v, nan=float(np.nanmedian(v))) for name, v in given.items()}}
    found |= _current(event, stays, rows)
    known = json.loads(COEFFICIENTS.read_text(encoding="utf-8"))
    if event in (six := known["six_input_logistic"]):
        x, fitted = feature_rows(stays, rows, SIX[event]).astype(np.float64), six[event]
        found["six_input_logistic"] = _line(np.where(np.isnan(x), np.array(fitted["median"]), x), fitted["beta"])
    if event in (charted := known["charted_or_not_logistic"]):
        seen = [Feature(name, "newest", hours, "") for name, hours in charted[event]["variables"]]
        found["charted_or_not_logistic"] = _line(_charted(stays, rows, seen), charted[event]["beta"])
    return found


def _current(event: str, stays: Stays, rows: NDArray[np.int64]) -> Scores:
    if event in (of := {"hypotension": "map", "hypoxaemia": "spo2"}):
        return {f"current_{of[event]}": -stays.values[of[event]][rows]}
    if event != "kidney_injury":
        return {}
    newest, lowest = feature_rows(stays, rows, SIX[event][:2]).astype(np.float64).T
    return {"last_creatinine": newest, "last_creatinine_over_lowest": newest / lowest}


def fit_baselines(
    event: str, features: Sequence[Feature], stays: Stays, rows: NDArray[np.int64], label: NDArray[np.float64]
) -> None:
    """Fits the logistic regressions on six inputs (unknown = the median) and on what is charted, and stores them."""
    x = feature_rows(stays, rows, SIX[event]).astype(np.float64)
    median = np.nanmedian(x, axis=0)
    beta = logistic(np.where(np.isnan(x), median, x), label[rows])
    known = json.loads(COEFFICIENTS.read_text(encoding="utf-8"))
    known["six_input_logistic"][event] = {"median": [float(v) for v in median], "beta": [float(v) for v in beta]}
    newest = [f for f in features if f.statistic == "newest" and f.variable not in DERIVED]
    there = _charted(stays, rows, newest)
    # What nearly everybody has is the intercept once more.
    told = np.flatnonzero((there.mean(axis=0) > RARELY) & (there.mean(axis=0) < 1.0 - RARELY))
    known["charted_or_not_logistic"][event] = {
        "variables": [(newest[i].variable, newest[i].hours) for i in told],
        "beta": [float(v) for v in logistic(there[:, told], label[rows])],
    }
    COEFFICIENTS.write_text(json.dumps(known, indent=1, sort_keys=True) + "\n", encoding="utf-8")


def _charted(stays: Stays, rows: NDArray[np.int64], features: Sequence[Feature]) -> NDArray[np.float64]:
    return (~np.isnan(feature_rows(stays, rows, features))).astype(np.float64)


def _line(x: NDArray[np.float64], beta: Sequence[float]) -> NDArray[np.float64]:
    return x @ np.array(beta)[1:] + beta[0]


def _news2(stays: Stays, rows: NDArray[np.int64]) -> NDArray[np.float64]:
    x = feature_rows(stays, rows, [f for f, _ in NEWS2])
    total = np.zeros(len(rows))
    for column, (feature, steps) in zip(x.T.astype(np.float64), NEWS2, strict=True):
        stepped = np.round(column, 1 if feature.variable == "temperature" else 0)
        upper, points = np.array([u for u, _ in steps]), np.array([p for _, p in steps])
        known = ~np.isnan(stepped)
        total[known] += points[np.searchsorted(upper, stepped[known], side="left")]
    return total


def _sofa(stays: Stays, rows: NDArray[np.int64]) -> NDArray[np.float64]:
    total = np.zeros(len(rows))
    for table, sign in ((SOFA_FALLING, 1.0), (SOFA_RISING, -1.0)):
        x = feature_rows(stays, rows, [f for f, _ in table]).astype(np.float64)
        for column, (_, steps) in zip(x.T, table, strict=True):
            reached = [np.where(sign * column < sign * limit if sign > 0 else column >= limit, p, 0) for limit, p in steps]
            total += np.max(reached, axis=0)
    return total
