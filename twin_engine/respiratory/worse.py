"""The worse of two readings of an option, which it is shown and judged by.

One reading is the level forecast (see `oxygenation`, `washout`): that something was drafted says much of the patient, and hides
most of what the settings themselves do, for charts show how clinicians react. The other starts from the settings in force and
moves by mechanism alone, from values no better than the newest (see `held`). Which is nearer cannot be learnt from charts, so
neither may reassure where the other does not.
"""

from collections.abc import Mapping
from typing import Final

import numpy as np
from numpy.typing import NDArray

from twin_engine.kernel.declare import Array

NORMAL_PACO2, NORMAL_PH = 40.0, 7.40
_LOWER: Final = ("spo2", "pao2")
_TOGETHER: Final = ("paco2", "ph")


def worse(level: Mapping[str, Array], mechanism: Mapping[str, Array], *, guards_paco2: bool) -> dict[str, Array]:
    """By variable, arrays of one shape: in every copy the lower oxygen, and carbon dioxide and pH of the reading whose pH is
    farther from 7.40, or whose PaCO2 is farther from 40 mm[Hg] where that itself is bounded (`guards_paco2`) or pH is not
    known. Pressures have one reading."""
    found = dict(level)
    for name in _LOWER:
        if name in level and name in mechanism:
            found[name] = np.minimum(level[name], mechanism[name])
    if "paco2" in level and "paco2" in mechanism:
        away = farther(mechanism, level, guards_paco2=guards_paco2)
        for name in _TOGETHER:
            if name in level and name in mechanism:
                found[name] = np.where(away, mechanism[name], level[name])
    return found


def farther(one: Mapping[str, Array], other: Mapping[str, Array], *, guards_paco2: bool) -> NDArray[np.bool_]:
    """Where carbon dioxide of one reading is the worse, as in `worse`."""
    by_ph = not guards_paco2 and "ph" in one and "ph" in other
    return np.asarray(_away(one, by_ph=by_ph) > _away(other, by_ph=by_ph))


def _away(values: Mapping[str, Array], *, by_ph: bool) -> Array:
    if by_ph:
        return np.abs(values["ph"] - NORMAL_PH)
    return np.abs(np.log(values["paco2"] / NORMAL_PACO2))
