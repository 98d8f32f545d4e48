"""How charts spell units that are not UCUM codes: `mcg/kg/min`, `mmHg`, `mEq/L`, `x10^9/L`, `units/hr`.

A spelling is read only if it can mean one thing at the bedside and, but for one misprint, where UCUM gives it no meaning.
"""

import re

from twin_engine.patient.ucum import LONGEST_UNIT, TEMPERATURES, UnknownUnit, parse

_WHOLE = {
    "bpm": "/min",
    "breaths/min": "/min",
    "insp/min": "/min",
    "beats/min": "/min",
    "lpm": "L/min",
    "degc": "Cel",
    "deg c": "Cel",
    "degrees c": "Cel",
    "celsius": "Cel",
    "°c": "Cel",
    "degf": "[degF]",
    "deg f": "[degF]",
    "degrees f": "[degF]",
    "fahrenheit": "[degF]",
    "°f": "[degF]",
    "k/ul": "10*3/uL",
    "x10^3/ul": "10*3/uL",
    "10^3/ul": "10*3/uL",
    "thou/ul": "10*3/uL",
    "x10^9/l": "10*9/L",
    "x10e9/l": "10*9/L",
    "10e9/l": "10*9/L",
    "g%": "g/dL",
    "gm%": "g/dL",
    "cmh2o/l/s": "cm[H2O].s/L",
    "cmh2o/(l/s)": "cm[H2O].s/L",
    "cmh2o.s/l": "cm[H2O].s/L",
    "ml/cmh2o": "mL/cm[H2O]",
}
_PART = {
    "mcg": "ug",
    "gm": "g",
    "gms": "g",
    "gram": "g",
    "grams": "g",
    "kgs": "kg",
    "kilogram": "kg",
    "lb": "[lb_av]",
    "lbs": "[lb_av]",
    "in": "[in_i]",
    "inch": "[in_i]",
    "inches": "[in_i]",
    "cc": "mL",
    "ml": "mL",
    "liter": "L",
    "liters": "L",
    "litre": "L",
    "hr": "h",
    "hrs": "h",
    "hour": "h",
    "hours": "h",
    "minute": "min",
    "minutes": "min",
    "sec": "s",
    "day": "d",
    "days": "d",
    "kcal": "kcal",
    "meq": "meq",
    "iu": "[iU]",
    "miu": "m[iU]",
    "unit": "U",
    "units": "U",
    "milliunits": "mU",
    "munits": "mU",
    "mmhg": "mm[Hg]",
    "mm hg": "mm[Hg]",
    "torr": "mm[Hg]",
    "cmh2o": "cm[H2O]",
    "cm h2o": "cm[H2O]",
    "mosmol": "mosm",
}
_MISPRINTS = {"cm[H2O]/L/s": "cm[H2O].s/L"}
"""What devices print for pressure over flow; no instrument measures pressure per litre per second."""
_SPLIT = re.compile(r"([/.()])")


def as_ucum(text: str) -> str:
    """The UCUM code of a bedside spelling, or the trimmed text if it is neither."""
    code = text.strip().replace("µ", "u").replace("μ", "u")
    if code in _MISPRINTS:
        return _MISPRINTS[code]
    if not code or len(code) > LONGEST_UNIT or code in TEMPERATURES or _is_ucum(code):
        return code
    folded = " ".join(code.casefold().split())
    if folded in _WHOLE:
        return _WHOLE[folded]
    parts = [_PART.get(" ".join(part.casefold().split()), part.strip()) for part in _SPLIT.split(code)]
    spelled = "".join(parts)
    return spelled if _is_ucum(spelled) else code


def _is_ucum(code: str) -> bool:
    try:
        parse(code)
    except UnknownUnit:
        return False
    return True
