"""Jonckheere 2020: table 2 as two readers carried it over, and the variance of the sum of two clearances."""

import numpy as np
import pytest

from tests.reference.patients import creatinine_of, typical_of
from twin_engine.models.drugs.cefepime_jonckheere_2020 import MODEL


def man(crcl: float = 60.0, weight: float = 70.0) -> dict[str, float]:
    return {"age": 76.0, "weight": weight, "female": 0.0, "creatinine": creatinine_of(crcl, 76.0, weight)}


def test_typical_values_at_the_reference_patient() -> None:
    typical = typical_of(MODEL, **man())
    assert tuple(typical[k] for k in ("CL", "V1", "Q", "V2")) == pytest.approx((2.29 + 0.795, 10.7, 11.0, 12.2))


def test_kidney_and_weight() -> None:
    assert typical_of(MODEL, **man(crcl=120.0))["CL"] == pytest.approx(2.29 * 2**0.943 + 0.795)
    heavy = typical_of(MODEL, **man(weight=140.0))
    assert heavy["Q"] == pytest.approx(11.0 * 2**0.75)
    assert heavy["V2"] == pytest.approx(24.4)


def test_one_random_effect_has_the_variance_of_the_two_published_ones() -> None:
    rng = np.random.default_rng(1)
    renal, other = (np.exp(sd * rng.standard_normal(200_000)) for sd in (0.246, 0.694))
    total = 2.29 * renal + 0.795 * other
    assert np.var(np.log(total)) == pytest.approx(MODEL.omega()[0, 0], rel=0.02)
