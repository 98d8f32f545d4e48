"""Forecasts of the mean arterial pressure 10 to 60 minutes after a change of a pressor, against what was charted, beside the
simplest rules: out of fold by patient, by data set and stratum, with the goals they are held against.

`python -m validation.pressure_report CASES.jsonl.gz [--out REPORT.md]`

What stands below the line `MARK` of the report was written by hand and is kept.
"""

import argparse
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from twin_engine.circulation.chart import read
from twin_engine.circulation.forecast import Course, copies, load_at, pressures
from twin_engine.circulation.plan import doses_of
from twin_engine.circulation.tone import TONE, Tone
from twin_engine.outcome import CannotPredict
from validation.bootstrap import patient_bootstrap
from validation.pressure_attempts import attempts, fitted_rule
from validation.pressure_cases import FOLDS, PressureCase, read_pressure_cases
from validation.pressure_fit import NAMES, Array, batch, fit_tone

Index = NDArray[np.intp]
MARK = "<!-- what follows is written by hand -->"
DRAWS = 512
OUT_OF_FOLD = "icu-twin, out of fold"
WHOLE = ("all", "MIMIC-IV demo", "eICU demo")
OPENING = (
    "# Mean arterial pressure after a change of a pressor, on real charts",
    "",
    "First pressure charted 10 to 60 minutes after a pressor was started, stopped or changed by 10 % or more. Every",
    "forecast uses only what was charted up to the change, and the rates that were then given. Brackets: 95 % interval",
    "over patients.",
    "Cases that are refused count as the last value. Written by `python -m validation.pressure_report`.",
    "",
)
SLACK = 0.06
HEAD = (
    "cases", "method", "n / patients", "MAE mmHg", "ratio to last value", "RMSE ratio", "median AE", "bias", "bias up / down",
    "90 % interval covers", "interval score",
)  # fmt: skip
STRATA: tuple[tuple[str, Callable[[PressureCase], bool]], ...] = (
    ("all", lambda _: True),
    ("MIMIC-IV demo", lambda c: c.dataset == "mimic4"),
    ("eICU demo", lambda c: c.dataset == "eicu"),
    ("raised", lambda c: c.strata["direction"] == "up"),
    ("lowered", lambda c: c.strata["direction"] == "down"),
    ("arterial line", lambda c: c.strata["source"] != "cuff"),
    ("cuff", lambda c: c.strata["source"] == "cuff"),
    ("norepinephrine alone", lambda c: c.strata["drug"] == "norepinephrine"),
    ("step of half or more", lambda c: abs(np.log((c.strata["ne_eq_after"] + 0.01) / (c.strata["ne_eq_before"] + 0.01))) > 0.4),
    ("no sedative change, < 250 mL", lambda c: not c.strata["sedative_changed"] and c.strata["fluid_ml"] < 250),
)


@dataclass(frozen=True, slots=True)
class Said:
    """Forecasts of every case: median and 90 % interval (NaN = none)."""

    median: Array
    low: Array
    high: Array


def forecast(case: PressureCase, tone: Tone) -> tuple[float, float, float] | str:
    """What the product says of one case with these numbers, or why it says nothing."""
    chart = read(case.scenario.record, case.scenario.at)
    if isinstance(chart, CannotPredict):
        return chart.reason
    doses = doses_of(case.scenario, chart, case.scenario.orders)
    if isinstance(doses, CannotPredict):
        return doses.reason
    hour = np.array([case.hour])
    made = copies(chart, DRAWS, case.scenario.seed, tone)
    charted = pressures(made, hour, {case.label: Course(load_at(chart, doses, hour))}, case.label)[case.label]
    low, high = np.quantile(charted.charted[0], (0.05, 0.95))
    return float(np.median(charted.values[0])), float(low), float(high)


def say(cases: Sequence[PressureCase], numbers: Callable[[PressureCase], Tone]) -> tuple[Said, Counter[str]]:
    """Forecasts of every case, the last value where there is none, and the refusals."""
    found = np.full((3, len(cases)), np.nan)
    refused: Counter[str] = Counter()
    for i, case in enumerate(cases):
        one = forecast(case, numbers(case))
        if isinstance(one, str):
            refused[one] += 1
            found[0, i] = case.last
        else:
            found[:, i] = one
    return Said(*found), refused


def conformal(cases: Sequence[PressureCase], median: Array) -> Said:
    """The interval of a rule: quantiles of its errors in the other folds."""
    truth, fold = np.array([c.truth for c in cases]), np.array([c.fold for c in cases])
    low, high = np.empty(len(cases)), np.empty(len(cases))
    for k in range(FOLDS):
        a, b = np.quantile((truth - median)[fold != k], (0.05, 0.95))
        low[fold == k], high[fold == k] = median[fold == k] + a, median[fold == k] + b
    return Said(median, low, high)


