"""Twins as bytes: the same answer to the last digit, and nothing but values of the core comes back."""

import json
from dataclasses import replace

import msgspec
import numpy as np
import pytest

from service.frozen import CannotFreeze, NotOurs, freeze, thaw
from tests.checkout import ROOT
from twin_engine import scenario_json
from twin_engine.predict import predict

SECRET = "of the tests"
SCENARIOS = sorted((ROOT / "tests" / "golden" / "scenarios").glob("*.json"))


@pytest.mark.parametrize("path", SCENARIOS[::3], ids=lambda p: p.stem)
def test_a_thawed_twin_predicts_the_same(path) -> None:
    scenario = scenario_json.read(json.loads(path.read_text()))
    kept = {}

    def keep(name, make):
        return kept.setdefault(name, make()) if name not in kept else kept[name]

    expected = predict(scenario, keep=keep)
    thawed = {name: thaw(freeze(value, SECRET), SECRET) for name, value in kept.items()}
    assert thawed
    found = predict(scenario, keep=lambda name, _: thawed[name])
    assert scenario_json.answer(found) == scenario_json.answer(expected)


@pytest.mark.parametrize(
    "value",
    [
        np.arange(6.0).reshape(2, 3),
        np.arange(6.0).reshape(2, 3).T,
        np.array([True, False]),
        np.arange(3),
        np.zeros((0, 4)),
        np.array(2.0),
    ],
    ids=["rows", "columns", "flags", "counts", "empty", "number"],
)
def test_arrays_keep_values_kind_shape_and_order(value: np.ndarray) -> None:
    found = thaw(freeze((value, None, {"a": [1.5, "x"]}), SECRET), SECRET)
    assert np.array_equal(found[0], value)
    assert (found[0].dtype, found[0].shape) == (value.dtype, value.shape)
    assert found[0].flags.f_contiguous == value.flags.f_contiguous
    assert found[0].flags.writeable
    assert found[1:] == (None, {"a": [1.5, "x"]})


@pytest.mark.parametrize(
    "value",
    [print, lambda: 1, {"f": json.loads}, object(), np.array([object()])],
    ids=lambda value: type(value).__name__,
)
def test_what_is_not_plain_data_is_not_written(value: object) -> None:
    with pytest.raises(CannotFreeze):
        freeze(value, SECRET)


def test_bytes_of_others_are_not_read() -> None:
    written = freeze((1, 2), SECRET)
    for wrong in (b"", written[:-1], written[:32], b"\0" * 32 + written[32:], freeze((1, 2), "another")):
        with pytest.raises(NotOurs):
            thaw(wrong, SECRET)


@pytest.mark.parametrize(
    "node",
    [
        ["value", "os", "system"],
        ["value", "twin_engine.twin", "refresh"],
        ["value", "twin_engine.twin", "Twin", ["drug", "x"]],
        ["value", "twin_engine.nowhere", "X"],
        ["model", "aspirin", "x"],
        ["unheard of", 1],
        [],
    ],
)
def test_only_values_of_the_core_are_made(node: object) -> None:
    from service.frozen import _mac

    body = msgspec.msgpack.encode(node)
    with pytest.raises(NotOurs):
        thaw(_mac(SECRET, body) + body, SECRET)


def test_a_gap_is_kept_too() -> None:
    path = next(p for p in SCENARIOS if p.stem == "no_weight")
    scenario = replace(scenario_json.read(json.loads(path.read_text())), draws=64)
    kept = {}

    def keep(name, make):
        kept[name] = make()
        return kept[name]

    predict(scenario, keep=keep)
    assert {name: thaw(freeze(value, SECRET), SECRET) for name, value in kept.items()} == kept
