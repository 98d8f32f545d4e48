"""Choi 2016: the typical values printed in the abstract with their 95 % intervals."""

import pytest

from tests.reference.patients import covariates
from twin_engine.models.drugs.fentanyl_choi_2016 import MODEL

PRINTED = {"CL": (35.0, 32.0, 39.0), "Q": (55.0, 42.0, 68.0), "V1": (203.0, 140.0, 266.0), "V2": (523.0, 428.0, 618.0)}


def typical(weight: float) -> dict[str, float]:
    return {name: float(value[0]) for name, value in MODEL.typical_path(covariates(age=55, weight=weight)).items()}


def test_typical_values_printed_in_the_abstract() -> None:
    assert typical(92) == pytest.approx({name: value for name, (value, _, _) in PRINTED.items()})


def test_the_middle_of_a_printed_interval_is_the_printed_estimate() -> None:
    # The slopes and variances are read as the middle of their intervals: it holds where both are printed.
    for value, low, high in PRINTED.values():
        assert (low + high) / 2 == pytest.approx(value, abs=0.5)


def test_clearance_and_peripheral_volume_grow_with_weight() -> None:
    light, heavy = typical(60), typical(120)
    assert heavy["CL"] > light["CL"]
    assert heavy["V2"] > light["V2"]
    assert (heavy["V1"], heavy["Q"]) == (light["V1"], light["Q"])