def scores(said: Said, truth: Array) -> Array:
    """Interval scores of 90 % intervals, mmHg (Gneiting T, Raftery AE. J Am Stat Assoc 2007;102:359-78)."""
    miss = np.maximum(said.low - truth, 0.0) + np.maximum(truth - said.high, 0.0)
    return said.high - said.low + 20.0 * miss


def ratio(cases: Sequence[PressureCase], median: Array, other: Array) -> tuple[float, float, float]:
    """MAE relative to another forecast, with its 95 % interval over patients."""
    truth = np.array([c.truth for c in cases])
    ours, theirs = np.abs(median - truth), np.abs(other - truth)
    return patient_bootstrap(lambda i: float(ours[i].mean() / theirs[i].mean()), [c.patient for c in cases], 400)


def line(name: str, method: str, cases: Sequence[PressureCase], said: Said, rows: Index) -> str:
    """One line of the table."""
    cases = _some(cases, rows)
    said = Said(said.median[rows], said.low[rows], said.high[rows])
    truth, last = np.array([c.truth for c in cases]), np.array([c.last for c in cases])
    error, up = said.median - truth, np.array([c.strata["direction"] == "up" for c in cases])
    mean, low, high = ratio(cases, said.median, last)
    known = ~np.isnan(said.low)
    inside = (truth >= said.low) & (truth <= said.high)
    cells = [
        name,
        method,
        f"{len(cases)} / {len({c.patient for c in cases})}",
        f"{np.abs(error).mean():.2f}",
        f"{mean:.3f} ({low:.3f} to {high:.3f})",
        f"{np.sqrt((error**2).mean() / ((last - truth) ** 2).mean()):.3f}",
        f"{np.median(np.abs(error)):.2f}",
        f"{error.mean():+.2f}",
        " / ".join(f"{error[d].mean():+.2f}" if d.any() else "-" for d in (up, ~up)),
        f"{100 * inside[known].mean():.0f} %" if known.any() else "-",
        f"{scores(said, truth)[known].mean():.1f}" if known.any() else "-",
    ]
    return "| " + " | ".join(cells) + " |"


def goals(cases: Sequence[PressureCase], ours: Said, rules: dict[str, Said], stacked: Array, answered: float) -> list[str]:
    """The goals that were set beforehand, and whether they are met."""
    truth, last = np.array([c.truth for c in cases]), np.array([c.last for c in cases])
    error, up = ours.median - truth, np.array([c.strata["direction"] == "up" for c in cases])
    mean, _, high = ratio(cases, ours.median, last)
    rmse = float(np.sqrt((error**2).mean() / ((last - truth) ** 2).mean()))
    known = ~np.isnan(ours.low)
    inside = ((truth >= ours.low) & (truth <= ours.high))[known]
    sets = {c.dataset for c in cases}
    covered = {d: 100 * inside[np.array([c.dataset == d for c in cases])[known]].mean() for d in sorted(sets)}
    score, best = scores(ours, truth)[known].mean(), min(scores(r, truth)[known].mean() for r in rules.values())
    biases = float(error[up].mean()), float(error[~up].mean())
    adds = float(np.abs(stacked - truth).mean() / np.abs(rules["fitted rule"].median - truth).mean())
    checks = (
        ("floor: MAE ratio to the last value", "at most 0.87", f"{mean:.3f}, upper bound {high:.3f}",
         mean <= 0.87 and high <= 0.87 + SLACK),
        ("floor: RMSE ratio to the last value", "at most 0.84", f"{rmse:.3f}", rmse <= 0.84),
        ("goal: MAE ratio", "at most 0.84", f"{mean:.3f}, upper bound {high:.3f}", mean <= 0.84 and high <= 0.84 + SLACK),
        ("goal: bias after steps up and after steps down", "within 1.0 mmHg each", "{:+.2f} / {:+.2f}".format(*biases),
         max(map(abs, biases)) <= 1.0),
        ("coverage of the 90 % interval", "85 to 95 %", f"{100 * inside.mean():.0f} %", 85 <= 100 * inside.mean() <= 95),
        ("coverage in each data set", "at least 80 %", ", ".join(f"{k} {v:.0f} %" for k, v in covered.items()),
         min(covered.values()) >= 80),
        ("interval score", "at most that of the best rule", f"{score:.1f} against {best:.1f}", score <= best),
        ("answered", "at least 95 %", f"{100 * answered:.1f} %", answered >= 0.95),
        ("adds to the fitted rule (stacked, ratio of MAE)", "at most 0.98", f"{adds:.3f}", adds <= 0.98),
    )  # fmt: skip
    lines = ["| goal | bound | found | |", "|---|---|---|---|"]
    return lines + [f"| {name} | {bound} | {found} | {'met' if met else '**missed**'} |" for name, bound, found, met in checks]


