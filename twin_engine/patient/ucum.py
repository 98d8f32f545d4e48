"""The grammar and atoms of the UCUM subset: text to a factor and a vector of dimensions, in g, m, s, mol, eq, U, [iU], osm.

unit = ["/"] term {("." | "/") term};  term = atom [exponent] | integer | "(" unit ")"
"""

import math
import re
from dataclasses import dataclass
from functools import lru_cache

LONGEST_UNIT = 60

TEMPERATURES: dict[str, tuple[float, float]] = {"K": (1.0, 273.15), "Cel": (1.0, 0.0), "[degF]": (5.0 / 9.0, 32.0)}
"""Size of one degree in K, and the reading at 0 Cel. Temperatures have an offset, so they only stand alone."""

_PREFIXES = {
    "G": 1e9, "M": 1e6, "k": 1e3, "h": 1e2, "da": 10.0, "d": 1e-1, "c": 1e-2, "m": 1e-3, "u": 1e-6, "n": 1e-9, "p": 1e-12,
}  # fmt: skip

_PRESSURE = {"mass": 1, "length": -1, "time": -2}
_ENERGY = {"mass": 1, "length": 2, "time": -2}

_METRIC: dict[str, tuple[float, dict[str, int]]] = {
    "g": (1.0, {"mass": 1}),
    "m": (1.0, {"length": 1}),
    "L": (1e-3, {"length": 3}),
    "l": (1e-3, {"length": 3}),
    "s": (1.0, {"time": 1}),
    "Hz": (1.0, {"time": -1}),
    "mol": (1.0, {"amount": 1}),
    "eq": (1.0, {"equivalent": 1}),
    "osm": (1.0, {"osmole": 1}),
    "U": (1.0, {"enzyme_unit": 1}),
    "[iU]": (1.0, {"international_unit": 1}),
    "[IU]": (1.0, {"international_unit": 1}),
    "Pa": (1e3, _PRESSURE),
    "bar": (1e8, _PRESSURE),
    "m[Hg]": (133322387.0, _PRESSURE),
    "m[H2O]": (9806650.0, _PRESSURE),
    "dyn": (1e-2, {"mass": 1, "length": 1, "time": -2}),
    "J": (1e3, _ENERGY),
    "cal": (4184.0, _ENERGY),
    "W": (1e3, {"mass": 1, "length": 2, "time": -3}),
}
_PLAIN: dict[str, tuple[float, dict[str, int]]] = {
    "%": (0.01, {}),
    "[pH]": (1.0, {}),
    "min": (60.0, {"time": 1}),
    "h": (3600.0, {"time": 1}),
    "d": (86400.0, {"time": 1}),
    "wk": (604800.0, {"time": 1}),
    "mo": (2629800.0, {"time": 1}),
    "a": (31557600.0, {"time": 1}),
    "atm": (101325000.0, _PRESSURE),
    "[Cal]": (4184000.0, _ENERGY),
    "[in_i]": (0.0254, {"length": 1}),
    "[ft_i]": (0.3048, {"length": 1}),
    "[lb_av]": (453.59237, {"mass": 1}),
    "[oz_av]": (28.349523125, {"mass": 1}),
    "[USP'U]": (1.0, {"usp_unit": 1}),
}
_ATOMS = {
    **{prefix + name: (scale * f, dim) for name, (f, dim) in _METRIC.items() for prefix, scale in _PREFIXES.items()},
    **_METRIC,
    **_PLAIN,
}

_TOKEN = re.compile(
    r"(?P<power>10[*^](?P<exponent>-?\d{1,2}))"
    r"|(?P<atom>(?:[A-Za-z%']*\[[A-Za-z0-9_']+\]|[A-Za-z%]+))(?P<raised>-?\d)?"
    r"|(?P<integer>[1-9]\d{0,5})"
    r"|(?P<mark>[./()])"
)
_ANNOTATION = re.compile(r"\{([^{}]*)\}")


