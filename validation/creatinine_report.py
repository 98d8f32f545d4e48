"""The next creatinine, 12 to 36 h after the last one, on real charts that no number of the forecast was estimated on.

`python -m validation.creatinine_report CASES.jsonl.gz DATA [--charts N] [--out docs/validation/creatinine_next.md]`

CASES: one JSON object a line with case_id, dataset, patient, truth (value, time), strata (changing), and a scenario: what was
charted up to `at`. DATA: the folder with the PhysioNet Challenge 2019, on which the numbers are estimated again, hospital by
hospital. What stands below the line `MARK` of the report was written by hand and is kept.
"""

import argparse
import gzip
import json
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import astuple, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from training.creatinine_fit import Array, Series, estimated, halving_missed, joined, log_likelihood, read_series
from twin_engine.covariates.creatinine_filter import LIVELINESS, Liveliness
from twin_engine.kidney import ID
from twin_engine.predict import predict
from twin_engine.scenario import NO_CHANGE
from twin_engine.scenario_json import read
from validation import moving_creatinine
from validation.bootstrap import patient_bootstrap

MARK = "<!-- what follows is written by hand -->"
FOLDS = 5
OURS, LAST, LINE = "icu-twin", "last value", "straight line"
NAMES = (
    "walk per sqrt day", "return per day", "one reading, of ln", "one reading, mg/dL", "unsettled", "ln level, men",
    "ln level, women", "SD of ln level", "freedom", "power of creatinine",
)  # fmt: skip
Index = NDArray[np.intp]


@dataclass(frozen=True, slots=True)
class Case:
    """One forecast to make: scenario, truth (mg/dL), the last two values with the hours between them, hours ahead."""

    patient: str
    dataset: str
    fold: int
    changing: bool
    scenario: dict[str, Any]
    truth: float
    last: float
    before: float
    between_h: float
    ahead_h: float


@dataclass(frozen=True, slots=True)
class Said:
    """Forecasts (cases,): median and 90 % prediction interval, mg/dL."""

    median: Array
    low: Array
    high: Array


def case_of(row: dict[str, Any]) -> Case:
    """A case from its line: only creatinine and weight are handed over."""
    chart = row["scenario"]
    measured: list[dict[str, Any]] = [m for m in chart["measurements"] if m["variable"] in {"creatinine", "weight"}]
    weight = chart["patient"].get("weight_kg")
    if weight and not any(m["variable"] == "weight" for m in measured):
        measured = [{"variable": "weight", "value": weight, "unit": "kg", "time": chart["at"]}, *measured]
    seen = [m for m in measured if m["variable"] == "creatinine"]
    now, then, earlier = (datetime.fromisoformat(t) for t in (chart["at"], row["truth"]["time"], seen[-2]["time"]))
    ahead = (then - now).total_seconds() / 3600.0
    return Case(
        patient=row["dataset"] + row["patient"],
        dataset=row["dataset"],
        fold=int.from_bytes(row["patient"].encode(), "big") % 9973 % FOLDS,
        changing=row["strata"]["changing"],
        scenario={
            "at": chart["at"],
            "seed": 1,
            "horizon_h": ahead,
            "patient": {k: chart["patient"][k] for k in ("birth_date", "sex") if k in chart["patient"]},
            "measurements": [{k: m[k] for k in ("variable", "value", "unit", "time")} for m in measured],
            "models": [ID],
            "alternatives": "none",
            "report_times": [row["truth"]["time"]],
        },
        truth=row["truth"]["value"],
        last=seen[-1]["value"],
        before=seen[-2]["value"],
        between_h=(now - earlier).total_seconds() / 3600.0,
        ahead_h=ahead,
    )


def forecast(case: Case) -> tuple[float, float, float] | str:
    """Median and prediction interval of the product, or why there is none."""
    answer = predict(read(case.scenario))
    found = answer.forecast(NO_CHANGE)
    row = None if found is None else next((r for r in found.report if r.variable == "creatinine"), None)
    if row is None:
        return answer.cannot_predict[0].reason
    return row.median, row.predicted_low, row.predicted_high


def around(cases: Sequence[Case], median: Array) -> Said:
    """90 % intervals around a rule from its own past errors on the log scale, out of fold by patient."""
    fold, error = np.array([c.fold for c in cases]), np.log(column(cases, lambda c: c.truth) / median)
    low, high = np.empty(len(cases)), np.empty(len(cases))
    for k in range(FOLDS):
        low[fold == k], high[fold == k] = np.quantile(error[fold != k], (0.05, 0.95))
    return Said(median, median * np.exp(low), median * np.exp(high))


