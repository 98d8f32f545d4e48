"""Fosphenytoin, which the body turns into phenytoin: ours count phenytoin, and only amounts written as phenytoin
equivalents (PE) say how much of it is meant.
"""

import re

from fhir_mapping.codes import ATC, RXNORM

FOSPHENYTOIN = frozenset({(RXNORM, "1670194"), (ATC, "N03AB05")})
NOT_EQUIVALENTS = "fosphenytoin whose amount is not written as phenytoin equivalents"
_EQUIVALENTS = re.compile(r"^\s*(mg|g|mcg|ug)\s*(?:\{pe\}|pe|phenytoin equivalents?)\s*((?:/.*)?)$", re.IGNORECASE)


def in_equivalents(read: tuple[float, str] | None) -> tuple[float, str] | None:
    """The same amount or rate in plain units, where its unit says that it counts phenytoin equivalents; else None."""
    found = None if read is None else _EQUIVALENTS.match(read[1])
    return None if read is None or found is None else (read[0], found[1].lower() + found[2])
