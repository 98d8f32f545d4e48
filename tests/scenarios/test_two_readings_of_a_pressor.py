"""A card on a pressor says which reading of the order each number is: what followed in charts, or no change and the effect."""

import pytest

from cds_cards.build import build
from cds_cards.case import DraftView
from tests.golden.predictions import case
from tests.unit.circulation.charts import chart, scenario, step
from twin_engine.patient.record import Order
from twin_engine.predict import predict
from twin_engine.prediction import Metric, Prediction
from twin_engine.scenario import AS_ORDERED, NO_CHANGE

RAISED, SLIGHTLY = step(0.6), step(0.16)
STOP = Order(AS_ORDERED, drug="norepinephrine", stop=True, start=step(0.1).start)


def predicted(order: Order) -> Prediction:
    return predict(scenario(chart(), order, alternatives="none"))


def metrics(order: Order, label: str = AS_ORDERED) -> dict[str, Metric]:
    found = predicted(order).forecast(label)
    assert found is not None
    return found.metrics


def rows(order: Order) -> dict[str, list[str]]:
    """Cells of the table after the name, by the first words of it."""
    made = case(predicted(order), record=chart(), drafts=(DraftView("MedicationRequest/1", AS_ORDERED, order.drug, (order,)),))
    (card,) = build(made).cards
    cells = [[c.strip() for c in line.strip("|").split("|")] for line in (card.detail or "").splitlines() if line[:1] == "|"]
    return {name.split(":", maxsplit=1)[0]: rest for name, *rest in cells} | {"summary": [card.summary]}


@pytest.mark.parametrize("order", [RAISED, STOP], ids=["raised", "stopped"])
def test_the_reading_by_effect_is_no_change_and_the_effect(order: Order) -> None:
    ordered, still = metrics(order), metrics(order, NO_CHANGE)
    by_effect = ordered["map_10min_by_effect"].median - still["map_10min"].median
    assert by_effect == pytest.approx(ordered["map_effect_10min"].median, abs=2.5)
    readings = [ordered[f"map_10min_{name}"].median for name in ("by_chart", "by_effect")]
    assert ordered["map_10min"].median <= min(readings) + 1e-9
    assert not any(name.startswith("map_10min_by") for name in still)


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
    assert abs(float(chances[-1].removesuffix(" %")) - 100.0 * effect_reading.p_above) <= 2.5


def test_a_stop_is_led_by_the_effect_and_readings_that_agree_are_not_told_twice() -> None:
    assert " by effect; " in rows(STOP)["As ordered"][0]
    agreeing = rows(SLIGHTLY)
    assert not any(" by " in cell for cell in (*agreeing["As ordered"], *agreeing["No change"], *agreeing["summary"]))
