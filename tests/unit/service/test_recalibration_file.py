"""A site's own calibration of the risk models: used where it fits, left out with the reason, refused where not understood."""

import json
from pathlib import Path
from typing import Any

import pytest

from service.recalibration_file import RecalibrationFileError, read, used
from service.risks import seen
from service.settings import UnsafeConfiguration, checked
from tests.calls import settings
from tests.unit.risk.charts import AT, chart
from twin_engine.risk.forecast import RiskForecast
from twin_engine.risk.load import shipped

MODELS = shipped()
SIDE_CAR: dict[str, Any] = {
    "event": "hypotension",
    "onnx_sha256": MODELS.ready["hypotension"].digest,
    "slope": 1.1,
    "intercept": 0.4,
    "stays": 600,
    "events": 80,
    "window": "2026-01-01/2026-03-31",
    "date": "2026-04-02",
}


def written(tmp_path: Path, *side_cars: dict[str, Any]) -> Path:
    path = tmp_path / "recalibration.json"
    path.write_text(json.dumps(side_cars), encoding="utf-8")
    return path


def test_a_recalibrated_risk_is_this_patients(tmp_path: Path) -> None:
    models, left_out = used(MODELS, settings(recalibration_file=written(tmp_path, SIDE_CAR)).recalibrations())
    assert not left_out
    local = {
        view.found.event: view.found.local_probability
        for view in seen(models, chart(), AT)
        if isinstance(view.found, RiskForecast)
    }
    assert local["hypotension"] is not None
    assert local["sepsis"] is None


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({"onnx_sha256": "0" * 64}, "another model file"),
        ({"stays": 499}, "needs 500 stays"),
        ({"events": 49}, "50 of them"),
        ({"slope": -1.0}, "slope"),
        ({"event": "death"}, "no risk model"),
    ],
    ids=["file", "stays", "events", "slope", "event"],
)
def test_one_that_does_not_fit_is_left_out_with_the_reason(tmp_path: Path, changed: dict[str, Any], why: str) -> None:
    models, left_out = used(MODELS, read(written(tmp_path, {**SIDE_CAR, **changed})))
    assert not models.local
    (reason,) = left_out.values()
    assert why in reason


@pytest.mark.parametrize(
    "changed",
    [{"slope": "steep"}, {"slope": float("nan")}, {"onnx_sha256": "abc"}, {"stays": 1.5}, {"more": 1}],
    ids=["text", "not a number", "no hash", "half a stay", "unknown member"],
)
def test_what_is_not_understood_stops_the_start(tmp_path: Path, changed: dict[str, Any]) -> None:
    path = written(tmp_path, {**SIDE_CAR, **changed})
    with pytest.raises(RecalibrationFileError):
        read(path)
    with pytest.raises(UnsafeConfiguration):
        checked(settings(recalibration_file=path))


def test_an_event_is_stated_once_and_the_file_is_there(tmp_path: Path) -> None:
    with pytest.raises(RecalibrationFileError, match="twice"):
        read(written(tmp_path, SIDE_CAR, SIDE_CAR))
    with pytest.raises(RecalibrationFileError, match="cannot be read"):
        read(tmp_path / "nowhere.json")
