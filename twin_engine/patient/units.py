"""Units of measure: a UCUM subset for bedside quantities, converted by dimension and, where asked, by substance and weight.

A unit is a product of atoms with metric prefixes, e.g. `ug/kg/min`, `mmol/L`, `10*9/L`, `cm[H2O].s/L`. Equivalents (eq),
amounts (mol), enzyme units (U), international units ([iU]) and osmoles are dimensions of their own: they convert into each
other only for a named substance whose molar mass, valence or unit convention is in the table. Nothing is guessed.
UCUM: Schadow G, McDonald CJ. The Unified Code for Units of Measure, 2.1.
"""

import math
import re
from functools import lru_cache

from twin_engine.patient.substances import SUBSTANCES

Dimension = tuple[tuple[str, int], ...]


class UnitError(ValueError):
    """A unit is unknown, or two units cannot be converted into each other; the message says which."""


_PREFIX = {"k": 1e3, "d": 1e-1, "c": 1e-2, "m": 1e-3, "u": 1e-6, "n": 1e-9, "p": 1e-12, "M": 1e6, "h": 1e2}

_ATOMS: dict[str, tuple[float, dict[str, int]]] = {
    "1": (1.0, {}),
    "%": (0.01, {}),
    "[pH]": (1.0, {"pH": 1}),
    "g": (1.0, {"mass": 1}),
    "L": (1.0, {"volume": 1}),
    "l": (1.0, {"volume": 1}),
    "m": (1.0, {"length": 1}),
    "m2": (1.0, {"length": 2}),
    "s": (1.0, {"time": 1}),
    "min": (60.0, {"time": 1}),
    "h": (3600.0, {"time": 1}),
    "d": (86400.0, {"time": 1}),
    "wk": (604800.0, {"time": 1}),
    "mo": (2629800.0, {"time": 1}),
    "a": (31557600.0, {"time": 1}),
    "mol": (1.0, {"amount": 1}),
    "eq": (1.0, {"equivalent": 1}),
    "U": (1.0, {"enzyme_unit": 1}),
    "[iU]": (1.0, {"international_unit": 1}),
    "[USP'U]": (1.0, {"usp_unit": 1}),
    "osm": (1.0, {"osmole": 1}),
    "J": (1.0, {"energy": 1}),
    "W": (1.0, {"energy": 1, "time": -1}),
    "cal": (4.184, {"energy": 1}),
    "Pa": (1.0, {"pressure": 1}),
    "bar": (1e5, {"pressure": 1}),
    "m[Hg]": (133322.387, {"pressure": 1}),
    "m[H2O]": (9806.65, {"pressure": 1}),
    "atm": (101325.0, {"pressure": 1}),
    "[in_i]": (0.0254, {"length": 1}),
    "[ft_i]": (0.3048, {"length": 1}),
    "[lb_av]": (453.59237, {"mass": 1}),
    "[oz_av]": (28.349523125, {"mass": 1}),
    "Hz": (1.0, {"time": -1}),
    "10*3": (1e3, {}),
    "10*6": (1e6, {}),
    "10*9": (1e9, {}),
    "10*12": (1e12, {}),
}
_PREFIXED = {"g", "L", "l", "m", "s", "mol", "eq", "U", "[iU]", "osm", "J", "W", "cal", "Pa", "bar", "m[Hg]", "m[H2O]"}
_TEMPERATURES = {"Cel": (1.0, 0.0), "[degF]": (5.0 / 9.0, -32.0), "K": (1.0, -273.15)}
_TOKEN = re.compile(r"(10\*\d+|[A-Za-z%']*\[[^\]]+\]|[A-Za-z%']+|1)(-?\d+)?")
_ANNOTATION = re.compile(r"\{[^}]*\}")


def is_known(unit: str) -> bool:
    """Whether the unit can be read."""
    if unit in _TEMPERATURES:
        return True
    try:
        _parse(unit)
    except UnitError:
        return False
    return True


def convert(
    value: float, from_unit: str, to_unit: str, *, substance: str | None = None, weight_kg: float | None = None
) -> float:
    """`value` in `to_unit`. Raises UnitError when that needs a substance or weight that is not given, or is impossible."""
    if from_unit == to_unit:
        return value
    if from_unit in _TEMPERATURES or to_unit in _TEMPERATURES:
        return _temperature(value, from_unit, to_unit)
    return value * _factor(from_unit, to_unit, substance, weight_kg)


