"""Speed of the risk models: one row with its members, one patient's forecast, and four options on 64 copies for two events."""

import time
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from statistics import median

import numpy as np

from twin_engine.outcome import CannotPredict
from twin_engine.patient.record import Measurement, PatientRecord
from twin_engine.patient.variables import VARIABLES
from twin_engine.risk.forecast import forecast
from twin_engine.risk.load import shipped
from twin_engine.risk.model import RiskModel
from twin_engine.risk.what_if import COPIES, NO_CHANGE, RiskChange, risk_change

AT = datetime(2026, 1, 3, 8, tzinfo=UTC)
VITALS = {"map": 78.0, "sbp": 115.0, "dbp": 60.0, "heart_rate": 92.0, "respiratory_rate": 20.0, "spo2": 96.0, "temperature": 37.4}  # fmt: skip  # noqa: E501
GOALS_MS = {"one row": 0.3, "what-if": 15.0}
REPEATS = 100
EVENTS = 2


def report() -> str:
    """Median milliseconds of processor time, as lines of text; goals beside those that have one."""
    models = shipped().ready
    rows = [_hourly(name, value, k) for k in range(47, -1, -1) for name, value in VITALS.items()]
    record = PatientRecord(date(1961, 5, 4), "male", (*rows, _hourly("lactate", 2.5, 0)))
    lines: list[str] = []
    for event, model in models.items():
        row = np.repeat(model.typical[None, :], 1, axis=0)
        lines.append(
            f"{event}: one row with members {_ms(lambda m=model, r=row: m.score(r)):.3f} ms (goal {GOALS_MS['one row']})"
        )
        lines.append(f"{event}: forecast of one patient {_ms(lambda m=model: forecast(m, record, AT)):.1f} ms")
    return "\n".join((*lines, *_what_if(models, record)))


def _what_if(models: Mapping[str, RiskModel], record: PatientRecord) -> Iterator[str]:
    """Four options beside no change, for the first two events that are really scored: what the guard refuses costs nothing."""
    draws = np.random.default_rng(1).normal(size=(2, COPIES, 1))
    level = {"map": 78.0 + draws[0], "lactate": 2.5 + 0.1 * draws[1]}
    options = {f"option {d}": {"map": level["map"] + d, "lactate": level["lactate"] - 0.1 * d} for d in (-6.0, -3.0, 3.0, 6.0)}
    courses = {NO_CHANGE: level, **options}

    def changes(model: RiskModel) -> Mapping[str, RiskChange | CannotPredict]:
        return risk_change(model, record, AT, courses, frozenset(level))

    scored = [m for m in models.values() if all(_scored(found) for found in changes(m).values())][:EVENTS]
    # Rows that differ, as copies do: the same row again takes the same way through the trees, which is much faster.
    apart = np.random.default_rng(2).normal(1.0, 0.1, (COPIES * len(courses), 1)).astype(np.float32)
    rows = {m.event: m.typical * apart for m in scored}
    what_if, graphs = _ms(lambda: [changes(m) for m in scored]), _ms(lambda: [m.score(rows[m.event]) for m in scored])
    told = " and ".join(m.event for m in scored)
    yield f"what-if, {COPIES} copies, {len(options)} options, {told}: {what_if:.1f} ms (goal {GOALS_MS['what-if']})"
    yield f"of that the graphs on as many rows: {graphs:.1f} ms"


def _scored(found: RiskChange | CannotPredict) -> bool:
    """A difference within its uncertainty was scored like any other."""
    return isinstance(found, RiskChange) or "smaller than its uncertainty" in found.reason


def _hourly(name: str, value: float, hours_ago: int) -> Measurement:
    return Measurement(name, value, VARIABLES[name].unit, AT - timedelta(hours=hours_ago + 0.5))


def _ms(call: Callable[[], object]) -> float:
    call()
    taken: list[float] = []
    for _ in range(REPEATS):
        start = time.thread_time()
        call()
        taken.append(time.thread_time() - start)
    return 1000.0 * median(taken)


if __name__ == "__main__":
    print(report())