def _some(cases: Sequence[PressureCase], rows: Index) -> list[PressureCase]:
    return [cases[i] for i in rows.tolist()]


def _fit(arguments: tuple[Sequence[PressureCase], Index]) -> Tone:
    cases, chosen = arguments
    data, _ = batch(_some(cases, chosen))
    return fit_tone(data)


def write(path: Path, workers: int) -> list[str]:
    """The report as lines of Markdown."""
    cases = read_pressure_cases(path)
    fold, sets = np.array([c.fold for c in cases]), np.array([c.dataset for c in cases])
    names = sorted(set(sets.tolist()))
    training = [np.flatnonzero(fold != k) for k in range(FOLDS)]
    training += [np.flatnonzero(sets != name) for name in names] + [np.arange(len(cases))]
    with ProcessPoolExecutor(workers) as pool:
        fits = list(pool.map(_fit, [(cases, chosen) for chosen in training]))
    ours, refused = say(cases, lambda c: fits[c.fold])
    across, _ = say(cases, lambda c: fits[FOLDS + names.index(c.dataset)])
    shipped, _ = say(cases, lambda _: TONE)
    rules = {
        "last value": conformal(cases, np.array([c.last for c in cases])),
        "mean of last and 6 h": conformal(cases, np.array([(c.last + c.mean_6h) / 2.0 for c in cases])),
        "fitted rule": conformal(cases, fitted_rule(cases)),
    }
    methods = {
        **rules,
        OUT_OF_FOLD: ours,
        "icu-twin, estimated on the other data set": across,
        "icu-twin as shipped (has seen these charts)": shipped,
    }
    answered = 1.0 - sum(refused.values()) / len(cases)
    return [
        *OPENING,
        *_table(cases, methods, (*rules, OUT_OF_FOLD)),
        "",
        "## Goals",
        "",
        "Set before any forecast was made; held against the out-of-fold forecasts.",
        "",
        *goals(cases, ours, rules, fitted_rule(cases, ours.median), answered),
        "",
        *attempts(cases, fits[:FOLDS], ours.median, rules["fitted rule"].median),
        "",
        "## Refused",
        "",
        *([f"- {n} × {why}" for why, n in refused.most_common()] or ["none"]),
        "",
        "## Numbers",
        "",
        "Estimated on all charts (the product's, rounded), and the range over the five folds.",
        "",
        *_numbers(fits),
    ]


def _table(cases: Sequence[PressureCase], methods: Mapping[str, Said], in_strata: Sequence[str]) -> list[str]:
    lines = ["| " + " | ".join(HEAD) + " |", "|" + "---|" * len(HEAD)]
    for name, of in STRATA:
        rows = np.flatnonzero([of(c) for c in cases])
        chosen = methods if name in WHOLE else {method: methods[method] for method in in_strata}
        lines += [line(name, method, cases, said, rows) for method, said in chosen.items()]
    return lines


def _numbers(fits: Sequence[Tone]) -> list[str]:
    def row(tone: Tone) -> list[float]:
        level, slow, fast, gain, cuff = tone.sd
        states = [tone.mean[0], level, slow, tone.tau_h[1], fast, tone.tau_h[2], gain, tone.half, cuff]
        noise = [tone.noise_arterial, tone.noise_cuff, tone.mean[3], tone.width]
        return [float(x) for x in (*states, *noise)]

    folds, whole = np.array([row(f) for f in fits[:FOLDS]]), row(fits[-1])
    names = (*NAMES, "gain", "width")
    lines = ["| number | all charts | over folds |", "|---|---|---|"]
    ends = zip(names, whole, folds.min(axis=0), folds.max(axis=0), strict=True)
    return lines + [f"| {name} | {value:.3g} | {low:.3g} to {high:.3g} |" for name, value, low, high in ends]


def main() -> None:
    """Write the report."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("cases", type=Path)
    parser.add_argument("--out", type=Path)
    parser.add_argument("--workers", type=int, default=1)
    asked = parser.parse_args()
    text = "\n".join(write(asked.cases, asked.workers)) + "\n"
    if asked.out is None:
        print(text)
        return
    kept = asked.out.read_text().partition(MARK)[2] if asked.out.exists() else "\n"
    asked.out.write_text(f"{text}\n{MARK}{kept}")


if __name__ == "__main__":
    main()
