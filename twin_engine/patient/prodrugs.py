"""Drugs that the body turns into one of ours: they count as that drug, and only amounts written as its equivalents say how
much of it is meant (fosphenytoin in mg PE, phenytoin equivalents).
"""

import re

PRODRUGS = {"fosphenytoin": "phenytoin"}
"""The drug that each becomes."""
NOT_EQUIVALENTS = "fosphenytoin whose amount is not written as phenytoin equivalents"
_EQUIVALENTS = re.compile(
    r"^\s*(mg|g|mcg|ug)\s*(?:\{pe\}|pe|phenytoin equivalents?)\s*((?:/.*)?)$",
    re.IGNORECASE,
)


def in_plain_units(unit: str) -> str | None:
    """The unit without what says that it counts phenytoin equivalents, or None where it does not: "mg PE/min" is mg/min."""
    found = _EQUIVALENTS.match(unit)
    return None if found is None else found[1].lower() + found[2]
