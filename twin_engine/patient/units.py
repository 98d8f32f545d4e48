"""Units of measure: a UCUM subset for bedside quantities, converted by dimension and, where asked, by substance and weight.

A unit is a product of atoms with metric prefixes: `ug/kg/min`, `10*9/L`, `cm[H2O].s/L`. Equivalents (eq), enzyme units
(U), international units ([iU]) and osmoles are dimensions of their own; they convert into each other or into moles only
for a substance whose table entry says how. A kilogram in a denominator is body weight, never mass. Nothing is guessed.

The Unified Code for Units of Measure, 2.1. Regenstrief Institute, 2017, https://ucum.org/ucum.
"""

from functools import lru_cache

from twin_engine.patient.spellings import as_ucum
from twin_engine.patient.substances import SUBSTANCES
from twin_engine.patient.ucum import TEMPERATURES, Unit, UnknownUnit, parse

BODY_WEIGHT = "body_weight"


class UnitError(ValueError):
    """A unit is unknown, or two units cannot be converted into each other; the message says which."""


@lru_cache(maxsize=1024)
def is_known(unit: str) -> bool:
    """Whether the unit can be read, in UCUM or in a bedside spelling of it."""
    try:
        _read(unit)
    except UnitError:
        return unit_code(unit) in TEMPERATURES
    return True


@lru_cache(maxsize=1024)
def unit_code(unit: str) -> str:
    """The UCUM code of a bedside spelling (`mcg/kg/min` is `ug/kg/min`); anything else as it came, trimmed."""
    return as_ucum(unit)


def is_per_weight(unit: str) -> bool:
    """Whether the unit is per kilogram of body weight. Raises UnitError for an unknown unit."""
    return dict(_read(unit).dimension).get(BODY_WEIGHT) == -1


def is_per_time(unit: str) -> bool:
    """Whether the unit is a rate. Raises UnitError for an unknown unit."""
    return dict(_read(unit).dimension).get("time", 0) < 0


def is_volume(unit: str) -> bool:
    """Whether the unit is a volume, a volume per time or either per body weight. Raises UnitError for an unknown unit."""
    left = {name: power for name, power in _read(unit).dimension if name not in {"time", BODY_WEIGHT}}
    return left == {"length": 3}


def convert(
    value: float, from_unit: str, to_unit: str, *, substance: str | None = None, weight_kg: float | None = None
) -> float:
    """`value` of `from_unit` in `to_unit`, e.g. convert(1.0, "mg/dL", "umol/L", substance="creatinine") is 88.4.

    Raises UnitError when a unit is unknown, the dimensions differ, or the substance or the weight needed is not given.
    """
    if from_unit == to_unit and is_known(from_unit):
        return value
    if unit_code(from_unit) in TEMPERATURES or unit_code(to_unit) in TEMPERATURES:
        return _temperature(value, unit_code(from_unit), unit_code(to_unit))
    return value * _factor(from_unit, to_unit, substance, weight_kg)


def _temperature(value: float, from_unit: str, to_unit: str) -> float:
    if from_unit not in TEMPERATURES or to_unit not in TEMPERATURES:
        raise UnitError(f"cannot convert {from_unit[:40]} to {to_unit[:40]}")
    factor, offset = TEMPERATURES[from_unit]
    back, shift = TEMPERATURES[to_unit]
    return (value - offset) * factor / back + shift


@lru_cache(maxsize=1024)
def _read(unit: str) -> Unit:
    try:
        return parse(unit_code(unit))
    except UnknownUnit as error:
        raise UnitError(str(error)) from None


@lru_cache(maxsize=4096)
def _factor(from_unit: str, to_unit: str, substance: str | None, weight_kg: float | None) -> float:
    source, target = _read(from_unit), _read(to_unit)
    left = dict(source.dimension)
    for name, power in target.dimension:
        left[name] = left.get(name, 0) - power
    factor = source.factor / target.factor
    factor *= _by_weight(left, from_unit, to_unit, weight_kg)
    factor *= _by_substance(left, substance)
    if any(left.values()):
        of_what = f" of {substance}" if substance else ""
        raise UnitError(f"cannot convert {from_unit[:40]} to {to_unit[:40]}{of_what}")
    return float(f"{factor:.15g}")  # 10*3/uL is 10*9/L, not 0.9999999999999999 of it


def _by_weight(left: dict[str, int], from_unit: str, to_unit: str, weight_kg: float | None) -> float:
    """Settle in place what is per body weight on one side only."""
    power = left.get(BODY_WEIGHT, 0)
    if not power:
        return 1.0
    if weight_kg is None:
        raise UnitError(f"cannot convert {from_unit[:40]} to {to_unit[:40]} without a weight")
    del left[BODY_WEIGHT]
    return weight_kg**-power


def _by_substance(left: dict[str, int], substance: str | None) -> float:
    """Settle in place what differs by mass, amount, equivalents or units of effect, where the substance's entry allows."""
    entry = None if substance is None else SUBSTANCES.get(substance)
    if entry is None:
        return 1.0
    factor = 1.0
    if entry.plain_units:
        factor *= _exchange(left, "usp_unit", "enzyme_unit", 1.0)
        factor *= _exchange(left, "international_unit", "enzyme_unit", 1.0)
    if entry.valence:
        factor *= _exchange(left, "equivalent", "amount", 1.0 / entry.valence)
    if entry.molar_mass:
        factor *= _exchange(left, "amount", "mass", entry.molar_mass)
    return factor


def _exchange(left: dict[str, int], one: str, other: str, ratio: float) -> float:
    """Express what is left of one dimension in the other; ratio = units of `other` in one unit of `one`."""
    power = left.pop(one, 0)
    if power:
        left[other] = left.get(other, 0) + power
    return ratio**power
