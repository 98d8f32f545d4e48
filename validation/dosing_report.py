"""Forecasts of the next vancomycin level against what was measured, beside the simplest baselines, with patient-bootstrap
intervals, and the goals they are held against.

`python -m validation.dosing_report CASES.jsonl [--reference FORECASTS.jsonl] [--out REPORT.md]`

What stands below the line `MARK` of the report was written by hand and is kept.
"""

import argparse
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import numpy as np
from rich.progress import track

from validation.bootstrap import patient_bootstrap
from validation.dosing_cases import Row, read_cases, read_reference, score
from validation.dosing_gates import Array, Gate, Reference, column, gates, interval_scores, log_errors, said

MARK = "<!-- what follows is written by hand -->"
HEAD = (
    "stratum",
    "method",
    "cases / patients",
    "mean abs. log error %",
    "median error %",
    "median abs. error %",
    "within 30 %",
    "RMSE mg/L",
    "coverage of 90 % prediction interval",
    "interval score mg/L",
)


def _text(found: tuple[float, float, float], digits: int = 1) -> str:
    return f"{found[0]:.{digits}f} ({found[1]:.{digits}f} to {found[2]:.{digits}f})"


def _stratum(name: str, rows: Sequence[Row], reference: Reference, constant: float) -> list[str]:
    """Table lines of one stratum: every method on the same cases."""
    rows = [r for r in rows if r.median is not None]
    if not rows:
        return [f"| {name} | no case |" + " |" * (len(HEAD) - 2)]
    methods: dict[str, tuple[Array, Array | None, Array | None]] = {
        "icu-twin": (column(rows, lambda r: r.median), column(rows, lambda r: r.low), column(rows, lambda r: r.high)),
        "constant population level": (np.full(len(rows), constant), None, None),
    }
    if any(r.n_prior for r in rows):
        methods["population prediction (levels ignored)"] = (column(rows, lambda r: r.population), None, None)
    if all(r.last is not None for r in rows):
        methods["last level again"] = (column(rows, lambda r: r.last), None, None)
    if other := said(reference, rows, "average/{}"):
        ends = [np.array([getattr(s, end) for s in other], dtype=float) for end in ("median", "low", "high")]
        methods["reference forecaster"] = (ends[0], ends[1], ends[2])
    cases = f"{len(rows)} / {len({r.patient for r in rows})}"
    return [f"| {name} | {method} | {cases} | " + _cells(rows, *values) + " |" for method, values in methods.items()]


def _cells(rows: Sequence[Row], point: Array, low: Array | None, high: Array | None) -> str:
    truth, patients = column(rows, lambda r: r.truth), [r.patient for r in rows]
    relative = 100.0 * (point - truth) / truth

    def over(statistic: Callable[[Array], float], values: Array, digits: int = 1) -> str:
        return _text(patient_bootstrap(lambda i: statistic(values[i]), patients), digits)

    cells = [
        over(lambda v: 100.0 * float(np.mean(v)), log_errors(truth, point)),
        over(lambda v: float(np.median(v)), relative),
        over(lambda v: float(np.median(np.abs(v))), relative),
        over(lambda v: 100.0 * float(np.mean(np.abs(v) <= 30)), relative, 0),
        over(lambda v: float(np.sqrt(np.mean(v**2))), point - truth),
    ]
    if low is None or high is None:
        return " | ".join([*cells, "", ""])
    inside = ((truth >= low) & (truth <= high)).astype(float)
    cells.append(over(lambda v: 100.0 * float(v.mean()), inside, 0))
    cells.append(over(lambda v: float(v.mean()), interval_scores(truth, low, high)))
    return " | ".join(cells)


def render(rows: Sequence[Row], reference: Reference, constant: float) -> str:
    """The report as Markdown, up to `MARK`."""
    clean = [r for r in rows if r.kind == "clean"]
    strata = {"no level yet": (0, 0), "one level or more": (1, 99), "two levels or more": (2, 99)}
    table = [
        line
        for name, (least, most) in strata.items()
        for line in _stratum(name, [r for r in clean if least <= r.n_prior <= most], reference, constant)
    ]
    refused = Counter(r.refusal for r in rows if r.refusal)
    return "\n".join(
        [
            "# Next vancomycin level on real intensive care charts",
            "",
            "Every forecast uses only what was charted one minute before the level. Brackets: 95 % interval over patients.",
            "Written by `python -m validation.dosing_report`.",
            "",
            "| " + " | ".join(HEAD) + " |",
            "|" + "---|" * len(HEAD),
            *table,
            "",
            "## Goals",
            "",
            "Set before any forecast was made, by name as in the evaluation plan. A1-A5: complete dose histories without",
            "dialysis. C1: the same model in another program.",
            "",
            "| goal | bound | found | |",
            "|---|---|---|---|",
            *(_goal(g) for g in gates(rows, reference, constant)),
            "",
            "## Refusals",
            "",
            *(f"- {n} x {why}" for why, n in refused.most_common()),
            "",
        ]
    )


def _goal(gate: Gate) -> str:
    return f"| {gate.name} | {gate.goal} | {gate.found} | {'met' if gate.met else '**missed**'} |"


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("cases", type=Path)
    parser.add_argument("--reference", type=Path)
    parser.add_argument("--constant", type=float, default=15.4, help="mean level of the population, mg/L")
    parser.add_argument("--out", type=Path)
    chosen = parser.parse_args()
    cases = read_cases(chosen.cases)
    with ProcessPoolExecutor() as pool:
        rows = list(track(pool.map(score, cases), "forecasting", total=len(cases)))
    text = render(rows, read_reference(chosen.reference), chosen.constant)
    if chosen.out:
        chosen.out.parent.mkdir(parents=True, exist_ok=True)
        before = chosen.out.read_text() if chosen.out.exists() else ""
        by_hand = before.partition(MARK)[2]
        chosen.out.write_text(text + (f"\n{MARK}{by_hand}" if by_hand else ""))
    print(text)


if __name__ == "__main__":
    main()
