"""A card on a pressor says which reading of the order each number is: what followed in charts, or no change and the effect."""

from dataclasses import replace

import pytest

from cds_cards.build import build
from cds_cards.case import DraftView
from tests.golden.predictions import case
from tests.unit.circulation.charts import chart, scenario, step
from twin_engine.patient.record import Order, PatientRecord
from twin_engine.predict import predict
from twin_engine.prediction import Metric, Prediction
from twin_engine.scenario import AS_ORDERED, NO_CHANGE

RAISED, SLIGHTLY = step(0.6), step(0.16)
STOP = Order(AS_ORDERED, drug="norepinephrine", stop=True, start=step(0.1).start)


def predicted(order: Order, record: PatientRecord | None = None) -> Prediction:
    return predict(scenario(record or chart(), order, alternatives="none"))


def metrics(order: Order, label: str = AS_ORDERED) -> dict[str, Metric]:
    found = predicted(order).forecast(label)
    assert found is not None
    return found.metrics


def rows(order: Order, record: PatientRecord | None = None) -> dict[str, list[str]]:
    """Cells of the table after the name, by the first words of it."""
    drafts = (DraftView("MedicationRequest/1", AS_ORDERED, order.drug, (order,)),)
    (card,) = build(case(predicted(order, record), record=record or chart(), drafts=drafts)).cards
    cells = [[c.strip() for c in line.strip("|").split("|")] for line in (card.detail or "").splitlines() if line[:1] == "|"]
    return {name.split(":", maxsplit=1)[0]: rest for name, *rest in cells} | {"summary": [card.summary]}


@pytest.mark.parametrize("order", [RAISED, STOP], ids=["raised", "stopped"])
def test_the_reading_by_effect_is_no_change_and_the_effect(order: Order) -> None:
    ordered, still = metrics(order), metrics(order, NO_CHANGE)
    by_effect = ordered["map_10min_by_effect"].median - still["map_10min"].median
    assert by_effect == pytest.approx(ordered["map_effect_10min"].median, abs=2.5)
    readings = [ordered[f"map_10min_{name}"].median for name in ("by_chart", "by_effect")]
    assert ordered["map_10min"].median <= min(readings) + 1e-9
    assert "map_10min_by_effect" not in still
    assert still["map_10min_by_chart"].median >= still["map_10min"].median


def test_where_the_readings_differ_both_are_named_and_too_high_is_judged_by_the_higher() -> None:
    found, told = rows(RAISED), metrics(RAISED)
    chart_reading, effect_reading = told["map_10min_by_chart"], told["map_10min_by_effect"]
    assert effect_reading.median > chart_reading.median + 3.0
    soon, later, *chances = found["As ordered"]
    assert soon.startswith(f"{told['map_10min'].median:.0f} (")
    assert f" by chart; {effect_reading.median:.0f} (" in soon
    assert soon.endswith(" by effect")
    assert " by chart; " in later
    assert f", {effect_reading.median:.0f} by effect" in found["summary"][0]
    assert found["Option"][-1] == "P(> 75), higher reading"
    assert effect_reading.p_above > chart_reading.p_above + 0.2
    highest = told["map_10min_highest"]
    assert highest.p_above >= effect_reading.p_above
    assert abs(float(chances[-1].removesuffix(" %")) - 100.0 * highest.p_above) <= 2.5


def test_a_stop_is_led_by_the_effect_and_readings_that_agree_are_not_told_twice() -> None:
    assert " by effect; " in rows(STOP)["As ordered"][0]
    agreeing = rows(SLIGHTLY, chart([(-30.0 * i, 70.0) for i in range(8, -1, -1)]))
    assert not any(" by " in cell for cell in (*agreeing["As ordered"], *agreeing["No change"], *agreeing["summary"]))


LOW, HIGH = [(-30.0 * i, 72.0) for i in range(8, 1, -1)], [(-30.0 * i, 62.0) for i in range(8, 1, -1)]


def test_no_change_from_a_low_pressure_is_judged_at_it_and_its_rise_in_charts_is_told() -> None:
    """A pressure that fell to 58 rises in charts because it is treated: nothing says that it does if nothing is done."""
    record = chart([*LOW, (-5.0, 58.0)])
    for order in (RAISED, SLIGHTLY, STOP):
        found = predict(scenario(record, order, alternatives="none"))
        still, ordered = (found.forecast(label).metrics for label in (NO_CHANGE, AS_ORDERED))  # type: ignore[union-attr]
        for when in ("map_10min", "map_60min"):
            assert still[when].median == pytest.approx(58.0)
            assert still[f"{when}_by_chart"].median > 58.5
            assert still[when].p_below > still[f"{when}_by_chart"].p_below
            assert ordered[f"{when}_by_effect"].median - 58.0 == pytest.approx(
                ordered[when.replace("map", "map_effect")].median, abs=2.5
            )
    assert rows(RAISED, record)["No change"][0].startswith("58 (")
    assert " at the last value; " in rows(RAISED, record)["No change"][0]


def test_a_high_pressure_that_falls_in_charts_is_judged_by_the_fall() -> None:
    still = predict(scenario(chart([*HIGH, (-5.0, 78.0)]), SLIGHTLY, alternatives="none")).forecast(NO_CHANGE)
    assert still is not None
    assert still.metrics["map_10min"] == replace(still.metrics["map_10min_by_chart"], harm_metric="map_10min")
    assert still.metrics["map_60min"].median < 77.0


def test_an_order_that_does_nothing_is_judged_as_no_change() -> None:
    found = predict(scenario(chart([*LOW, (-5.0, 58.0)]), step(0.15), alternatives="none"))
    ordered, still = (found.forecast(label) for label in (AS_ORDERED, NO_CHANGE))
    assert ordered is not None
    assert still is not None
    assert ordered.metrics["map_10min"].p_below == still.metrics["map_10min"].p_below


def test_what_is_judged_changes_no_curve_and_no_report() -> None:
    """The forecast that reports are scored by stays that of the charts."""
    record = chart([*LOW, (-5.0, 58.0)])
    found = predict(scenario(record, RAISED, report=(10.0,), alternatives="none")).forecast(NO_CHANGE)
    assert found is not None
    [reported] = [row for row in found.report if row.variable == "map"]
    assert reported.median == pytest.approx(found.metrics["map_10min_by_chart"].median)
    assert reported.median > found.metrics["map_10min"].median
