"""He 2022: the printed clearances, and the printed shares of patients with low troughs at steady state."""

import numpy as np
import pytest

from tests.reference.patients import covariates, typical_of
from twin_engine.kernel.individual import individual
from twin_engine.models.drugs.gentamicin_he_2022 import MODEL


def clearance(effluent: float) -> float:
    return typical_of(MODEL, age=68.0, weight=72.0, crrt_effluent=effluent)["CL"]


def test_clearance_of_the_body_that_is_printed() -> None:
    assert clearance(0.0) * 1000.0 / 60.0 == pytest.approx(20.0)


def test_typical_total_clearance_that_is_printed() -> None:
    # The median of the printed clearances of the circuits is 2.6 L/h.
    assert clearance(2.6 / 0.77) * 1000.0 / 60.0 == pytest.approx(63.3, abs=0.05)


@pytest.mark.parametrize(
    ("per_kg_h", "mg_per_kg", "below_1", "below_2"),
    [(30.0, 3.0, 71.1, 98.3), (30.0, 5.0, 44.3, 80.8), (30.0, 7.0, 31.4, 62.3), (40.0, 4.0, 81.9, 99.5)],
)
def test_troughs_that_are_printed(per_kg_h: float, mg_per_kg: float, below_1: float, below_2: float) -> None:
    # Weights of 48-102 kg as in the paper, evenly; one random effect on total clearance costs up to six points.
    rng = np.random.default_rng(1)
    found: list[float] = []
    for weight in np.linspace(48.0, 102.0, 19):
        patient = individual(MODEL, covariates(age=68.0, weight=weight, crrt_effluent=per_kg_h * weight / 1000.0))
        path = patient.path(np.linalg.cholesky(patient.omega) @ rng.standard_normal((2, 400)))
        cl, v = path.kinetics[0]
        k = cl / v
        end = 2.0 * mg_per_kg * weight / cl * (1.0 - np.exp(-0.5 * k)) / (1.0 - np.exp(-24.0 * k))
        found.extend(end * np.exp(-23.5 * k))
    troughs = np.array(found)
    assert 100.0 * (troughs < 1.0).mean() == pytest.approx(below_1, abs=8.0)
    assert 100.0 * (troughs < 2.0).mean() == pytest.approx(below_2, abs=4.0)
