"""Findings of imaging: which there are, how long each tells of the present, and how they read.

A finding that was charted as absent is not charted here. The ages are working choices of this project, none comes from a trial:
air and fluid in the chest change within a day, the left ventricle within days.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import MappingProxyType

from twin_engine.patient.record import Finding, PatientRecord


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of finding: in words, unit of its number ("" = only present), plausible numbers, hours for which it counts."""

    words: str
    unit: str
    low: float
    high: float
    counts_h: float


KINDS: Mapping[str, Kind] = MappingProxyType(
    {
        "lvef": Kind("LVEF", "%", 5.0, 90.0, 7 * 24.0),
        "infiltrate": Kind("infiltrate", "", 0.0, 0.0, 48.0),
        "infiltrate_quadrants": Kind("infiltrates in quadrants", "1", 0.0, 4.0, 48.0),
        "consolidation": Kind("consolidation", "", 0.0, 0.0, 48.0),
        "pleural_effusion": Kind("pleural effusion", "", 0.0, 0.0, 48.0),
        "pneumothorax": Kind("pneumothorax", "", 0.0, 0.0, 24.0),
        "b_lines": Kind("B-lines", "1", 0.0, 100.0, 24.0),
        "line_position": Kind("position of a line to be checked", "", 0.0, 0.0, 48.0),
    }
)


def current(record: PatientRecord, at: datetime) -> tuple[Finding, ...]:
    """The newest finding of each kind and side that still counts at `at`, newest first."""
    newest: dict[tuple[str, str | None], Finding] = {}
    for found in record.findings:
        kind = KINDS.get(found.finding)
        if kind is not None and timedelta(0) <= at - found.time <= timedelta(hours=kind.counts_h):
            key = found.finding, found.side
            if key not in newest or newest[key].time <= found.time:
                newest[key] = found
    return tuple(sorted(newest.values(), key=lambda f: f.time, reverse=True))


def present(record: PatientRecord, kind: str, at: datetime) -> bool:
    """Whether a finding of this kind still counts at `at`."""
    return any(found.finding == kind for found in current(record, at))


def value(record: PatientRecord, kind: str, at: datetime) -> float | None:
    """The number of the newest finding of this kind that still counts at `at`."""
    return next((found.value for found in current(record, at) if found.finding == kind), None)


def in_words(record: PatientRecord, at: datetime) -> tuple[str, ...]:
    """Each current finding with its number, side and age: "LVEF 30 %, 12 h old"."""
    return tuple(_words(found, at) for found in current(record, at))


def _words(found: Finding, at: datetime) -> str:
    kind = KINDS[found.finding]
    number = "" if found.value is None else f" {found.value:g}" + ("" if kind.unit == "1" else f" {kind.unit}")
    side = "" if found.side is None else " on both sides" if found.side == "both" else f" {found.side}"
    return f"{kind.words}{number}{side}, {max(round((at - found.time) / timedelta(hours=1)), 0)} h old"
