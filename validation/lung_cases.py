"""Oxygen, carbon dioxide and airway pressures charted after a change of the ventilator: the cases, and what the product and
the simplest rules read of each.

A case (one JSON object a line of TASK.jsonl.gz) holds case_id, dataset, patient, truth (value, time), strata (the settings
before and after), and a scenario: what was charted up to `at` and, under the order "as given", what was then set.
"""

import gzip
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from twin_engine.scenario import NO_CHANGE, Scenario
from twin_engine.scenario_json import read

Json = dict[str, Any]
Array = NDArray[np.float64]
GIVEN = "as given"
FOLDS = 5
NAMES = {"haemoglobin": "hemoglobin", "tidal_volume_observed": "tidal_volume", "respiratory_rate_total": "respiratory_rate"}
ARTERIAL = frozenset({"pao2", "paco2", "ph"})
LEAST_PEEP, LEAST_VOLUME = 2.0, 30.0


@dataclass(frozen=True, slots=True)
class Task:
    """One kind of case. `log`: errors of rules and their intervals are taken on the logarithm. `step`: what was changed, its
    sign is the direction. `rules`: forecasts from the last value, the mean of 4 h and the strata. `features`: columns of the
    fitted rule. `words`: what the directions are called. `kinds`: kinds of step that are reported apart, which may overlap."""

    name: str
    title: str
    variable: str
    unit: str
    log: bool
    step: Callable[[Json], float]
    rules: Callable[[float, float, Json], dict[str, float]]
    features: Callable[[float, float, Json], tuple[float, ...]]
    words: str
    kinds: Mapping[str, Callable[[Json], bool]] = field(default_factory=dict[str, Callable[[Json], bool]])


def _fio2(s: Json) -> float:
    return float(np.log(s["fio2_2"] / s["fio2_1"]))


def _ventilation(s: Json) -> float:
    return float(np.log(s["ve_ratio"]))


def _peep(s: Json) -> float:
    return float(s["peep_2"] - s["peep_1"])


def _pressure(s: Json) -> float:
    return _peep(s) if abs(_peep(s)) >= LEAST_PEEP else float(s["vt_2"] - s["vt_1"])


def _compliance(last: float, _: float, s: Json) -> dict[str, float]:
    above = max(last - s["peep_1"], 1.0)
    return {"last + change of PEEP": last + _peep(s), "constant compliance": s["peep_2"] + above * s["vt_2"] / s["vt_1"]}


def _pressure_features(last: float, _: float, s: Json) -> tuple[float, ...]:
    return 1.0, last, _peep(s), (last - s["peep_1"]) * (s["vt_2"] / s["vt_1"] - 1.0)


VOLUME_STEP = "step of volume"
PRESSURE_STEPS: Mapping[str, Callable[[Json], bool]] = {
    "step of PEEP": lambda s: abs(_peep(s)) >= LEAST_PEEP,
    VOLUME_STEP: lambda s: abs(s["vt_2"] - s["vt_1"]) >= LEAST_VOLUME,
}

