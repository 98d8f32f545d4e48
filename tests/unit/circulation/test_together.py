"""What acts at once on one circulation: propofol, fluids, PEEP and pressors."""

from dataclasses import replace

import pytest

from tests.reference.patients import AT
from tests.unit.circulation.charts import after, chart, measured, scenario, step
from twin_engine.patient.record import Administration, Composition, Finding, Order, PatientRecord, Setting
from twin_engine.predict import predict
from twin_engine.prediction import Prediction
from twin_engine.scenario import AS_ORDERED

EFFECT, LATER = "map_effect_10min", "map_effect_60min"
BASE = chart()
CHART = replace(
    BASE,
    measurements=(*BASE.measurements, measured("height", 175.0, "cm", -600.0)),
    settings=(Setting("peep", 10.0, "cm[H2O]", after(-60.0)),),
)
PUSH = Order(AS_ORDERED, drug="propofol", amount=140.0, unit="mg", infusion_h=0.0, start=AT)
DRIP = Order(AS_ORDERED, drug="propofol", rate=300.0, unit="mg/h", start=AT)
PEEP = Order(AS_ORDERED, settings=(Setting("peep", 18.0, "cm[H2O]", None),), start=AT)
FLUID = Order(
    AS_ORDERED, drug="ringer", amount=500.0, unit="mL", infusion_h=0.15, start=AT, composition=Composition(kind="crystalloid")
)
ALBUMIN = replace(FLUID, drug="albumin", composition=Composition(kind="colloid"))


def run(*orders: Order, record: PatientRecord = CHART) -> Prediction:
    return predict(scenario(record, *orders, alternatives="none"))


def effect(*orders: Order, name: str = EFFECT, record: PatientRecord = CHART) -> float:
    return run(*orders, record=record).forecasts[0].metrics[name].median


def test_propofol_lowers_and_its_effect_builds_up() -> None:
    assert effect(DRIP, name=LATER) < -2.0
    assert effect(DRIP, name=LATER) < effect(DRIP) <= 0.0
    assert run(PUSH).forecasts[0].metrics[EFFECT].low < -3.0


def test_stopping_propofol_lets_the_pressure_rise() -> None:
    running = Administration("propofol", after(-300.0), "mg/h", rate=300.0, last_charted=after(-20.0))
    record = replace(CHART, administrations=(*CHART.administrations, running))
    stop = Order(AS_ORDERED, drug="propofol", stop=True, start=AT)
    assert effect(stop, name=LATER, record=record) > 1.0


def test_fluids_raise_and_colloid_stays_longer() -> None:
    assert 0.0 < effect(FLUID) < 8.0
    assert effect(ALBUMIN, name=LATER) > effect(FLUID, name=LATER)


def test_peep_alone_moves_the_pressure_little_and_may_lower_it() -> None:
    found = run(PEEP).forecasts[0].metrics[EFFECT]
    assert found.low < 0.0
    assert abs(found.median) < 5.0


def test_norepinephrine_with_propofol_is_less_than_the_sum() -> None:
    """Both act on one resistance: a share of a smaller whole."""
    pressor, drug, both = (effect(*orders, name=LATER) for orders in ((step(0.4),), (DRIP,), (step(0.4), DRIP)))
    assert both < pressor
    assert both > drug
    assert both != pytest.approx(pressor + drug, abs=0.1)


def test_what_cannot_be_told_is_left_out_with_the_reason_beside_a_pressor_and_refused_alone() -> None:
    unknown_peep = replace(CHART, settings=())
    beside = run(step(0.25), PEEP, record=unknown_peep)
    assert EFFECT in beside.forecasts[0].metrics
    assert any("not included: the effect of the ventilator: PEEP" in q.effect for q in beside.data_quality)
    alone = run(PEEP, record=unknown_peep)
    assert any("PEEP" in g.reason for g in alone.cannot_predict if g.variable == "map")
    assert EFFECT not in alone.forecasts[0].metrics


@pytest.mark.parametrize(
    ("value", "hours", "told"), [(30.0, 12.0, False), (55.0, 12.0, True), (30.0, 200.0, True)], ids=["low", "usual", "old"]
)
def test_a_fluid_into_a_failing_heart_is_not_forecast(value: float, hours: float, told: bool) -> None:
    seen = (Finding("lvef", after(-60.0 * hours), value=value, unit="%"),)
    found = run(FLUID, record=replace(CHART, administrations=(), findings=seen))
    assert (EFFECT in found.forecasts[0].metrics) is told
    assert any("LVEF 30 %" in gap.reason for gap in found.cannot_predict) is not told


def test_a_fluid_without_a_readable_volume_or_weight_is_said() -> None:
    odd = replace(FLUID, infusion_h=None)
    assert any("cannot be read" in g.reason for g in run(odd).cannot_predict)
    light = replace(chart(rate=None, weight=None), settings=CHART.settings)
    assert any("weight and age" in g.reason for g in run(FLUID, record=light).cannot_predict)


LUNGS = replace(
    CHART,
    measurements=(
        *CHART.measurements,
        measured("mean_airway_pressure", 14.0, "cm[H2O]", -50.0),
        measured("plateau_pressure", 24.0, "cm[H2O]", -50.0),
    ),
    settings=(
        *CHART.settings,
        Setting("ventilator_mode", None, "", after(-60.0), category="vc_cmv"),
        Setting("tidal_volume_set", 420.0, "mL", after(-60.0)),
        Setting("respiratory_rate_set", 20.0, "/min", after(-60.0)),
    ),
)


def test_three_orders_at_once_do_less_than_their_sum() -> None:
    """Propofol takes its share of a pressure that norepinephrine has raised, and PEEP hits a heart that both have changed."""
    orders = (step(0.4), PUSH, PEEP)
    found = run(*orders, record=LUNGS).forecasts[0].metrics
    joint = found[EFFECT].median
    alone = [found[f"{EFFECT}_{name}"].median for name in ("norepinephrine", "propofol", "ventilator")]
    single = [effect(one, record=LUNGS) for one in orders]
    assert alone == pytest.approx(single, abs=0.6)
    assert joint < sum(alone) - 0.3
    assert alone[0] > 0.0 > max(alone[1:])


def test_a_faster_breath_moves_the_pressure_through_the_mean_airway_pressure() -> None:
    fast = Order(AS_ORDERED, settings=(Setting("respiratory_rate_set", 35.0, "/min", None),), start=AT)
    assert run(fast, record=LUNGS).forecasts[0].metrics[EFFECT].median < -0.1
    unknown = replace(LUNGS, measurements=tuple(m for m in LUNGS.measurements if m.variable != "mean_airway_pressure"))
    assert any("no mean airway pressure" in g.reason for g in run(fast, record=unknown).cannot_predict)
