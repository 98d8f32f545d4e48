"""Fosphenytoin by its codes (see `twin_engine.patient.prodrugs`)."""

from fhir_mapping.codes import ATC, RXNORM
from twin_engine.patient.prodrugs import in_plain_units

FOSPHENYTOIN = frozenset({(RXNORM, "1670194"), (ATC, "N03AB05")})


def in_equivalents(read: tuple[float, str] | None) -> tuple[float, str] | None:
    """The same amount or rate in plain units, where its unit says that it counts phenytoin equivalents; else None."""
    unit = None if read is None else in_plain_units(read[1])
    return None if read is None or unit is None else (read[0], unit)
