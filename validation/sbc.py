"""Simulation-based calibration of a model's estimation (Talts S et al. 2018, arXiv:1804.06788).

Simulate patients from the model itself, fit them with it, and ask where the truth falls among the posterior draws: the
ranks must be uniform and 90 % intervals must hold the truth in 90 % of patients. Each random effect and the next measured
level are ranked. A variance that is wrong by a factor two must be noticed (`omega_factor`, `sigma_factor`).

`python -m validation.sbc [MODEL ...]` (`make sbc`) writes the table of docs/models/calibration.md, or the rows of the named
models into it, and fails when one of them does not hold. With 1,000 patients the tolerance is the four points of `TOLERANCE`
themselves: a quantity whose true coverage is 86 % passes half of the time, one of 85 % one time in five, one of 90 % always.
The few hundred patients of the tests are for mistakes; they let a true 86 % pass nineteen times in twenty.
"""

import argparse
import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from scipy.stats import chisquare

from twin_engine.kernel.declare import Model
from twin_engine.kernel.estimate import Levels, estimate
from twin_engine.kernel.individual import Individual, daily_occasions, individual
from twin_engine.kernel.observe import Predictor, predictor
from twin_engine.kernel.residual import Array, ResidualError, TwoOutputs
from twin_engine.kernel.schedule import Dose
from twin_engine.registry import MODELS
from validation.patients import drawn_covariates, one_regime, regimen, twelfths

LEVELS = {0: (), 1: (23.0,), 3: (11.0, 26.0, 47.0)}
"""Times of the levels before the fit, in twelfths of the usual interval between doses (hours for a dose every 12 h)."""

NEXT = 71.0
DRAWS = 512
BINS = 16
NOMINAL, TOLERANCE = 0.90, 0.04
CHANCE_SD = 3.9
"""With few patients a right model may miss the tolerance by chance: it is widened to this many standard errors. Some 500
quantities are tested over all models, and one in ten thousand is further off by chance."""

LEAST_P = 0.001

PAGE = Path(__file__).parent.parent / "docs" / "models" / "calibration.md"
PAGE_PATIENTS, PAGE_SEED = 1000, 20
TITLE = (
    "# Calibration by simulation",
    "",
    "Patients simulated from each model and fitted with it; the ranges are over its random effects and the next measurement.",
    "A row holds when every coverage is within four points of 90 % and the ranks together are even (p above 0.001).",
    "Written by `make sbc`.",
    "",
    "| model | levels | patients | coverage of 90 % intervals | smallest rank p | median ESS | holds |",
    "|---|---|---|---|---|---|---|",
)


@dataclass(frozen=True, slots=True)
class Calibration:
    """Coverage of the 90 % interval and p of the rank test, by quantity (random effects and `next level`)."""

    model: str
    n_levels: int
    patients: int
    coverage: dict[str, float]
    p: dict[str, float]
    median_ess: float

    @property
    def passed(self) -> bool:
        """Every coverage within 86-94 % (from 860 patients on), and rank tests that together are not below p 0.001."""
        tolerance = max(TOLERANCE, CHANCE_SD * (NOMINAL * (1.0 - NOMINAL) / self.patients) ** 0.5)
        inside = all(abs(c - NOMINAL) <= tolerance for c in self.coverage.values())
        return inside and min(self.p.values()) > LEAST_P / len(self.p)


def calibrate(
    model: Model, n_levels: int, patients: int, seed: int, *, omega_factor: float = 1.0, sigma_factor: float = 1.0
) -> Calibration:
    """Simulate from `model`, fit with its omega and sigma multiplied by the factors (variance, SD)."""
    rng = np.random.default_rng([seed, n_levels])
    times, ahead = twelfths(model, np.array(LEVELS[n_levels])), twelfths(model, np.array([NEXT]))
    names = [*model.eta_names, "next level", *(["next response"] if model.response else [])]
    ranks = np.empty((patients, len(names)))
    ess = np.empty(patients)
    for i in range(patients):
        ranks[i], ess[i] = _rank_of_truth(_simulated(model, rng, times), times, ahead, omega_factor, sigma_factor, rng)
    return Calibration(
        model.id,
        n_levels,
        patients,
        {n: float(((r >= 0.05) & (r <= 0.95)).mean()) for n, r in zip(names, ranks.T, strict=True)},
        {n: _uniform(r) for n, r in zip(names, ranks.T, strict=True)},
        float(np.median(ess)),
    )


