"""Whether the pressure in the skull is raised: a condition that is charted, or pressures measured lately.

Above 22 mm[Hg] it is treated: Carney N et al. Guidelines for the Management of Severe Traumatic Brain Injury, Fourth Edition.
Neurosurgery 2017;80:6-15. That two values must be above it, and how old they may be (`quality.csv`), are choices of this
project: one alone may be a cough or a touched transducer, and what was treated days ago says nothing of now.
"""

from datetime import datetime
from typing import Final

from twin_engine.patient.quality import freshness
from twin_engine.patient.record import PatientRecord

TREATED_ABOVE: Final = 22.0
AT_LEAST: Final = 2


def raised_icp(record: PatientRecord, at: datetime) -> bool:
    """Whether raised intracranial pressure is charted, or measured at least twice among the usable values up to `at`."""
    return record.has_condition("raised_icp") or len([v for v in _usable(record, at) if v > TREATED_ABOVE]) >= AT_LEAST


def _usable(record: PatientRecord, at: datetime) -> list[float]:
    charted = [
        m for m in record.of("icp") if m.time <= at and freshness("icp", (at - m.time).total_seconds() / 3600.0) != "beyond"
    ]
    return [m.value for m in charted if m.value is not None]
