"""Phenobarbital in 59 newborns: the kernel's population estimates beside published ones, and forecasts of every level.

`python -m validation.phenobarbital_report pheno_sd.csv [--out REPORT.md]`. What stands below the line `MARK` is kept.
"""

import argparse
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from twin_engine.kernel.declare import Array, Model
from twin_engine.kernel.estimate import Levels, estimate
from validation.bootstrap import patient_bootstrap
from validation.phenobarbital import (
    NONMEM_OBJECTIVE,
    PUBLISHED,
    Infant,
    Population,
    applied,
    estimated,
    measured,
    objectives,
    read_infants,
    values_of,
)

MARK = "<!-- what follows is written by hand -->"
HEAD = (
    "stratum",
    "method",
    "levels / infants",
    "median error %",
    "median abs. error %",
    "within 30 %",
    "coverage of 90 % prediction interval",
)
FOLDS = 5
DRAWS = 2000
RESAMPLES = 2000
PAPER = ("0.0047", "0.96", "13", "19", "16", "not in the abstract")
"""Grasela & Donn, abstract: CL and V with their CV, V 13 % larger after asphyxia."""


@dataclass(frozen=True, slots=True)
class Row:
    """One level, mg/L: what was forecast from the `used` levels before it by a model that has not seen the infant."""

    infant: str
    used: int
    truth: float
    median: float
    low: float
    high: float
    blind: float
    constant: float
    last: float | None


def forecasts(infant: Infant, model: Model, constant: float, rng: np.random.Generator) -> list[Row]:
    """Every level of one infant, from those before it; `blind` uses none of them."""
    patient = applied(model, infant)
    everything, _ = measured(patient, infant)
    rows: list[Row] = []
    for i, truth in enumerate(infant.levels):
        before, levels = measured(patient, infant, i)
        nothing = Levels.measured(np.empty(0))
        known, unknown = (estimate(before, x, before.error, patient.omega, DRAWS, rng).draws for x in (levels, nothing))
        course, blind = everything(known)[i], everything(unknown)[i]
        seen = model.residual.noisy(course, rng.standard_normal(DRAWS))
        low, high = np.quantile(seen, (0.05, 0.95))
        last = float(infant.levels[i - 1]) if i else None
        point, population = float(np.median(course)), float(np.median(blind))
        rows.append(Row(infant.id, i, float(truth), point, float(low), float(high), population, constant, last))
    return rows


def out_of_fold(infants: Sequence[Infant], start: Array) -> list[Row]:
    """Forecasts of every level, each infant by estimates from the other folds."""
    rng = np.random.default_rng(1)
    fold = rng.permutation(len(infants)) % FOLDS
    rows: list[Row] = []
    for k in range(FOLDS):
        others = [x for x, f in zip(infants, fold, strict=True) if f != k]
        model = estimated(others, start).model
        constant = float(np.mean(np.concatenate([x.levels for x in others])))
        rows += [r for x, f in zip(infants, fold, strict=True) if f == k for r in forecasts(x, model, constant, rng)]
    return rows


def _estimates(all_infants: Population) -> list[str]:
    """Lines of the table of estimates: ours with the interval over infants, the published ones."""
    rng = np.random.default_rng(2)
    n = len(all_infants.slopes)
    again = np.stack([_readable(all_infants.resampled(rng.integers(0, n, n))) for _ in range(RESAMPLES)])
    low, high = np.quantile(again, (0.025, 0.975), axis=0)
    ours, nonmem = _readable(all_infants.values), _readable(values_of(PUBLISHED))
    names = ("CL, L/h/kg", "V, L/kg", "V after asphyxia, + %", "CV of CL, %", "CV of V, %", "residual error, %")
    digits = (5, 3, 1, 1, 1, 1)
    return [
        f"| {name} | {a:.{d}f} ({lo:.{d}f} to {hi:.{d}f}) | {b:.{d}f} | {paper} |"
        for name, d, a, lo, hi, b, paper in zip(names, digits, ours, low, high, nonmem, PAPER, strict=True)
    ]


