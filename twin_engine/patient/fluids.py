"""Fluids that are known by name, with what the balance of blood takes them for. Isotonic crystalloids alone are crystalloid."""

from types import MappingProxyType
from typing import Final

from twin_engine.patient.record import Composition

FLUIDS: Final = MappingProxyType(
    {
        "sodium_chloride": Composition(kind="crystalloid"),
        "ringer_lactate": Composition(kind="crystalloid"),
        "balanced_crystalloid": Composition(kind="crystalloid"),
        "albumin_5": Composition(kind="colloid"),
    }
)
