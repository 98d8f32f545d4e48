"""What acts at once on one circulation: propofol, fluids, PEEP and pressors."""

from dataclasses import replace

import pytest

from tests.reference.patients import AT
from tests.unit.circulation.charts import after, chart, measured, scenario, step
from twin_engine.circulation.answer import judged_h
from twin_engine.patient.record import Administration, Composition, Finding, Measurement, Order, PatientRecord, Setting
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


def test_a_fluid_is_judged_when_it_has_run_in_and_beside_a_pressor_as_that_is() -> None:
    """Ten minutes on, a third of it is in: what it does would be told as nothing."""
    hour = replace(FLUID, infusion_h=0.5)
    assert judged_h([hour], AT)[0] == pytest.approx(0.5)
    assert judged_h([replace(hour, infusion_h=8.0)], AT)[0] == pytest.approx(1.0)
    assert judged_h([replace(hour, start=after(40.0))], AT)[0] == pytest.approx(1.0)
    assert judged_h([hour, step(0.2)], AT)[0] == pytest.approx(10.0 / 60.0)
    assert effect(hour) > 1.5 * effect(hour, replace(step(0.15), start=after(0.0)))


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


def test_one_order_that_cannot_be_told_leaves_out_no_other() -> None:
    failing = replace(CHART, settings=(), findings=(Finding("lvef", after(-60.0), value=30.0, unit="%"),))
    known, every = (run(step(0.25), PUSH, *more, record=failing) for more in ((), (FLUID, PEEP)))
    assert known.forecasts[0].metrics[EFFECT].median < run(step(0.25), record=failing).forecasts[0].metrics[EFFECT].median - 1.0
    assert every.forecasts[0].metrics[EFFECT] == known.forecasts[0].metrics[EFFECT]
    told = [q.effect for q in every.data_quality if q.effect.startswith("not included: ")]
    assert [any(word in words for words in told) for word in ("LVEF 30 %", "PEEP")] == [True, True]
    assert f"{EFFECT}_propofol" in every.forecasts[0].metrics
    assert not {f"{EFFECT}_ringer", f"{EFFECT}_ventilator"} & every.forecasts[0].metrics.keys()


def test_an_unreadable_fluid_leaves_in_the_other_fluid_and_propofol_without_a_pressor() -> None:
    odd = replace(FLUID, drug="plasmalyte", infusion_h=None)
    found = run(PUSH, odd, ALBUMIN).forecasts[0].metrics
    assert found[EFFECT] == run(PUSH, ALBUMIN).forecasts[0].metrics[EFFECT]


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


@pytest.mark.parametrize(
    ("drug", "contents", "told"),
    [
        ("ringer", {"sodium_mmol_per_l": 130.0}, True),
        ("saline", {"sodium_mmol_per_l": 154.0}, True),
        ("saline", {"sodium_mmol_per_l": 154.0, "carbohydrate_g_per_l": 50.0}, True),
        ("half saline", {"sodium_mmol_per_l": 77.0}, False),
        ("hypertonic saline", {"sodium_mmol_per_l": 513.0}, False),
        ("infusion", {"carbohydrate_g_per_l": 50.0}, False),
        ("Glucose 5 %", {}, False),
    ],
)
def test_a_fluid_that_is_not_isotonic_is_not_forecast_as_one_that_is(drug: str, contents: dict[str, float], told: bool) -> None:
    odd = replace(FLUID, drug=drug, composition=Composition(kind="crystalloid", **contents))
    found = run(odd)
    assert (EFFECT in found.forecasts[0].metrics) is told
    assert (
        any("what is not isotonic does not stay" in gap.reason for gap in found.cannot_predict if gap.variable == "map")
        is not told
    )
    beside = run(step(0.25), odd)
    assert any(f"not included: {drug}: what is not isotonic" in q.effect for q in beside.data_quality) is not told


def test_what_stopping_glucose_does_is_not_forecast() -> None:
    contents = Composition(kind="crystalloid", carbohydrate_g_per_l=50.0)
    given = Administration("glucose", after(-120.0), "mL/h", rate=500.0, last_charted=after(-20.0), composition=contents)
    record = replace(CHART, administrations=(*CHART.administrations, given))
    found = run(Order(AS_ORDERED, drug="glucose", stop=True, start=AT, composition=contents), record=record)
    assert any("glucose: what is not isotonic" in gap.reason for gap in found.cannot_predict)


REMIFENTANIL = Order(AS_ORDERED, drug="remifentanil", rate=400.0, unit="ug/h", start=AT)


def left_out(*orders: Order, record: PatientRecord = CHART) -> list[str]:
    told = (q.effect for q in run(*orders, record=record).data_quality if q.variable == "map")
    return [words.removeprefix("not included: ") for words in told if words.startswith("not included: ")]


@pytest.mark.parametrize("with_order", [PUSH, step(0.25)], ids=["propofol", "norepinephrine"])
def test_an_ordered_opioid_is_said_to_be_left_out(with_order: Order) -> None:
    lower = "the effect of remifentanil and midazolam, which lowers the pressure: MAP may be lower than shown"
    midazolam = Order(AS_ORDERED, drug="midazolam", amount=5.0, unit="mg", infusion_h=0.0, start=AT)
    assert left_out(with_order, REMIFENTANIL, midazolam) == [lower]
    stop = replace(REMIFENTANIL, rate=None, unit=None, stop=True)
    assert left_out(with_order, stop) == ["what stopping remifentanil does to MAP"]


def test_it_is_said_beside_a_pressor_that_runs_though_no_other_order_acts() -> None:
    assert left_out(REMIFENTANIL) == ["the effect of remifentanil, which lowers the pressure: MAP may be lower than shown"]


