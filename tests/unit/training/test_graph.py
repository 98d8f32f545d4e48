"""The exported graph gives what LightGBM gives, organ by organ, with values missing."""

from dataclasses import replace

import numpy as np
import pytest

lightgbm = pytest.importorskip("lightgbm", reason="the training extra is not installed")
pytest.importorskip("onnx", reason="the training extra is not installed")

from training.boost import Shape  # noqa: E402
from training.fitting import Fitted, Sample, fit_members, golden, native_probability, run  # noqa: E402
from training.onnx_graph import float32_below  # noqa: E402
from training.parity import GraphDiffers, parity  # noqa: E402
from twin_engine.risk.features import Feature  # noqa: E402

ROWS = 20_000
FEATURES = (
    Feature("map", "newest", 6, "circulation", -1), Feature("map", "lowest", 6, "circulation", -1),
    Feature("heart_rate", "newest", 6, "circulation"), Feature("spo2", "newest", 6, "lungs"),
    Feature("lactate", "newest", 72, "acid_base", 1), Feature("age", "context", 0, "context"),
)  # fmt: skip
SHAPE = Shape(trees=20, leaves=8, learning_rate=0.2, least_rows=50)


def rows(seed: int) -> tuple[np.ndarray, np.ndarray]:
    generator = np.random.default_rng(seed)
    x = generator.normal([75, 70, 90, 95, 2, 60], [10, 10, 15, 3, 1, 15], (ROWS, 6)).astype(np.float32)
    x[generator.random(x.shape) < 0.3] = np.nan
    x[:, 5] = np.nan_to_num(x[:, 5], nan=60.0)  # a feature that is never missing takes the other branch of the export
    logit = -2.0 - 0.08 * np.nan_to_num(x[:, 0] - 75.0) + 0.5 * np.nan_to_num(x[:, 4] - 2.0)
    return x, (generator.random(ROWS) < 1.0 / (1.0 + np.exp(-logit))).astype(float)


@pytest.fixture(scope="module")
def fitted() -> Fitted:
    x, y = rows(1)
    stay = np.repeat(np.arange(ROWS // 20), 20).astype(str).astype(object)
    return fit_members(Sample(x, y, stay, np.arange(ROWS)), FEATURES, SHAPE, 7, 1, lambda: None)


def test_the_graph_and_the_trees_agree_on_twenty_thousand_rows(fitted: Fitted) -> None:
    x, _ = rows(2)
    difference = np.abs(run(fitted.graph, x, "probability").ravel() - native_probability(fitted, x, 1))
    assert difference.max() <= 1e-6


def test_organ_terms_and_intercept_sum_to_the_logit(fitted: Fitted) -> None:
    x, _ = rows(3)
    probability = run(fitted.graph, x[:2000], "probability").ravel()
    terms = run(fitted.graph, x[:2000], "terms")
    logit = np.log(probability / (1.0 - probability))
    intercept = logit - terms.sum(axis=1)
    assert np.ptp(intercept) < 1e-4
    members = run(fitted.graph, x[:2000], "members")
    assert members.shape == (2000, 6)
    assert np.all((members.min(axis=1) <= probability + 1e-6) & (probability <= members.max(axis=1) + 1e-6))


def test_an_organ_term_moves_with_its_own_inputs_only(fitted: Fitted) -> None:
    x, _ = rows(4)
    moved = x[:500].copy()
    moved[:, 4] += 3.0
    before, after = run(fitted.graph, x[:500], "terms"), run(fitted.graph, moved, "terms")
    assert np.array_equal(before[:, [0, 1, 3]], after[:, [0, 1, 3]])
    assert not np.array_equal(before[:, 2], after[:, 2])


def test_the_risk_never_rises_with_pressure(fitted: Fitted) -> None:
    x, _ = rows(5)
    x = x[~np.isnan(x[:, 0])][:1000]
    higher = x.copy()
    higher[:, 0] += 7.0
    assert np.all(run(fitted.graph, higher, "probability") <= run(fitted.graph, x, "probability") + 1e-9)


def test_golden_rows_hold_nobodys_values(fitted: Fitted) -> None:
    x, _ = rows(1)
    stored = golden(fitted, x, 1, 1)["features"]
    whole = {tuple(None if np.isnan(v) else float(v) for v in row) for row in x}
    assert not any(tuple(row) in whole for row in stored)


@pytest.mark.parametrize("threshold", [65.0, 65.1, -0.3, 1e308, 1.0000000001])
def test_a_rounded_threshold_keeps_every_comparison(threshold: float) -> None:
    below = np.float32(float32_below(threshold))
    assert float(below) <= threshold
    if abs(threshold) < 1e30:
        assert float(np.nextafter(below, np.float32(np.inf))) > threshold


def test_real_rows_are_compared_before_a_graph_is_written(fitted: Fitted) -> None:
    x, _ = rows(5)
    found = parity(fitted, x, 1)
    assert found["rows"] == ROWS
    assert 0.0 < found["probability"] <= 1e-6
    assert found["terms"] <= 1e-6


def test_a_graph_that_answers_otherwise_is_not_written(fitted: Fitted) -> None:
    x, _ = rows(5)
    with pytest.raises(GraphDiffers):
        parity(replace(fitted, intercept=fitted.intercept + 1e-4), x, 1)
    with pytest.raises(GraphDiffers):
        parity(fitted, x[:-1], 1)
