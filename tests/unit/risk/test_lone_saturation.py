"""One saturation far below those around it: low saturation is refused, and somebody at the bedside is asked."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta

import pytest

from tests.unit.risk.charts import AT, chart
from twin_engine.outcome import CannotPredict
from twin_engine.patient.record import PatientRecord
from twin_engine.risk.forecast import RiskForecast, forecast
from twin_engine.risk.load import shipped
from twin_engine.risk.lone_saturation import remarks

MODELS = shipped().ready


def saturations(of_hour: Mapping[int, float]) -> PatientRecord:
    """The steady chart, with these saturations so many hours ago."""

    def changed(hours_ago: float) -> float | None:
        return of_hour.get(int(hours_ago))

    rows = chart().measurements
    made = [
        replace(m, value=value)
        if m.variable == "spo2" and (value := changed((AT - m.time) / timedelta(hours=1))) is not None
        else m
        for m in rows
    ]
    return replace(chart(), measurements=tuple(made))


@pytest.mark.parametrize("hours_ago", [1, 3, 20])
def test_an_hour_far_below_both_its_neighbours_refuses_low_saturation_alone(hours_ago: int) -> None:
    found = forecast(MODELS["hypoxaemia"], saturations({hours_ago: 35.0}), AT)
    assert isinstance(found, CannotPredict)
    assert "35 % for one hour between 96 % and 96 %" in found.reason
    if hours_ago > 1:
        assert isinstance(forecast(MODELS["hypotension"], saturations({hours_ago: 35.0}), AT), RiskForecast)


@pytest.mark.parametrize(
    "of_hour",
    [{3: 82.0}, {3: 70.0, 4: 72.0}, {2: 91.0, 3: 70.0, 4: 84.0}],
    ids=["not so far", "two hours", "it came and went slowly"],
)
def test_a_fall_that_lasted_or_came_slowly_is_the_patient(of_hour: Mapping[int, float]) -> None:
    assert isinstance(forecast(MODELS["hypoxaemia"], saturations(of_hour), AT), RiskForecast)
    assert list(remarks(saturations(of_hour), AT)) == []


def test_somebody_is_asked_about_a_lone_fall_of_the_last_hours_and_no_longer() -> None:
    (remark,) = remarks(saturations({3: 35.0}), AT)
    assert (remark.variable, remark.status) == ("spo2", "conflicting")
    assert "35 % for one hour between 96 % and 96 %: the probe or the patient" in remark.effect
    assert list(remarks(saturations({10: 35.0}), AT)) == []
    assert list(remarks(chart(), AT)) == []


def test_a_newest_value_far_below_the_last_sends_to_the_patient_before_the_probe() -> None:
    (remark,) = remarks(saturations({0: 32.0}), AT)
    assert remark.effect == "oxygen saturation 32 % after 96 %, not repeated yet: see the patient first, then the probe"
    assert list(remarks(saturations({0: 70.0, 1: 72.0}), AT)) == [], "it was repeated"
    assert list(remarks(saturations({0: 82.0}), AT)) == []