def column(cases: Sequence[Case], of: Callable[[Case], float]) -> Array:
    """One number of every case."""
    return np.array([of(c) for c in cases])


def scores(said: Said, truth: Array) -> Array:
    """Interval scores of 90 % intervals, mg/dL (Gneiting T, Raftery AE. J Am Stat Assoc 2007;102:359-78)."""
    miss = np.maximum(said.low - truth, 0.0) + np.maximum(truth - said.high, 0.0)
    return said.high - said.low + 20.0 * miss


def say(cases: Sequence[Case]) -> tuple[Said, Counter[str]]:
    """Forecasts of the product; a refused case counts as the last value with the interval around that."""
    last = around(cases, column(cases, lambda c: c.last))
    found, refused = np.stack([last.median, last.low, last.high]), Counter[str]()
    for i, case in enumerate(cases):
        one = forecast(case)
        if isinstance(one, str):
            refused[one] += 1
        else:
            found[:, i] = one
    return Said(*found), refused


def ratio(cases: Sequence[Case], ours: Array, theirs: Array) -> tuple[float, float, float]:
    """Mean of one thing over the mean of another, with the 95 % interval over patients."""
    return patient_bootstrap(lambda i: float(ours[i].mean() / theirs[i].mean()), [c.patient for c in cases], 400)


def table(cases: Sequence[Case], methods: dict[str, Said]) -> list[str]:
    """Every method in every stratum."""
    strata: tuple[tuple[str, Callable[[Case], bool]], ...] = (
        ("all", lambda _: True),
        ("MIMIC-IV demo", lambda c: c.dataset == "mimic4"),
        ("eICU demo", lambda c: c.dataset == "eicu"),
        ("last change above 15 %", lambda c: c.changing),
        ("below 1 mg/dL", lambda c: c.last < 1.0),
        ("1 to 2.5 mg/dL", lambda c: 1.0 <= c.last < 2.5),
        ("2.5 mg/dL and above", lambda c: c.last >= 2.5),
    )
    head = ("cases", "method", "n / patients", "MAE mg/dL", "ratio to last value", "bias", "90 % interval covers",
            "interval score, ratio to last value")  # fmt: skip
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    for name, of in strata:
        rows = np.flatnonzero([of(c) for c in cases])
        some = [cases[i] for i in rows.tolist()]
        truth = column(some, lambda c: c.truth)
        by = {m: Said(s.median[rows], s.low[rows], s.high[rows]) for m, s in methods.items()}
        for method, said in by.items():
            error = said.median - truth
            mae = ratio(some, np.abs(error), np.abs(by[LAST].median - truth))
            score = ratio(some, scores(said, truth), scores(by[LAST], truth))
            inside = 100 * ((truth >= said.low) & (truth <= said.high)).mean()
            cells = (name, method, f"{len(some)} / {len({c.patient for c in some})}", f"{np.abs(error).mean():.3f}", _text(mae),
                     f"{error.mean():+.3f}", f"{inside:.0f} %", _text(score))  # fmt: skip
            lines.append("| " + " | ".join(cells) + " |")
    return lines


def goals(cases: Sequence[Case], methods: dict[str, Said], answered: float) -> list[str]:
    """The goals that were set beforehand, and whether they are met."""
    truth, moving = column(cases, lambda c: c.truth), np.array([c.changing for c in cases])
    ours, last = methods[OURS], methods[LAST]
    error, other = np.abs(ours.median - truth), np.abs(last.median - truth)
    mae = ratio(cases, error, other)
    changing = error[moving].mean() / other[moving].mean()
    best = min(scores(s, truth).mean() for m, s in methods.items() if m != OURS)
    score, inside = scores(ours, truth).mean() / best, 100 * ((truth >= ours.low) & (truth <= ours.high)).mean()
    checks = (
        ("floor: MAE ratio to the last value", "at most 1.00", _text(mae), mae[0] <= 1.0 and mae[2] <= 1.06),
        ("goal: MAE ratio", "at most 0.97", _text(mae), mae[0] <= 0.97 and mae[2] <= 1.03),
        ("floor: ratio after a change above 15 %", "at most 1.00", f"{changing:.3f}", changing <= 1.0),
        ("goal: ratio after a change above 15 %", "at most 0.95", f"{changing:.3f}", changing <= 0.95),
        ("coverage of the 90 % interval", "85 to 95 %", f"{inside:.0f} %", 85 <= inside <= 95),
        ("interval score", "at most that of the best rule", f"{score:.3f} times it", score <= 1.0),
        ("answered", "at least 95 %", f"{100 * answered:.1f} %", answered >= 0.95),
    )
    lines = ["| goal | bound | found | |", "|---|---|---|---|"]
    return lines + [f"| {name} | {bound} | {found} | {'met' if met else '**missed**'} |" for name, bound, found, met in checks]


