"""Cases of pressures as the report reads them, and the estimation on charts whose states are known."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from twin_engine.circulation.tone import FAST, TONE, filtered, loading
from validation.pressure_attempts import newest, without
from validation.pressure_cases import GIVEN, _case
from validation.pressure_fit import Batch, fit_tone
from validation.pressure_report import forecast

AT = "2026-01-03T08:00:00Z"
ROW: dict[str, Any] = {
    "case_id": "a:1",
    "dataset": "a",
    "patient": "1",
    "truth": {"value": 70.0, "time": "2026-01-03T08:20:00Z"},
    "strata": {"direction": "up", "source": "cuff", "drug": "norepinephrine"},
    "scenario": {
        "at": AT,
        "patient": {"birth_date": "1950-01-01", "sex": "male", "weight_kg": 70.0},
        "measurements": [
            {"variable": "map", "value": v, "unit": "mm[Hg]", "time": f"2026-01-03T0{h}:00:00Z", "source": "cuff"}
            for h, v in ((1, 80.0), (6, 66.0), (8, 62.0))
        ],
        "administrations": [
            {"drug": "norepinephrine", "rate": 0.1, "unit": "mcg/kg/min", "start": "2026-01-03T01:00:00Z", "end": AT},
            {"drug": "vasopressin", "rate": 1.2, "unit": "units/hour", "start": "2026-01-03T01:00:00Z"},
        ],
        "orders": [
            {
                "label": GIVEN,
                "parts": [
                    {"drug": "norepinephrine", "rate": 0.2, "unit": "mcg/kg/min", "start": AT, "end": "2026-01-03T09:00:00Z"}
                ],
            }
        ],
    },
}


def test_a_case_is_a_scenario_with_what_was_given() -> None:
    case = _case(ROW)
    assert (case.hour, case.last, case.mean_6h) == (pytest.approx(1 / 3), 62.0, 64.0)
    assert case.label == GIVEN
    assert {(o.drug, o.rate, o.stop) for o in case.scenario.orders} == {
        ("norepinephrine", 0.2, False),
        ("vasopressin", None, True),
    }
    said = forecast(case, TONE)
    assert not isinstance(said, str)
    assert said[1] < said[0] < said[2]


def test_a_refusal_is_told() -> None:
    silent = replace(_case(ROW).scenario.record, measurements=())
    case = _case(ROW)
    found = forecast(replace(case, scenario=replace(case.scenario, record=silent)), TONE)
    assert isinstance(found, str)


def test_the_estimation_finds_the_level_that_simulated_charts_have() -> None:
    rng = np.random.default_rng(3)
    cases, values = 400, 12
    hours = np.sort(rng.uniform(-10.0, 0.0, (cases, values)), axis=1)
    at = rng.uniform(0.2, 1.0, cases)
    everything = np.concatenate([hours, at[:, None]], axis=1)
    kept = np.exp(-np.diff(everything, axis=1)[..., None] / TONE.tau_h)
    state = rng.standard_normal((cases, 5)) * TONE.sd
    pressures = np.empty_like(everything)
    row = loading(np.zeros(cases), np.zeros(cases))
    for i in range(values + 1):
        if i:
            k = kept[:, i - 1]
            state = k * state + np.sqrt(1.0 - k**2) * TONE.sd * rng.standard_normal((cases, 5))
        pressures[:, i] = 75.0 + (row * state).sum(-1) + TONE.noise_arterial * rng.standard_normal(cases)
    zeros, flat = np.zeros((cases, values)), np.zeros(cases)
    data = Batch(
        hours,
        pressures[:, :-1],
        zeros,
        zeros,
        at,
        flat,
        flat,
        pressures[:, -1],
        np.arange(cases) % 2 == 0,
    )
    found = fit_tone(data, evaluations=120)
    assert found.mean[0] == pytest.approx(75.0, abs=1.5)
    assert found.width == pytest.approx(1.0, abs=0.12)
    assert np.isfinite(filtered(hours, pressures[:, :-1], zeros, zeros, found).mean).all()


def test_a_chart_cut_to_its_newest_values_keeps_them_and_no_other() -> None:
    nan = np.nan
    flat = np.zeros(2)
    values = np.array([[nan, 61.0, 62.0, 63.0], [71.0, nan, 72.0, nan]])
    data = Batch(values * 0, values, values * 0, values * 0, flat, flat, flat, flat, flat > 0)
    assert np.array_equal(newest(data, 2).values, [[nan, nan, 62.0, 63.0], [71.0, nan, 72.0, nan]], equal_nan=True)


def test_a_state_that_is_left_out_is_the_same_in_every_patient() -> None:
    left = without(TONE, FAST).sd
    assert left[FAST] == 0.0
    assert np.delete(left, FAST).tolist() == np.delete(TONE.sd, FAST).tolist()
