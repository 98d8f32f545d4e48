"""Metrics of exposure against fine stepping of the same copies."""

from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest
from numpy.typing import NDArray

from tests.reference.patients import AT, record
from twin_engine.copies import standing
from twin_engine.drug_options import first_amount
from twin_engine.exposure import DAY_H, PEAK_AFTER_INFUSION_H, Exposure, exposure
from twin_engine.history import history
from twin_engine.options import Option, option
from twin_engine.outcome import CannotPredict
from twin_engine.patient.record import Order
from twin_engine.proposals.targets import MetricKind
from twin_engine.registry import models_of
from twin_engine.twin import Twin, refresh
from twin_engine.what_if import curves

CHART = record(
    creatinine=[(-24.0, 1.2), (-4.0, 1.2)], doses=[(-24.0, 1.0, 1000.0), (-12.0, 1.0, 1000.0)], levels=[(-1.0, 14.0)]
)
KINDS: tuple[MetricKind, ...] = ("auc24", "css", "peak", "trough", "ft_above_mic")
THRESHOLD = 15.0


def twin() -> Twin:
    found, _, _ = refresh(CHART, "vancomycin", models_of("vancomycin")[:2], AT, draws=64, seed=1)
    assert found is not None
    return found


def made(*orders: Order, until_h: float = 96.0) -> Option:
    found = option("as ordered", orders, CHART, "vancomycin", history(CHART, "vancomycin", AT), AT, until_h)
    assert not isinstance(found, CannotPredict)
    return found


EVERY_8 = Order("as ordered", drug="vancomycin", amount=750.0, unit="mg", interval_h=8.0, infusion_h=1.0, start=AT)
EVERY_24 = replace(EVERY_8, amount=2000.0, interval_h=24.0, infusion_h=2.0)
PUMP = Order("as ordered", drug="vancomycin", rate=80.0, unit="mg/h", start=AT)
LOAD = replace(EVERY_8, amount=1500.0, interval_h=None, infusion_h=1.5)


def measured(*orders: Order) -> tuple[Twin, Option, Exposure]:
    patient, one = twin(), made(*orders)
    return patient, one, exposure(standing(patient), [one], KINDS, THRESHOLD)


def fine(patient: Twin, one: Option, begin: float, end: float) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    hours = np.linspace(begin, end, 2401)
    return hours, curves(standing(patient), one, hours)


@pytest.mark.parametrize("orders", [(EVERY_8,), (EVERY_24,), (PUMP,), (LOAD, EVERY_24)], ids=["q8", "q24", "pump", "load+q24"])
def test_the_next_day(orders: tuple[Order, ...]) -> None:
    patient, one, found = measured(*orders)
    hours, curve = fine(patient, one, one.start_h, one.start_h + DAY_H)
    area = np.trapezoid(curve, hours, axis=0)
    assert found.values["auc24_next"][0] == pytest.approx(area, rel=2e-3)
    assert found.values["css_next"][0] == pytest.approx(area / DAY_H, rel=2e-3)
    assert found.values["trough_next"][0] == pytest.approx(curve[-1], rel=1e-6)
    above = 100 * (curve > THRESHOLD).mean(axis=0)
    assert found.values["ft_above_mic_next"][0] == pytest.approx(above, abs=0.7)
    ends = [d.end_h + PEAK_AFTER_INFUSION_H for d in one.own if d.start_h < DAY_H]
    sampled = np.stack([curve[np.abs(hours - min(e, DAY_H)).argmin()] for e in ends]).max(axis=0)
    assert found.values["peak_next"][0] == pytest.approx(sampled, rel=1e-6)


@pytest.mark.parametrize("order", [EVERY_8, EVERY_24], ids=["q8", "q24"])
def test_steady_state_is_what_long_giving_comes_to(order: Order) -> None:
    patient, _, found = measured(order)
    long = made(order, until_h=24.0 * 120)
    every = order.interval_h or 0.0
    hours, curve = fine(patient, long, 24.0 * 119, 24.0 * 119 + every)
    assert found.values["trough_steady"][0] == pytest.approx(curve[-1], rel=1e-4)
    infused = (order.infusion_h or 0.0) + PEAK_AFTER_INFUSION_H
    at_peak = curve[np.abs(hours - hours[0] - infused).argmin()]
    assert found.values["peak_steady"][0] == pytest.approx(at_peak, rel=2e-3)
    assert found.values["auc24_steady"][0] == pytest.approx(np.trapezoid(curve, hours, axis=0) * 24 / every, rel=2e-3)
    assert found.values["ft_above_mic_steady"][0] == pytest.approx(100 * (curve > THRESHOLD).mean(axis=0), abs=1.2)


def test_a_constant_rate_settles_at_its_mean() -> None:
    patient, _, found = measured(PUMP)
    clearance = np.concatenate([f.now[0, f.copies] for f in patient.fitted])
    for name in ("css", "peak", "trough"):
        assert found.values[f"{name}_steady"][0] == pytest.approx(80.0 / clearance)


def test_every_model_has_its_columns() -> None:
    patient, _, found = measured(EVERY_8)
    assert sum(s.stop - s.start for s in found.by_model.values()) == 64
    assert set(found.by_model) == {f.model.id for f in patient.fitted if len(f.copies)}


def test_time_above_the_mic_without_a_threshold_is_a_bug() -> None:
    with pytest.raises(ValueError, match="threshold"):
        exposure(standing(twin()), [made(EVERY_8)], ("ft_above_mic",), None)


def test_the_first_dose_is_the_load_where_there_is_one_and_else_a_day_of_the_infusion() -> None:
    later = replace(PUMP, start=AT + timedelta(hours=2))
    assert first_amount(made(LOAD, PUMP)) == first_amount(made(LOAD, later)) == LOAD.amount
    assert first_amount(made(PUMP, until_h=24.0)) == pytest.approx(80.0 * 24.0)
    assert first_amount(made(EVERY_8)) == EVERY_8.amount