class UnknownUnit(ValueError):
    """The text is not a unit of the subset."""


@dataclass(frozen=True, slots=True)
class Unit:
    """factor = size in the base units; dimension = sorted (name, power) without zeros."""

    factor: float
    dimension: tuple[tuple[str, int], ...]


@lru_cache(maxsize=1024)
def parse(code: str) -> Unit:
    """Read a UCUM code. Raises UnknownUnit."""
    if not code or len(code) > LONGEST_UNIT:
        raise UnknownUnit(f"unknown unit {code[:LONGEST_UNIT]!r}")
    reader = _Reader(code, _tokens(code))
    try:
        factor, powers = reader.unit(below=False)
    except (OverflowError, ZeroDivisionError):
        raise UnknownUnit(f"unit {code!r} is beyond any scale") from None
    if reader.left() or not (math.isfinite(factor) and factor > 0.0):
        raise UnknownUnit(f"unknown unit {code!r}")
    return Unit(factor, tuple(sorted((name, power) for name, power in powers.items() if power)))


def _tokens(code: str) -> list[re.Match[str]]:
    tokens: list[re.Match[str]] = []
    text, position = _without_annotations(code), 0
    while position < len(text):
        match = _TOKEN.match(text, position)
        if match is None:
            raise UnknownUnit(f"unknown unit {code!r}")
        tokens.append(match)
        position = match.end()
    return tokens


def _without_annotations(code: str) -> str:
    """Annotations carry no dimension: alone they are 1, after an atom they are dropped."""

    def plain(match: re.Match[str]) -> str:
        # "{1.73_m2}" scales the quantity by the patient's surface: it is not a mere remark.
        if any(c.isdigit() for c in match[1]):
            raise UnknownUnit(f"unknown unit {code!r}: {match[0]} is more than an annotation")
        before = code[match.start() - 1] if match.start() else "/"
        return "1" if before in "./(" else ""

    return _ANNOTATION.sub(plain, code)


class _Reader:
    """One pass over the tokens, left to right: a/b.c is (a/b).c."""

    def __init__(self, code: str, tokens: list[re.Match[str]]) -> None:
        self._code = code
        self._tokens = tokens
        self._next = 0

    def left(self) -> bool:
        return self._next < len(self._tokens)

    def unit(self, *, below: bool) -> tuple[float, dict[str, int]]:
        """Factor and powers of what follows; `below` = it stands in a denominator, where kg is body weight."""
        divided = self._take("/")
        factor, powers = 1.0, dict[str, int]()
        while True:
            scale, dimension = self._term(below=below != divided)
            sign = -1 if divided else 1
            factor *= scale**sign
            for name, power in dimension.items():
                powers[name] = powers.get(name, 0) + sign * power
            divided = self._take("/")
            if not divided and not self._take("."):
                return factor, powers

    def _take(self, mark: str) -> bool:
        found = self.left() and self._tokens[self._next]["mark"] == mark
        self._next += found
        return found

    def _term(self, *, below: bool) -> tuple[float, dict[str, int]]:
        if self._take("("):
            inside = self.unit(below=below)
            if not self._take(")"):
                raise UnknownUnit(f"unknown unit {self._code!r}")
            return inside
        if not self.left() or self._tokens[self._next]["mark"]:
            raise UnknownUnit(f"unknown unit {self._code!r}")
        token = self._tokens[self._next]
        self._next += 1
        if token["power"]:
            return 10.0 ** int(token["exponent"]), {}
        if token["integer"]:
            return float(token["integer"]), {}
        return self._atom(token["atom"], int(token["raised"] or 1), below=below)

    def _atom(self, name: str, power: int, *, below: bool) -> tuple[float, dict[str, int]]:
        if name == "kg" and below:
            return 1.0, {"body_weight": power}
        if name not in _ATOMS or not power:
            raise UnknownUnit(f"unknown unit {self._code!r}")
        factor, dimension = _ATOMS[name]
        return factor**power, {base: exponent * power for base, exponent in dimension.items()}
