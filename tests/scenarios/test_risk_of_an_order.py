"""Signing an order says where its simulated course moves the risk of an event, where the guard lets it, and else nothing."""

from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from cds_cards.build import build
from cds_cards.case import CardCase, DraftView
from cds_cards.rules import Rules
from tests.golden.predictions import case
from tests.unit.risk.charts import AT, chart, measured
from twin_engine.outcome import CannotPredict
from twin_engine.patient.record import Composition, Condition, Order, PatientRecord, Setting, sorted_by_time
from twin_engine.predict import predict
from twin_engine.prediction import Prediction
from twin_engine.risk.load import RiskModels, shipped
from twin_engine.risk.orders import VALIDATED, Measured, risk_changes
from twin_engine.risk.recalibration import Recalibration
from twin_engine.risk.what_if import RiskChange
from twin_engine.scenario import AS_ORDERED, NO_CHANGE, Scenario

MODELS = shipped()
PROPOFOL = Order(AS_ORDERED, drug="propofol", rate=50.0, unit="mg/h", start=AT)
NOREPINEPHRINE = Order(AS_ORDERED, drug="norepinephrine", rate=0.1, unit="ug/kg/min", start=AT)
VANCOMYCIN = Order(AS_ORDERED, drug="vancomycin", amount=1000.0, unit="mg", interval_h=12.0, infusion_h=1.0, start=AT)


MEASURED: Measured = {("map", "propofol"): "as if the effect of propofol had been held against charts"}
SURE = np.linspace(5.0, 7.0, 512)[:, None]
UNSURE = np.linspace(-0.2, 7.0, 512)[:, None]


def ward(pressure: float = 72.5) -> PatientRecord:
    body = (measured("weight", 80.0, 30.0), measured("height", 178.0, 30.0))
    steady = chart(24, map=pressure)
    return replace(steady, measurements=sorted_by_time([*steady.measurements, *body]))


def moved(prediction: Prediction, by: NDArray[np.float64]) -> Prediction:
    """The prediction with a level of its own in the coming hour, and this difference in every copy under what is ordered."""
    level = 73.0 + 2.0 * np.random.default_rng(2).standard_normal((512, 1))
    courses = {AS_ORDERED: {"map": level + by}, NO_CHANGE: {"map": level}}
    return replace(prediction, forecasts=tuple(replace(f, courses=courses[f.label]) for f in prediction.forecasts))


def signed(
    *orders: Order, models: RiskModels = MODELS, by: NDArray[np.float64] | None = None, measured: Measured = MEASURED
) -> CardCase:
    """An order as `order-sign` reads it; `by` = what it does to the pressure, where that is set and not simulated."""
    record = ward()
    prediction = predict(Scenario(at=AT, seed=1, record=record, orders=orders, alternatives="none"))
    prediction = prediction if by is None else moved(prediction, by)
    drafts = tuple(DraftView(f"MedicationRequest/{o.drug}", AS_ORDERED, o.drug, (o,)) for o in orders)
    changes = risk_changes(models, prediction, record, (AS_ORDERED,), measured)
    return case(prediction, record=record, drafts=drafts, risk_changes=changes)


def details(made: CardCase) -> str:
    return " ".join(card.detail or "" for card in build(made).cards)


def why_not(made: CardCase) -> list[str]:
    return [s.reason for s in build(made).suppressed if s.reason.startswith("no change of the risk")]


@pytest.fixture(scope="module")
def lowered() -> CardCase:
    """The pressure falls by 5 to 7 mmHg in every copy."""
    return signed(PROPOFOL, by=-SURE)


def test_the_line_claims_no_effect_and_no_percentage_of_this_patient(lowered: CardCase) -> None:
    told = details(lowered)
    assert "**New hypotension within 6 h** (experimental): if MAP followed the simulated course for an hour" in told
    assert "among the highest 4 % instead of among the highest 15 % (of such hours 30 % went on to it, against 20 %)" in told
    assert "An association in past patients, not a measured effect" in told
    assert "reduce" not in told
    found = lowered.risk_changes[AS_ORDERED][0]
    assert isinstance(found, RiskChange)
    assert found.low > 0.0
    assert found.variables == ("map",)


def test_the_simulation_of_an_order_carries_the_hour_of_every_copy() -> None:
    prediction = signed(PROPOFOL).prediction
    assert prediction is not None
    ordered, usual = (prediction.forecast(label) for label in (AS_ORDERED, NO_CHANGE))
    assert ordered is not None
    assert usual is not None
    assert ordered.courses["map"].shape == usual.courses["map"].shape == (512, 1)
    assert np.median(ordered.courses["map"] - usual.courses["map"]) <= 0.0, "propofol lowers, copy by copy"
    assert ordered.moved_by == {"map": ("propofol",)}


def test_the_course_of_an_order_is_no_change_and_the_published_effect_whatever_made_somebody_order_it() -> None:
    """A pressor is started because the pressure falls: the level by the chart is lower with more of it."""
    prediction = signed(replace(NOREPINEPHRINE, rate=0.4), PROPOFOL).prediction
    assert prediction is not None
    ordered, usual = (prediction.forecast(label) for label in (AS_ORDERED, NO_CHANGE))
    assert ordered is not None
    assert usual is not None
    moved = float(np.median(ordered.courses["map"] - usual.courses["map"]))
    assert moved == pytest.approx(ordered.metrics["map_effect_60min"].median, abs=2.5)
    assert ordered.moved_by == {"map": ("norepinephrine", "propofol")}


