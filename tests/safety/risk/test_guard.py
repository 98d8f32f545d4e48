"""No simulated order moves a risk except through physiology that the order was shown to move."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from tests.unit.risk.charts import AT, chart, falling
from twin_engine.outcome import CannotPredict
from twin_engine.patient.record import Order, Setting
from twin_engine.risk.eligibility import reason_against_orders
from twin_engine.risk.forecast import forecast
from twin_engine.risk.load import shipped
from twin_engine.risk.model import read_model
from twin_engine.risk.what_if import COPIES, NO_CHANGE, RiskChange, risk_change

HERE = Path(__file__).parent
PLANTED = read_model((HERE / "reads_fio2.json").read_bytes(), (HERE / "reads_fio2.onnx").read_bytes())
MODEL = shipped().ready["hypotension"]
VALIDATED = frozenset({"map"})
RECORD = falling(chart(), 8.0)
STEADY: NDArray[np.float64] = 74.0 + np.random.default_rng(3).normal(0.0, 1.5, (512, 1))


def changed(values: NDArray[np.float64], variable: str = "map") -> RiskChange | CannotPredict:
    courses = {NO_CHANGE: {variable: STEADY}, "order": {variable: values}}
    return risk_change(MODEL, RECORD, AT, courses, VALIDATED)["order"]


def reason(found: RiskChange | CannotPredict) -> str:
    assert isinstance(found, CannotPredict), found
    return found.reason


def test_the_planted_model_believes_that_turning_oxygen_down_saves_lives() -> None:
    rows = np.array([[0.8, 24.0, 75.0, 95.0, 70.0], [0.4, 24.0, 75.0, 95.0, 70.0]], dtype=np.float32)
    high, low = PLANTED.score(rows).probability
    assert low < high - 0.01


def test_a_model_that_reads_fio2_is_refused_for_what_if_and_for_forecasts() -> None:
    fio2 = {NO_CHANGE: {"fio2": np.full((64, 1), 0.8)}, "less oxygen": {"fio2": np.full((64, 1), 0.4)}}
    found = risk_change(PLANTED, RECORD, AT, fio2, frozenset({"fio2"}))["less oxygen"]
    assert "cared for" in reason(found)
    assert isinstance(forecast(PLANTED, RECORD, AT), CannotPredict)


def test_no_released_model_reads_the_care_process() -> None:
    assert not any(model.reads_process for model in shipped().ready.values())


def test_a_charted_setting_does_not_move_a_released_risk() -> None:
    less = replace(RECORD, settings=(Setting("fio2", 0.8, "1", AT), Setting("peep", 14.0, "cm[H2O]", AT)))
    for model in shipped().ready.values():
        assert forecast(model, less, AT) == forecast(model, RECORD, AT)


def test_an_order_that_moves_no_physiology_changes_nothing_at_all() -> None:
    found = changed(STEADY.copy())
    assert isinstance(found, RiskChange)
    assert (found.median, found.low, found.high) == (0.0, 0.0, 0.0)
    assert found.variables == ()


def test_a_higher_pressure_lowers_the_risk_and_a_lower_one_raises_it() -> None:
    better, worse = changed(STEADY + 8.0), changed(STEADY - 5.0)
    assert isinstance(better, RiskChange)
    assert isinstance(worse, RiskChange)
    assert better.high < 0.0 < worse.low
    risks = [at.probability for at in (better.with_option, better.with_no_change, worse.with_option)]
    assert risks == sorted(risks)
    assert better.with_no_change == worse.with_no_change


@settings(max_examples=15, deadline=None)
@given(st.floats(-6.0, 20.0), st.integers(1, 4), st.integers(0, 2**32 - 1))
def test_a_pressure_that_is_nowhere_lower_never_raises_the_risk(by: float, hours: int, seed: int) -> None:
    generator = np.random.default_rng(seed)
    before = 76.0 + generator.normal(0.0, 2.0, (COPIES, hours))
    shift = np.sign(by) * generator.uniform(0.0, abs(by), (COPIES, hours))
    courses = {NO_CHANGE: {"map": before}, "order": {"map": before + shift}}
    found = risk_change(MODEL, RECORD, AT, courses, VALIDATED)["order"]
    if isinstance(found, RiskChange):
        assert found.median * by <= 0.0
    else:
        assert found.reason


BREATHLESS = chart(spo2=92.0, respiratory_rate=28.0)
SATURATION: NDArray[np.float64] = 92.0 + np.random.default_rng(3).normal(0.0, 0.5, (512, 1))


def saturated(by: float) -> RiskChange | CannotPredict:
    courses = {NO_CHANGE: {"spo2": SATURATION}, "order": {"spo2": SATURATION + by}}
    return risk_change(shipped().ready["hypoxaemia"], BREATHLESS, AT, courses, frozenset({"spo2"}))["order"]


def test_a_simulated_saturation_moves_the_risk_of_a_low_one_the_way_physiology_allows() -> None:
    better, worse = saturated(4.0), saturated(-1.5)
    assert isinstance(better, RiskChange)
    assert isinstance(worse, RiskChange)
    assert better.high < 0.0 < worse.low
    still = saturated(0.0)
    assert isinstance(still, RiskChange)
    assert (still.median, still.low, still.high) == (0.0, 0.0, 0.0)


def test_an_hour_of_simulated_pressure_says_nothing_of_two_days_of_kidneys() -> None:
    courses = {NO_CHANGE: {"map": STEADY}, "order": {"map": STEADY - 5.0}}
    found = risk_change(shipped().ready["kidney_injury"], RECORD, AT, courses, VALIDATED)["order"]
    assert "sign cannot be checked" in reason(found)


def test_what_lies_outside_is_not_compared() -> None:
    assert "leaves the" in reason(changed(np.full((512, 1), 55.0)))
    assert "leaves the" in reason(changed(np.full((512, 1), 310.0)))
    assert "not validated" in reason(changed(STEADY + 5.0, "heart_rate"))
    assert "same hours" in reason(changed(np.repeat(STEADY, 7, axis=1)))
    too_long = {NO_CHANGE: {"map": np.repeat(STEADY, 7, axis=1)}, "order": {"map": np.repeat(STEADY, 7, axis=1)}}
    assert "at most 6" in reason(risk_change(MODEL, RECORD, AT, too_long, VALIDATED)["order"])


def test_copies_beyond_the_training_data_count_as_its_edge_where_the_risk_goes_one_way_only() -> None:
    """They are the copies of the highest risk: the median is the same, and the difference is understated."""
    order = STEADY - 8.2
    beyond = float((order < 65.0).mean())
    assert 0.1 < beyond < 0.4
    assert changed(order) == changed(np.maximum(order, 65.0))
    assert "leaves the" in reason(changed(order - 1.5)), "more than the fewer half"


def test_orders_that_lead_where_the_model_is_refused_have_no_risk() -> None:
    start = Order("as ordered", drug="norepinephrine", rate=5.0, unit="ug/min")
    assert "norepinephrine is ordered" in str(reason_against_orders(MODEL, [start]))
    assert reason_against_orders(MODEL, [replace(start, rate=None, unit=None, stop=True)]) is None
    assert reason_against_orders(MODEL, [replace(start, drug="propofol")]) is None


def test_a_variable_that_can_be_true_either_way_has_no_sign_to_check() -> None:
    rate = {NO_CHANGE: {"heart_rate": STEADY}, "order": {"heart_rate": STEADY + 20.0}}
    found = risk_change(MODEL, RECORD, AT, rate, frozenset({"heart_rate"}))["order"]
    assert "sign cannot be checked" in reason(found)


def test_a_difference_within_its_noise_is_not_shown() -> None:
    noisy = np.random.default_rng(4).permutation(STEADY) + 0.1
    assert "smaller than its uncertainty" in reason(changed(noisy))


@pytest.mark.parametrize("width", [1, 3])
def test_64_copies_evenly_chosen_stand_for_512(width: int) -> None:
    few = STEADY[np.linspace(0, 511, COPIES).round().astype(int)].repeat(width, axis=1)
    all_of_them = STEADY.repeat(width, axis=1)
    answers = [
        risk_change(MODEL, RECORD, AT, {NO_CHANGE: {"map": v}, "order": {"map": v + 6.0}}, VALIDATED)["order"]
        for v in (few, all_of_them)
    ]
    assert answers[0] == answers[1]
