"""The kernel on the newborns of Grasela & Donn, and forecasts that use nothing that was measured later."""

import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from twin_engine.kernel.schedule import Dose
from twin_engine.registry import MODELS
from validation.phenobarbital import NONMEM_OBJECTIVE, PUBLISHED, Infant, objectives, read_infants
from validation.phenobarbital_report import forecasts

DATA = Path(os.environ.get("ICU_TWIN_DATA", "../shared/data")) / "pk" / "nlmixr2data_pheno_sd.csv"
INFANT = Infant("1", 1.4, True, (Dose(0.0, 0.0, 25.0), Dose(12.5, 0.0, 3.5)), np.array([2.0, 30.0]), np.array([17.3, 16.0]))


@pytest.mark.skipif(not DATA.is_file(), reason="no pharmacokinetic tables at hand (set ICU_TWIN_DATA)")
def test_objective_of_59_infants_is_the_one_nonmem_prints() -> None:
    infants = read_infants(DATA)
    assert (len(infants), sum(len(x.levels) for x in infants)) == (59, 155)
    assert objectives(PUBLISHED, infants).sum() == pytest.approx(NONMEM_OBJECTIVE, abs=0.001)


def test_a_forecast_does_not_see_its_own_level_nor_later_ones() -> None:
    other = replace(INFANT, levels=np.array([17.3, 32.0]))
    one, two = (forecasts(x, PUBLISHED, 20.0, np.random.default_rng(3)) for x in (INFANT, other))
    assert [(r.median, r.low, r.high) for r in one] == [(r.median, r.low, r.high) for r in two]
    assert [r.last for r in one] == [None, 17.3]


def test_a_level_moves_the_next_forecast_towards_it() -> None:
    low = replace(INFANT, levels=np.array([9.0, 16.0]))
    expected, lower = (forecasts(x, PUBLISHED, 20.0, np.random.default_rng(3))[1] for x in (INFANT, low))
    assert lower.median < 0.9 * expected.median
    assert lower.blind == expected.blind


def test_newborns_are_no_patients_of_the_product() -> None:
    assert PUBLISHED.id not in MODELS
    assert all(m.drug != PUBLISHED.drug for m in MODELS.values())
