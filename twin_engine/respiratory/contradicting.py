"""A blood gas and an oximeter that cannot both be right: venous blood or a wrong time, a cold finger, or carbon monoxide.

Saturation is worked out from tension, pH and PaCO2 (see `oxygen`). The differences beyond which two contradict each other,
and the quarter of an hour within which they are held against each other, are choices of this project: oximeters are off
by 2 to 4 %, and co-oximetry is what they are calibrated on.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Final

import numpy as np

from twin_engine.covariates import hours
from twin_engine.patient.quality import freshness
from twin_engine.patient.record import DataQuality, Measurement, PatientRecord
from twin_engine.respiratory.oxygen import Blood, saturation

TOGETHER: Final = timedelta(minutes=15)
FROM_TENSION, FROM_CO_OXIMETRY = 10.0, 6.0
"""% of saturation."""


def contradicting(record: PatientRecord, at: datetime, gas: Measurement | None, blood: Blood) -> Iterator[DataQuality]:
    """What contradicts the oximeter: the newest arterial tension, in this blood, and the newest saturation by co-oximetry, as
    long as they are usable."""
    oximetry = [m for m in record.of("spo2") if m.value is not None and m.comparator is None]
    if gas is not None and gas.value is not None and _usable(gas, at) and (beside := _beside(oximetry, gas)) is not None:
        worked_out = 100.0 * float(saturation(np.array(gas.value), blood))
        if abs(beside - worked_out) > FROM_TENSION:
            words = f"PaO2 {gas.value:.0f} mmHg, a saturation of {worked_out:.0f} %, contradicts SpO2 {beside:.0f} %"
            yield DataQuality("pao2", "conflicting", f"{words}: venous blood, or a wrong probe or time")
    arterial = (m for m in record.of("sao2") if m.specimen == "arterial" and m.comparator is None)
    measured = [m for m in arterial if m.value is not None and _usable(m, at)]
    if measured and (beside := _beside(oximetry, measured[-1])) is not None:
        found = measured[-1].value or 0.0
        if abs(beside - found) > FROM_CO_OXIMETRY:
            words = f"SaO2 {found:.0f} % by co-oximetry contradicts SpO2 {beside:.0f} %"
            yield DataQuality("spo2", "conflicting", f"{words}: carbon monoxide, methaemoglobin, or a wrong probe or time")


def _usable(one: Measurement, at: datetime) -> bool:
    return one.time <= at and freshness(one.variable, -hours(one.time, at)) != "beyond"


def _beside(oximetry: Sequence[Measurement], one: Measurement) -> float | None:
    """The reading nearest to a measurement, within a quarter of an hour."""
    near = [m for m in oximetry if abs(m.time - one.time) <= TOGETHER]
    return min(near, key=lambda m: abs(m.time - one.time)).value if near else None
