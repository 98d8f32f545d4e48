"""Forecasting tasks and their inclusion rules, written down before any model is fitted. Strictly forward in time.

A case is a scenario that ends before the truth was measured, and that truth. The rules say which measurements become
cases; they look at the chart only, never at a forecast.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from twin_engine.patient.record import Measurement, PatientRecord, was_known
from twin_engine.scenario import Scenario
from twin_engine.scenario_json import write

JUST_BEFORE = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Task:
    """What is forecast, from when, and which measurements count, in words that a report prints."""

    name: str
    variable: str
    horizon_h: float
    rules: tuple[str, ...]


NEXT_LEVEL = Task(
    name="next vancomycin level",
    variable="vancomycin",
    horizon_h=24.0,
    rules=(
        "every vancomycin level with a charted vancomycin administration before it",
        "forecast one minute before the level was drawn, from what was charted until then",
        "no renal replacement in the seven days before",
        "all levels of a patient belong to the same patient in every interval",
    ),
)


@dataclass(frozen=True, slots=True)
class Case:
    """One forecast to make: the scenario (JSON), and what was measured afterwards."""

    id: str
    patient: str
    task: str
    n_prior: int
    scenario: dict[str, Any]
    truth: float
    truth_time: datetime


def until(record: PatientRecord, at: datetime) -> PatientRecord:
    """The record as it stood at `at`: nothing measured, given or begun later."""
    return PatientRecord(
        birth_date=record.birth_date,
        sex=record.sex,
        measurements=tuple(m for m in record.measurements if m.time <= at and was_known(m, at)),
        administrations=tuple(a for a in record.administrations if a.start <= at and was_known(a, at)),
        settings=tuple(s for s in record.settings if s.time is None or s.time <= at),
        procedures=tuple(p for p in record.procedures if p.start is None or p.start <= at),
        conditions=tuple(c for c in record.conditions if c.onset is None or c.onset <= at),
        findings=tuple(f for f in record.findings if f.time <= at),
        current_orders=(),
    )


def next_level_cases(patient: str, record: PatientRecord, task: Task = NEXT_LEVEL) -> Iterator[Case]:
    """Cases of `task` in one patient's record, by its rules."""
    levels = [m for m in record.of(task.variable) if m.value is not None and m.comparator is None]
    for i, level in enumerate(levels):
        at = level.time - JUST_BEFORE
        if not _included(record, level, at):
            continue
        scenario = Scenario(
            at=at,
            seed=1,
            record=until(record, at),
            horizon_h=task.horizon_h,
            alternatives="none",
            report_times=(level.time,),
        )
        yield Case(f"{patient}-{i:02d}", patient, task.name, i, write(scenario), float(level.value or 0.0), level.time)


def _included(record: PatientRecord, level: Measurement, at: datetime) -> bool:
    dosed = any(a.start < level.time for a in record.given(level.variable))
    week = level.time - timedelta(days=7)
    replaced = any(
        (p.start is None or p.start <= at)
        and (p.end is None or p.end >= week)
        and p.procedure in {"ihd", "crrt", "sled", "ecmo"}
        for p in record.procedures
    )
    return dosed and not replaced
