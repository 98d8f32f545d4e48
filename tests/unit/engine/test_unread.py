"""Orders that are left out because they cannot be read, in the forecasts of those beside them."""

from dataclasses import replace

import pytest

from tests.unit.circulation.charts import after, chart, scenario, step
from twin_engine import scenario_json
from twin_engine.patient.record import Administration, Measurement, Order
from twin_engine.predict import predict
from twin_engine.prediction import Prediction
from twin_engine.scenario import AS_ORDERED, Scenario
from twin_engine.unread import unread, unread_in

WHY = "a dose that cannot be read"


def beside(order: Order, *left_out: str) -> Scenario:
    record = chart()
    record = replace(
        record,
        measurements=(*record.measurements, Measurement("height", 175.0, "cm", after(-600.0))),
        administrations=(
            *record.administrations,
            Administration("propofol", after(-300.0), "mg/h", rate=150.0, last_charted=after(-20.0)),
        ),
    )
    return replace(scenario(record, order), remarks=tuple(unread(drug, WHY) for drug in left_out))


def said(found: Prediction, variable: str) -> str:
    return "; ".join(q.effect for q in found.data_quality if q.variable == variable)


@pytest.mark.parametrize("drug", ["propofol", "ventilator", "fentanyl", "midazolam"])
def test_what_may_lower_the_pressure_is_said_to_be_left_out(drug: str) -> None:
    found = predict(beside(step(0.25), drug))
    assert "map" in found.forecasts[0].variables
    assert f"not included: {drug}, ordered too ({WHY}): MAP may be lower than shown" in said(found, "map")


def test_a_pressor_that_is_left_out_leaves_no_pressure() -> None:
    found = predict(beside(step(0.25), "vasopressin"))
    assert "map" not in found.forecasts[0].variables
    assert [gap.reason for gap in found.cannot_predict if gap.variable == "map"] == [f"vasopressin: {WHY}"]


def test_another_drug_that_is_left_out_is_no_matter_of_the_pressure() -> None:
    assert "not included: vancomycin" not in said(predict(beside(step(0.25), "vancomycin")), "map")


def test_a_sedative_that_is_left_out_is_said_of_the_index() -> None:
    drip = Order(AS_ORDERED, drug="propofol", rate=200.0, unit="mg/h", start=after(0.0))
    assert "not included: remifentanil, ordered too" in said(predict(beside(drip, "remifentanil")), "bis")


def test_it_is_written_and_read_with_the_scenario() -> None:
    written = scenario_json.write(beside(step(0.25), "propofol"))
    assert unread_in(scenario_json.read(written), ("propofol",)) == {"propofol": WHY}
