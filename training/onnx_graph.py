"""Writes an ensemble of organ-additive boosters as one ONNX graph.

Outputs: `probability` (n,), `terms` (n, organs) and `intercept` (), whose sum is the logit of the probability, and
`members` (n, members), the probability of each ensemble member under the same calibration.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import lightgbm
import numpy as np
from numpy.typing import NDArray
from onnx import ModelProto, TensorProto, checker, helper, numpy_helper

from training.boost import organs
from twin_engine.risk.features import Feature

OPSETS = (("", 17), ("ai.onnx.ml", 3))
IR_VERSION = 9
LARGEST = float(np.finfo(np.float32).max)


@dataclass
class _Nodes:
    """The parallel arrays of a TreeEnsembleRegressor."""

    table: dict[str, list[Any]] = field(default_factory=dict[str, list[Any]])

    def add(self, **values: Any) -> None:
        for name, value in values.items():
            self.table.setdefault(name, []).append(value)


def float32_below(threshold: float) -> float:
    """The largest float32 not above the threshold: for float32 inputs `x <= threshold` stays what it was."""
    nearest = np.float32(min(max(threshold, -LARGEST), LARGEST))
    return float(nearest if float(nearest) <= threshold else np.nextafter(nearest, np.float32(-np.inf)))


def write(
    boosters: Sequence[lightgbm.Booster],
    features: Sequence[Feature],
    centre: NDArray[np.float64],
    slope: float,
    intercept: float,
) -> bytes:
    """The graph. `centre` (organs,): the mean organ term of the training rows, moved into the intercept, so that a term
    says how far the patient is from the average hour; `slope`, `intercept`: Platt calibration of the mean logit."""
    names = organs(features)
    nodes = _Nodes()
    for member, booster in enumerate(boosters):
        for tree in booster.dump_model()["tree_info"]:
            organ = names.index(_organ(tree["tree_structure"], features) or names[0])
            _walk(tree["tree_structure"], nodes, len(_trees(nodes)), member * len(names) + organ)
    graph = _graph(nodes.table, len(features), len(boosters), len(names), centre, slope, intercept)
    model: ModelProto = helper.make_model(graph, opset_imports=[helper.make_opsetid(d, v) for d, v in OPSETS])
    model.ir_version = IR_VERSION
    model.producer_name = "icu-twin training"
    checker.check_model(model)
    return model.SerializeToString(deterministic=True)


def _trees(nodes: _Nodes) -> set[int]:
    return set(nodes.table.get("nodes_treeids", []))


def _organ(node: Mapping[str, Any], features: Sequence[Feature]) -> str | None:
    return features[node["split_feature"]].organ if "split_feature" in node else None


def _walk(node: Mapping[str, Any], nodes: _Nodes, tree: int, target: int) -> None:
    waiting, number = [(node, 0)], 1
    while waiting:
        here, name = waiting.pop()
        if "leaf_value" in here:
            _add_node(nodes, tree, name, "LEAF", 0, 0.0, 0, 0, 0)
            nodes.add(target_treeids=tree, target_nodeids=name, target_ids=target, target_weights=float(here["leaf_value"]))
            continue
        if here["decision_type"] != "<=":
            raise ValueError(f"a split that is not <=: {here['decision_type']}")
        # Without missing values in training LightGBM reads NaN as zero.
        unknown_left = here["default_left"] if here["missing_type"] == "NaN" else float(here["threshold"]) >= 0.0
        threshold = float32_below(float(here["threshold"]))
        _add_node(nodes, tree, name, "BRANCH_LEQ", here["split_feature"], threshold, number, number + 1, int(unknown_left))
        waiting += [(here["left_child"], number), (here["right_child"], number + 1)]
        number += 2


def _add_node(
    nodes: _Nodes, tree: int, name: int, mode: str, feature: int, threshold: float, yes: int, no: int, unknown: int
) -> None:
    nodes.add(
        nodes_treeids=tree, nodes_nodeids=name, nodes_modes=mode, nodes_featureids=feature, nodes_values=threshold,
        nodes_truenodeids=yes, nodes_falsenodeids=no, nodes_missing_value_tracks_true=unknown, nodes_hitrates=1.0,
    )  # fmt: skip


def _graph(
    table: Mapping[str, list[Any]],
    inputs: int,
    members: int,
    organ_count: int,
    centre: NDArray[np.float64],
    slope: float,
    intercept: float,
) -> Any:
    def constant(name: str, value: Any, kind: type = np.float32) -> Any:
        return numpy_helper.from_array(np.asarray(value, dtype=kind), name)

    node = helper.make_node
    steps = [
        node("TreeEnsembleRegressor", ["features"], ["leaves"], domain="ai.onnx.ml", n_targets=members * organ_count, **table),
        node("Reshape", ["leaves", "shape"], ["raw"]),
        node("ReduceMean", ["raw"], ["mean"], axes=[1], keepdims=0),
        node("Sub", ["mean", "centre"], ["centred"]),
        node("Mul", ["centred", "slope"], ["terms"]),
        node("Identity", ["constant"], ["intercept"]),
        node("ReduceSum", ["terms", "last"], ["sum"], keepdims=0),
        node("Add", ["sum", "constant"], ["logit"]),
        node("Sigmoid", ["logit"], ["probability"]),
        node("ReduceSum", ["raw", "last_of_three"], ["member_raw"], keepdims=0),
        node("Mul", ["member_raw", "slope"], ["member_scaled"]),
        node("Add", ["member_scaled", "platt"], ["member_logit"]),
        node("Sigmoid", ["member_logit"], ["members"]),
    ]
    constants = [
        constant("shape", [-1, members, organ_count], np.int64),
        constant("centre", centre),
        constant("slope", slope),
        constant("constant", intercept + slope * float(centre.sum())),
        constant("platt", intercept),
        constant("last", [1], np.int64),
        constant("last_of_three", [2], np.int64),
    ]
    value = helper.make_tensor_value_info
    real = TensorProto.FLOAT
    outputs = [
        value("probability", real, ["n"]),
        value("terms", real, ["n", organ_count]),
        value("intercept", real, []),
        value("members", real, ["n", members]),
    ]
    return helper.make_graph(steps, "organ_additive_risk", [value("features", real, ["n", inputs])], outputs, constants)
