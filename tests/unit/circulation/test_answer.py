"""What the circulation answers: pressures under options, and why there is none."""

from dataclasses import replace
from datetime import date

import numpy as np
import pytest

from tests.reference.patients import AT
from tests.unit.circulation.charts import PRESSURES, after, chart, measured, scenario, step
from twin_engine.circulation.chart import read
from twin_engine.outcome import CannotPredict
from twin_engine.patient.record import Order, PatientRecord, Procedure
from twin_engine.predict import predict
from twin_engine.prediction import Prediction, Reported
from twin_engine.scenario import AS_ORDERED, NO_CHANGE
from twin_engine.scenario_json import read as reading
from twin_engine.scenario_json import write


def run(record: PatientRecord, *orders: Order, **other: object) -> Prediction:
    return predict(scenario(record, *orders, **other))  # type: ignore[arg-type]


def rows(found: Prediction, label: str = AS_ORDERED) -> list[Reported]:
    forecast = found.forecast(label)
    assert forecast is not None
    return [r for r in forecast.report if r.variable == "map"]


def why(found: Prediction) -> str:
    return "; ".join(g.reason for g in found.cannot_predict if g.variable == "map")


def test_more_norepinephrine_means_more_pressure_than_no_change() -> None:
    found = run(chart(), step(0.25))
    for ordered, unchanged in zip(rows(found), rows(found, NO_CHANGE), strict=True):
        assert 0.2 < ordered.median - unchanged.median < 10.0
        assert ordered.predicted_low < ordered.low < ordered.median < ordered.high < ordered.predicted_high


def test_stopping_is_judged_by_the_published_effect_and_it_takes_minutes() -> None:
    stop = Order(AS_ORDERED, drug="norepinephrine", stop=True, start=after(0.0))
    ordered, unchanged = run(chart(), stop).forecasts[:2]
    soon, later = (ordered.metrics[f"map_{when}"].median for when in ("10min", "60min"))
    assert soon < unchanged.metrics["map_10min"].median - 6.0
    assert later <= soon
    assert ordered.metrics["map_effect_10min"].median > ordered.metrics["map_effect_60min"].median
    assert ordered.metrics["map_10min"].low >= 10.0


@pytest.mark.parametrize("rate", [0.0001, 0.05, 0.4, 1.5])
def test_the_pressure_that_is_judged_is_never_above_the_level(rate: float) -> None:
    """Whether up or down: of two readings the lower one."""
    found = run(chart(), step(rate), report=(10.0,))
    assert found.forecasts[0].metrics["map_10min"].median <= rows(found)[0].median + 1e-9


def test_no_change_does_not_depend_on_what_was_drafted() -> None:
    small, large = (rows(run(chart(), step(rate)), NO_CHANGE) for rate in (0.16, 1.5))
    assert [r.median for r in small] == pytest.approx([r.median for r in large])


def test_the_effect_of_a_step_is_paired_copy_by_copy() -> None:
    """The same step up and down from the same level; an option that orders what runs is no change."""
    found = run(chart(), step(0.15))
    assert [r.median for r in rows(found)] == pytest.approx([r.median for r in rows(found, NO_CHANGE)])
    assert [r.high for r in rows(found)] == pytest.approx([r.high for r in rows(found, NO_CHANGE)])


@pytest.mark.parametrize(
    ("drug", "rate", "unit"),
    [
        ("vasopressin", 0.04, "U/min"),
        ("phenylephrine", 1.0, "ug/kg/min"),
        ("epinephrine", 0.1, "ug/kg/min"),
        ("dopamine", 10.0, "ug/kg/min"),
    ],
)
def test_every_pressor_counts_as_its_equivalent_of_norepinephrine(drug: str, rate: float, unit: str) -> None:
    """Each of these adds 0.1 ug/kg/min."""
    found = run(chart(), step(rate, drug=drug, unit=unit))
    same = run(chart(), step(0.25))
    assert [r.median for r in rows(found)] == pytest.approx([r.median for r in rows(same)], abs=1e-6)


def test_the_unit_of_the_rate_does_not_matter() -> None:
    found, same = run(chart(), step(0.25)), run(chart(rate=0.15 * 70.0 * 60.0, unit="ug/h"), step(0.25 * 70.0, unit="ug/min"))
    assert [r.median for r in rows(found)] == pytest.approx([r.median for r in rows(same)])


def test_the_arterial_line_is_forecast_where_there_is_one() -> None:
    """A cuff that reads 10 mmHg more does not move the forecast of the line by as much."""
    line = chart()
    mixed = PatientRecord(
        line.birth_date,
        line.sex,
        measurements=(*line.measurements, *chart([(m - 1, v + 10.0) for m, v in PRESSURES], site="noninvasive").of("map")),
        administrations=line.administrations,
    )
    alone, both = rows(run(line, step(0.25)))[0].median, rows(run(mixed, step(0.25)))[0].median
    assert both - alone < 4.0


def test_the_same_scenario_gives_the_same_answer_and_an_odd_number_of_copies_will_do() -> None:
    assert run(chart(), step(0.25)) == run(chart(), step(0.25))
    assert rows(run(chart(), step(0.25), draws=101))


def test_nothing_is_said_after_an_hour() -> None:
    found = run(chart(), step(0.25), report=(30.0, 90.0))
    assert len(rows(found)) == 1
    assert any(q.variable == "map" and "longest" in q.effect for q in found.data_quality)


