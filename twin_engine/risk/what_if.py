"""The guard between a simulated order and a risk: a difference is given only where an association may stand for it.

The model may read nothing of the care process; only simulated physiology moves, the rest of the chart stays as it is; the
two courses are compared copy by copy; what was simulated lies within the training data; the sign is the one physiology
allows; and the difference is larger than what the copies and the ensemble members differ among themselves.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache

import numpy as np
from numpy.typing import NDArray

from twin_engine.outcome import CannotPredict
from twin_engine.patient.record import PatientRecord
from twin_engine.risk.eligibility import in_words, reason_against
from twin_engine.risk.features import DERIVED, Windows, matrix
from twin_engine.risk.forecast import at_rank, context
from twin_engine.risk.hourly import hourly_windows
from twin_engine.risk.model import RiskModel
from twin_engine.risk.recalibration import Recalibration, local_probability
from twin_engine.scenario import NO_CHANGE

COPIES = 64
INSIDE_SHARE = 0.95
"""Share of simulated values that must lie within the training data."""
INSIDE_SHARE_ONE_WAY = 0.6
"""The same for a variable with which the risk can go one way only. What lies beyond counts as the edge: the copies beyond are
those of the highest (or lowest) risk of all, so while they are fewer than half the median copy is the same, and a difference is
understated, never overstated."""

Course = Mapping[str, NDArray[np.float64]]
"""Per variable hourly values after `at`, (copies, hours), canonical unit."""
Ways = Mapping[str, int | None]
"""Per simulated variable the only way in which the risk may go with it, +1 or -1; None = either."""


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a risk stands: probability as developed, rank among the reference hours and what became of such hours, and the
    probability at this site, if the site has recalibrated."""

    probability: float
    share_below: float
    ppv: float
    local_probability: float | None = None


@dataclass(frozen=True, slots=True)
class RiskChange:
    """Change of the risk (probability) against no change: median and 5th to 95th percentile over copies and members, and
    where the median copy stands with either. `variables`: what the order moved."""

    event: str
    title: str
    median: float
    low: float
    high: float
    with_option: Standing
    with_no_change: Standing
    variables: tuple[str, ...]


def risk_change(
    model: RiskModel,
    record: PatientRecord,
    at: datetime,
    courses: Mapping[str, Course],
    validated: frozenset[str],
    local: Recalibration | None = None,
) -> dict[str, RiskChange | CannotPredict]:
    """Per option the change of risk after its simulated course, or why none may be shown.

    courses: per label the simulated course, with `NO_CHANGE` among them. validated: the variables that the mechanistic
    model is validated to move. local: the site's recalibration of this model.
    """
    options = [label for label in courses if label != NO_CHANGE]
    if model.reads_process:
        reason = "the risk model reads how the patient is cared for, so an order would move it without moving the patient"
        return _refused(model, options, reason)
    hours = {values.shape[1] for course in courses.values() for values in course.values()}
    if len(hours) != 1 or max(hours) > model.horizon_h:
        return _refused(model, options, f"the simulation must cover the same hours in every option, at most {model.horizon_h}")
    courses = {label: _evenly_chosen(course) for label, course in courses.items()}
    ways = {name: _direction(model, name) for name in courses[NO_CHANGE]}
    why = {label: _not_allowed(model, ways, courses[label], courses[NO_CHANGE], validated) for label in options}
    found: dict[str, RiskChange | CannotPredict] = {o: CannotPredict(model.event, r) for o, r in why.items() if r is not None}
    allowed = [label for label in options if label not in found]
    if allowed:
        compared = {label: courses[label] for label in (NO_CHANGE, *allowed)}
        found |= _compared(model, ways, record, at, compared, hours.pop(), local)
    return {label: found[label] for label in options}


def _compared(
    model: RiskModel,
    ways: Ways,
    record: PatientRecord,
    at: datetime,
    courses: Mapping[str, Course],
    hours: int,
    local: Recalibration | None,
) -> dict[str, RiskChange | CannotPredict]:
    options = [label for label in courses if label != NO_CHANGE]
    history = hourly_windows(record, model.reach, at)
    reason = reason_against(model, record, at, history)
    if reason:
        return _refused(model, options, reason)
    inside = {label: {n: _within(model, n, v) for n, v in course.items()} for label, course in courses.items()}
    scored = _scored(model, record, at, history, inside, hours)
    return _changes(model, ways, courses, scored, local)


def _refused(model: RiskModel, options: list[str], reason: str) -> dict[str, RiskChange | CannotPredict]:
    return {label: CannotPredict(model.event, reason) for label in options}


def _evenly_chosen(course: Course) -> Course:
    return {n: v[_even_places(len(v))] for n, v in course.items()}


@cache
def _even_places(copies: int) -> NDArray[np.int64]:
    return np.linspace(0, copies - 1, min(COPIES, copies)).round().astype(np.int64)


