"""A value that cannot be true in its unit but can in the other one in common use: said, never corrected.

Factors are the molar masses and unit definitions of `units`; the other unit is named so that somebody can look.
"""

from collections.abc import Mapping
from types import MappingProxyType

from twin_engine.patient.quality import plausible
from twin_engine.patient.units import UnitError, convert
from twin_engine.patient.variables import VARIABLES

OTHER_UNITS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "creatinine": ("umol/L",),
        "glucose": ("mg/dL",),
        "bilirubin": ("umol/L",),
        "urea_nitrogen": ("mmol/L",),
        "hemoglobin": ("g/L", "mmol/L"),
        "temperature": ("[degF]",),
        "albumin": ("g/dL",),
        "pao2": ("kPa",),
        "paco2": ("kPa",),
    }
)

UNIT_DOUBTED = "the unit may be wrong"
"""What every remark on such a value says."""


def other_unit(variable: str, value: float) -> str | None:
    """The unit in which an implausible value (canonical unit) would be plausible; None where there is none."""
    if plausible(variable, value):
        return None
    canonical = VARIABLES[variable].unit
    for unit in OTHER_UNITS.get(variable, ()):
        try:
            read = convert(value, unit, canonical, substance=variable)
        except UnitError:
            continue
        if plausible(variable, read):
            return unit
    return None
