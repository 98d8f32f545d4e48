"""The kidneys behind a creatinine series: the mass balance against worked values, the filter against truth, the family."""

from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import pytest

from tests.reference.patients import AT
from twin_engine.covariates.balance import Kidneys, kidneys
from twin_engine.covariates.creatinine_filter import LIVELINESS, advanced, at_level
from twin_engine.patient.record import Measurement, PatientRecord, Procedure
from twin_engine.predict import predict
from twin_engine.prediction import Prediction
from twin_engine.scenario import NO_CHANGE, Scenario

GENERATION = 90.0  # Cockcroft-Gault numerator of a man of 60.3 years and 81 kg, roughly
WATER = 42.0


def chart(rows: list[tuple[float, float]], **more: float) -> PatientRecord:
    """A man of 60 years and 70 kg (42 L of water); creatinine as (hours before now, mg/dL)."""
    measured = [Measurement("creatinine", value, "mg/dL", AT - timedelta(hours=ago)) for ago, value in rows]
    measured += [Measurement("weight", 70.0, "kg", AT - timedelta(hours=3))]
    measured += [Measurement(name, value, "mL/min", AT - timedelta(hours=2)) for name, value in more.items()]
    measured.sort(key=lambda m: m.time)
    return PatientRecord(birth_date=date(1966, 1, 3), sex="male", measurements=tuple(measured))


def found(record: PatientRecord) -> Kidneys:
    kidney = kidneys(record, AT)
    assert not isinstance(kidney, str), kidney
    return kidney


def test_creatinine_after_gfr_is_halved() -> None:
    # GFR 90 to 45 mL/min, 42 L: values of an independent integration of the balance.
    hours = (6.0, 12.0, 24.0, 48.0, 72.0)
    reached = [float(np.exp(advanced(np.zeros(1), np.log([2.0]), 0.06 * GENERATION / WATER, h))[0]) for h in hours]
    assert reached == pytest.approx([1.320, 1.538, 1.786, 1.954, 1.990], abs=0.0006)


def test_creatinine_after_the_kidneys_stop() -> None:
    stopped = np.log([GENERATION / 1e-9])
    reached = [float(np.exp(advanced(np.zeros(1), stopped, 0.06 * GENERATION / WATER, h))[0]) for h in (12.0, 24.0)]
    assert reached == pytest.approx([2.543, 4.086], abs=0.001)


@pytest.mark.parametrize("every", [6.0, 12.0])
def test_a_halved_gfr_is_found_within_a_day_and_before_creatinine_shows_it(every: float) -> None:
    made = (140 - 60) * 70 / 72
    times = np.arange(-36.0, 24.1, every)
    truth = [1.0 if t <= 0 else float(np.exp(advanced(np.zeros(1), np.log([2.0]), 0.06 * made / WATER, t))[0]) for t in times]
    record = chart([(24.0 - t, s) for t, s in zip(times, truth, strict=True)])
    kidney = found(record)
    assert kidney.gfr[-1] == pytest.approx(made / 2.0, rel=0.10)
    assert abs(kidney.gfr[-1] - made / 2.0) < abs(made / truth[-1] - made / 2.0)


def test_at_rest_gfr_is_cockcroft_gault() -> None:
    kidney = found(chart([(h, 1.2) for h in (72.0, 48.0, 24.0, 1.0)]))
    # Within what the return to other patients' level takes from it.
    assert kidney.gfr == pytest.approx(np.full(4, 80 * 70 / 72 / 1.2), rel=0.006)


def test_a_measured_clearance_sets_the_scale() -> None:
    rows = [(h, 1.2) for h in (72.0, 48.0, 24.0, 1.0)]
    collected = found(chart(rows, creatinine_clearance=100.0))
    assert collected.collected
    assert collected.gfr[-1] == pytest.approx(100.0, rel=0.005)
    assert collected.generation_sd < found(chart(rows)).generation_sd


def test_noise_is_not_taken_for_kidneys() -> None:
    kidney = found(chart([(48.0, 1.0), (24.0, 1.0), (1.0, 1.1)]))
    assert 1.0 < kidney.settled[-1] < 1.12


def test_two_values_of_one_minute_are_two_readings_of_one_state() -> None:
    twice = found(chart([(48.0, 1.0), (1.0, 1.2), (1.0, 1.2)]))
    once = found(chart([(48.0, 1.0), (1.0, 1.2)]))
    assert once.settled[-1] < twice.settled[-1]
    assert np.isfinite(twice.settled).all()


