"""Next-level cases: what the product says of each, the simple predictors beside it, and another program's forecasts.

A case holds id, subject, class (clean, incomplete, dialysis), n_prior_levels, scenario and truth. Only the scenario reaches
the product. A reference row holds id, method (`average/all`, `colin/prior`, ...), median, map (the posterior mode) and where
the method has one the 90 % prediction interval.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from twin_engine.predict import predict
from twin_engine.registry import models_of
from twin_engine.scenario_json import answer, read

Case = dict[str, Any]
DRUG = "vancomycin"


@dataclass(frozen=True, slots=True)
class Row:
    """One scored case: the forecast (None = refused), its 90 % prediction interval, baselines, flags, and of each model
    alone the posterior mode without and with the levels (None = refused)."""

    id: str
    patient: str
    kind: str
    n_prior: int
    truth: float
    median: float | None
    low: float | None
    high: float | None
    last: float | None
    population: float | None
    flagged: bool
    refusal: str | None
    alone: Mapping[str, tuple[float | None, float | None]]


@dataclass(frozen=True, slots=True)
class Said:
    """One forecast of the reference program."""

    median: float
    mode: float
    low: float | None
    high: float | None


def read_cases(path: Path) -> list[Case]:
    """Every case of a file."""
    return [json.loads(line) for line in path.read_text().splitlines()]


def read_reference(path: Path | None) -> dict[tuple[str, str], Said]:
    """The reference program's forecasts by (case, method)."""
    if path is None:
        return {}
    found: dict[tuple[str, str], Said] = {}
    for row in map(json.loads, path.read_text().splitlines()):
        interval = row.get("predicted_low"), row.get("predicted_high")
        found[row["id"], row["method"]] = Said(row["median"], row.get("map", row["median"]), *interval)
    return found


def score(case: Case) -> Row:
    """Let the product forecast one case."""
    scenario = case["scenario"]
    found = answer(predict(read(scenario)))
    report = _report(found)
    levels = [m["value"] for m in scenario["measurements"] if m["variable"] == DRUG]
    blind = {**scenario, "measurements": [m for m in scenario["measurements"] if m["variable"] != DRUG]}
    population = _report(answer(predict(read(blind)))) if report and levels else report
    return Row(
        id=case["id"],
        patient=str(case["subject"]),
        kind=case["class"],
        n_prior=case["n_prior_levels"],
        truth=case["truth"]["value"],
        median=report.get("median"),
        low=report.get("predicted_low"),
        high=report.get("predicted_high"),
        last=levels[-1] if levels else None,
        population=population.get("median"),
        flagged=any(q["status"] == "incomplete_dose_history" for q in found["data_quality"]),
        refusal=None if report else _why(found),
        alone=_alone(scenario, blind) if case["class"] == "clean" else {},
    )


def _why(found: dict[str, Any]) -> str:
    """Why nothing is said of the drug, each reason once. Where it was not ordered, given or measured lately no drug model is
    asked, and at most other families answer."""
    about = {DRUG, *(m.id for m in models_of(DRUG))}
    gaps = [g["reason"] for g in found["cannot_predict"] if g["variable"] in about or DRUG in g["reason"]]
    if gaps:
        return "; ".join(dict.fromkeys(_spoken(reason) for reason in gaps))
    others = sorted({r["variable"] for r in found["forecasts"][0]["report"]})
    beside = f"only {' and '.join(others)} are forecast" if others else "nothing is forecast"
    return f"no {DRUG} was ordered, given or measured in the week before: {beside}"


def _spoken(reason: str) -> str:
    """A reason without the name of the model that gives it."""
    model, separator, words = reason.partition(": ")
    return words if separator and model.startswith(DRUG) else reason


def _alone(scenario: Case, blind: Case) -> dict[str, tuple[float | None, float | None]]:
    """Of each model, the mode that it gives when named alone, without and with the levels."""

    def mode(chart: Case, model: str) -> float | None:
        return _report(answer(predict(read({**chart, "models": [model]})))).get("mode")

    return {m.id: (mode(blind, m.id), mode(scenario, m.id)) for m in models_of(DRUG)}


def _report(found: dict[str, Any]) -> dict[str, float]:
    entries = [r for r in found["forecasts"][0]["report"] if r["variable"] == DRUG]
    return entries[0] if entries else {}
