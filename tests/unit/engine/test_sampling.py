"""When a level is worth more than a choice made without it."""

from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest

from tests.reference.patients import AT, record
from twin_engine.exposure import Exposure
from twin_engine.patient.record import Order
from twin_engine.predict import predict
from twin_engine.prediction import Prediction
from twin_engine.registry import MODELS, models_of
from twin_engine.sampling import gain_of_level
from twin_engine.scenario import AS_ORDERED, Scenario
from twin_engine.twin import refresh

DOSES = [(-36.0 + 12 * i, 1.0, 1000.0) for i in range(3)]
BLIND = record(creatinine=[(-24.0, 1.2), (-4.0, 1.2)], doses=DOSES)
NEXT = Order(AS_ORDERED, drug="vancomycin", amount=1000.0, unit="mg", interval_h=12.0, infusion_h=1.0, start=AT)


def run(chart: object, *orders: Order, **other: object) -> Prediction:
    return predict(Scenario(at=AT, seed=1, record=chart, orders=orders, **other))  # type: ignore[arg-type]


def test_a_wide_posterior_asks_for_a_level_at_a_time_that_can_be_met() -> None:
    advice = run(BLIND, NEXT).level_advice
    assert [a.drug for a in advice] == ["vancomycin"]
    assert advice[0].gain >= 0.10
    assert AT <= advice[0].time <= AT + timedelta(hours=24)


def test_the_gain_lies_between_nothing_and_perfect_knowledge() -> None:
    twin, _, _ = refresh(BLIND, "vancomycin", models_of("vancomycin")[:1], AT, draws=512, seed=1)
    assert twin is not None
    copies = np.linspace(1.0, 2.0, 512)
    utilities = np.stack([copies < 1.5, copies >= 1.5]).astype(float)
    found = Exposure({}, {twin.fitted[0].model.id: slice(0, 512)})
    assert abs(gain_of_level(twin, found, np.full(512, 20.0), utilities)) < 0.01
    assert gain_of_level(twin, found, np.where(copies < 1.5, 1.0, 500.0), utilities) == pytest.approx(0.5, abs=0.01)


def test_before_any_dose_no_level_is_asked_for_at_once() -> None:
    advice = run(record(creatinine=[(-24.0, 1.2), (-4.0, 1.2)]), NEXT).level_advice
    assert all(a.time > AT for a in advice)


def test_no_level_is_asked_for_soon_after_one() -> None:
    hour_old = record(creatinine=[(-24.0, 1.2), (-4.0, 1.2)], doses=DOSES, levels=[(-1.0, 14.0)])
    assert all(a.time >= AT + timedelta(hours=5) for a in run(hour_old, NEXT).level_advice)


def test_unverified_models_and_charts_without_an_order_ask_for_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    assert run(BLIND, NEXT).level_advice
    for model in models_of("vancomycin"):
        monkeypatch.setitem(MODELS, model.id, replace(model, status="experimental"))
    assert run(BLIND, NEXT).level_advice == ()
    monkeypatch.undo()
    assert run(BLIND).level_advice == ()