@pytest.mark.parametrize(
    ("record", "reason"),
    [
        (chart([]), "no creatinine"),
        (chart([(100.0, 1.0)]), "100 h old"),
        (replace(chart([(1.0, 1.0)]), procedures=(Procedure("crrt", AT - timedelta(days=1)),)), "renal replacement"),
        (replace(chart([(1.0, 1.0)]), sex="unknown"), "needs age, sex and weight"),
        (replace(chart([(1.0, 1.0)]), birth_date=date(2015, 1, 1)), "about adults"),
    ],
)
def test_refuses_in_words(record: PatientRecord, reason: str) -> None:
    refused = kidneys(record, AT)
    assert isinstance(refused, str)
    assert reason in refused


def predicted(record: PatientRecord, **changed: object) -> Prediction:
    later = AT + timedelta(hours=24)
    scenario = Scenario(AT, 1, record, report_times=(later,), draws=256)
    return predict(replace(scenario, **changed))  # type: ignore[arg-type]


def test_creatinine_and_gfr_are_forecast_with_intervals() -> None:
    rising = predicted(chart([(36.0, 1.0), (24.0, 1.1), (12.0, 1.7), (1.0, 2.1)]))
    forecast = rising.forecast(NO_CHANGE)
    assert forecast is not None
    creatinine, gfr = forecast.variables["creatinine"], forecast.variables["gfr"]
    assert creatinine.p50[-1] > 2.1  # goes on rising, though kidneys return slowly to the patient's own level
    assert gfr.p50[0] < 80 * 70 / 72 / 2.1
    reported = {r.variable: r for r in forecast.report}["creatinine"]
    assert reported.predicted_low < reported.low < reported.median < reported.high < reported.predicted_high
    assert rising.twin["creatinine_balance"].n_observations == 4


def test_a_restless_series_widens_its_own_forecast() -> None:
    def width(*values: float) -> float:
        rows = [(1.0 + 12.0 * i, value) for i, value in enumerate(reversed(values))]
        forecast = predicted(chart(rows)).forecast(NO_CHANGE)
        assert forecast is not None
        creatinine = forecast.variables["creatinine"]
        return creatinine.p95[-1] / creatinine.p5[-1]

    steady, first, restless = width(1.0, 1.0, 1.0, 1.0, 1.0), width(1.0), width(1.0, 1.5, 1.0, 1.6, 1.0)
    assert steady < first < restless


def test_a_high_creatinine_is_expected_to_move_more() -> None:
    def width(value: float) -> float:
        forecast = predicted(chart([(49.0, value), (25.0, value), (1.0, value)])).forecast(NO_CHANGE)
        assert forecast is not None
        return forecast.variables["creatinine"].p95[-1] / forecast.variables["creatinine"].p5[-1]

    assert width(0.7) < width(1.5) < width(3.0)


def test_the_median_has_the_digits_of_the_chart() -> None:
    def reported(*values: float) -> float:
        rows = [(1.0 + 24.0 * i, value) for i, value in enumerate(values)]
        forecast = predicted(chart(rows)).forecast(NO_CHANGE)
        assert forecast is not None
        return {r.variable: r for r in forecast.report}["creatinine"].median

    assert reported(0.7, 0.8, 0.7) == pytest.approx(0.7)
    assert reported(0.71, 0.83, 0.7) != pytest.approx(round(reported(0.71, 0.83, 0.7), 1), abs=1e-4)


def test_a_slip_of_the_pen_does_not_widen_a_stay_without_end() -> None:
    def learned(slip: float) -> float:
        state = found(chart([(48.0, 1.0), (36.0, slip), (24.0, 1.0), (12.0, 1.0)])).state
        return float(state.scale[0] / at_level(state.mean[:, 0], LIVELINESS)[0] ** 2)

    assert learned(1.0) < learned(10.0) < learned(1000.0) <= 1.2 * learned(10.0)


def test_a_longer_forecast_is_wider() -> None:
    forecast = predicted(chart([(25.0, 1.0), (1.0, 1.0)])).forecast(NO_CHANGE)
    assert forecast is not None
    creatinine = forecast.variables["creatinine"]
    assert creatinine.p95[-1] / creatinine.p5[-1] > creatinine.p95[8] / creatinine.p5[8]


def test_the_same_seed_gives_the_same_forecast() -> None:
    record = chart([(25.0, 1.0), (1.0, 1.3)])
    assert predicted(record).forecasts == predicted(record).forecasts
    assert predicted(record).forecasts != predicted(record, seed=2).forecasts


def test_named_models_only() -> None:
    record = replace(chart([(1.0, 1.0)]), procedures=(Procedure("ihd", AT - timedelta(days=1)),))
    named = predicted(record, models=("creatinine_balance",))
    assert [g.variable for g in named.cannot_predict] == ["creatinine"]
    other = predicted(chart([(1.0, 1.0)]), models=("vancomycin_goti_2018",))
    assert "creatinine_balance" not in other.twin
