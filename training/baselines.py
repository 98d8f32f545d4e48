"""What a model must beat: a score anyone can compute, the current pressure, and a logistic regression on six inputs."""

import json
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from training.calibrate import logistic
from training.stays import Stays, feature_rows
from twin_engine.risk import scores
from twin_engine.risk.features import Feature

Scores = Mapping[str, NDArray[np.float64]]
COEFFICIENTS = Path(__file__).with_name("six_inputs.json")

SIX = (
    Feature("map", "newest", 6, ""), Feature("map", "lowest", 6, ""), Feature("heart_rate", "newest", 6, ""),
    Feature("respiratory_rate", "newest", 6, ""), Feature("temperature", "newest", 8, ""), Feature("age", "context", 0, ""),
)  # fmt: skip
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
    if event == "hypotension":
        found["current_map"] = -stays.values["map"][rows]
    coefficients = json.loads(COEFFICIENTS.read_text(encoding="utf-8"))
    return found | {"six_input_logistic": _apply(coefficients[event], stays, rows)} if event in coefficients else found


def fit_six(event: str, stays: Stays, rows: NDArray[np.int64], label: NDArray[np.float64]) -> None:
    """Fits the six-input logistic regression (unknown = the median) and stores it."""
    x = feature_rows(stays, rows, SIX).astype(np.float64)
    median = np.nanmedian(x, axis=0)
    beta = logistic(np.where(np.isnan(x), median, x), label[rows])
    known = json.loads(COEFFICIENTS.read_text(encoding="utf-8")) if COEFFICIENTS.exists() else {}
    known[event] = {"median": [float(v) for v in median], "beta": [float(v) for v in beta]}
    COEFFICIENTS.write_text(json.dumps(known, indent=1, sort_keys=True) + "\n", encoding="utf-8")


def _apply(coefficients: Mapping[str, list[float]], stays: Stays, rows: NDArray[np.int64]) -> NDArray[np.float64]:
    x = feature_rows(stays, rows, SIX).astype(np.float64)
    beta = np.array(coefficients["beta"])
    return np.where(np.isnan(x), np.array(coefficients["median"]), x) @ beta[1:] + beta[0]


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
