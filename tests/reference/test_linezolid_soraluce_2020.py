"""Soraluce 2020: the steady concentrations that figure 3 prints, and the effluent as the paper adds it."""

import numpy as np
import pytest
from scipy.optimize import brentq
from scipy.stats import norm

from tests.reference.patients import typical_of
from twin_engine.models.drugs.linezolid_soraluce_2020 import MODEL


def clearance(crcl: float, effluent: float = 0.0) -> float:
    return typical_of(MODEL, age=70.0, weight=72.0, creatinine_clearance=crcl, crrt_effluent=effluent)["CL"]


@pytest.mark.parametrize(("share", "printed"), [(0.5, 3.30), (0.025, 0.85), (0.975, 14.73)])
def test_steady_concentrations_that_are_printed(share: float, printed: float) -> None:
    # 50 mg/h without a break, patients with six creatinine clearances in equal numbers.
    typical = np.array([clearance(crcl) for crcl in (40.0, 80.0, 120.0, 160.0, 200.0, 240.0)])
    sd = float(np.sqrt(MODEL.omega()[0, 0]))

    def below(level: float) -> float:
        return float(norm.sf(np.log(50.0 / (typical * level)), scale=sd).mean()) - share

    assert brentq(below, 0.01, 100.0) == pytest.approx(printed, rel=0.03)


def test_typical_values() -> None:
    typical = typical_of(MODEL, age=70.0, weight=72.0, creatinine_clearance=44.0, crrt_effluent=0.0)
    assert tuple(typical[k] for k in ("CL", "V1", "Q", "V2")) == pytest.approx((2.62 + 4.35, 16.2, 71.7, 29.0))


def test_the_median_circuit_clears_what_is_printed() -> None:
    # Median extracorporeal clearance 2.51 L/h.
    assert clearance(6.0, effluent=2.51 / 0.8) - clearance(6.0) == pytest.approx(2.51)