def test_a_site_that_has_recalibrated_reads_percent(lowered: CardCase) -> None:
    own = Recalibration("hypotension", MODELS.ready["hypotension"].digest, 1.0, 0.5, 600, 80, "2026", "2026-07-01")
    told = details(signed(PROPOFOL, by=-SURE, models=replace(MODELS, local={"hypotension": own})))
    assert "this risk would read 45 % instead of 25 %, recalibrated here" in told
    another = replace(own, onnx_sha256="0" * 64)
    assert "recalibrated" not in details(signed(PROPOFOL, by=-SURE, models=replace(MODELS, local={"hypotension": another})))


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({"rules": Rules(silent=frozenset({"deterioration"}))}, "silent here"),
        ({"record": replace(ward(), conditions=(Condition("limitation_of_treatment"),))}, "treatment is limited"),
    ],
    ids=["silent", "treatment limited"],
)
def test_what_is_not_shown_on_opening_a_chart_is_not_shown_on_an_order(
    lowered: CardCase, changed: dict[str, object], why: str
) -> None:
    made = replace(lowered, **changed)  # type: ignore[arg-type]
    assert "New hypotension" not in details(made)
    assert why in " ".join(why_not(made))


def test_an_order_that_leads_to_a_pressor_has_no_risk_and_the_audit_says_why() -> None:
    made = signed(NOREPINEPHRINE)
    assert "New hypotension" not in details(made)
    assert "norepinephrine is ordered" in why_not(made)[0]


PEEP = Order(AS_ORDERED, settings=(Setting("peep", 15.0, "cm[H2O]", None),), start=AT)
FLUID = Order(
    AS_ORDERED, drug="ringer", amount=500.0, unit="mL", infusion_h=0.5, start=AT, composition=Composition(kind="crystalloid")
)


@pytest.mark.parametrize(
    ("order", "measured", "by"),
    [(PROPOFOL, VALIDATED, "propofol"), (PEEP, MEASURED, "ventilator"), (FLUID, MEASURED, "ringer")],
    ids=["propofol", "ventilator", "fluid"],
)
def test_an_effect_that_was_not_held_against_charts_moves_no_risk(order: Order, measured: Measured, by: str) -> None:
    made = signed(replace(PROPOFOL, rate=100.0), order, by=-SURE, measured=measured)
    assert "New hypotension" not in details(made)
    assert f"what {by} does to the mean arterial pressure has not been held against charts" in " ".join(why_not(made))


def test_as_released_no_order_has_a_line_and_a_pressor_keeps_its_own_reason() -> None:
    for order in (PROPOFOL, FLUID):
        made = signed(order, by=-SURE, measured=VALIDATED)
        assert all(isinstance(each, CannotPredict) for each in made.risk_changes[AS_ORDERED])
    assert "norepinephrine is ordered" in why_not(signed(NOREPINEPHRINE, measured=VALIDATED))[0]


def test_a_difference_within_its_uncertainty_is_not_told() -> None:
    made = signed(PROPOFOL, by=-UNSURE)
    assert "New hypotension" not in details(made)
    assert "smaller than its uncertainty" in why_not(made)[0]


def test_sepsis_has_no_direction_in_pressure_and_no_line(lowered: CardCase) -> None:
    sepsis = lowered.risk_changes[AS_ORDERED][1]
    assert isinstance(sepsis, CannotPredict)
    assert "sign cannot be checked" in sepsis.reason


def test_an_order_without_a_simulated_course_that_a_risk_reads_is_not_asked() -> None:
    record = ward()
    prediction = predict(Scenario(at=AT, seed=1, record=record, orders=(VANCOMYCIN,), alternatives="none"))
    assert risk_changes(MODELS, prediction, record, (AS_ORDERED,)) == {}
    assert risk_changes(RiskModels({}), prediction, record, (AS_ORDERED, "no such option")) == {}


def test_a_change_of_dose_that_moves_no_pressure_changes_nothing_at_all() -> None:
    made = signed(PROPOFOL, by=np.zeros((512, 1)))
    found = made.risk_changes[AS_ORDERED][0]
    assert isinstance(found, RiskChange)
    assert (found.median, found.low, found.high, found.variables) == (0.0, 0.0, 0.0, ())
    assert "New hypotension" not in details(made)
    assert "moves nothing" in why_not(made)[0]


def test_as_released_an_order_that_acts_on_nothing_changes_nothing_and_is_not_called_unmeasured() -> None:
    made = signed(VANCOMYCIN, by=np.zeros((512, 1)), measured=VALIDATED)
    found = made.risk_changes[AS_ORDERED][0]
    assert isinstance(found, RiskChange)
    assert (found.median, found.low, found.high, found.variables) == (0.0, 0.0, 0.0, ())
    moving = signed(VANCOMYCIN, by=-SURE, measured=VALIDATED).risk_changes[AS_ORDERED][0]
    assert isinstance(moving, CannotPredict), "a course that moves without a cause is not told"
    assert "not validated" in moving.reason


def test_an_hour_that_was_not_forecast_whole_is_no_hour() -> None:
    record = ward()
    short = predict(Scenario(at=AT, seed=1, record=record, orders=(PROPOFOL,), alternatives="none", horizon_h=0.5))
    assert not any(f.courses for f in short.forecasts)
