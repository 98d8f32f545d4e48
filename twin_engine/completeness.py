"""How complete the chart is for one part of the twin, and what a value that is old or missing would be worth.

The grade is that of the worst datum that the part's models read: A all fresh, B one old but usable or assumed, C one older than
may be used or missing, D the dose history incomplete or values in contradiction. What helps and is not needed (levels, a
bispectral index) is no part of it: what it is worth shows in the width. The letters are a working choice of this project.
"""

from collections.abc import Iterable, Mapping
from typing import cast

import numpy as np

from twin_engine.kernel.declare import Array
from twin_engine.patient.quality import Freshness
from twin_engine.patient.record import DataQuality, QualityStatus
from twin_engine.prediction import Completeness, Grade

_BY_STATUS: dict[QualityStatus, Grade] = {
    "assumed": "B", "missing": "C", "conflicting": "D", "implausible": "D", "incomplete_dose_history": "D",
}  # fmt: skip
_BY_AGE: dict[Freshness | None, Grade] = {"fresh": "A", "usable": "B", "beyond": "C", None: "C"}


def graded(
    part: str,
    needed: Mapping[str, Freshness | None],
    remarks: Iterable[DataQuality],
    *,
    also: Iterable[str] = (),
    helpful: Mapping[str, Freshness | None] | None = None,
    if_measured: Mapping[str, float] | None = None,
    width: float | None = None,
) -> Completeness:
    """The grade of one part from what its models need and what was said of its data. `also`: further names whose remarks
    count (drugs); `helpful`: what is listed and does not lower the grade; `None` as freshness = not charted."""
    names = {*needed, *also}
    found = [(name, _BY_AGE[state]) for name, state in needed.items()]
    found += [(r.variable, _BY_STATUS[r.status]) for r in remarks if r.variable in names and r.status in _BY_STATUS]
    worst = cast("Grade", max((grade for _, grade in found), default="A"))
    because = () if worst == "A" else tuple(dict.fromkeys(name for name, grade in found if grade == worst))
    listed = {**needed, **(helpful or {})}
    return Completeness(
        part=part,
        grade=worst,
        because=because,
        width=width,
        fresh=tuple(name for name, state in listed.items() if state == "fresh"),
        stale=tuple(name for name, state in listed.items() if state in ("usable", "beyond")),
        missing=tuple(name for name, state in listed.items() if state is None),
        if_measured=if_measured or {},
    )


def narrowed(charted_now: Array, ahead: Array) -> float:
    """By what the interval of a forecast is multiplied if its variable is measured now: both (copies,).

    The copies give the value that would be charted now and the one that is forecast; what is left of the spread of one once
    the other is known is sqrt(1 - r^2) of it, r their correlation (exact where both are normal).
    """
    together = np.cov(charted_now, ahead)
    if together[0, 0] <= 0.0 or together[1, 1] <= 0.0:
        return 1.0
    return float(np.sqrt(max(1.0 - together[0, 1] ** 2 / (together[0, 0] * together[1, 1]), 0.0)))
