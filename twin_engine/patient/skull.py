"""Whether the pressure in the skull is raised: a condition that is charted, or the newest measured pressure.

Above 22 mm[Hg] it is treated: Carney N et al. Guidelines for the Management of Severe Traumatic Brain Injury, Fourth Edition.
Neurosurgery 2017;80:6-15.
"""

from typing import Final

from twin_engine.patient.record import PatientRecord

TREATED_ABOVE: Final = 22.0


def raised_icp(record: PatientRecord) -> bool:
    """Whether raised intracranial pressure is charted, or measured by the newest value."""
    measured = [m.value for m in record.of("icp") if m.value is not None]
    return record.has_condition("raised_icp") or (bool(measured) and measured[-1] > TREATED_ABOVE)