def _temperature(value: float, from_unit: str, to_unit: str) -> float:
    if from_unit not in _TEMPERATURES or to_unit not in _TEMPERATURES:
        raise UnitError(f"cannot convert {from_unit} to {to_unit}")
    factor, offset = _TEMPERATURES[from_unit]
    back, shift = _TEMPERATURES[to_unit]
    return (value + offset) * factor / back - shift


@lru_cache(maxsize=4096)
def _factor(from_unit: str, to_unit: str, substance: str | None, weight_kg: float | None) -> float:
    source_factor, source = _parse(from_unit)
    target_factor, target = _parse(to_unit)
    left = dict(source)
    for name, power in target:
        left[name] = left.get(name, 0) - power
    left = {name: power for name, power in left.items() if power}
    factor = source_factor / target_factor
    if left and substance is not None:
        factor *= _by_substance(left, substance)
    if left == {"mass": -1} or left == {"mass": 1}:
        factor *= _by_weight(left, from_unit, to_unit, weight_kg)
    if left:
        raise UnitError(f"cannot convert {from_unit} to {to_unit}" + (f" for {substance}" if substance else ""))
    return factor


def _by_substance(left: dict[str, int], substance: str) -> float:
    """Remove mass/amount/equivalent/unit differences in place, where the substance's table entry allows."""
    entry = SUBSTANCES.get(substance)
    if entry is None:
        return 1.0
    factor = 1.0
    rules = (
        ("equivalent", "amount", None if entry.valence is None else 1.0 / entry.valence),
        ("mass", "amount", None if entry.molar_mass is None else 1.0 / entry.molar_mass),
        ("usp_unit", "international_unit", 1.0 if entry.plain_units else None),
        ("enzyme_unit", "international_unit", 1.0 if entry.plain_units else None),
        ("equivalent", "mass", None if not (entry.valence and entry.molar_mass) else entry.molar_mass / entry.valence),
    )
    for one, other, ratio in rules:
        power = left.get(one, 0)
        if ratio is not None and power and left.get(other, 0) == -power:
            factor *= ratio**power
            del left[one], left[other]
    return factor


def _by_weight(left: dict[str, int], from_unit: str, to_unit: str, weight_kg: float | None) -> float:
    """A unit per body weight becomes an absolute one (or back) only when the weight is given."""
    per_weight = "/kg" in from_unit and left == {"mass": -1}
    to_per_weight = "/kg" in to_unit and left == {"mass": 1}
    if not (per_weight or to_per_weight):
        return 1.0
    if weight_kg is None:
        raise UnitError(f"cannot convert {from_unit} to {to_unit} without a weight")
    grams = weight_kg * 1000.0
    left.clear()
    return grams if per_weight else 1.0 / grams


@lru_cache(maxsize=1024)
def _parse(unit: str) -> tuple[float, Dimension]:
    text = _ANNOTATION.sub("", unit.strip())
    if text in {"", "/"}:
        text = "1" if text == "" else text
    factor, powers = 1.0, dict[str, int]()
    sign, position = 1, 0
    if text.startswith("/"):
        sign, position = -1, 1
    while position < len(text):
        match = _TOKEN.match(text, position)
        if match is None:
            raise UnitError(f"unknown unit {unit[:40]!r}")
        scale, dimension = _atom(match.group(1), unit)
        power = sign * int(match.group(2) or 1)
        factor *= scale**power
        for name, exponent in dimension.items():
            powers[name] = powers.get(name, 0) + exponent * power
        position = match.end()
        if position < len(text):
            if text[position] not in "./" or position + 1 == len(text):
                raise UnitError(f"unknown unit {unit[:40]!r}")
            sign = -1 if text[position] == "/" else 1
            position += 1
    if text == "/" or not math.isfinite(factor):
        raise UnitError(f"unknown unit {unit[:40]!r}")
    # Volume is length cubed, pressure and energy have mass in them; at the bedside they are never mixed.
    return factor, tuple(sorted((n, p) for n, p in powers.items() if p))


def _atom(symbol: str, unit: str) -> tuple[float, dict[str, int]]:
    if symbol in _ATOMS:
        return _ATOMS[symbol]
    base = symbol[1:]
    if symbol[0] in _PREFIX and base in _PREFIXED:
        factor, dimension = _ATOMS[base]
        return factor * _PREFIX[symbol[0]], dimension
    if symbol.startswith("da") and symbol[2:] in _PREFIXED:
        factor, dimension = _ATOMS[symbol[2:]]
        return factor * 10.0, dimension
    raise UnitError(f"unknown unit {unit[:40]!r}")
