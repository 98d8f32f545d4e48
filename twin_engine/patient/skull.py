"""Whether the pressure in the skull is raised: a condition that is charted, or pressures measured lately.

Above 22 mm[Hg] it is treated: Carney N et al. Guidelines for the Management of Severe Traumatic Brain Injury, Fourth Edition.
Neurosurgery 2017;80:6-15. That two values some minutes apart must be above it, and how old they may be (`quality.csv`), are
choices of this project: one alone may be a cough or a touched transducer, and what was treated days ago says nothing of now.
"""

from datetime import datetime, timedelta
from typing import Final

from twin_engine.patient.quality import freshness
from twin_engine.patient.record import Measurement, PatientRecord

TREATED_ABOVE: Final = 22.0
APART: Final = timedelta(minutes=5)


def raised_icp(record: PatientRecord, at: datetime) -> bool:
    """Whether raised intracranial pressure is charted, or measured twice among the usable values up to `at`."""
    if record.has_condition("raised_icp"):
        return True
    high = [m.time for m in record.of("icp") if m.value is not None and m.value > TREATED_ABOVE and _usable(m, at)]
    return bool(high) and max(high) - min(high) >= APART


def _usable(one: Measurement, at: datetime) -> bool:
    return one.time <= at and freshness("icp", (at - one.time) / timedelta(hours=1)) != "beyond"
