"""Colin 2019: the clearance printed in the abstract, and the published direction of each covariate."""

import pytest

from tests.reference.patients import covariates
from twin_engine.models.drugs.vancomycin_colin_2019 import MODEL


def clearance(age: float = 35, weight: float = 70, creatinine: float = 0.83, malignancy: float = 0) -> float:
    path = covariates(age=age, weight=weight, creatinine=creatinine, haematological_malignancy=malignancy)
    return float(MODEL.typical_path(path)["CL"][0])


def test_clearance_printed_in_the_abstract() -> None:
    assert clearance() == pytest.approx(4.10, abs=0.005)


def test_volumes_at_the_reference_weight() -> None:
    typical = MODEL.typical_path(covariates(age=35, weight=70, creatinine=0.83, haematological_malignancy=0))
    assert float(typical["V1"][0]) == pytest.approx(42.9)
    assert float(typical["V2"][0]) == pytest.approx(41.7)
    assert float(typical["Q"][0]) == pytest.approx(3.22)


def test_covariates_act_in_the_published_direction() -> None:
    assert clearance(malignancy=1) / clearance() == pytest.approx(1.294)
    assert clearance(creatinine=1.83) / clearance() == pytest.approx(0.5226, abs=1e-3)
    assert clearance(age=80) < clearance(age=35)
    assert clearance(weight=140) / clearance() == pytest.approx(2**0.75)
