"""Simulation-based calibration of a model's estimation (Talts S et al. 2018, arXiv:1804.06788).

Simulate patients from the model itself, fit them with it, and ask where the truth falls among the posterior draws: the
ranks must be uniform and 90 % intervals must hold the truth in 90 % of patients. Each random effect and the next measured
level are ranked. A variance that is wrong by a factor two must be noticed (`omega_factor`, `sigma_factor`).

`python -m validation.sbc` writes the table of docs/models/calibration.md.
"""

import sys
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.stats import chisquare

from twin_engine.kernel.declare import CovariatePath, Model
from twin_engine.kernel.estimate import Levels, estimate
from twin_engine.kernel.individual import Individual, individual
from twin_engine.kernel.linear import concentrations
from twin_engine.kernel.schedule import Dose
from twin_engine.registry import MODELS

LEVEL_TIMES_H = {0: (), 1: (23.0,), 3: (11.0, 26.0, 47.0)}
NEXT_LEVEL_H = 71.0
DRAWS = 512
BINS = 16
COVERAGE = (0.86, 0.94)
LEAST_P = 0.001


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
        """Every coverage within 86-94 % and no rank test below p 0.001."""
        inside = all(COVERAGE[0] <= c <= COVERAGE[1] for c in self.coverage.values())
        return inside and min(self.p.values()) > LEAST_P


def calibrate(
    model: Model, n_levels: int, patients: int, seed: int, *, omega_factor: float = 1.0, sigma_factor: float = 1.0
) -> Calibration:
    """Simulate from `model`, fit with its omega and sigma multiplied by the factors (variance, SD)."""
    rng = np.random.default_rng([seed, n_levels])
    error = replace(
        model.residual,
        additive=model.residual.additive * sigma_factor,
        proportional=model.residual.proportional * sigma_factor,
    )
    times = np.array(LEVEL_TIMES_H[n_levels])
    names = [*model.eta_names, "next level"]
    ranks = np.empty((patients, len(names)))
    ess = np.empty(patients)
    for i in range(patients):
        patient, doses = _simulated(model, rng)
        truth = np.linalg.cholesky(patient.omega) @ rng.standard_normal((len(patient.omega), 1))
        true_levels = concentrations(patient.path(truth), doses, np.append(times, NEXT_LEVEL_H))[:, 0]
        noise = np.sqrt(model.residual.variance(true_levels)) * rng.standard_normal(len(true_levels))
        observed = true_levels + noise

        def predict(eta: NDArray[np.float64], patient: Individual = patient, doses: list[Dose] = doses) -> NDArray[np.float64]:
            return concentrations(patient.path(eta), doses, times)

        found = estimate(predict, Levels.measured(observed[:-1]), error, patient.omega * omega_factor, DRAWS, rng)
        future = concentrations(patient.path(found.draws), doses, np.array([NEXT_LEVEL_H]))[0]
        future = future + np.sqrt(error.variance(future)) * rng.standard_normal(DRAWS)
        ranks[i, :-1] = (found.draws < truth).mean(axis=1)
        ranks[i, -1] = (future < observed[-1]).mean()
        ess[i] = found.ess
    return Calibration(
        model.id,
        n_levels,
        patients,
        {n: float(((r >= 0.05) & (r <= 0.95)).mean()) for n, r in zip(names, ranks.T, strict=True)},
        {n: _uniform(r) for n, r in zip(names, ranks.T, strict=True)},
        float(np.median(ess)),
    )


def _uniform(ranks: NDArray[np.float64]) -> float:
    counts = np.bincount(np.minimum((ranks * BINS).astype(int), BINS - 1), minlength=BINS)
    return float(chisquare(counts).pvalue)


def _simulated(model: Model, rng: np.random.Generator) -> tuple[Individual, list[Dose]]:
    """A patient of ordinary covariates and a weight-based regimen with a loading dose."""
    weight = float(rng.uniform(50, 110))
    drawn = {
        "age": float(rng.uniform(25, 85)),
        "weight": weight,
        "height": float(rng.uniform(155, 190)),
        "female": float(rng.integers(2)),
        "creatinine": float(np.exp(rng.normal(np.log(1.0), 0.35))),
        "haematological_malignancy": float(rng.random() < 0.1),
    }
    values = {c.name: np.array([drawn[c.name]]) for c in model.covariates}
    patient = individual(model, CovariatePath(np.array([-np.inf]), values))
    doses = [Dose(0.0, 2.0, 25 * weight), *(Dose(h, 1.0, 15 * weight) for h in (12.0, 24.0, 36.0, 48.0, 60.0))]
    return patient, doses


def main(patients: int = 1000) -> None:
    """Run every model and write the table."""
    rows = [
        "| model | levels | patients | coverage of 90 % intervals | smallest rank p | median ESS |",
        "|---|---|---|---|---|---|",
    ]
    for model in MODELS.values():
        for n_levels in LEVEL_TIMES_H:
            found = calibrate(model, n_levels, patients, seed=20)
            low, high = min(found.coverage.values()), max(found.coverage.values())
            rows.append(
                f"| {found.model} | {n_levels} | {patients} | {100 * low:.1f}-{100 * high:.1f} % "
                f"| {min(found.p.values()):.3f} | {found.median_ess:.0f} |"
            )
            sys.stderr.write(f"{rows[-1]}\n")
    target = Path(__file__).parent.parent / "docs" / "models" / "calibration.md"
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(
        "# Calibration by simulation\n\nPatients simulated from each model and fitted with it; the ranges are over its random "
        "effects and the next measured level.\nWritten by `make sbc`.\n\n" + "\n".join(rows) + "\n"
    )


if __name__ == "__main__":
    main()