TASKS = (
    Task("pao2_after_fio2", "PaO2 after FiO2", "pao2", "mmHg", True, _fio2,
         lambda last, _, s: {"constant PaO2/FiO2": last * float(np.exp(_fio2(s)))},
         lambda last, _, s: (1.0, float(np.log(last)), _fio2(s)), "FiO2 up / down"),
    Task("spo2_after_fio2", "SpO2 after FiO2", "spo2", "%", False, _fio2,
         lambda _last, mean, _s: {"mean of 4 h": mean},
         lambda last, mean, s: (1.0, last, mean, s["fio2_2"] - s["fio2_1"]), "FiO2 up / down"),
    Task("paco2_after_ve", "PaCO2 after set ventilation", "paco2", "mmHg", True, _ventilation,
         lambda last, _, s: {"hyperbola": last / s["ve_ratio"]},
         lambda last, _, s: (1.0, float(np.log(last)), _ventilation(s)), "ventilation up / down"),
    Task("plateau_pressure_after_change", "plateau after PEEP or volume", "plateau_pressure", "cmH2O", False, _pressure,
         _compliance, _pressure_features, "PEEP or volume up / down", PRESSURE_STEPS),
    Task("peak_pressure_after_change", "peak after PEEP or volume", "peak_pressure", "cmH2O", False, _pressure,
         _compliance, _pressure_features, "PEEP or volume up / down", PRESSURE_STEPS),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class LungCase:
    """One case: scenario with the order that was really given, the hour of the truth and the truth, the newest value before,
    forecasts of rules, the columns of the fitted rule, whether the setting was raised, and the kinds of its step."""

    id: str
    dataset: str
    patient: str
    fold: int
    scenario: Scenario
    hour: float
    truth: float
    last: float
    rules: dict[str, float]
    features: tuple[float, ...]
    up: bool
    kinds: frozenset[str]

    @property
    def label(self) -> str:
        """The option that was given."""
        return GIVEN if self.scenario.orders else NO_CHANGE


def read_lung_cases(folder: Path, task: Task) -> list[LungCase]:
    """Every case of a task."""
    raw = gzip.decompress((folder / f"{task.name}.jsonl.gz").read_bytes())
    return [_case(json.loads(line), task) for line in raw.decode().splitlines()]


def table_of(cases: Sequence[LungCase]) -> Array:
    """The columns of the fitted rule, (cases, columns)."""
    return np.array([c.features for c in cases])


def _case(row: Json, task: Task) -> LungCase:
    at, then = _instant(row["scenario"]["at"]), _instant(row["truth"]["time"])
    rows = [m for m in row["scenario"]["measurements"] if m["variable"] == task.variable]
    own = [((_instant(m["time"]) - at).total_seconds() / 3600.0, float(m["value"])) for m in rows]
    strata = row["strata"]
    last = own[-1][1] if own else float(strata["p_1"])
    recent = [v for t, v in own if t > -4.0]
    mean = float(np.mean(recent)) if recent else last
    return LungCase(
        id=row["case_id"],
        dataset=row["dataset"],
        patient=row["dataset"] + row["patient"],
        fold=int.from_bytes(row["patient"].encode(), "big") % 9973 % FOLDS,
        scenario=read(scenario_of(row)),
        hour=(then - at).total_seconds() / 3600.0,
        truth=float(row["truth"]["value"]),
        last=last,
        rules=task.rules(last, mean, strata),
        features=task.features(last, mean, strata),
        up=task.step(strata) > 0.0,
        kinds=frozenset(name for name, of in task.kinds.items() if of(strata)),
    )


def scenario_of(row: Json) -> Json:
    """The case as a scenario document."""
    case = row["scenario"]
    given = [s for o in case["orders"] if o["label"] == GIVEN for s in o.get("settings", [])]
    orders: list[Json] = []
    if given:
        settings = {s["variable"]: {"value": s["value"], "unit": s["unit"]} for s in given}
        orders.append({"label": GIVEN, "start": max(s["time"] for s in given), "settings": settings})
    return {
        "at": case["at"],
        "seed": 1,
        "horizon_h": case["horizon_h"] + 0.1,
        "patient": {k: case["patient"][k] for k in ("birth_date", "sex") if k in case["patient"]},
        "measurements": [*_weight(case), *(_measured(m) for m in case["measurements"])],
        "settings": [dict(s) for s in case["settings"]],
        "orders": orders,
        "alternatives": "none",
        "report_times": [row["truth"]["time"]],
    }


def _weight(case: Json) -> list[Json]:
    kg = case["patient"].get("weight_kg")
    return [] if kg is None else [{"variable": "weight", "value": kg, "unit": "kg", "time": case["at"]}]


def _measured(m: Json) -> Json:
    own = {"variable": NAMES.get(m["variable"], m["variable"]), "value": m["value"], "unit": m["unit"], "time": m["time"]}
    return own | ({"specimen": "arterial"} if m["variable"] in ARTERIAL else {})


def _instant(text: str) -> datetime:
    return datetime.fromisoformat(text)