def test_what_runs_is_named_until_the_level_holds_it_and_always_beside_propofol() -> None:
    def running(hours: float, drug: str = "fentanyl") -> PatientRecord:
        given = Administration(drug, after(-60.0 * hours), "ug/h", rate=100.0, last_charted=after(-20.0))
        return replace(CHART, administrations=(*CHART.administrations, given))

    assert left_out(step(0.25), record=running(0.5)) == ["what fentanyl, given or changed within the hour, still does to MAP"]
    assert left_out(step(0.25), record=running(5.0)) == []
    assert left_out(PUSH, record=running(5.0)) == ["how fentanyl running changes what propofol does to MAP"]
    assert left_out(PUSH, record=running(5.0, "dexmedetomidine")) == []


@pytest.mark.parametrize("rate", [100.0, 400.0, 4000.0])
def test_remifentanil_beside_propofol_moves_no_number_whatever_its_rate_and_is_said(rate: float) -> None:
    """Its published effect has no bound in the concentration: nothing of it may enter the interval."""
    given = Administration("propofol", after(-300.0), "mg/h", rate=100.0, last_charted=after(-20.0))
    record = replace(CHART, administrations=(*CHART.administrations, given))
    remifentanil = replace(REMIFENTANIL, rate=rate)
    metrics = run(PUSH, remifentanil, record=record).forecasts[0].metrics
    alone = run(PUSH, record=record).forecasts[0].metrics
    assert {n: m for n, m in metrics.items() if n.startswith("map")} == {n: m for n, m in alone.items() if n.startswith("map")}
    assert not any("map" in name and "remifentanil" in name for name in metrics)
    assert left_out(PUSH, remifentanil, record=record) == [
        "the effect of remifentanil, which lowers the pressure: MAP may be lower than shown"
    ]
    assert "remifentanil" not in run(PUSH, remifentanil, record=record).forecasts[0].moved_by["map"]


def infused(rate: float) -> PatientRecord:
    """Crystalloid that has run for two hours."""
    given = Administration("ringer", after(-120.0), "mL/h", rate=rate, last_charted=after(-20.0), composition=FLUID.composition)
    return replace(CHART, administrations=(*CHART.administrations, given))


def test_a_fluid_that_runs_is_no_news_when_ordered_again_and_lowers_when_it_is_stopped() -> None:
    drip = replace(FLUID, amount=None, infusion_h=None, rate=500.0, unit="mL/h")
    stop = replace(FLUID, amount=None, unit=None, infusion_h=None, stop=True)
    assert effect(drip, name=LATER, record=infused(500.0)) == pytest.approx(0.0, abs=1e-6)
    more, new = (effect(drip, name=LATER, record=record) for record in (infused(200.0), CHART))
    assert 0.0 < more < new
    assert effect(stop, name=LATER, record=infused(500.0)) == pytest.approx(-new, rel=0.35)
    later = replace(stop, start=after(30.0))
    assert effect(stop, name=LATER, record=infused(500.0)) < effect(later, name=LATER, record=infused(500.0)) < 0.0
    unreadable = replace(drip, unit="mg/h")
    assert (
        run(step(0.25), unreadable, record=infused(500.0)).forecasts[0].metrics[LATER]
        == run(step(0.25), record=infused(500.0)).forecasts[0].metrics[LATER]
    )
    assert any("what stopping ringer does: no infusion" in gap.reason for gap in run(stop).cannot_predict)


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


def bled(ml: float, minutes: float = -30.0, began: float | None = None) -> PatientRecord:
    loss = Measurement("blood_loss", ml, "mL", after(minutes), start=None if began is None else after(began))
    return replace(CHART, measurements=(*CHART.measurements, loss))


def map_remarks(found: Prediction) -> list[str]:
    return [q.effect for q in found.data_quality if q.variable == "map"]


def test_blood_lost_lately_is_said_to_be_left_out() -> None:
    words = "not included: 600 mL of blood lost in the last 4 h: MAP may be lower than shown"
    assert words in map_remarks(run(step(0.25), record=bled(600.0)))
    assert "300 mL" in " ".join(map_remarks(run(step(0.25), record=bled(600.0, -120.0, -360.0))))
    assert not any("blood lost" in said for said in map_remarks(run(step(0.25), record=bled(600.0, -300.0))))


def test_after_a_loss_of_a_fifth_of_the_volume_no_pressure_is_forecast() -> None:
    found = run(step(0.25), PEEP, record=bled(3000.0))
    assert "map" not in found.forecasts[0].variables
    assert any("3000 mL of blood were lost" in gap.reason for gap in found.cannot_predict if gap.variable == "map")


def test_without_a_weight_the_share_of_a_loss_is_not_known() -> None:
    loss = Measurement("blood_loss", 300.0, "mL", after(-30.0))
    known = chart(rate=None, weight=None)
    found = run(step(10.0, unit="ug/min"), record=replace(known, measurements=(*known.measurements, loss)))
    assert any("without a weight" in gap.reason for gap in found.cannot_predict if gap.variable == "map")


def test_red_cells_without_a_time_take_two_hours_a_unit_here_as_for_haemoglobin() -> None:
    cells = replace(
        FLUID, drug="red cells", amount=2.0, unit="{unit}", infusion_h=None, composition=Composition(kind="red_cells")
    )
    found, stated = run(cells), run(replace(cells, infusion_h=4.0))
    assert found.forecasts[0].metrics[LATER] == stated.forecasts[0].metrics[LATER]
    assert "infusion time of red cells not stated: 2 h a unit assumed" in map_remarks(found)
    assert not any("assumed" in said for said in map_remarks(stated))