def _readable(values: Array) -> Array:
    """Estimates as the table shows them."""
    cl, v, variances, residual = np.exp(values[0]), np.exp(values[1]), np.exp(values[3:5]), np.exp(values[5])
    return np.array([cl, v, 100.0 * values[2], *(100.0 * np.sqrt(variances)), 100.0 * residual])


def _stratum(name: str, rows: Sequence[Row]) -> list[str]:
    methods: dict[str, Callable[[Row], float | None]] = {
        "icu-twin kernel": lambda r: r.median,
        "population prediction (levels ignored)": lambda r: r.blind,
        "constant level": lambda r: r.constant,
    }
    if all(r.used for r in rows):
        methods["last level again"] = lambda r: r.last
    cases = f"{len(rows)} / {len({r.infant for r in rows})}"
    return [f"| {name} | {method} | {cases} | {_cells(rows, of, method)} |" for method, of in methods.items()]


def _cells(rows: Sequence[Row], of: Callable[[Row], float | None], method: str) -> str:
    truth, point = (np.array([x(r) for r in rows], dtype=float) for x in ((lambda r: r.truth), of))
    error, infants = 100.0 * (point - truth) / truth, [r.infant for r in rows]

    def over(statistic: Callable[[Array], float], values: Array) -> str:
        found, low, high = patient_bootstrap(lambda i: statistic(values[i]), infants)
        return f"{found:.1f} ({low:.1f} to {high:.1f})"

    cells = [
        over(lambda v: float(np.median(v)), error),
        over(lambda v: float(np.median(np.abs(v))), error),
        over(lambda v: 100.0 * float(np.mean(np.abs(v) <= 30.0)), error),
    ]
    inside = np.array([float(r.low <= r.truth <= r.high) for r in rows])
    covered = over(lambda v: 100.0 * float(v.mean()), inside) if method == "icu-twin kernel" else ""
    return " | ".join([*cells, covered])


def render(infants: Sequence[Infant], everyone: Population, rows: Sequence[Row]) -> str:
    """The report as Markdown, up to `MARK`."""
    found = float(objectives(PUBLISHED, infants).sum())
    strata = {
        "no level yet": [r for r in rows if not r.used],
        "one level": [r for r in rows if r.used == 1],
        "two levels or more": [r for r in rows if r.used > 1],
    }
    return "\n".join(
        [
            "# Phenobarbital in newborns",
            "",
            f"{sum(len(x.levels) for x in infants)} levels of {len(infants)} newborns (the data of Grasela TH, Donn SM. Dev",
            "Pharmacol Ther 1985;8:374-83, as shipped with the R package nlmixr2data), through the kernel that fits every drug",
            "here. The drug is no part of the product: the point is another program's published answer on real data. Brackets:",
            "95 % interval over infants.",
            "Written by `python -m validation.phenobarbital_report`.",
            "",
            "## The kernel beside NONMEM",
            "",
            "The objective function of all infants at the same parameters (first-order conditional estimation with",
            f"interaction): {found:.4f} here, {NONMEM_OBJECTIVE:.4f} printed by NONMEM (example",
            "`pheno_real`, distributed with PsN and Pharmpy).",
            "",
            "| estimate | here | NONMEM, same data and model | the paper's abstract |",
            "|---|---|---|---|",
            *_estimates(everyone),
            "",
            "CV is the square root of the variance of the logarithm. Intervals: infants resampled, one scoring step each.",
            "",
            "## Forecasts",
            "",
            f"Each level from the doses and the levels before it, by a model estimated on the other infants ({FOLDS} folds).",
            "",
            "| " + " | ".join(HEAD) + " |",
            "|" + "---|" * len(HEAD),
            *(line for name, mine in strata.items() for line in _stratum(name, mine)),
            "",
        ]
    )


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("--out", type=Path)
    chosen = parser.parse_args()
    infants = read_infants(chosen.data)
    everyone = estimated(infants, values_of(PUBLISHED))
    text = render(infants, everyone, out_of_fold(infants, everyone.values))
    if chosen.out:
        by_hand = chosen.out.read_text().partition(MARK)[2] if chosen.out.exists() else ""
        chosen.out.write_text(text + (f"\n{MARK}{by_hand}" if by_hand else ""))
    print(text)


if __name__ == "__main__":
    main()
