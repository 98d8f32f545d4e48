"""A ventilated adult as a scenario, to be changed by each test."""

from typing import Any

from tests.adult import adult, row
from twin_engine.patient.record import DataQuality
from twin_engine.predict import predict
from twin_engine.prediction import Forecast, Prediction
from twin_engine.scenario_json.reading import read


def ventilated(**changes: Any) -> dict[str, Any]:
    """Volume control, FiO2 0.5, PEEP 10, VT 420, rate 20; a gas, a plateau and a peak of an hour ago."""
    gas = {"specimen": "arterial"}
    chart: dict[str, Any] = {
        "horizon_h": 4,
        "measurements": [
            row("height", 175, "cm"),
            row("hemoglobin", 9.5, "g/dL"),
            row("spo2", 94, "%"),
            row("pao2", 72, "mm[Hg]", **gas),
            row("paco2", 44, "mm[Hg]", **gas),
            row("ph", 7.34, "1", **gas),
            row("plateau_pressure", 24, "cm[H2O]"),
            row("peak_pressure", 31, "cm[H2O]"),
            row("mean_airway_pressure", 14, "cm[H2O]"),
            row("respiratory_rate", 20, "/min"),
        ],
        "settings": [
            {"variable": "ventilator_mode", "category": "vc_cmv", "time": "2026-03-02T09:00:00Z"},
            row("fio2", 0.5, "1", "2026-03-02T09:00:00Z"),
            row("peep", 10, "cm[H2O]", "2026-03-02T09:00:00Z"),
            row("tidal_volume_set", 420, "mL", "2026-03-02T09:00:00Z"),
            row("respiratory_rate_set", 20, "/min", "2026-03-02T09:00:00Z"),
        ],
    }
    return adult(**{**chart, **changes})


def ordering(**settings: tuple[float, str]) -> dict[str, Any]:
    """An order of these settings."""
    return {"settings": {name: {"value": value, "unit": unit} for name, (value, unit) in settings.items()}}


def without(document: dict[str, Any], *variables: str) -> dict[str, Any]:
    """The scenario without these variables."""
    kept = {k: [r for r in document[k] if r["variable"] not in variables] for k in ("measurements", "settings")}
    return {**document, **kept}


def predicted(document: dict[str, Any]) -> Prediction:
    return predict(read(document))


def drafted(prediction: Prediction) -> Forecast:
    found = prediction.forecast("as ordered")
    assert found is not None
    return found


def middle(forecast: Forecast, variable: str, hour: float = 1.0) -> float:
    return forecast.variables[variable].p50[round(hour * 4)]


def reasons(prediction: Prediction) -> str:
    return " | ".join(gap.reason for gap in prediction.cannot_predict)


def remarks(prediction: Prediction, variable: str) -> tuple[DataQuality, ...]:
    return tuple(r for r in prediction.data_quality if r.variable == variable)
