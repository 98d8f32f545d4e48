"""Which mean arterial pressure is aimed at, and its floor."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from twin_engine.covariates import hours
from twin_engine.patient.record import PatientRecord
from twin_engine.patient.skull import raised_icp

SEPSIS_2021: Final = "Surviving Sepsis Campaign: Evans L et al. Crit Care Med 2021;49:e1063-143 (initial target 65 mmHg)"
PERFUSION: Final = "Brain Trauma Foundation: Carney N et al. Neurosurgery 2017;80:6-15 (cerebral perfusion pressure 60-70 mmHg)"
CPP: Final = (60.0, 70.0)
ICP_USABLE_H: Final = 1.0


@dataclass(frozen=True, slots=True)
class PressureAim:
    """Range of MAP, mmHg; below `low` counts as harm. `note` in words of a card."""

    low: float
    high: float
    note: str
    source: str


USUAL: Final = PressureAim(65.0, 75.0, "MAP target 65–75 mmHg assumed", SEPSIS_2021)


def aim_of(record: PatientRecord, at: datetime) -> PressureAim | None:
    """The aim for this patient; None where it depends on an intracranial pressure that is not known."""
    if not raised_icp(record):
        return USUAL
    latest = record.latest("icp", at)
    if latest is None or latest.value is None or -hours(latest.time, at) > ICP_USABLE_H:
        return None
    note = f"cerebral perfusion pressure 60–70 mmHg above an ICP of {latest.value:.0f} mmHg"
    return PressureAim(CPP[0] + latest.value, CPP[1] + latest.value, note, PERFUSION)