@pytest.mark.parametrize(
    ("record", "reason"),
    [
        (chart([(-61.0, 62.0)]), "61 min old"),
        (chart([]), "no mean arterial pressure"),
        (chart([(-5.0, 300.0)]), "300 mmHg shows the line"),
        (chart([*PRESSURES[:-1], (-5.0, 140.0)]), "outside 35 to 130"),
        (chart(weight=None), "no weight is charted"),
        (chart(conditions=["arrhythmia"]), "an arrhythmia"),
        (chart(born=date(2015, 1, 1)), "adults"),
        (chart(procedures=[Procedure("mechanical_circulatory_support", after(-600.0))]), "mechanical circulatory support"),
        (chart(procedures=[Procedure("ecmo", after(-600.0))]), "ECMO"),
    ],
)
def test_it_refuses_with_the_reason(record: PatientRecord, reason: str) -> None:
    found = run(record, step(0.25))
    assert reason in why(found)
    assert not rows(found)


def test_a_flushed_line_is_left_out_and_the_rest_is_used() -> None:
    found = run(chart([*PRESSURES[:-1], (-5.0, 300.0)]), step(0.25))
    assert rows(found)
    assert any(q.status == "implausible" and q.variable == "map" for q in found.data_quality)


@pytest.mark.parametrize(
    "dose",
    [
        {"rate": 1.0, "unit": "mg/h"},
        {"rate": 10.0, "unit": "mL/h", "concentration": {"value": 0.08, "unit": "mg/mL"}},
    ],
)
def test_norepinephrine_in_milligrams_may_be_base_or_tartrate(dose: dict[str, object]) -> None:
    document = write(scenario(chart(), step(0.25)))
    document["orders"] = [{"drug": "norepinephrine", **dose}]
    found = predict(reading(document))
    assert "base or tartrate" in why(found)
    assert not rows(found)
    document["orders"] = [{"drug": "norepinephrine", "rate": 10.0, "unit": "mL/h"}]
    assert "no dose that can be read" in why(predict(reading(document)))


def test_an_order_per_kg_needs_a_weight() -> None:
    assert "without a weight" in why(run(chart(rate=None, weight=None), step(0.25)))
    assert rows(run(chart(rate=None, weight=None), step(10.0, unit="ug/min")))
    assert "depends on weight" in why(run(chart(rate=None, weight=None), step(0.04, drug="vasopressin", unit="U/min")))


def test_an_old_pressure_is_said_to_be_old() -> None:
    found = run(chart([(-40.0, 62.0)]), step(0.25))
    assert rows(found)
    assert any(q.variable == "map" and q.status == "stale" for q in found.data_quality)


def test_another_order_of_a_patient_without_pressors_does_not_concern_it() -> None:
    other = Order(AS_ORDERED, drug="vancomycin", amount=1000.0, unit="mg", interval_h=12.0, infusion_h=1.0, start=after(0.0))
    found = run(chart([], rate=None), other)
    assert not why(found)
    assert not any(q.variable == "map" for q in found.data_quality)


def test_the_intervals_cover_what_the_model_itself_brings_forth() -> None:
    """Pressures drawn from the filter's own distribution lie in the shown interval nine times of ten."""
    found = run(chart(), step(0.25), draws=4096)
    row = rows(found)[1]
    half = (row.predicted_high - row.predicted_low) / 2.0
    assert row.median == pytest.approx((row.predicted_high + row.predicted_low) / 2.0, abs=0.4)
    assert 6.0 < half < 25.0
    assert np.isfinite(half)


def test_an_order_that_starts_later_is_judged_after_it_acts() -> None:
    """Ten minutes after the start, so that options differ; beyond the hour it is refused."""
    at_once, later = (run(chart(), step(0.4, start=after(minutes))) for minutes in (0.0, 45.0))
    effects = [found.forecasts[0].metrics["map_effect_10min"].median for found in (at_once, later)]
    assert effects[1] == pytest.approx(effects[0], abs=1.0)
    assert effects[1] > 2.0
    shown = [f.metrics["map_10min"].median for f in later.forecasts]
    assert len({round(x, 1) for x in shown}) == len(shown)
    refused = run(chart(), step(0.4, start=after(55.0)))
    assert "acts in 65 min at the earliest" in why(refused)


def test_a_second_order_that_starts_after_the_options_are_judged_is_named() -> None:
    found = run(chart(), step(0.25), step(0.03, drug="vasopressin", unit="U/min", start=after(30.0)))
    words = [q.effect for q in found.data_quality if q.variable == "map"]
    assert "not included: vasopressin, which starts in 30 min, in the pressure in 10 min" in words


@pytest.mark.parametrize(("cuff", "minutes", "said"), [(80.0, -6.0, True), (68.0, -6.0, False), (80.0, -40.0, False)])
def test_a_line_that_the_cuff_contradicts_is_named(cuff: float, minutes: float, said: bool) -> None:
    record = chart()
    record = replace(record, measurements=(*record.measurements, measured("map", cuff, "mm[Hg]", minutes, "noninvasive")))
    found = read(record, AT)
    assert not isinstance(found, CannotPredict)
    assert any("check the line" in r.effect for r in found.remarks if r.status == "conflicting") is said
    assert found.last == PRESSURES[-1][1]


def test_an_old_pressure_is_refused_with_the_newer_one_that_is_not_believed() -> None:
    found = read(chart(pressures=[(-120.0, 66.0), (-90.0, 64.0), (-3.0, 300.0)]), AT)
    assert isinstance(found, CannotPredict)
    assert "90 min old; a newer one is not used: a mean pressure of 300 mmHg shows the line" in found.reason
