"""Haemoglobin of every copy: what was measured, or where nothing was in a week, what adults in intensive care have.

Normal, mean 11.0 and SD 2.4 g/dL: 4,892 adults within 48 h of admission to 284 American units (Corwin HL et al. Crit Care Med
2004;32:39-52, abstract). The first value of 32,415 adults in intensive care at two other hospitals (PhysioNet/CinC Challenge
2019, doi:10.13026/v64v-d857, counted for this project) is 10.9 (SD 2.05; 5 to 95 %: 7.7 to 14.4), and of the 15,870 with an
FiO2 10.7 (SD 1.9): the wider of the two is used.
"""

import zlib
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

from twin_engine.covariates import hours
from twin_engine.kernel.declare import Array
from twin_engine.patient.record import DataQuality, PatientRecord

VARIABLE: Final = "hemoglobin"
MEAN, SD = 11.0, 2.4
LASTS_H: Final = 168.0
GROUPS: Final = 8


@dataclass(frozen=True, slots=True)
class Group:
    """Copies that share a haemoglobin, g/dL."""

    value: float
    copies: slice | NDArray[np.intp]


def measured(record: PatientRecord, at: datetime) -> tuple[float, float] | None:
    """The newest haemoglobin of the last week, g/dL, and its age in hours."""
    found = record.latest(VARIABLE, at)
    age = None if found is None else -hours(found.time, at)
    return None if found is None or found.value is None or age is None or age > LASTS_H else (found.value, age)


def groups(value: float | None, draws: int, seed: int) -> tuple[Group, ...]:
    """All copies with the measured value, or in equal numbers the middles of eighths of the population. The copies come in
    pairs of opposite sign (copy i with copy i + draws / 2), and so do their haemoglobins."""
    if value is not None:
        return (Group(value, slice(None)),)
    half = (draws + 1) // 2
    place = np.random.default_rng([seed & 0xFFFFFFFF, seed >> 32, zlib.crc32(b"blood")]).permutation(half) * GROUPS // half
    every = np.concatenate([place, GROUPS - 1 - place])[:draws]
    middles: Array = MEAN + SD * ndtri((np.arange(GROUPS) + 0.5) / GROUPS)
    return tuple(Group(float(middles[i]), np.flatnonzero(every == i)) for i in range(GROUPS) if (every == i).any())


def of_copies(found: tuple[Group, ...], draws: int) -> Array:
    """Haemoglobin of every copy, g/dL."""
    values = np.empty(draws)
    for group in found:
        values[group.copies] = group.value
    return values


def not_measured() -> DataQuality:
    """What is said where the population stands in."""
    low, high = MEAN - 1.6449 * SD, MEAN + 1.6449 * SD
    words = f"haemoglobin not measured in 7 days: population range used ({low:.0f} to {high:.0f} g/dL)"
    return DataQuality(VARIABLE, "missing", words)
