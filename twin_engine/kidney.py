"""The kidneys of the twin: GFR and creatinine under what is going on now, copy by copy.

What an order does to the kidneys is not known, so every option gets the same course. Each copy has its own creatinine
production, kidneys now, and restlessness, as far as the patient's own series tells them (`covariates/creatinine_filter.py`).
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import numpy as np
from scipy.special import chdtri, ndtr, ndtri

from twin_engine.completeness import graded, narrowed
from twin_engine.covariates.balance import Kidneys, balanced, series
from twin_engine.covariates.creatinine_filter import LIVELINESS, STEP_H, Liveliness, advanced, read_with, stayed, wandered
from twin_engine.covariates.support import RENAL_REPLACEMENT, SUPPORT_LINGERS, running
from twin_engine.keep import Keep
from twin_engine.kernel.declare import Array
from twin_engine.kernel.even import evenly
from twin_engine.kernel.quantiles import quantiles
from twin_engine.outcome import CannotPredict
from twin_engine.patient.contradiction import contradictions
from twin_engine.patient.derived import age_years
from twin_engine.patient.quality import states
from twin_engine.patient.record import Order
from twin_engine.prediction import (
    Answer,
    Bands,
    Completeness,
    Forecast,
    ModelSummary,
    ParameterSummary,
    Reported,
    SafetyVerdict,
)
from twin_engine.scenario import NO_CHANGE, Scenario, grid
from twin_engine.site import Site

ID = "creatinine_balance"
VALID_H = 36.0
PART = "kidneys"
READ = ("creatinine", "weight")
ADULT_Y = 18.0
A_DAY = 96
"""Steps of the grid in 24 h."""
UNITS = {"creatinine": "mg/dL", "gfr": "mL/min"}
STREAM = 5
READINGS = ndtri((np.arange(16) + 0.5) / 16)
"""Errors of the readings of each copy, in SD, evenly spread over their distribution: the interval of what will be measured does
not hang on a few of them."""


def answer(scenario: Scenario, drafted: Mapping[str, tuple[Order, ...]], _: Site, keep: Keep) -> list[Answer]:
    """Forecasts of creatinine and GFR, the same for every option; nothing when the chart does not show the kidneys, or, if the
    model is named, the reason."""
    if scenario.models is not None and ID not in scenario.models:
        return []
    found = series(scenario.record, scenario.at)
    if isinstance(found, str):
        if scenario.models is not None:
            return [Answer({}, (), {}, (CannotPredict("creatinine", found),), ())]
        return [_incomplete(scenario)] if _data_are_lost(scenario) else []
    horizon = min(scenario.asked_h, VALID_H)
    asked = tuple(t for t in scenario.report_times if scenario.at <= t <= scenario.at + timedelta(hours=horizon))
    drawn = "drawn" if scenario.draws_effects else "not drawn"
    course = keep(f"kidney {horizon} {asked} {drawn}", lambda: _course(scenario, balanced(found), horizon, asked))
    forecasts = tuple(replace(course.forecast, label=label) for label in dict.fromkeys((*drafted, NO_CHANGE)))
    graded = _graded(scenario, course.worth)
    return [Answer({ID: course.summary}, forecasts, {}, (), (), completeness=graded)]


def examine(scenario: Scenario, site: Site, keep: Keep) -> list[Answer]:
    """The grade alone. Where creatinine is fresh it needs no copies: nothing is asked what another would be worth."""
    if scenario.models is None and states(scenario.record, READ, scenario.at)["creatinine"] == "fresh":
        if isinstance(series(scenario.record, scenario.at), str) and not _data_are_lost(scenario):
            return []
        return [_incomplete(scenario)]
    return [replace(a, summaries={}, forecasts=()) for a in answer(scenario, {}, site, keep)]


def takes(_: Order) -> bool:
    """No order is known to act on the kidneys."""
    return False


def reads(_: str) -> frozenset[str]:
    """Nothing more than the drug models read: what an order does to the kidneys is not forecast."""
    return frozenset()


@dataclass(frozen=True, slots=True)
class _Course:
    """What depends on the chart alone; `worth`: by what a creatinine measured now would multiply its interval in a day."""

    forecast: Forecast
    summary: ModelSummary
    worth: float


def _course(
    scenario: Scenario, found: Kidneys, horizon: float, asked: tuple[datetime, ...], numbers: Liveliness = LIVELINESS
) -> _Course:
    hours = grid(horizon)
    asked_h = np.array([(t - scenario.at).total_seconds() / 3600.0 for t in asked])
    every = np.unique(np.concatenate([hours, asked_h]))
    drawn = _drawn(found, every, numbers, scenario)
    courses = drawn.courses
    shown = np.searchsorted(every, hours)
    bands = {name: _bands(UNITS[name], values[shown]) for name, values in courses.items()} if scenario.draws_effects else {}
    report: list[Reported] = []
    for time, place in zip(asked, np.searchsorted(every, asked_h), strict=True):
        for name, values in courses.items():
            low, median, high = (float(q) for q in quantiles(values[place], (0.05, 0.5, 0.95)))
            middle, lowest, highest = median, low, high
            if name == "creatinine":
                read = drawn.read(values[place], READINGS[:, None], numbers)
                lowest, highest = (float(q) for q in quantiles(read.ravel(), (0.05, 0.95)))
                middle = float(found.as_printed(np.array(median)))
            report.append(Reported(time, name, median, middle, low, high, lowest, highest))
    times = tuple(scenario.at + timedelta(hours=float(h)) for h in hours)
    ends = dict.fromkeys(courses, times[-1])
    forecast = Forecast(NO_CHANGE, (), times, bands, {}, tuple(report), SafetyVerdict(cleared=True), ends=ends)
    now, ahead = courses["creatinine"][0], np.log(courses["creatinine"][shown[min(A_DAY, len(shown) - 1)]])
    worth = narrowed(np.log(drawn.read(now, drawn.error, numbers)), ahead)
    return _Course(forecast, _summary(found, courses["gfr"][0], scenario.draws), worth)


def _graded(scenario: Scenario, worth: float | None) -> Completeness:
    found = states(scenario.record, READ, scenario.at)
    measured = {} if worth is None or found["creatinine"] == "fresh" else {"creatinine": worth}
    doubts = (*scenario.remarks, *contradictions(scenario.record, scenario.at, READ))
    return graded(PART, found, doubts, if_measured=measured)


def _incomplete(scenario: Scenario) -> Answer:
    return Answer({}, (), {}, (), (), completeness=_graded(scenario, None))


def _data_are_lost(scenario: Scenario) -> bool:
    """Whether a patient that the balance could describe is missing what it reads."""
    found = states(scenario.record, READ, scenario.at).values()
    adult = scenario.record.birth_date is not None and age_years(scenario.record.birth_date, scenario.at) >= ADULT_Y
    replaced = running(scenario.record, RENAL_REPLACEMENT, scenario.at, SUPPORT_LINGERS)
    return adult and not replaced and bool({None, "beyond"} & set(found))


@dataclass(frozen=True, slots=True)
class _Drawn:
    """What the SDs of every copy are multiplied by, the error of one reading in SD, (copies,), and courses (hours, copies)."""

    restless: Array
    error: Array
    courses: dict[str, Array]

    def read(self, creatinine: Array, error: Array, numbers: Liveliness) -> Array:
        """Creatinine of the copies (copies,) as it would be measured, with errors in SD (..., copies)."""
        sd = read_with(np.log(np.median(creatinine)), numbers)
        return creatinine * np.exp(sd * self.restless * error)


def _drawn(found: Kidneys, hours_h: Array, numbers: Liveliness, scenario: Scenario) -> _Drawn:
    """The copies and their courses at hours >= 0."""
    now = float(found.hours_h[-1])
    since: list[float] = np.arange(now + STEP_H, float(hours_h[0]), STEP_H).tolist()
    steps = [*since, *hours_h.tolist()]
    rng = np.random.default_rng([scenario.seed & 0xFFFFFFFF, scenario.seed >> 32, STREAM])
    even = evenly(rng, scenario.draws, 6 + len(steps)).T
    freedom = float(found.state.freedom[0])
    chi_squared = np.asarray(chdtri(freedom, np.asarray(ndtr(even[4]), dtype=np.float64)), dtype=np.float64)
    restless = np.sqrt(float(found.state.scale[0]) * freedom / chi_squared)
    made = found.generation * np.exp(found.generation_sd * even[3])
    root = np.asarray(np.linalg.cholesky(found.state.covariance[0]), dtype=np.float64)
    log_s, log_a, level = found.state.mean[0][:, None] + restless * (root @ even[:3])
    creatinine, gfr = np.empty((len(hours_h), scenario.draws)), np.empty((len(hours_h), scenario.draws))
    for i, (hour, wander) in enumerate(zip(steps, even[6:], strict=True), start=-len(since)):
        step, now = hour - now, hour
        later = level + (log_a - level) * stayed(step, numbers) + restless * wandered(step, numbers) * wander
        log_s = advanced(log_s, (log_a + later) / 2.0, found.turnover, step)
        log_a = later
        if i >= 0:
            creatinine[i], gfr[i] = np.exp(log_s), made * np.exp(-log_a)
    return _Drawn(restless, even[5], {"creatinine": creatinine, "gfr": gfr})


def _bands(unit: str, values: Array) -> Bands:
    q = quantiles(values, (0.05, 0.25, 0.5, 0.75, 0.95))
    return Bands(unit, *(tuple(row.tolist()) for row in q))


def _summary(found: Kidneys, gfr: Array, draws: int) -> ModelSummary:
    low, median, high = (float(q) for q in quantiles(gfr, (0.05, 0.5, 0.95)))
    steady = float(found.generation / np.exp(found.state.mean[0, 0]))
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
