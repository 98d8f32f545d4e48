"""The filtered states as models of the answer: where the charts are on the whole, and where this patient is."""

from typing import Final

import numpy as np

from twin_engine.kernel.declare import Array
from twin_engine.prediction import ModelSummary, ParameterSummary
from twin_engine.respiratory.copies import LungCopies
from twin_engine.respiratory.oxygenation import Oxygenation
from twin_engine.respiratory.pressures import PressureState
from twin_engine.respiratory.reverting import Standing
from twin_engine.respiratory.settings import SUBJECT
from twin_engine.respiratory.washout import CarbonState

PRESSURE: Final = "ventilator_elastance"
OXYGEN: Final = "oxygen_shunt"
GAS: Final = "carbon_dioxide_stores"
STATUS: Final = "experimental"
_NOW: Final = np.zeros(1)


def summaries(
    oxygen: Oxygenation | None, pressures: PressureState | None, carbon: CarbonState | None, copies: LungCopies
) -> dict[str, ModelSummary]:
    """One summary per model that could be run."""
    found: dict[str, ModelSummary] = {}
    if oxygen is not None:
        found[OXYGEN] = _summary("pao2", "logit_shunt", "1", oxygen.shunt, oxygen.logit(_NOW, copies))
    if pressures is not None:
        own = pressures.plateau
        found[PRESSURE] = _summary("plateau_pressure", "ln_elastance", "1", own, own.paths(_NOW, copies.three(9)))
    if carbon is not None:
        own = carbon.standing
        found[GAS] = _summary("paco2", "ln_paco2", "1", own, own.paths(_NOW, copies.three(6)))
    return found


def _summary(variable: str, parameter: str, unit: str, standing: Standing, now: Array) -> ModelSummary:
    """`now`: the state of every copy, (1, copies)."""
    low, median, high = np.quantile(now[0], (0.05, 0.5, 0.95)).tolist()
    own = ParameterSummary(unit, standing.process.mean, float(standing.expected(_NOW)[0]), median, low, high)
    n, draws = standing.n, float(now.shape[1])
    return ModelSummary(SUBJECT, variable, STATUS, 1.0, n, draws, {parameter: own}, population_estimate=n == 0)