def numbers(folder: Path, charts: int) -> list[str]:
    """The numbers in use, and as estimated again, hospital by hospital, with the likelihood of the charts of each."""
    series = {name: read_series(folder, name, charts) for name in ("A", "B")}
    fits = {"in use": LIVELINESS, "A and B": estimated(joined(series["A"], series["B"]))}
    fits |= {name: estimated(own) for name, own in series.items()}
    lines = [
        "| number | " + " | ".join(fits) + " |",
        "|---|" + "---|" * len(fits),
        *_rows(list(fits.values())),
    ]
    return lines + [_likely(name, own, list(fits.values())) for name, own in series.items()]


def _rows(fits: Sequence[Liveliness]) -> list[str]:
    flat = [[*astuple(f)[:5], *f.level, f.level_sd, f.freedom, f.by_level] for f in fits]
    rows = [f"| {name} | " + " | ".join(f"{row[i]:.3g}" for row in flat) + " |" for i, name in enumerate(NAMES)]
    missed = " | ".join(f"{100 * halving_missed(f):.1f} %" for f in fits)
    return [*rows, f"| halved GFR overestimated after a day | {missed} |"]


def _likely(name: str, series: Series, fits: Sequence[Liveliness]) -> str:
    cells = " | ".join(f"{log_likelihood(series, f).mean():.4f}" for f in fits)
    return f"| log-likelihood of one value of {name} ({len(series.then)} charts) | {cells} |"


def _text(found: tuple[float, float, float]) -> str:
    return f"{found[0]:.3f} ({found[1]:.3f} to {found[2]:.3f})"


def write(path: Path, folder: Path, charts: int) -> list[str]:
    """The report as lines of Markdown."""
    cases = [case_of(json.loads(line)) for line in gzip.decompress(path.read_bytes()).decode().splitlines()]
    ours, refused = say(cases)
    line = column(cases, lambda c: max(c.last + (c.last - c.before) / max(c.between_h, 4.0) * c.ahead_h, 0.2))
    methods = {LAST: around(cases, column(cases, lambda c: c.last)), LINE: around(cases, line), OURS: ours}
    return [
        "# The next creatinine on real charts",
        "",
        "Creatinine 12 to 36 h after the last one, in intensive care, with one more in the 48 h before and no dialysis known.",
        "The product forecasts from what was charted until the last one. No number of it was estimated on these charts",
        "(MIMIC-IV and eICU demonstration sets); hospital A of the estimation is the hospital of MIMIC-IV, so that some of its",
        "patients may be in both. Intervals of the rules come from their own errors on the other patients of these charts.",
        "Brackets: 95 % interval over patients. Refused cases count as the last value. Written by",
        "`python -m validation.creatinine_report`.",
        "",
        *table(cases, methods),
        "",
        "## Goals",
        "",
        *goals(cases, methods, 1.0 - sum(refused.values()) / len(cases)),
        "",
        "## Refused",
        "",
        *([f"- {n} × {why}" for why, n in refused.most_common()] or ["none"]),
        "",
        "## Numbers",
        "",
        "Largest likelihood on charts of the PhysioNet Challenge 2019 drawn by chance, under the condition that a halved GFR",
        "is found within a tenth after a day (`training.creatinine_fit`). The return is held.",
        "",
        *numbers(folder, charts),
        "",
        "## What drug models read while creatinine moves",
        "",
        "Made patients, a man of 60 years whose GFR jumps once, 1000 a row. Where the newest value differs by 0.3 mg/dL from",
        "the one before or any of the day before it, models read the creatinine at which the filtered GFR would settle (after",
        "a rise never less than the charted one), else the charted one. Errors are of the GFR that follows; the last column",
        "is about those where it moved.",
        "",
        *moving_creatinine.lines(),
    ]


def main() -> None:
    """Write the report."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("cases", type=Path)
    parser.add_argument("data", type=Path)
    parser.add_argument("--charts", type=int, default=900)
    parser.add_argument("--out", type=Path)
    asked = parser.parse_args()
    text = "\n".join(write(asked.cases, asked.data, asked.charts)) + "\n"
    if asked.out is None:
        print(text)
        return
    kept = asked.out.read_text().partition(MARK)[2] if asked.out.exists() else "\n"
    asked.out.write_text(f"{text}\n{MARK}{kept}")


if __name__ == "__main__":
    main()
