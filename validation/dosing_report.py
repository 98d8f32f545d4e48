"""Forecasts of the next vancomycin level against what was measured, beside the simplest baselines, with patient-bootstrap
intervals.

`python -m validation.dosing_report CASES.jsonl [--reference FORECASTS.jsonl] [--out REPORT.md]`

A case line holds id, subject, class (clean, incomplete, dialysis), n_prior_levels, scenario and truth. Only the scenario
reaches the product. A reference line holds id, method, median (another program's forecast of the same case).
"""

import argparse
import json
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from rich.progress import track

from twin_engine.predict import predict
from twin_engine.scenario_json import answer, read
from validation.bootstrap import patient_bootstrap

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Row:
    """One scored case: the forecast (None = refused), its 90 % prediction interval, baselines, flags."""

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


def forecast(case: dict[str, Any]) -> Row:
    """Let the product forecast one case."""
    found = answer(predict(read(case["scenario"])))
    report = [r for r in found["forecasts"][0]["report"] if r["variable"] == case["truth"]["variable"]]
    levels = [m["value"] for m in case["scenario"]["measurements"] if m["variable"] == case["truth"]["variable"]]
    first = report[0] if report else {}
    blind = dict(case["scenario"])
    blind["measurements"] = [m for m in blind["measurements"] if m["variable"] != case["truth"]["variable"]]
    population = answer(predict(read(blind)))["forecasts"][0]["report"] if report and levels else report
    return Row(
        id=case["id"],
        patient=str(case["subject"]),
        kind=case["class"],
        n_prior=case["n_prior_levels"],
        truth=case["truth"]["value"],
        median=first.get("median"),
        low=first.get("predicted_low"),
        high=first.get("predicted_high"),
        last=levels[-1] if levels else None,
        population=population[0]["median"] if population else None,
        flagged=any(q["status"] == "incomplete_dose_history" for q in found["data_quality"]),
        refusal=None if report else "; ".join(g["reason"] for g in found["cannot_predict"]) or "no report",
    )


def _errors(truth: Array, point: Array) -> Array:
    return np.abs(np.log(np.maximum(point, 0.1) / truth))


def _said(found: tuple[float, float, float], digits: int = 1, unit: str = "") -> str:
    return f"{found[0]:.{digits}f}{unit} ({found[1]:.{digits}f} to {found[2]:.{digits}f})"


def _stratum(name: str, rows: Sequence[Row], reference: dict[str, float], constant: float) -> list[str]:
    """Table lines of one stratum: every method on the same cases."""
    rows = [r for r in rows if r.median is not None]
    if not rows:
        return [f"| {name} | no case | | | | | | |"]
    truth = np.array([r.truth for r in rows])
    patients = [r.patient for r in rows]
    methods: dict[str, Array] = {
        "icu-twin": np.array([r.median for r in rows], dtype=float),
        "constant population level": np.full(len(rows), constant),
    }
    if any(r.n_prior for r in rows):
        methods["population prediction (levels ignored)"] = np.array([r.population or np.nan for r in rows], dtype=float)
    if all(r.last is not None for r in rows):
        methods["last level again"] = np.array([r.last for r in rows], dtype=float)
    if all(r.id in reference for r in rows):
        methods["reference forecaster"] = np.array([reference[r.id] for r in rows])
    lines = []
    for method, point in methods.items():
        relative = 100.0 * (point - truth) / truth

        def over(statistic: Callable[[Array], float], values: Array) -> tuple[float, float, float]:
            return patient_bootstrap(lambda i: statistic(values[i]), patients)

        male = over(lambda v: 100.0 * float(np.mean(v)), _errors(truth, point))
        cells = [
            _said(male),
            _said(over(lambda v: float(np.median(v)), relative)),
            _said(over(lambda v: float(np.median(np.abs(v))), relative)),
            _said(over(lambda v: 100.0 * float(np.mean(np.abs(v) <= 30)), relative), 0),
            _said(over(lambda v: float(np.sqrt(np.mean(v**2))), point - truth)),
            _coverage(rows, truth, patients) if method == "icu-twin" else "",
        ]
        lines.append(f"| {name} | {method} | {len(rows)} / {len(set(patients))} | " + " | ".join(cells) + " |")
    return lines


def _coverage(rows: Sequence[Row], truth: Array, patients: Sequence[str]) -> str:
    low = np.array([r.low for r in rows], dtype=float)
    high = np.array([r.high for r in rows], dtype=float)
    inside = ((truth >= low) & (truth <= high)).astype(float)
    return _said(patient_bootstrap(lambda i: 100.0 * float(inside[i].mean()), patients), 0)


def render(rows: Sequence[Row], reference: dict[str, float], constant: float) -> str:
    """The report as Markdown."""
    clean = [r for r in rows if r.kind == "clean"]
    lines = [
        (
            "| stratum | method | cases / patients | mean abs. log error % | median error % | median abs. error % "
            "| within 30 % | RMSE mg/L | coverage of 90 % prediction interval |"
        ),
        "|---|---|---|---|---|---|---|---|---|",
        *_stratum("no level yet", [r for r in clean if r.n_prior == 0], reference, constant),
        *_stratum("one level or more", [r for r in clean if r.n_prior >= 1], reference, constant),
        *_stratum("two levels or more", [r for r in clean if r.n_prior >= 2], reference, constant),
    ]
    flags = []
    for kind in sorted({r.kind for r in rows}):
        own = [r for r in rows if r.kind == kind]
        said = sum(r.flagged or r.refusal is not None for r in own)
        flags.append(f"- {kind}: {said} of {len(own)} flagged as incomplete dose history or refused")
    refused = Counter(r.refusal for r in rows if r.refusal)
    return "\n".join(
        [
            "# Next vancomycin level on real intensive care charts",
            "",
            "Every forecast uses only what was charted one minute before the level. Brackets: 95 % interval over patients.",
            "",
            *lines,
            "",
            "## Dose history",
            "",
            *flags,
            "",
            "## Refusals",
            "",
            *(f"- {n} x {why}" for why, n in refused.most_common()),
            "",
        ]
    )


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("cases", type=Path)
    parser.add_argument("--reference", type=Path)
    parser.add_argument("--method", default="average/all", help="method of the reference file to print beside ours")
    parser.add_argument("--constant", type=float, default=15.4, help="mean level of the population, mg/L")
    parser.add_argument("--out", type=Path)
    chosen = parser.parse_args()
    cases = [json.loads(line) for line in chosen.cases.read_text().splitlines()]
    with ProcessPoolExecutor() as pool:
        rows = list(track(pool.map(forecast, cases), "forecasting", total=len(cases)))
    reference: dict[str, float] = {}
    if chosen.reference:
        for line in chosen.reference.read_text().splitlines():
            row = json.loads(line)
            if row["method"] == chosen.method:
                reference[row["id"]] = row["median"]
    text = render(rows, reference, chosen.constant)
    if chosen.out:
        chosen.out.parent.mkdir(parents=True, exist_ok=True)
        chosen.out.write_text(text)
    print(text)


if __name__ == "__main__":
    main()
