"""A creatinine that moves: drug models read where it would settle, wider, and say so; named alone they read it as charted."""

from dataclasses import replace

import numpy as np
import pytest

from tests.reference.patients import AT, record
from twin_engine.covariates import covariate_path, settled_creatinine
from twin_engine.covariates.balance import kidneys
from twin_engine.kernel.declare import CovariatePath, Model
from twin_engine.outcome import CannotPredict
from twin_engine.patient.record import PatientRecord
from twin_engine.registry import MODELS, models_of
from twin_engine.twin import Twin, refresh

GOTI = MODELS["vancomycin_goti_2018"]
RISING = record(creatinine=[(-49.0, 1.0), (-25.0, 1.0), (-13.0, 1.5), (-1.0, 2.1)])
FALLING = record(creatinine=[(-49.0, 3.5), (-25.0, 3.4), (-13.0, 2.6), (-1.0, 1.9)])
STEADY = record(creatinine=[(-49.0, 2.0), (-25.0, 2.1), (-13.0, 2.0), (-1.0, 2.1)])


def read(patient: PatientRecord, model: Model = GOTI) -> CovariatePath:
    found = covariate_path(model, patient, AT, creatinine=settled_creatinine([model], patient, AT))
    assert isinstance(found, CovariatePath), found
    return found


def twin(patient: PatientRecord, *, as_published: bool = False) -> Twin:
    given = replace(patient, administrations=record(doses=[(-20.0, 1.0, 1000.0)]).administrations)
    found, _, _ = refresh(given, "vancomycin", models_of("vancomycin"), AT, draws=256, seed=1, as_published=as_published)
    assert found is not None
    return found


def test_where_a_rising_creatinine_would_settle_is_above_it_and_a_falling_one_below() -> None:
    assert read(RISING)["creatinine"][-1] > 2.1
    assert read(FALLING)["creatinine"][-1] < 1.9


@pytest.mark.parametrize("newest", [1.5, 2.0, 3.0])
def test_after_a_rise_it_is_never_read_below_the_charted_one(newest: float) -> None:
    assert read(record(creatinine=[(-51.0, 1.0), (-27.0, 1.0), (-3.0, newest)]))["creatinine"][-1] >= newest


def test_clearance_is_then_that_of_the_filtered_gfr() -> None:
    kidney = kidneys(RISING, AT)
    assert not isinstance(kidney, str)
    assert kidney.generation / read(RISING)["creatinine"][-1] == pytest.approx(kidney.gfr[-1])


def test_a_steady_creatinine_is_read_as_charted_and_certain() -> None:
    assert read(STEADY)["creatinine"].tolist() == [2.0, 2.1, 2.0, 2.1]
    assert not read(STEADY).log_sd
    assert not read(STEADY).remarks


def test_the_card_is_told_both_values() -> None:
    (remark,) = read(RISING).remarks
    assert remark.variable == "creatinine"
    assert "2.1 mg/dL still moves" in remark.effect
    assert "would settle" in remark.effect
    assert "by the charted value" in remark.effect


def test_clearance_is_lower_and_wider_while_creatinine_rises() -> None:
    def spread(found: Twin) -> tuple[float, float]:
        logs = np.log(np.concatenate([f.now[0][f.copies] for f in found.fitted]))
        return float(np.median(logs)), float(logs.std())

    moving, resting = spread(twin(RISING)), spread(twin(record(creatinine=[(-25.0, 2.1), (-1.0, 2.1)])))
    assert moving[0] < resting[0]
    assert moving[1] > resting[1]


def test_as_published_it_is_the_charted_value() -> None:
    charted = covariate_path(GOTI, RISING, AT)
    assert isinstance(charted, CovariatePath)
    assert charted["creatinine"].tolist() == [1.0, 1.5, 2.1]
    assert all(f.individual.starts_h.tolist() == [-np.inf, -13.0, -1.0] for f in twin(RISING, as_published=True).fitted[:1])


def test_where_the_kidneys_cannot_be_filtered_it_says_so() -> None:
    only_creatinine = replace(GOTI, covariates=tuple(c for c in GOTI.covariates if c.name == "creatinine"))
    found = read(replace(RISING, sex="unknown"), only_creatinine)
    assert "read as charted" in found.remarks[0].effect
    assert found["creatinine"][-1] == 2.1


def test_outside_the_studied_range_it_names_what_is_outside() -> None:
    steep = record(creatinine=[(-25.0, 1.5), (-13.0, 2.6), (-1.0, 3.6)])
    assert read(steep)["creatinine"][-1] > 4.0
    colin = MODELS["vancomycin_colin_2019"]
    refused = covariate_path(colin, steep, AT, creatinine=settled_creatinine([colin], steep, AT))
    assert isinstance(refused, CannotPredict)
    assert "the creatinine that would settle" in refused.reason
