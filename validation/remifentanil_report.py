"""Remifentanil in 40 volunteers: arterial concentrations forecast without and with the first samples, beside published values.

`python -m validation.remifentanil_report CASES.jsonl [--out REPORT.md]`. What stands below the line `MARK` is kept.

A case holds subject, n_prior_levels, scenario and truth (every later sample). Only the scenario reaches the product.
The error is divided by the measured value and pooled over samples. Studies of infusion pumps divide it by the prediction, and
some sum up each subject first: these are reported too.
"""

import argparse
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from twin_engine.covariates import covariate_path, hours
from twin_engine.history import history
from twin_engine.kernel.declare import Model
from twin_engine.kernel.individual import individual
from twin_engine.kernel.observe import predictor
from twin_engine.outcome import CannotPredict
from twin_engine.predict import predict
from twin_engine.registry import MODELS
from twin_engine.scenario_json import answer, read
from validation.bootstrap import Array, patient_bootstrap
from validation.dosing_cases import Case, read_cases

MARK = "<!-- what follows is written by hand -->"
MODEL = "remifentanil_eleveld_2017"
PUBLISHED_APRIORI, NEAR = 15.7, 0.5
AFTER_THREE = 10.0


@dataclass(frozen=True, slots=True)
class Sample:
    """One forecast sample: `place` 0 is the next after those used; ug/L."""

    patient: str
    used: int
    place: int
    truth: float
    mode: float
    low: float
    high: float


def samples(case: Case) -> list[Sample]:
    """What the product says of every later sample of one case."""
    found = answer(predict(read({**case["scenario"], "models": [MODEL], "alternatives": "none"})))
    said = {r["time"]: r for r in found["forecasts"][0]["report"] if r["variable"] == "remifentanil"}
    times = [r["time"] for r in found["forecasts"][0]["report"] if r["variable"] == "remifentanil"]
    rows: list[Sample] = []
    for place, (time, truth) in enumerate(zip(times[-len(case["truth"]) :], case["truth"], strict=True)):
        row = said[time]
        ends = row["predicted_low"], row["predicted_high"]
        rows.append(Sample(str(case["subject"]), case["n_prior_levels"], place, truth["value"], row["mode"], *ends))
    return rows


def _line(name: str, rows: Sequence[Sample]) -> tuple[str, float]:
    truth, mode = np.array([r.truth for r in rows]), np.array([r.mode for r in rows])
    inside = np.array([float(r.low <= r.truth <= r.high) for r in rows])
    error = 100.0 * (mode - truth) / truth
    patients = [r.patient for r in rows]

    def over(statistic: Callable[[Array], float], values: Array) -> tuple[float, float, float]:
        return patient_bootstrap(lambda i: statistic(values[i]), patients)

    bias, spread = over(lambda v: float(np.median(v)), error), over(lambda v: float(np.median(np.abs(v))), error)
    covered = over(lambda v: 100.0 * float(v.mean()), inside)
    cells = [f"{e:.1f} ({lo:.1f} to {hi:.1f})" for e, lo, hi in (bias, spread, covered)]
    return f"| {name} | {len(rows)} / {len(set(patients))} | " + " | ".join(cells) + " |", spread[0]


@dataclass(frozen=True, slots=True)
class Error:
    """One way to sum up errors of samples without levels: of which quantity, and over what."""

    name: str
    of: Callable[[Array, Array], Array]
    per_subject: bool = False


ERRORS = (
    Error("of the measured value, all samples pooled (as above)", lambda truth, said: (said - truth) / truth),
    Error("of the prediction, all samples pooled", lambda truth, said: (truth - said) / said),
    Error("of the prediction, median over subjects of their own", lambda truth, said: (truth - said) / said, per_subject=True),
)


