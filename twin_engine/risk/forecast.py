"""The risk of one event for one patient at one time, with what stands behind it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from twin_engine.outcome import CannotPredict
from twin_engine.patient.derived import age_years
from twin_engine.patient.record import PatientRecord
from twin_engine.risk.eligibility import reason_against
from twin_engine.risk.features import Windows, matrix, newest
from twin_engine.risk.hourly import hourly_windows
from twin_engine.risk.model import Rank, RiskModel
from twin_engine.risk.recalibration import Recalibration, local_probability

HOUR = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class RiskForecast:
    """Risk of `event` within `horizon_h` hours of `at`.

    probability, low, high: as developed, with the 5th and 95th percentiles over the ensemble members; not a patient's
    percentage until the site has recalibrated (`local_probability`). share_below: share of reference hours that scored
    lower; ppv: of the reference hours at or above this score, how many went on to the event; base_rate: of all hours.
    terms: per organ the contribution to the logit against the average hour. drivers: variables by how much the logit
    would change if they were typical, largest first. missing: variables not charted in the look-back. outside: variables
    whose newest value lies outside the training data.
    """

    event: str
    title: str
    horizon_h: int
    at: datetime
    probability: float
    low: float
    high: float
    share_below: float
    ppv: float
    base_rate: float
    population: str
    terms: Mapping[str, float]
    drivers: tuple[tuple[str, float], ...]
    missing: tuple[str, ...]
    outside: tuple[str, ...]
    local_probability: float | None = None


@dataclass(frozen=True, slots=True)
class RiskCourse:
    """The risk hour by hour, oldest first; hours at which the model could not be asked are left out."""

    times: tuple[datetime, ...]
    probability: tuple[float, ...]
    share_below: tuple[float, ...]

    @property
    def rising_since(self) -> datetime | None:
        """The last time at which the risk was lowest, if it has at least doubled in odds since."""
        if len(self.times) < 2:
            return None
        odds = [p / (1.0 - p) for p in self.probability]
        turn = len(odds) - 1 - int(np.argmin(odds[::-1]))
        return self.times[turn] if odds[-1] >= 2.0 * odds[turn] else None


def context(record: PatientRecord, at: datetime, rows: int = 1) -> dict[str, NDArray[np.float64]]:
    """Age in years and sex, each (rows,)."""
    age = np.nan if record.birth_date is None else age_years(record.birth_date, at)
    female = {"female": 1.0, "male": 0.0, "unknown": np.nan}[record.sex]
    return {"age": np.full(rows, age), "female": np.full(rows, female)}


def forecast(
    model: RiskModel, record: PatientRecord, at: datetime, recalibration: Recalibration | None = None
) -> RiskForecast | CannotPredict:
    """The risk at `at` from what was charted by then, or why there is none."""
    if model.reads_process:
        return CannotPredict(model.event, "the model reads how the patient is cared for; it serves research only")
    windows = hourly_windows(record, model.reach, at)
    reason = reason_against(model, record, at, windows)
    if reason:
        return CannotPredict(model.event, reason)
    row = matrix(model.features, windows, context(record, at))
    scores = model.score(row)
    probability = float(scores.probability[0])
    if not np.isfinite(probability):
        return CannotPredict(model.event, "the risk model gave no number")
    low, high = np.quantile(scores.members[0], [0.05, 0.95])
    share_below, ppv = at_rank(model.rank, probability)
    local = local_probability(recalibration, model.digest, probability)
    return RiskForecast(
        model.event, model.title, model.horizon_h, at, probability, float(low), float(high), share_below, ppv,
        model.rank.base_rate, model.rank.population,
        dict(zip(model.organs, map(float, scores.terms[0]), strict=True)),
        _drivers(model, row), _missing(windows), _outside(model, windows), local,
    )  # fmt: skip


def course(model: RiskModel, record: PatientRecord, at: datetime, hours: int = 12) -> RiskCourse:
    """The risk at each of the last `hours` hours, each from what was charted by then."""
    if model.reads_process:
        return RiskCourse((), (), ())
    windows = {at - k * HOUR: hourly_windows(record, model.reach, at - k * HOUR) for k in range(hours, -1, -1)}
    asked = {time: w for time, w in windows.items() if reason_against(model, record, time, w) is None}
    if not asked:
        return RiskCourse((), (), ())
    # All hours at once: a row is the same alone and among others.
    hours_of = {name: np.concatenate([w[name] for w in asked.values()]) for name in model.reach}
    contexts = [context(record, time) for time in asked]
    rows = matrix(model.features, hours_of, {name: np.concatenate([c[name] for c in contexts]) for name in contexts[0]})
    risks = [float(p) for p in model.score(rows).probability]
    return RiskCourse(tuple(asked), tuple(risks), tuple(at_rank(model.rank, p)[0] for p in risks))


def at_rank(rank: Rank, probability: float) -> tuple[float, float]:
    """Share of reference hours that scored lower, and PPV of those that scored at least the nearest lower step."""
    step = max(int(np.searchsorted(rank.scores, probability, side="right")) - 1, 0)
    return float(rank.share_below[step]), float(rank.ppv[step])


def _drivers(model: RiskModel, row: NDArray[np.float32]) -> tuple[tuple[str, float], ...]:
    names = tuple(dict.fromkeys(f.variable for f in model.features))
    changed = np.repeat(row, len(names) + 1, axis=0)
    for i, name in enumerate(names):
        mine = [k for k, f in enumerate(model.features) if f.variable == name]
        changed[i + 1, mine] = model.typical[mine]
    logits = model.score(changed).terms.sum(axis=1)
    moved = [(name, float(logits[0] - logits[i + 1])) for i, name in enumerate(names)]
    return tuple(sorted(moved, key=lambda pair: -abs(pair[1])))


def _missing(windows: Windows) -> tuple[str, ...]:
    return tuple(name for name, hourly in windows.items() if np.isnan(hourly).all())


def _outside(model: RiskModel, windows: Windows) -> tuple[str, ...]:
    last = {name: float(newest(hourly)[0]) for name, hourly in windows.items()}
    seen = {name: model.support[name] for name in last}
    return tuple(name for name, (low, high) in seen.items() if last[name] < low or last[name] > high)
