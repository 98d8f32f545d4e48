"""Pressures charted 10 to 60 minutes after a change of a pressor: the cases, and what the product reads of each.

A case (one JSON object a line, plain or gzipped) holds case_id, dataset, patient, truth (value, time), strata (direction,
drug, source, ne_eq_before, ne_eq_after, sedative_changed, fluid_ml), and a scenario: what was charted up to `at` and, under
the order "as given", what was infused from then until the truth.
"""

import gzip
import json
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np

from twin_engine.scenario import NO_CHANGE, Scenario
from twin_engine.scenario_json import read

Json = dict[str, Any]
GIVEN = "as given"
UNITS = {
    "mL/hour": "mL/h", "units/hour": "U/h", "units/min": "U/min", "mcg/kg/min": "ug/kg/min", "mcg/kg/hour": "ug/kg/h",
    "mcg/hour": "ug/h", "mg/hour": "mg/h", "mcg": "ug", "units": "U", "ml": "mL", "mEq": "meq", "grams": "g",
}  # fmt: skip
SITES = {"arterial": "arterial", "arterial2": "arterial", "cuff": "noninvasive"}
FOLDS = 5


@dataclass(frozen=True, slots=True)
class PressureCase:
    """One case: scenario with the order that was really given, the hour of the truth and the truth (mmHg), its strata, and
    the last value and the mean of 6 h of the same instrument."""

    id: str
    dataset: str
    patient: str
    fold: int
    scenario: Scenario
    hour: float
    truth: float
    strata: Json
    last: float
    mean_6h: float

    @property
    def label(self) -> str:
        """The option that was given: "no change" where nothing was running any more."""
        return GIVEN if self.scenario.orders else NO_CHANGE


def read_pressure_cases(path: Path) -> list[PressureCase]:
    """Every case of a file."""
    raw = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    return [_case(json.loads(line)) for line in raw.decode().splitlines()]


def _case(row: Json) -> PressureCase:
    at, then = _instant(row["scenario"]["at"]), _instant(row["truth"]["time"])
    source = row["strata"]["source"]
    own = [
        ((_instant(m["time"]) - at).total_seconds() / 3600.0, m["value"])
        for m in row["scenario"]["measurements"]
        if m["variable"] == "map" and m.get("source") == source
    ]
    return PressureCase(
        id=row["case_id"],
        dataset=row["dataset"],
        patient=row["dataset"] + row["patient"],
        fold=int.from_bytes(row["patient"].encode(), "big") % 9973 % FOLDS,
        scenario=read(scenario_of(row)),
        hour=(then - at).total_seconds() / 3600.0,
        truth=row["truth"]["value"],
        strata=row["strata"],
        last=own[-1][1],
        mean_6h=float(np.mean([v for t, v in own if t > -6.0])),
    )


def scenario_of(row: Json) -> Json:
    """The case as a scenario document."""
    case = row["scenario"]
    weight = case["patient"].get("weight_kg")
    measured = [_measured(m) for m in case["measurements"]]
    if weight and not any(m["variable"] == "weight" for m in measured):
        measured.insert(0, {"variable": "weight", "value": weight, "unit": "kg", "time": case["at"]})
    given = [_given(a) | _named(a, "rate", "amount", "start", "end") for a in case["administrations"]]
    parts: list[Json] = [p for o in case["orders"] if o["label"] == GIVEN for p in o["parts"]]
    orders = [_ordered(p) for p in parts]
    changed = {p["drug"] for p in parts}
    running = {a["drug"] for a in case["administrations"] if a.get("end") is None}
    if orders:
        orders += [{"label": GIVEN, "drug": d, "stop": True, "start": case["at"]} for d in sorted(running - changed)]
    return {
        "at": case["at"],
        "seed": 1,
        "horizon_h": 1.0,
        "patient": _named(case["patient"], "birth_date", "sex"),
        "measurements": measured,
        "administrations": given,
        "orders": orders,
        "alternatives": "none",
        "report_times": [row["truth"]["time"]],
    }


def _measured(m: Json) -> Json:
    site = SITES.get(m.get("source", ""))
    return _named(m, "variable", "value", "unit", "time") | ({} if site is None else {"site": site, "source": "device"})


def _given(row: Json) -> Json:
    contents = {} if row.get("na_mmol_per_l") is None else {"sodium_mmol_per_l": row["na_mmol_per_l"]}
    return {"drug": row["drug"], "unit": UNITS.get(row["unit"], row["unit"]), **contents}


def _ordered(part: Json) -> Json:
    order = {"label": GIVEN, **_given(part), "start": part["start"]}
    if part.get("rate") is not None:
        return order | {"rate": part["rate"]} | ({"until": part["end"]} if part.get("end") else {})
    length = (_instant(part["end"]) - _instant(part["start"])).total_seconds() / 3600.0 if part.get("end") else 0.0
    return order | {"amount": part["amount"], "infusion_h": round(length, 4)}


def _named(row: Json, *names: str) -> Json:
    return {name: row[name] for name in names if row.get(name) is not None}


def _instant(text: str) -> datetime:
    return datetime.fromisoformat(text)
