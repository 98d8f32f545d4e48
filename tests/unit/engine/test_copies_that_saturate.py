"""Options of a drug whose elimination saturates: each is simulated by itself, and `steady` is what ten days come to."""

from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest

from tests.models.records import usual_record
from tests.reference.patients import AT
from twin_engine.copies import Copies, LinearCopies, standing
from twin_engine.exposure import exposure
from twin_engine.history import history
from twin_engine.options import Option, option
from twin_engine.outcome import CannotPredict
from twin_engine.patient.record import Administration, Measurement, Order, PatientRecord
from twin_engine.predict import predict
from twin_engine.registry import MODELS
from twin_engine.scenario import Scenario
from twin_engine.twin import refresh

MODEL = MODELS["phenytoin_grasela_1983"]
RECORD = usual_record(MODEL)
EMPTY = history(RECORD, "phenytoin", AT)


def copies() -> Copies:
    twin, _, _ = refresh(RECORD, "phenytoin", (MODEL,), AT, draws=64, seed=1, as_published=True)
    assert twin is not None
    return standing(twin)[0]


COPIES = copies()


def ordered(amount: float) -> Option:
    order = Order("as ordered", drug="phenytoin", amount=amount, unit="mg", interval_h=12.0, infusion_h=0.25, start=AT)
    made = option("as ordered", (order,), RECORD, "phenytoin", EMPTY, AT, 48.0)
    assert not isinstance(made, CannotPredict)
    return made


def test_nothing_is_superposed() -> None:
    assert not isinstance(COPIES, LinearCopies)
    one, two = COPIES.curves([ordered(150.0), ordered(300.0)], [np.array([24.0, 48.0])] * 2)
    assert (two > 2.0 * one).all()


def test_ten_days_of_a_small_dose_reach_the_steady_state_of_a_bolus() -> None:
    """KM ln(Cmax/Cmin) + Cmax - Cmin = VMAX tau/V with Cmax = Cmin + D/V gives Cmin in closed form."""
    vmax, km, volume = COPIES.path.kinetics[0]
    dose, every = 60.0, 12.0
    expected = (dose / volume) / np.expm1((vmax * every - dose) / (volume * km))
    found = COPIES.settled(ordered(dose), np.array([every]))[0]
    assert np.median(found / expected) == pytest.approx(1.0, abs=0.01)
    # A dose over a quarter of an hour leaves a little more than a bolus; the slowest copies are still on their way.
    assert (found < expected * 1.05).all()
    assert (found > expected * 0.9).all()


def test_a_dose_above_vmax_goes_on_rising_and_stays_a_number() -> None:
    found = exposure([COPIES], [ordered(150.0), ordered(600.0)], ["trough", "peak", "auc24", "css"], None).values
    assert all(np.isfinite(values).all() for values in found.values())
    assert (found["trough_steady"][1] > found["trough_next"][1]).all()
    assert (found["trough_steady"][1] > 50.0).all()


def test_areas_are_mean_levels_times_the_day() -> None:
    found = exposure([COPIES], [ordered(150.0)], ["auc24", "css"], None).values
    assert found["css_next"] == pytest.approx(found["auc24_next"] / 24.0)
    given, vmax, km, volume = 300.0, *COPIES.path.kinetics[0]
    left = COPIES.curves([ordered(150.0)], [np.array([24.0])])[0][0] * volume
    hours = np.linspace(0.0, 24.0, 2001)
    level = COPIES.curves([ordered(150.0)], [hours])[0]
    assert np.trapezoid(vmax * level / (km + level), hours, axis=0) + left == pytest.approx(given, rel=1e-3)
    assert found["auc24_next"][0] == pytest.approx(np.trapezoid(level, hours, axis=0), rel=0.01)


def test_an_order_is_judged_by_tomorrow_not_by_a_steady_state_ten_days_off() -> None:
    """Two days after a load: the day that comes decides, the steady state stands beside."""
    loaded = tuple(
        Administration("phenytoin", AT - timedelta(hours=h), "mg", amount=mg, end=AT - timedelta(hours=h - 0.5))
        for h, mg in ((36.0, 1500.0), (24.0, 150.0), (12.0, 150.0))
    )
    [order] = ordered(150.0).orders
    found = predict(Scenario(AT, 1, replace(RECORD, administrations=loaded), (order,)))
    assert found.forecasts[0].places["phenytoin"].metric == "phenytoin_trough_next"
    assert "phenytoin_trough_steady" in found.forecasts[0].metrics


def charted(variable: str, value: float, unit: str) -> PatientRecord:
    others = tuple(m for m in RECORD.measurements if m.variable != variable)
    return replace(RECORD, measurements=(*others, Measurement(variable, value, unit, AT - timedelta(hours=2))))


VALPROATE = Administration("valproate", AT - timedelta(hours=20), "mg", amount=500.0, route="oral")


@pytest.mark.parametrize(
    ("patient", "reason"),
    [
        (charted("creatinine", 6.0, "mg/dL"), "creatinine clearance"),
        (charted("bilirubin", 12.0, "mg/dL"), "bilirubin 12 mg/dL"),
        (replace(RECORD, administrations=(VALPROATE,)), "valproate is given"),
    ],
)
def test_a_total_level_that_does_not_show_the_free_one_is_not_forecast(patient: PatientRecord, reason: str) -> None:
    twin, [refused], _ = refresh(patient, "phenytoin", (MODEL,), AT, draws=64, seed=1)
    assert twin is None
    assert reason in refused.reason
    assert "measure free phenytoin" in refused.reason


def test_valproate_that_is_only_ordered_is_refused_too() -> None:
    [order] = ordered(150.0).orders
    beside = Order(order.label, drug="valproate", amount=500.0, unit="mg", interval_h=8.0, route="oral")
    alone = predict(Scenario(AT, 1, RECORD, (order,)))
    drafted = predict(Scenario(AT, 1, RECORD, (order, beside)))
    active = predict(Scenario(AT, 1, replace(RECORD, current_orders=(beside,)), (order,)))
    assert "phenytoin" in alone.forecasts[0].variables
    for found in (drafted, active):
        assert "phenytoin" not in found.forecasts[0].variables
        [reason] = [gap.reason for gap in found.cannot_predict if gap.variable == "phenytoin"]
        assert "valproate is ordered, too" in reason
        assert "measure free phenytoin" in reason
    stopped = predict(Scenario(AT, 1, RECORD, (order, replace(beside, amount=None, interval_h=None, stop=True))))
    assert "phenytoin" in stopped.forecasts[0].variables


def test_what_is_not_charted_is_said_and_what_is_normal_is_not() -> None:
    normal = charted("creatinine", 0.9, "mg/dL")
    twin, refusals, remarks = refresh(normal, "phenytoin", (MODEL,), AT, draws=64, seed=1)
    assert twin is not None
    assert refusals == ()
    said = {r.variable for r in remarks}
    assert "bilirubin" in said
    assert "creatinine_clearance" not in said
