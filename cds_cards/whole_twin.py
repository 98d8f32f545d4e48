"""One line on how complete the twin of this patient is: only the parts that want something, and what it would be worth."""

from collections.abc import Iterator

from cds_cards.names import name
from cds_cards.wording import listed
from twin_engine.patient.variables import DRUGS
from twin_engine.prediction import Completeness, Prediction

WORTH_IT = 0.9
"""A value that would leave more than this of an interval is not worth asking for."""


def line(prediction: Prediction | None) -> tuple[str, ...]:
    """What lacks what, or nothing where the twin lacks nothing that matters."""
    told = [] if prediction is None else [_told(found) for found in prediction.completeness if _matters(found)]
    return (f"Completeness of the twin: {listed(told)}",) if told else ()


def _matters(found: Completeness) -> bool:
    return found.grade in ("C", "D") or any(factor <= WORTH_IT for factor in found.if_measured.values())


def _told(found: Completeness) -> str:
    return f"{name(found.part)} {found.grade} ({', '.join(_lacks(found))})"


def _lacks(found: Completeness) -> Iterator[str]:
    wanted = [variable for variable, factor in found.if_measured.items() if factor <= WORTH_IT]
    for variable in dict.fromkeys((*found.because, *wanted)):
        factor = found.if_measured.get(variable, 1.0)
        worth = f": charted now, its forecast would be {factor:.1f} × as wide" if factor <= WORTH_IT else ""
        yield f"{_state(found, variable)}{worth}"


def _state(found: Completeness, variable: str) -> str:
    if variable in DRUGS:
        return "doses or levels doubtful" if variable == found.part else f"doses or levels of {name(variable)} doubtful"
    if variable in found.missing:
        return f"{name(variable)} not charted"
    return f"{name(variable)} old" if variable in found.stale else f"{name(variable)} doubtful"