def _rank_of_truth(
    simulated: tuple[Individual, tuple[Dose, ...]],
    times: Array,
    ahead: Array,
    omega_factor: float,
    sigma_factor: float,
    rng: np.random.Generator,
) -> tuple[Array, float]:
    """Where the truth of one patient lies among the draws, by quantity, and the effective sample size."""
    patient, doses = simulated
    responses = times if patient.model.response else times[:0]
    truth = np.linalg.cholesky(patient.omega) @ rng.standard_normal((len(patient.omega), 1))
    everything = patient.with_unseen(truth, rng)
    before = predictor(patient, doses, times, responses)
    after = predictor(patient, doses, ahead, ahead if patient.model.response else ahead[:0])
    observed, seen_next = (_measured(p, everything, rng)[:, 0] for p in (before, after))
    error = _scaled(before, sigma_factor)
    found = estimate(before, Levels.measured(observed), error, patient.omega * omega_factor, DRAWS, rng)
    future = after(patient.with_unseen(found.draws, rng))
    future = _scaled(after, sigma_factor).noisy(future, rng.standard_normal(future.shape))
    k = len(patient.model.eta_names)
    below = (found.draws[:k] < truth[:k]).mean(axis=1)
    return np.concatenate([below, (future < seen_next[:, None]).mean(axis=1)]), found.ess


def _measured(predict: Predictor, effects: Array, rng: np.random.Generator) -> Array:
    values = predict(effects)
    return predict.error.noisy(values, rng.standard_normal(values.shape))


def _scaled(predict: Predictor, factor: float) -> ResidualError | TwoOutputs:
    """The error of the fit, its standard deviations multiplied by `factor`."""

    def one(error: ResidualError) -> ResidualError:
        return replace(error, additive=error.additive * factor, proportional=error.proportional * factor)

    error = predict.error
    if isinstance(error, TwoOutputs):
        return replace(error, level=one(error.level), response=one(error.response))
    return one(error)


def _uniform(ranks: Array) -> float:
    counts = np.bincount(np.minimum((ranks * BINS).astype(int), BINS - 1), minlength=BINS)
    return float(chisquare(counts).pvalue)


def _simulated(model: Model, rng: np.random.Generator, times: Array) -> tuple[Individual, tuple[Dose, ...]]:
    """A patient of usual covariates on the model's usual regimen."""
    values = drawn_covariates(model, rng)
    days = daily_occasions(0.0, times, now_h=float(times.max(initial=0.0)))
    return individual(model, one_regime(values), occasions=days), regimen(model, values, doses=6)


def row(found: Calibration) -> str:
    """One line of the table."""
    low, high = min(found.coverage.values()), max(found.coverage.values())
    return (
        f"| {found.model} | {found.n_levels} | {found.patients} | {100 * low:.1f}-{100 * high:.1f} % "
        f"| {min(found.p.values()):.3f} | {found.median_ess:.0f} | {'yes' if found.passed else 'no'} |"
    )


def rows_of(page: str) -> dict[str, list[str]]:
    """The rows of a page by model."""
    rows: dict[str, list[str]] = {}
    for line in page.splitlines():
        name = line.strip("| ").split(" ", 1)[0]
        if name in MODELS:
            rows.setdefault(name, []).append(line)
    return rows


def write(rows: dict[str, list[str]]) -> None:
    """The page with these rows, models in order."""
    lines = [line for name in sorted(rows) for line in rows[name]]
    PAGE.write_text("\n".join([*TITLE, *lines, ""]), encoding="utf-8")


def main(names: Sequence[str]) -> int:
    """Run the named models (none = every one) and write their rows; the number of rows that do not hold."""
    rows = rows_of(PAGE.read_text(encoding="utf-8")) if names else {}
    failed = 0
    for name in names or sorted(MODELS):
        rows[name] = []
        for n_levels in LEVELS:
            found = calibrate(MODELS[name], n_levels, PAGE_PATIENTS, PAGE_SEED)
            rows[name].append(row(found))
            failed += not found.passed
            sys.stderr.write(f"{rows[name][-1]}\n")
        write(rows)
    return failed


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Simulation-based calibration of every model.")
    parser.add_argument("models", nargs="*", metavar="MODEL", help="only these models")
    sys.exit(min(main(parser.parse_args().models), 1))
