"""The guard between a simulated order and a risk: a difference is given only where an association may stand for it.

The model may read nothing of the care process; only simulated physiology moves, the rest of the chart stays as it is; the
two courses are compared copy by copy; what was simulated lies within the training data; the sign is the one physiology
allows; and the difference is larger than what the copies and the ensemble members differ among themselves.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from twin_engine.outcome import CannotPredict
from twin_engine.patient.record import PatientRecord
from twin_engine.risk.eligibility import in_words, reason_against
from twin_engine.risk.features import DERIVED, Windows, matrix
from twin_engine.risk.forecast import context
from twin_engine.risk.hourly import hourly_windows
from twin_engine.risk.model import RiskModel

COPIES = 64
INSIDE_SHARE = 0.95
"""Share of simulated values that must lie within the training data."""

NO_CHANGE = "no change"
STATEMENT = (
    "If {variables} followed the simulated course and everything else stayed as it is, patients who looked like that had "
    "{option} in 100 with {event}, against {no_change} with no change. This is an association in past patients, not a "
    "measured effect of the order."
)

Course = Mapping[str, NDArray[np.float64]]
"""Per variable hourly values after `at`, (copies, hours), canonical unit."""


@dataclass(frozen=True, slots=True)
class RiskChange:
    """Change of the risk (probability) against no change: median and 5th to 95th percentile over copies and members."""

    event: str
    median: float
    low: float
    high: float
    with_option: float
    with_no_change: float
    variables: tuple[str, ...]


def risk_change(
    model: RiskModel,
    record: PatientRecord,
    at: datetime,
    courses: Mapping[str, Course],
    validated: frozenset[str],
) -> dict[str, RiskChange | CannotPredict]:
    """Per option the change of risk after its simulated course, or why none may be shown.

    courses: per label the simulated course, with `NO_CHANGE` among them. validated: the variables that the mechanistic
    model is validated to move.
    """
    options = [label for label in courses if label != NO_CHANGE]
    if model.reads_process:
        reason = "the risk model reads how the patient is cared for, so an order would move it without moving the patient"
        return _refused(model, options, reason)
    hours = {values.shape[1] for course in courses.values() for values in course.values()}
    if len(hours) != 1 or max(hours) > model.horizon_h:
        return _refused(model, options, f"the simulation must cover the same hours in every option, at most {model.horizon_h}")
    history = hourly_windows(record, model.reach, at)
    reason = reason_against(model, record, at, history)
    if reason:
        return _refused(model, options, reason)
    ahead = hours.pop()
    courses = {label: _evenly_chosen(course) for label, course in courses.items()}
    found: dict[str, RiskChange | CannotPredict] = {}
    allowed: list[str] = []
    for label in options:
        refusal = _not_allowed(model, courses[label], courses[NO_CHANGE], validated)
        if refusal:
            found[label] = CannotPredict(model.event, refusal)
        else:
            allowed.append(label)
    if allowed:
        scored = _scored(model, record, at, history, {label: courses[label] for label in (NO_CHANGE, *allowed)}, ahead)
        found |= {label: _change(model, label, courses, scored) for label in allowed}
    return {label: found[label] for label in options}


def _refused(model: RiskModel, options: list[str], reason: str) -> dict[str, RiskChange | CannotPredict]:
    return {label: CannotPredict(model.event, reason) for label in options}


def _evenly_chosen(course: Course) -> Course:
    return {n: v[np.linspace(0, len(v) - 1, min(COPIES, len(v))).round().astype(int)] for n, v in course.items()}


def _moved(option: Course, no_change: Course) -> tuple[str, ...]:
    return tuple(n for n in option if n not in no_change or not np.array_equal(option[n], no_change[n]))


def _not_allowed(model: RiskModel, option: Course, no_change: Course, validated: frozenset[str]) -> str | None:
    if option.keys() != no_change.keys():
        return "the simulation moves other variables than without the order"
    strange = [n for n in option if n not in validated]
    if strange:
        return f"the simulation of {in_words(strange[0])} is not validated for this use"
    read = [n for n in option if n in model.support]
    for name in read:
        low, high = model.support[name]
        for course in (option, no_change):
            if np.mean((course[name] >= low) & (course[name] <= high)) < INSIDE_SHARE:
                return f"the simulated {in_words(name)} leaves the {low:.3g} to {high:.3g} that the risk model was made from"
    moved = [n for n in _moved(option, no_change) if n in model.support]
    if moved and len(_expected_signs(model, moved, option, no_change)) != 1:
        listed = " and ".join(in_words(n) for n in moved)
        return f"the risk may rise or fall with the simulated change of {listed}, so its sign cannot be checked"
    return None


def _expected_signs(model: RiskModel, moved: list[str], option: Course, no_change: Course) -> set[int]:
    """The signs that the variables of one direction allow; variables of no direction have no say."""
    told = [(_direction(model, n), float(np.mean(option[n] - no_change[n]))) for n in moved]
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


def _change(
    model: RiskModel, label: str, courses: Mapping[str, Course], members: Mapping[str, NDArray[np.float64]]
) -> RiskChange | CannotPredict:
    moved = tuple(n for n in _moved(courses[label], courses[NO_CHANGE]) if n in model.support)
    difference = members[label] - members[NO_CHANGE]
    if not np.isfinite(difference).all():
        return CannotPredict(model.event, "the risk model gave no number")
    median = float(np.median(difference[:, 0]))
    low, high = (float(v) for v in np.quantile(difference[:, 1:], [0.05, 0.95]))
    change = RiskChange(
        model.event, median, low, high,
        float(np.median(members[label][:, 0])), float(np.median(members[NO_CHANGE][:, 0])), moved,
    )  # fmt: skip
    if not moved:
        return change
    (sign,) = _expected_signs(model, list(moved), courses[label], courses[NO_CHANGE])
    if median * sign < 0.0:
        return CannotPredict(model.event, "the risk moves against what physiology allows")
    if not (low > 0.0 or high < 0.0):
        return CannotPredict(model.event, "the difference is smaller than its uncertainty")
    return change
