"""Which mean arterial pressure is aimed at, and its floor."""

from dataclasses import dataclass
from datetime import datetime
from math import inf, isfinite
from typing import Final

from twin_engine.covariates import hours
from twin_engine.patient.quality import freshness
from twin_engine.patient.record import PatientRecord
from twin_engine.patient.skull import raised_icp

SEPSIS_2021: Final = "Surviving Sepsis Campaign: Evans L et al. Crit Care Med 2021;49:e1063-143 (initial target 65 mmHg)"
PERFUSION: Final = "Brain Trauma Foundation: Carney N et al. Neurosurgery 2017;80:6-15 (cerebral perfusion pressure 60-70 mmHg)"
CPP: Final = (60.0, 70.0)


@dataclass(frozen=True, slots=True)
class PressureAim:
    """Range of MAP, mmHg; below `low` counts as harm, `high` inf = a floor alone. `note` in words of a card."""

    low: float
    high: float
    note: str
    source: str

    @property
    def ranks(self) -> bool:
        """Whether options can be ranked by it: above a floor alone none is better than another."""
        return isfinite(self.high)

    @property
    def target(self) -> tuple[float, float | None]:
        """The range as a metric tells it, None = open."""
        return self.low, self.high if self.ranks else None


USUAL: Final = PressureAim(65.0, 75.0, "MAP target 65–75 mmHg assumed", SEPSIS_2021)
FLOOR: Final = PressureAim(
    USUAL.low,
    inf,
    "No MAP target: raised intracranial pressure, and no value of it within an hour. Below 65 mmHg counts as harm in any case",
    SEPSIS_2021,
)


def aim_of(record: PatientRecord, at: datetime) -> PressureAim:
    """The aim for this patient; the floor alone where it depends on an intracranial pressure that is not known. What perfuses
    the brain does not lower the floor of the other organs."""
    if not raised_icp(record, at):
        return USUAL
    latest = record.latest("icp", at)
    if latest is None or latest.value is None or freshness("icp", -hours(latest.time, at)) != "fresh":
        return FLOOR
    note = f"cerebral perfusion pressure 60–70 mmHg above an ICP of {latest.value:.0f} mmHg"
    low = max(CPP[0] + latest.value, USUAL.low)
    return PressureAim(low, max(CPP[1] + latest.value, USUAL.high), note, PERFUSION)
