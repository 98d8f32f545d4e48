"""Grasela 1983: VMAX and KM printed in the abstract, the steady state that they give, and a load studied by others."""

import numpy as np
import pytest

from tests.reference.patients import covariates, typical_of
from twin_engine.kernel.individual import individual
from twin_engine.kernel.linear import concentrations
from twin_engine.kernel.schedule import Dose
from twin_engine.models.drugs.phenytoin_grasela_1983 import MODEL, PHENYTOIN_PER_SODIUM


def levels(weight: float, doses: list[Dose], hours: list[float]) -> np.ndarray:
    patient = individual(MODEL, covariates(age=40, weight=weight, albumin=40))
    return concentrations(patient.path(np.zeros((3, 1))), doses, np.array(hours))[:, 0]


def test_vmax_and_km_printed_in_the_abstract() -> None:
    typical = typical_of(MODEL, age=40, weight=70, albumin=40)
    assert typical["VMAX"] * 24.0 * PHENYTOIN_PER_SODIUM == pytest.approx(415.0)
    assert typical["KM"] == pytest.approx(5.7)
    heavier = typical_of(MODEL, age=40, weight=90, albumin=40)
    assert heavier["VMAX"] / typical["VMAX"] == pytest.approx((90 / 70) ** 0.6)


def test_the_salt_holds_0_92_of_phenytoin() -> None:
    """The salt factor of the phenytoin labels and textbooks."""
    assert pytest.approx(0.92, abs=0.0005) == PHENYTOIN_PER_SODIUM


@pytest.mark.parametrize("mg_per_day", [200.0, 300.0])
def test_the_steady_state_is_the_equation_of_the_paper(mg_per_day: float) -> None:
    """R = VMAX Css/(KM + Css), for doses in phenytoin: 5.3 and 14.9 mg/L at 70 kg."""
    rate = mg_per_day / PHENYTOIN_PER_SODIUM / 24.0
    found = levels(70.0, [Dose(0.0, 3000.0, 3000.0 * rate)], [3000.0])
    assert found[0] == pytest.approx(5.7 * mg_per_day / (415.0 - mg_per_day), rel=1e-3)


def test_a_load_that_keeps_adults_in_range_for_a_day() -> None:
    """Tanaka 2013, abstract: 22.5 mg/kg of fosphenytoin sodium (15 mg/kg of equivalents) is the optimal dose for 10-20 mg/L."""
    found = levels(60.0, [Dose(0.0, 0.125, 15.0 * 60.0)], [0.5, 2.0, 12.0, 24.0])
    assert (found > 10.0).all()
    assert (found < 20.0).all()