def _definitions(cases: Sequence[Case]) -> list[str]:
    """Table lines: the error without samples by each definition, as published and without the factor for women."""
    whole = MODELS[MODEL]
    no_factor = tuple(replace(p, value=0.0) if p.name == "female" else p for p in whole.parameters)
    subjects = [str(case["subject"]) for case in cases]
    lines: list[str] = []
    for words, model in (("as published", whole), ("without its factor for women", replace(whole, parameters=no_factor))):
        said = [_typical(model, case) for case in cases]
        for error in ERRORS:
            parts = [100.0 * error.of(truth, typical) for truth, typical in said]
            bias, spread = _middle(parts, subjects, error), _middle([np.abs(p) for p in parts], subjects, error)
            lines.append(f"| {words} | {error.name} | {bias} | {spread} |")
    return lines


def _middle(parts: Sequence[Array], subjects: Sequence[str], error: Error) -> str:
    """Median over samples, or over the medians of the subjects, with its interval over subjects."""
    values = [np.atleast_1d(np.median(p)) if error.per_subject else p for p in parts]
    found = patient_bootstrap(lambda chosen: float(np.median(np.concatenate([values[i] for i in chosen]))), subjects)
    return "{:.1f} ({:.1f} to {:.1f})".format(*found)


def _typical(model: Model, case: Case) -> tuple[Array, Array]:
    """Measured samples and what the typical patient of the model has at their times."""
    scenario = read(case["scenario"])
    path = covariate_path(model, scenario.record, scenario.at)
    if isinstance(path, CannotPredict):
        raise TypeError(path.reason)
    until = max(scenario.report_times)
    times = np.array([hours(t, until) for t in scenario.report_times])
    shifted = replace(path, starts_h=path.starts_h - hours(until, scenario.at))
    doses = history(scenario.record, model.drug, until).given
    typical = predictor(individual(model, shifted), doses, times)(np.zeros((len(model.random_effects), 1)))[:, 0]
    return np.array([t["value"] for t in case["truth"]]), typical


def render(rows: Sequence[Sample], definitions: Sequence[str]) -> str:
    """The report as Markdown."""
    table: list[str] = []
    spread: dict[tuple[int, str], float] = {}
    for used in sorted({r.used for r in rows}):
        mine = [r for r in rows if r.used == used]
        for words, chosen in (("next sample", [r for r in mine if r.place == 0]), ("all later samples", mine)):
            line, spread[used, words] = _line(f"{used} samples used, {words}", chosen)
            table.append(line)
    before, after = spread[0, "all later samples"], spread[3, "next sample"]
    near = abs(before - PUBLISHED_APRIORI) <= NEAR
    expected = f"{PUBLISHED_APRIORI} % within {NEAR} points, as another program found with the same model"
    met = {True: "met", False: "**missed**"}
    return "\n".join(
        [
            "# Remifentanil in volunteers",
            "",
            "Arterial samples of adults with a short infusion (the data of Minto CF et al. Anesthesiology 1997;86:10-23, as",
            f"shipped with the R package nlme), forecast by `{MODEL}` as published. Brackets: 95 % interval over patients.",
            "Written by `python -m validation.remifentanil_report`.",
            "",
            "| samples | samples / patients | median error % | median abs. error % | coverage of 90 % prediction interval |",
            "|---|---|---|---|---|",
            *table,
            "",
            "| goal | bound | found | |",
            "|---|---|---|---|",
            f"| A8 without samples: median abs. error | {expected} | {before:.1f} % | {met[near]} |",
            f"| A8 next sample after three | at most {AFTER_THREE:.0f} % | {after:.1f} % | {met[after <= AFTER_THREE]} |",
            "",
            "## By other definitions of the error, without samples",
            "",
            "| model | error | median % | median abs. % |",
            "|---|---|---|---|",
            *definitions,
            "",
        ]
    )


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("cases", type=Path)
    parser.add_argument("--out", type=Path)
    chosen = parser.parse_args()
    cases = read_cases(chosen.cases)
    blind = [case for case in cases if not case["n_prior_levels"]]
    text = render([row for case in cases for row in samples(case)], _definitions(blind))
    if chosen.out:
        by_hand = chosen.out.read_text().partition(MARK)[2] if chosen.out.exists() else ""
        chosen.out.write_text(text + (f"\n{MARK}{by_hand}" if by_hand else ""))
    print(text)


if __name__ == "__main__":
    main()
