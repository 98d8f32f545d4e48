"""The crest of the effect site after a push, found exactly, against a fine grid in every copy."""

import numpy as np
import pytest

from tests.reference.patients import AT, record
from twin_engine.bolus import _at_effect_site
from twin_engine.copies import standing
from twin_engine.kernel.linear import effect_site
from twin_engine.options import option
from twin_engine.patient.record import Order
from twin_engine.registry import models_of
from twin_engine.twin import refresh


@pytest.mark.parametrize(("drug", "push_h", "rate"), [("rocuronium", 0.0, None), ("rocuronium", 0.1, 20.0)])
def test_the_crest_is_that_of_a_fine_grid(drug: str, push_h: float, rate: float | None) -> None:
    chart = record(creatinine=[(-4.0, 1.0)])
    twin, refusals, _ = refresh(chart, drug, models_of(drug), AT, draws=64, seed=1)
    assert twin is not None, refusals
    orders = [Order("as ordered", drug=drug, amount=50.0, unit="mg", infusion_h=push_h)]
    orders += [] if rate is None else [Order("as ordered", drug=drug, rate=rate, unit="mg/h")]
    chosen = option("as ordered", orders, chart, drug, twin.history, AT, 24.0)
    (copies,) = standing(twin)
    push = chosen.own[0]
    hours = push.end_h + np.linspace(1e-6, 0.25, 3_001)
    grid = effect_site(copies.path, chosen.doses, hours, copies.state).max(axis=0)
    assert _at_effect_site(copies, chosen, push) == pytest.approx(grid, rel=1e-6)
