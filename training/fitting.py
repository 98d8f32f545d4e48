"""Fits one risk model: members on bootstrap samples of patients, calibration on the patients each member left out."""

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import onnxruntime
from numpy.typing import NDArray

from training import boost, onnx_graph
from training.calibrate import logistic
from training.stays import Stays, feature_rows
from twin_engine.risk.features import Feature, look_back_h

MEMBERS = 6
GOLDEN_ROWS = 24
SUPPORT = (0.0001, 0.9999)
RANKS = np.concatenate([np.arange(0.0, 0.95, 0.05), np.arange(0.95, 0.99, 0.01), np.arange(0.99, 0.9991, 0.002)])


@dataclass(frozen=True)
class Sample:
    """The rows a model is asked at: features (n, features), label, patient, and the hour (a running number)."""

    x: NDArray[np.float32]
    y: NDArray[np.float64]
    stay: NDArray[np.object_]
    hour: NDArray[np.int64]


@dataclass(frozen=True)
class Fitted:
    """The graph, and the logit of each training row from the members that never saw its patient."""

    graph: bytes
    out_of_bag: NDArray[np.float64]
    boosters: tuple[Any, ...]
    slope: float
    intercept: float


def sample(stays: Stays, rows: NDArray[np.int64], label: NDArray[np.float64], features: Sequence[Feature]) -> Sample:
    """The rows of a data set."""
    return Sample(feature_rows(stays, rows, features), label[rows], stays.stay[rows], rows)


def fit_members(
    train: Sample, features: Sequence[Feature], shape: boost.Shape, seed: int, threads: int, step: Callable[[], None]
) -> Fitted:
    """Members, Platt calibration on left-out patients, one graph. `step` is called after each member."""
    generator = np.random.default_rng(seed)
    boosters: list[Any] = []
    total, times = np.zeros(len(train.y)), np.zeros(len(train.y))
    for member in range(MEMBERS):
        weight = boost.patient_weights(train.stay, generator)
        boosters.append(boost.fit(train.x, train.y, weight, features, shape, seed + member, threads))
        left_out = np.flatnonzero(weight == 0)
        total[left_out] += boosters[-1].predict(train.x[left_out], raw_score=True, num_threads=threads)
        times[left_out] += 1
        step()
    seen = times > 0
    logits = np.divide(total, times, out=np.full(len(total), np.nan), where=seen)
    intercept, slope = logistic(logits[seen, None], train.y[seen])
    plain = onnx_graph.write(boosters, features, np.zeros(len(boost.organs(features))), 1.0, 0.0)
    few = generator.choice(len(train.y), min(20_000, len(train.y)), replace=False)
    centre = run(plain, train.x[few], "terms").mean(axis=0)
    graph = onnx_graph.write(boosters, features, centre, float(slope), float(intercept))
    return Fitted(graph, slope * logits + intercept, tuple(boosters), float(slope), float(intercept))


def native_probability(fitted: Fitted, x: NDArray[np.float32], threads: int) -> NDArray[np.float64]:
    """What LightGBM itself gives for these rows, in double precision."""
    raw = np.mean([b.predict(x, raw_score=True, num_threads=threads) for b in fitted.boosters], axis=0)
    return 1.0 / (1.0 + np.exp(-(fitted.slope * raw + fitted.intercept)))


def run(graph: bytes, x: NDArray[np.float32], output: str) -> NDArray[np.float64]:
    """One output of a graph; of one that is the same for all rows, a value per block of rows."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(graph, options, providers=["CPUExecutionProvider"])
    blocks = [np.atleast_1d(session.run([output], {"features": x[i : i + 50_000]})[0]) for i in range(0, len(x), 50_000)]
    return np.concatenate(blocks).astype(np.float64)


def ranks(population: str, probability: NDArray[np.float64], label: NDArray[np.float64]) -> dict[str, Any]:
    """At each share of hours below a score: the score, and how many at or above it went on to the event."""
    scores = np.quantile(probability, RANKS)
    above = [label[probability >= s] for s in scores]
    return {
        "population": population,
        "base_rate": round(float(label.mean()), 5),
        "scores": [round(float(s), 6) for s in scores],
        "share_below": [round(float(r), 4) for r in RANKS],
        "ppv": [round(float(a.mean()), 4) for a in above],
    }


def support(stays: Stays, rows: NDArray[np.int64], features: Sequence[Feature]) -> dict[str, tuple[float, float]]:
    """Per hourly variable the range that holds all but 1 in 5,000 of the training values."""
    found: dict[str, tuple[float, float]] = {}
    for name in look_back_h(features):
        values = stays.values[name][rows]
        low, high = np.nanquantile(values, SUPPORT)
        found[name] = (round(float(low), 4), round(float(high), 4))
    return found


def golden(fitted: Fitted, x: NDArray[np.float32], seed: int, threads: int) -> dict[str, Any]:
    """Rows that belong to no patient (each column shuffled by itself) with the probability of the native trees."""
    generator = np.random.default_rng(seed)
    few = x[generator.choice(len(x), 2000, replace=False)]
    mixed = np.column_stack([generator.permutation(column) for column in few.T])[:GOLDEN_ROWS]
    probability = native_probability(fitted, mixed, threads)
    return {
        "features": [[None if np.isnan(v) else float(v) for v in row] for row in mixed],
        "probability": [float(p) for p in probability],
    }


def card(graph: bytes, features: Sequence[Feature], **told: Any) -> str:
    """The JSON beside a graph."""
    described = {
        **told,
        "onnx_sha256": hashlib.sha256(graph).hexdigest(),
        "organs": boost.organs(features),
        "features": [asdict(f) for f in features],
    }
    return json.dumps(described, indent=1, ensure_ascii=False, sort_keys=True) + "\n"
