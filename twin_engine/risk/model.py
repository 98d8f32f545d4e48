"""One risk model: its ONNX graph and the card of numbers beside it, tested before it may answer."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

import numpy as np
import onnxruntime
from numpy.typing import NDArray

from twin_engine.risk.features import Feature, look_back_h

GOLDEN_TOLERANCE = 1e-6
"""Largest difference from the probabilities that the trained trees gave for the stored rows."""

Values = NDArray[np.float64]


class RiskModelDefect(Exception):
    """A model file is missing, altered or answers otherwise than it did when it was made."""


@dataclass(frozen=True, slots=True)
class Scores:
    """What the graph answers for n rows.

    probability: (n,). terms: (n, organs), contributions to the logit against the average hour; with `intercept` they sum
    to the logit of the probability. members: (n, members), the probability of each ensemble member.
    """

    probability: Values
    terms: Values
    intercept: float
    members: Values


@dataclass(frozen=True, slots=True)
class Rank:
    """What became of the hours that scored at least this high, in data the model never saw.

    scores: rising probabilities; share_below: share of hours with a lower score; ppv: share of the hours at or above the
    score that went on to the event.
    """

    population: str
    base_rate: float
    scores: Values
    share_below: Values
    ppv: Values


@dataclass(frozen=True, slots=True)
class RiskModel:
    """A model that passed its tests. `support`: per variable the hourly values seen in training, low and high."""

    event: str
    variant: str
    title: str
    definition: str
    horizon_h: int
    features: tuple[Feature, ...]
    organs: tuple[str, ...]
    core: tuple[str, ...]
    support: Mapping[str, tuple[float, float]]
    typical: NDArray[np.float32]
    rank: Rank
    digest: str
    session: Any

    @property
    def reach(self) -> dict[str, int]:
        """The charted variables it reads, and how many hours of each."""
        return look_back_h(self.features)

    @property
    def reads_process(self) -> bool:
        """Whether any input tells of the care process and not of the patient."""
        return any(f.process for f in self.features)

    def score(self, rows: NDArray[np.float32]) -> Scores:
        """Scores of feature rows (n, features)."""
        return _run(self.session, rows)


def _run(session: Any, rows: NDArray[np.float32]) -> Scores:
    answer = session.run(["probability", "terms", "intercept", "members"], {"features": rows})
    probability, terms, intercept, members = (np.asarray(a, dtype=np.float64) for a in answer)
    return Scores(probability, terms, float(intercept), members)


def read_model(card: bytes, graph: bytes) -> RiskModel:
    """The model from its card (JSON) and its graph (ONNX). Raises RiskModelDefect when the two do not agree."""
    described = cast("dict[str, Any]", json.loads(card))
    digest = hashlib.sha256(graph).hexdigest()
    if digest != described["onnx_sha256"]:
        raise RiskModelDefect(f"{described['event']}: the model file is not the one that was released")
    features = tuple(Feature(**f) for f in described["features"])
    session = _session(graph, described["event"])
    _check_form(session, described, features)
    _check_golden_rows(session, described)
    rank = described["rank"]
    return RiskModel(
        event=described["event"],
        variant=described["variant"],
        title=described["title"],
        definition=described["definition"],
        horizon_h=described["horizon_h"],
        features=features,
        organs=tuple(described["organs"]),
        core=tuple(described["core"]),
        support={name: (low, high) for name, (low, high) in described["support"].items()},
        typical=_row(described["typical"]),
        rank=Rank(rank["population"], rank["base_rate"], *(np.array(rank[k]) for k in ("scores", "share_below", "ppv"))),
        digest=digest,
        session=session,
    )


def _session(graph: bytes, event: str) -> Any:
    options: Any = cast("Any", onnxruntime).SessionOptions()
    # One thread: hooks are served in parallel, and a sum must not depend on how many cores were free.
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 3
    try:
        return cast("Any", onnxruntime).InferenceSession(graph, options, providers=["CPUExecutionProvider"])
    except Exception as refused:
        raise RiskModelDefect(f"{event}: the model cannot be run: {type(refused).__name__}") from refused


def _row(values: Sequence[float | None]) -> NDArray[np.float32]:
    return np.array([np.nan if v is None else v for v in values], dtype=np.float32)


def _check_form(session: Any, described: Mapping[str, Any], features: tuple[Feature, ...]) -> None:
    """That the card describes what the graph reads: a difference would only show when a patient is scored."""
    (read,) = session.get_inputs()
    widths = {read.shape[1], len(described["typical"]), *map(len, described["golden"]["features"])}
    if widths != {len(features)}:
        raise RiskModelDefect(f"{described['event']}: the card does not list the inputs that the model reads")
    reach = look_back_h(features)
    if not described["support"].keys() >= reach.keys() >= set(described["core"]):
        raise RiskModelDefect(f"{described['event']}: the card lacks what the training data held of an input")
    if len({len(described["rank"][k]) for k in ("scores", "share_below", "ppv")}) != 1:
        raise RiskModelDefect(f"{described['event']}: the ranks of the card do not match")


def _check_golden_rows(session: Any, described: Mapping[str, Any]) -> None:
    golden = described["golden"]
    rows = np.stack([_row(row) for row in golden["features"]])
    found = _run(session, rows).probability
    if not np.all(np.abs(found - np.array(golden["probability"])) <= GOLDEN_TOLERANCE):
        raise RiskModelDefect(f"{described['event']}: the model does not reproduce its reference rows")
