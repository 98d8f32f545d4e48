"""The kidneys of the twin: GFR and creatinine under what is going on now, copy by copy.

What an order does to the kidneys is not known, so every option gets the same course. Each copy has its own creatinine
production, kidneys now, and restlessness: changes of GFR are larger in some patients than in others (a t distribution with
four degrees of freedom, as the series of `covariates/balance.py` have).
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import numpy as np

from twin_engine.covariates.balance import MEASURED_CV, WALK_SD_PER_SQRT_DAY, Kidneys, advanced, kidneys
from twin_engine.keep import Keep
from twin_engine.kernel.declare import Array
from twin_engine.kernel.quantiles import quantiles
from twin_engine.outcome import CannotPredict
from twin_engine.patient.record import Order
from twin_engine.prediction import Answer, Bands, Forecast, ModelSummary, ParameterSummary, Reported, SafetyVerdict
from twin_engine.scenario import NO_CHANGE, Scenario, grid
from twin_engine.site import Site

ID = "creatinine_balance"
VALID_H = 48.0
DEGREES_OF_FREEDOM = 4.0
UNITS = {"creatinine": "mg/dL", "gfr": "mL/min"}
STREAM = 5
READINGS = 16
"""Readings drawn of each copy, so that the interval of what will be measured does not hang on a few of them."""


def answer(scenario: Scenario, drafted: Mapping[str, tuple[Order, ...]], _: Site, keep: Keep) -> list[Answer]:
    """Forecasts of creatinine and GFR, the same for every option; nothing when the chart does not show the kidneys, or, if the
    model is named, the reason."""
    if scenario.models is not None and ID not in scenario.models:
        return []
    found = kidneys(scenario.record, scenario.at)
    if isinstance(found, str):
        return [] if scenario.models is None else [Answer({}, (), {}, (CannotPredict("creatinine", found),), ())]
    horizon = min(scenario.asked_h, VALID_H)
    asked = tuple(t for t in scenario.report_times if scenario.at <= t <= scenario.at + timedelta(hours=horizon))
    course = keep(f"kidney {horizon} {asked}", lambda: _course(scenario, found, horizon, asked))
    forecasts = tuple(replace(course.forecast, label=label) for label in dict.fromkeys((*drafted, NO_CHANGE)))
    return [Answer({ID: course.summary}, forecasts, {}, (), ())]


def takes(_: Order) -> bool:
    """No order is known to act on the kidneys."""
    return False


def reads(_: str) -> frozenset[str]:
    """Nothing more than the drug models read: what an order does to the kidneys is not forecast."""
    return frozenset()


@dataclass(frozen=True, slots=True)
class _Course:
    """What depends on the chart alone."""

    forecast: Forecast
    summary: ModelSummary


def _course(scenario: Scenario, found: Kidneys, horizon: float, asked: tuple[datetime, ...]) -> _Course:
    hours = grid(horizon)
    asked_h = np.array([(t - scenario.at).total_seconds() / 3600.0 for t in asked])
    every = np.unique(np.concatenate([hours, asked_h]))
    rng = np.random.default_rng([scenario.seed & 0xFFFFFFFF, scenario.seed >> 32, STREAM])
    courses = _courses(found, every, scenario.draws, rng)
    shown = np.searchsorted(every, hours)
    bands = {name: _bands(UNITS[name], values[shown]) for name, values in courses.items()}
    report: list[Reported] = []
    for time, place in zip(asked, np.searchsorted(every, asked_h), strict=True):
        for name, values in courses.items():
            low, median, high = (float(q) for q in quantiles(values[place], (0.05, 0.5, 0.95)))
            lowest, highest = low, high
            if name == "creatinine":
                seen = values[place] * np.exp(MEASURED_CV * rng.standard_normal((READINGS, scenario.draws)))
                lowest, highest = (float(q) for q in quantiles(seen.ravel(), (0.05, 0.95)))
            report.append(Reported(time, name, median, median, low, high, lowest, highest))
    times = tuple(scenario.at + timedelta(hours=float(h)) for h in hours)
    forecast = Forecast(NO_CHANGE, (), times, bands, {}, tuple(report), SafetyVerdict(cleared=True))
    return _Course(forecast, _summary(found, courses["gfr"][0], scenario.draws))


def _courses(found: Kidneys, hours_h: Array, draws: int, rng: np.random.Generator) -> dict[str, Array]:
    """Creatinine and GFR of every copy at hours >= 0, (hours, copies)."""
    made = found.generation * np.exp(found.generation_sd * rng.standard_normal(draws))
    state = found.mean[:, None] + np.linalg.cholesky(found.covariance) @ rng.standard_normal((2, draws))
    walk_sd = WALK_SD_PER_SQRT_DAY * np.sqrt(DEGREES_OF_FREEDOM / rng.chisquare(DEGREES_OF_FREEDOM, draws))
    log_s, log_a, now = state[0], state[1], float(found.hours_h[-1])
    creatinine, gfr = np.empty((len(hours_h), draws)), np.empty((len(hours_h), draws))
    for i, hour in enumerate(hours_h):
        step = float(hour) - now
        now = float(hour)
        log_a = log_a + walk_sd * np.sqrt(step / 24.0) * rng.standard_normal(draws)
        log_s = advanced(log_s, log_a, made, found.water, step)
        creatinine[i], gfr[i] = np.exp(log_s), made * np.exp(-log_a)
    return {"creatinine": creatinine, "gfr": gfr}


def _bands(unit: str, values: Array) -> Bands:
    q = quantiles(values, (0.05, 0.25, 0.5, 0.75, 0.95))
    return Bands(unit, *(tuple(row.tolist()) for row in q))


def _summary(found: Kidneys, gfr: Array, draws: int) -> ModelSummary:
    low, median, high = (float(q) for q in quantiles(gfr, (0.05, 0.5, 0.95)))
    steady = float(found.generation / np.exp(found.mean[0]))
    return ModelSummary(
        drug="kidney",
        variable="gfr",
        status="exposure only",
        weight=1.0,
        n_observations=len(found.hours_h),
        ess=float(draws),
        parameters={"GFR": ParameterSummary("mL/min", steady, float(found.gfr[-1]), median, low, high)},
        population_estimate=False,
    )
