"""Forecasts of gases and airway pressures after a change of the ventilator, against what was charted, beside the simplest
rules: out of fold by patient, with the goals they are held against.

`python -m validation.lung_report FOLDER_OF_CASES [--out REPORT.md] [--tasks NAME,NAME]`

What stands below the line `MARK` of the report was written by hand and is kept.
"""

import argparse
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from rich.progress import track

from twin_engine.keep import afresh
from twin_engine.respiratory.answer import answer
from twin_engine.respiratory.population import LUNGS, Population
from twin_engine.site import STANDARD
from validation.bootstrap import patient_bootstrap
from validation.lung_assumptions import assumptions
from validation.lung_cases import FOLDS, TASKS, VOLUME_STEP, Array, LungCase, Task, read_lung_cases, table_of
from validation.lung_fit import fitted
from validation.lung_goals import COVERS, GOALS, MANY, MANY_OF_A_SET, SLACK
from validation.lung_numbers import numbers
from validation.pressure_report import MARK, Said, scores

OUT_OF_FOLD, SHIPPED = "icu-twin, out of fold", "icu-twin as shipped (has seen these charts)"
FITTED = "fitted rule, out of fold"
WIDER = 0.95
LAST = "last value"
SETS = (("mimic4", "MIMIC-IV"), ("eicu", "eICU"))
OPENING = (
    "# Lungs after a change of the ventilator, on real charts",
    "",
    "A setting was changed (MIMIC-IV demo, eICU demo; ODbL); the next charted value is forecast from what was charted up to",
    "the change and the settings then given, by the product's own answer. Out of fold: every number that is estimated on",
    "charts was estimated on the patients of the other four folds. Ratio: mean absolute error over that of the last value,",
    "refused cases counted as the last value, with the interval that holds 90 % of resamples of whole patients. Score:",
    "interval score of the 90 % interval of the forecast; that of a rule is of its conformal interval. Written by",
    "`python -m validation.lung_report`.",
    "",
)
Check = tuple[str, str, str, bool]
"""What is asked, its bound and what was found in words, and whether it is met."""
HEAD = (
    "cases", "method", "n / patients", "mean error", "ratio to last value (90 %)", "median error", "bias", "bias up / down",
    "90 % covers", "interval score",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Judged:
    """One task: its cases, what every method says, the populations of the folds, and the refusals."""

    task: Task
    cases: Sequence[LungCase]
    methods: dict[str, Said]
    populations: Sequence[Population]
    refused: Counter[str]

    @property
    def truth(self) -> Array:
        """What was charted."""
        return np.array([c.truth for c in self.cases])


def forecast(case: LungCase, variable: str, population: Population) -> tuple[float, float, float] | str:
    """Median and 90 % interval that the product gives for one case with these numbers, or why it gives none."""
    orders = {case.label: case.scenario.orders} if case.scenario.orders else {}
    found = answer(case.scenario, orders, STANDARD, afresh, population)
    for one in (f for a in found for f in a.forecasts if f.label == case.label):
        for row in one.report:
            if row.variable == variable:
                return row.median, row.predicted_low, row.predicted_high
    reasons = [gap.reason for a in found for gap in a.gaps if gap.variable in (variable, "ventilator", "plateau_pressure")]
    return reasons[0] if reasons else "no value of this kind is charted"


def say(cases: Sequence[LungCase], variable: str, of: Callable[[LungCase], Population]) -> tuple[Said, Counter[str]]:
    """Forecasts of every case, the last value where there is none, and the refusals."""
    found = np.full((3, len(cases)), np.nan)
    refused: Counter[str] = Counter()
    for i, case in enumerate(cases):
        one = forecast(case, variable, of(case))
        if isinstance(one, str):
            refused[one] += 1
            found[0, i] = case.last
        else:
            found[:, i] = one
    return Said(*found), refused


def conformal(cases: Sequence[LungCase], median: Array, log: bool) -> Said:
    """The interval of a rule: quantiles of its errors in the other folds."""
    there, back = (np.log, np.exp) if log else (np.asarray, np.asarray)
    middle, truth, fold = there(median), there(np.array([c.truth for c in cases])), np.array([c.fold for c in cases])
    ends = np.empty((2, len(cases)))
    for k in np.unique(fold):
        away = np.quantile((truth - middle)[fold != k], (0.05, 0.95))
        ends[:, fold == k] = middle[fold == k] + away[:, None]
    return Said(median, back(ends[0]), back(ends[1]))


def fitted_rule(cases: Sequence[LungCase], log: bool, extra: Array | None = None) -> Array:
    """Least squares on the columns of the rule, out of fold (`extra` = one more column)."""
    table, truth = table_of(cases), np.array([c.truth for c in cases])
    if extra is not None:
        table = np.column_stack([table, np.log(extra) if log else extra])
    wanted, fold, found = np.log(truth) if log else truth, np.array([c.fold for c in cases]), np.empty(len(cases))
    for k in np.unique(fold):
        found[fold == k] = table[fold == k] @ np.linalg.lstsq(table[fold != k], wanted[fold != k], rcond=None)[0]
    return np.exp(found) if log else found


def ratio(cases: Sequence[LungCase], median: Array, covers: float = COVERS) -> tuple[float, float, float]:
    """Mean absolute error relative to the last value, with its interval over patients."""
    truth, last = np.array([c.truth for c in cases]), np.array([c.last for c in cases])
    ours, theirs = np.abs(median - truth), np.abs(last - truth)
    patients = [c.patient for c in cases]
    return patient_bootstrap(lambda i: float(ours[i].mean() / max(theirs[i].mean(), 1e-9)), patients, 1000, covers=covers)


def judged(task: Task, cases: Sequence[LungCase]) -> Judged:
    """Estimate in every fold, and ask the product and the rules."""
    fold = np.array([c.fold for c in cases])
    chosen = [np.flatnonzero(fold != k).tolist() for k in range(FOLDS)] + [list(range(len(cases)))]
    populations = [fitted(task.name, [cases[i] for i in own]) for own in track(chosen, f"estimating: {task.title}")]
    ours, refused = say(cases, task.variable, lambda c: populations[c.fold])
    shipped, _ = say(cases, task.variable, lambda _: LUNGS)
    names = list(cases[0].rules)
    methods = {
        LAST: conformal(cases, np.array([c.last for c in cases]), task.log),
        **{name: conformal(cases, np.array([c.rules[name] for c in cases]), task.log) for name in names},
        FITTED: conformal(cases, fitted_rule(cases, task.log), task.log),
        OUT_OF_FOLD: ours,
        SHIPPED: shipped,
    }
    return Judged(task, cases, methods, populations, refused)


def lines(one: Judged, name: str, of: Callable[[LungCase], bool]) -> list[str]:
    """The lines of the table for some of the cases."""
    rows = [i for i, case in enumerate(one.cases) if of(case)]
    if not rows:
        return []
    cases = [one.cases[i] for i in rows]
    truth, up = one.truth[rows], np.array([c.up for c in cases])
    found: list[str] = []
    for method, whole in one.methods.items():
        said = Said(whole.median[rows], whole.low[rows], whole.high[rows])
        error, known = said.median - truth, ~np.isnan(said.low)
        inside = ((truth >= said.low) & (truth <= said.high))[known]
        mean, low, high = ratio(cases, said.median)
        cells = [
            name,
            method,
            f"{len(cases)} / {len({c.patient for c in cases})}",
            f"{np.abs(error).mean():.2f}",
            f"{mean:.3f} ({low:.3f} to {high:.3f})",
            f"{np.median(np.abs(error)):.2f}",
            f"{error.mean():+.2f}",
            " / ".join(f"{error[d].mean():+.2f}" if d.any() else "-" for d in (up, ~up)),
            f"{100 * inside.mean():.0f} %",
            f"{scores(said, truth)[known].mean():.1f}",
        ]
        found.append("| " + " | ".join(cells) + " |")
    return found


def goals(one: Judged) -> list[str]:
    """The goals that were set beforehand, and whether they are met."""
    checks = (*_ratios(one), *_intervals(one), *_added(one))
    return [f"| {one.task.title} | {a} | {b} | {c} | {'met' if met else '**missed**'} |" for a, b, c, met in checks]


def _ratios(one: Judged) -> Iterator[Check]:
    """Errors relative to the last value, as a whole and of steps down or of volume alone, and the mean errors."""
    goal, ours, truth = GOALS[one.task.name], one.methods[OUT_OF_FOLD].median, one.truth
    up = np.array([c.up for c in one.cases])
    mean, told, high = _bounded(one, ours, np.full(len(up), True))
    for name, bound in (("floor", goal.floor), ("goal", goal.ratio)):
        met = mean <= bound and (len(one.cases) < MANY or high <= bound + SLACK)
        yield f"{name} of the ratio", f"at most {bound:.2f}", told, met
    if goal.down is not None:
        mean, told, _ = _bounded(one, ours, ~up)
        for name, bound in (("floor", goal.down.floor), ("goal", goal.down.ratio)):
            yield f"{name} of the ratio, steps down", f"at most {bound:.2f}", told, mean <= bound
        ends = (np.abs(x[~up] - truth[~up]) for x in (ours, one.methods[LAST].median))
        own, last = (float(np.median(x)) for x in ends)
        yield (
            "floor of the ratio of median errors, steps down",
            f"at most {goal.down.median:.2f}",
            f"{own / last:.3f}",
            (own <= goal.down.median * last),
        )
    stepped = np.array([VOLUME_STEP in case.kinds for case in one.cases])
    if goal.volume_ratio is not None and stepped.any():
        mean, told, _ = _bounded(one, ours, stepped)
        yield f"ratio, {VOLUME_STEP}", f"at most {goal.volume_ratio:.2f}", told, mean <= goal.volume_ratio
    biases = [float((ours - truth)[d].mean()) for d in (up, ~up)]
    yield (
        f"bias, {one.task.words}",
        f"within {goal.bias:g} {one.task.unit} each",
        "{:+.2f} / {:+.2f}".format(*biases),
        (max(map(abs, biases)) <= goal.bias),
    )


def _bounded(one: Judged, median: Array, of: NDArray[np.bool_]) -> tuple[float, str, float]:
    """The ratio for some cases, in words with its upper bounds, and the bound that counts."""
    cases, median = [case for case, own in zip(one.cases, of, strict=True) if own], median[of]
    mean, _, high = ratio(cases, median)
    wider = ratio(cases, median, WIDER)[2]
    return mean, f"{mean:.3f}, upper bound {high:.3f} ({100 * WIDER:.0f} %: {wider:.3f})", high


def _intervals(one: Judged) -> Iterator[Check]:
    """Coverage, the score of the intervals, and how many cases are answered."""
    ours, truth = one.methods[OUT_OF_FOLD], one.truth
    known = ~np.isnan(ours.low)
    inside = (truth >= ours.low) & (truth <= ours.high)
    cover = 100 * float(inside[known].mean())
    yield "coverage of the 90 % interval", "85 to 95 %", f"{cover:.0f} %", 85 <= cover <= 95
    for dataset, title in SETS:
        own = known & np.array([c.dataset == dataset for c in one.cases])
        if own.sum() >= MANY_OF_A_SET:
            cover = 100 * float(inside[own].mean())
            yield f"coverage in {title}", "at least 80 %", f"{cover:.0f} %", cover >= 80
    # On the cases that are answered, the best rule is the one with the lowest score.
    best = min(float(scores(r, truth)[known].mean()) for r in _rules(one).values())
    score = float(scores(ours, truth)[known].mean())
    yield "interval score", "at most that of the best rule", f"{score:.2f} against {best:.2f}", score <= best
    answered = 100.0 * (1.0 - sum(one.refused.values()) / len(one.cases))
    yield "answered", "at least 95 %", f"{answered:.1f} %", answered >= 95.0


def _added(one: Judged) -> Iterator[Check]:
    """What the forecast adds to the fitted rule."""
    ours, fitted_own, truth = one.methods[OUT_OF_FOLD].median, one.methods[FITTED].median, one.truth
    base = np.abs(fitted_own - truth).mean()
    adds = float(np.abs(fitted_rule(one.cases, one.task.log, ours) - truth).mean() / base)
    half = float(np.abs(0.5 * (ours + fitted_own) - truth).mean() / base)
    told = f"{adds:.3f} (mean of both {half:.3f})"
    yield "added to the fitted rule by least squares", "at most 0.98 of its error", told, adds <= 0.98


def _rules(one: Judged) -> dict[str, Said]:
    return {k: v for k, v in one.methods.items() if k not in (OUT_OF_FOLD, SHIPPED)}


def write(folder: Path, tasks: Sequence[Task]) -> list[str]:
    """The report as lines of Markdown."""
    every = [judged(task, read_lung_cases(folder, task)) for task in tasks]
    table = ["| " + " | ".join(HEAD) + " |", "|" + "---|" * len(HEAD)]
    for one in every:
        table += lines(one, one.task.title, lambda _: True)
    apart = table[:2]
    for one in every:
        for dataset, title in SETS:
            apart += lines(one, f"{one.task.title}, {title}", lambda c, d=dataset: c.dataset == d)
    by_kind = table[:2]
    for one in every:
        for kind in one.task.kinds:
            by_kind += lines(one, f"{one.task.title}, {kind}", lambda c, k=kind: k in c.kinds)
    refusals = [f"- {one.task.title}: {n} × {why}" for one in every for why, n in one.refused.most_common()]
    return [
        *OPENING,
        *table,
        "",
        "## Goals",
        "",
        "Set before any forecast was made, except the bounds of the bias of all but oxygen, which were set with this report;",
        f"held against the out-of-fold forecasts. From {MANY} cases on, the upper bound of the interval that holds",
        f"{100 * COVERS:.0f} % of resamples of patients, as the goals define it, may lie at most {SLACK:.2f} above floor or",
        f"goal; that of {100 * WIDER:.0f} % stands beside it.",
        "",
        "| task | goal | bound | found | |",
        "|---|---|---|---|---|",
        *(row for one in every for row in goals(one)),
        "",
        "## Refused",
        "",
        *(refusals or ["none"]),
        "",
        "## Each data set",
        "",
        *apart,
        "",
        *(["## Each kind of step", "", *by_kind, ""] if by_kind[2:] else []),
        "## Numbers",
        "",
        "Estimated on all charts, the range over the five folds, and what is shipped.",
        "",
        *numbers({one.task.name: one.populations for one in every}),
        *_beside({one.task.name: one.cases for one in every}),
    ]


def _beside(cases: Mapping[str, Sequence[LungCase]]) -> list[str]:
    carbon, plateau = (cases.get(name) for name in ("paco2_after_ve", "plateau_pressure_after_change"))
    if not carbon or not plateau:
        return []
    return ["", "## Numbers that are not taken from charts", "", *assumptions(carbon, plateau)]


def main() -> None:
    """Write the report."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--out", type=Path)
    parser.add_argument("--tasks", default=",".join(t.name for t in TASKS))
    asked = parser.parse_args()
    text = "\n".join(write(asked.folder, [t for t in TASKS if t.name in asked.tasks.split(",")])) + "\n"
    if asked.out is None:
        print(text)
        return
    kept = asked.out.read_text().partition(MARK)[2] if asked.out.exists() else "\n"
    asked.out.write_text(f"{text}\n{MARK}{kept}")


if __name__ == "__main__":
    main()
