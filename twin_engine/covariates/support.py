"""Renal replacement and ECMO over time, as models with a term for them read it.

Continuous support without a charted end is running. A session (haemodialysis, prolonged intermittent dialysis) without
one is over after a day, but nobody knows whether another followed: who does not describe dialysis refuses until an end is
charted.
"""

from datetime import datetime, timedelta

import numpy as np

from twin_engine.covariates.steps import Found, Steps, hours
from twin_engine.patient.record import PatientRecord, Procedure

RENAL_REPLACEMENT = ("ihd", "crrt", "sled")
SUPPORT_LINGERS = timedelta(days=7)
"""A renal replacement session this recent means that clearance between sessions is not that of the model either."""
LONGEST_SESSION = timedelta(days=1)


def charted(record: PatientRecord, kinds: tuple[str, ...], at: datetime) -> tuple[Procedure, ...]:
    """Procedures of these kinds that began by `at` (an unknown start counts as past), oldest first."""
    begun = [p for p in record.procedures if p.procedure in kinds and (p.start is None or p.start <= at)]
    return tuple(sorted(begun, key=lambda p: float("-inf") if p.start is None else hours(p.start, at)))


def ended(procedure: Procedure) -> datetime | None:
    """When it ended; None = it runs."""
    if procedure.end is None and procedure.start is not None and procedure.procedure in {"ihd", "sled"}:
        return procedure.start + LONGEST_SESSION
    return procedure.end


def running(record: PatientRecord, kinds: tuple[str, ...], at: datetime, lingers: timedelta = timedelta(0)) -> str | None:
    """The kind that runs at `at`, or ran within `lingers` before it; None = none."""
    for procedure in charted(record, kinds, at):
        end = ended(procedure)
        if end is None or end > at - lingers:
            return procedure.procedure
    return None


def unended(record: PatientRecord, kinds: tuple[str, ...], at: datetime) -> str | None:
    """The kind that began and is not charted to have ended; None = none."""
    return next((p.procedure for p in charted(record, kinds, at) if p.end is None), None)


def on(record: PatientRecord, kind: str, at: datetime) -> Found:
    """1 while the support runs, else 0."""
    return Found(_steps(at, dict.fromkeys(charted(record, (kind,), at), 1.0)))


def effluent(record: PatientRecord, at: datetime) -> Found | str:
    """Effluent of continuous renal replacement, L/h, 0 while none runs; in words why it is not known."""
    rates: dict[Procedure, float] = {}
    for procedure in charted(record, ("crrt",), at):
        if procedure.effluent_ml_per_h is None:
            return "the effluent rate of the continuous renal replacement is not charted"
        rates[procedure] = procedure.effluent_ml_per_h / 1000.0
    return Found(_steps(at, rates))


def _steps(at: datetime, level: dict[Procedure, float]) -> Steps:
    """The level of whichever charted row began last among those running."""
    rows = [(-np.inf if p.start is None else hours(p.start, at), _end_h(p, at), level[p]) for p in level]
    changes = sorted({-np.inf, *(s for s, _, _ in rows), *(e for _, e, _ in rows if e <= 0.0)})
    values = [next((v for s, e, v in reversed(rows) if s <= t < e), 0.0) for t in changes]
    return Steps(np.array(changes), np.array(values))


def _end_h(procedure: Procedure, at: datetime) -> float:
    end = ended(procedure)
    return np.inf if end is None else hours(end, at)