def _within(model: RiskModel, variable: str, values: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.clip(values, *model.support[variable]) if variable in model.support else values


def _moved(option: Course, no_change: Course) -> tuple[str, ...]:
    return tuple(n for n in option if n not in no_change or not np.array_equal(option[n], no_change[n]))


def _not_allowed(model: RiskModel, ways: Ways, option: Course, no_change: Course, validated: frozenset[str]) -> str | None:
    if option.keys() != no_change.keys():
        return "the simulation moves other variables than without the order"
    strange = [n for n in option if n not in validated]
    if strange:
        return f"the simulation of {in_words(strange[0])} is not validated for this use"
    read = [n for n in option if n in model.support]
    for name in read:
        low, high = model.support[name]
        least = INSIDE_SHARE if ways[name] is None else INSIDE_SHARE_ONE_WAY
        for course in (option, no_change):
            if np.mean((course[name] >= low) & (course[name] <= high)) < least:
                return f"the simulated {in_words(name)} leaves the {low:.3g} to {high:.3g} that the risk model was made from"
    moved = [n for n in _moved(option, no_change) if n in model.support]
    if moved and len(_expected_signs(ways, moved, option, no_change)) != 1:
        listed = " and ".join(in_words(n) for n in moved)
        return f"the risk may rise or fall with the simulated change of {listed}, so its sign cannot be checked"
    return None


def _expected_signs(ways: Ways, moved: list[str], option: Course, no_change: Course) -> set[int]:
    """The signs that the variables of one direction allow; variables of no direction have no say."""
    told = [(ways[n], float(np.mean(option[n] - no_change[n]))) for n in moved]
    return {int(direction * np.sign(mean)) for direction, mean in told if direction and mean != 0.0}


def _direction(model: RiskModel, variable: str) -> int | None:
    """+1 or -1 where every input made of the variable may move the risk that way only, else None."""
    reading = [f for f in model.features if variable in DERIVED.get(f.variable, (f.variable,)) and f.statistic != "context"]
    directions = {f.direction for f in reading if f.variable == variable}
    derived = any(f.variable != variable and f.direction == 0 for f in reading)
    return None if derived or len(directions - {0}) != 1 or 0 in directions else (directions - {0}).pop()


def _ahead(hourly: NDArray[np.float64], course: NDArray[np.float64], hours: int) -> NDArray[np.float64]:
    before = np.repeat(hourly[:, min(hours, hourly.shape[1]) :], len(course), axis=0)
    return np.concatenate([before, course], axis=1)


def _scored(
    model: RiskModel, record: PatientRecord, at: datetime, history: Windows, courses: Mapping[str, Course], hours: int
) -> dict[str, NDArray[np.float64]]:
    """Per label (copies, 1 + members): the probability and that of each member after the course."""
    first = next(iter(courses.values()))
    simulated = tuple(name for name in first if name in history)
    copies = len(next(iter(first.values())))
    # What no simulation moves is the same in every copy: it is worked out once.
    unknown = np.full((1, hours), np.nan)
    still = {name: _ahead(hourly, unknown, hours) for name, hourly in history.items()}
    rows = np.repeat(matrix(model.features, still, context(record, at)), copies * len(courses), axis=0)
    moving = [i for i, f in enumerate(model.features) if set(DERIVED.get(f.variable, (f.variable,))) & set(simulated)]
    if moving:
        read = {source for i in moving for source in DERIVED.get(model.features[i].variable, (model.features[i].variable,))}
        windows = {name: np.repeat(still[name], len(rows), axis=0) for name in read}
        for name in simulated:
            windows[name] = np.concatenate([_ahead(history[name], course[name], hours) for course in courses.values()])
        rows[:, moving] = matrix([model.features[i] for i in moving], windows, {})
    scores = model.score(rows)
    parts = np.split(np.column_stack([scores.probability, scores.members]), len(courses))
    return dict(zip(courses, parts, strict=True))


def _changes(
    model: RiskModel,
    ways: Ways,
    courses: Mapping[str, Course],
    scored: Mapping[str, NDArray[np.float64]],
    local: Recalibration | None,
) -> dict[str, RiskChange | CannotPredict]:
    """Every option against no change. Medians and quantiles are those of all options at once: one costs as much as many."""
    usual = scored[NO_CHANGE]
    differences = {label: values - usual for label, values in scored.items() if label != NO_CHANGE}
    finite = [label for label, difference in differences.items() if np.isfinite(difference).all()]
    found = _refused(model, [label for label in differences if label not in finite], "the risk model gave no number")
    if not finite:
        return found
    together = np.stack([differences[label] for label in finite])
    medians = np.median(together[:, :, 0], axis=1)
    lows, highs = np.quantile(together[:, :, 1:].reshape(len(finite), -1), [0.05, 0.95], axis=1)
    middles = np.median([usual[:, 0], *(scored[label][:, 0] for label in finite)], axis=1)
    before, *after = (_standing(model, float(middle), local) for middle in middles)
    for label, *sizes, standing in zip(finite, medians, lows, highs, after, strict=True):
        moved = tuple(n for n in _moved(courses[label], courses[NO_CHANGE]) if n in model.support)
        median, low, high = (float(size) for size in sizes)
        change = RiskChange(model.event, model.title, median, low, high, standing, before, moved)
        signs = _expected_signs(ways, list(moved), courses[label], courses[NO_CHANGE])
        found[label] = _unless_doubtful(model, change, signs)
    return found


def _unless_doubtful(model: RiskModel, change: RiskChange, signs: set[int]) -> RiskChange | CannotPredict:
    """The change, if its sign is the one that physiology allows (`signs`) and it is more than its uncertainty."""
    if not change.variables:
        return change
    (sign,) = signs
    if change.median * sign < 0.0:
        return CannotPredict(model.event, "the risk moves against what physiology allows")
    if not (change.low > 0.0 or change.high < 0.0):
        return CannotPredict(model.event, "the difference is smaller than its uncertainty")
    return change


def _standing(model: RiskModel, probability: float, local: Recalibration | None) -> Standing:
    share_below, ppv = at_rank(model.rank, probability)
    return Standing(probability, share_below, ppv, local_probability(local, model.digest, probability))
