"""Speed of the risk models: one row with its members, one patient's forecast, and four options on 64 copies for every event."""

import time
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from statistics import median

import numpy as np

from twin_engine.patient.record import Measurement, PatientRecord
from twin_engine.patient.variables import VARIABLES
from twin_engine.risk.forecast import forecast
from twin_engine.risk.load import shipped
from twin_engine.risk.what_if import COPIES, NO_CHANGE, risk_change

AT = datetime(2026, 1, 3, 8, tzinfo=UTC)
VITALS = {"map": 78.0, "sbp": 115.0, "dbp": 60.0, "heart_rate": 92.0, "respiratory_rate": 20.0, "spo2": 96.0, "temperature": 37.4}  # fmt: skip  # noqa: E501
GOALS_MS = {"one row": 0.3, "what-if": 15.0}
REPEATS = 100


def report() -> str:
    """Median milliseconds of processor time, as lines of text; goals beside those that have one."""
    models = shipped().ready
    record = PatientRecord(date(1961, 5, 4), "male", tuple(_hourly(name, value, k) for k in range(47, -1, -1) for name, value in VITALS.items()))  # fmt: skip  # noqa: E501
    lines: list[str] = []
    for event, model in models.items():
        row = np.repeat(model.typical[None, :], 1, axis=0)
        lines.append(
            f"{event}: one row with members {_ms(lambda m=model, r=row: m.score(r)):.3f} ms (goal {GOALS_MS['one row']})"
        )
        lines.append(f"{event}: forecast of one patient {_ms(lambda m=model: forecast(m, record, AT)):.1f} ms")
    pressure = 78.0 + np.random.default_rng(1).normal(size=(COPIES, 1))
    courses = {NO_CHANGE: {"map": pressure}, **{f"option {d}": {"map": pressure + d} for d in (-3.0, 3.0, 6.0)}}
    what_if = _ms(lambda: [risk_change(m, record, AT, courses, frozenset({"map"})) for m in models.values()])
    rows = {e: np.repeat(m.typical[None, :], COPIES * len(courses), axis=0) for e, m in models.items()}
    scoring = _ms(lambda: [m.score(rows[e]) for e, m in models.items()])
    lines.append(
        f"what-if, {COPIES} copies, {len(courses)} options, every event: {what_if:.1f} ms (goal {GOALS_MS['what-if']})"
    )
    lines.append(f"the graphs alone on as many rows of every event: {scoring:.1f} ms")
    return "\n".join(lines)


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
