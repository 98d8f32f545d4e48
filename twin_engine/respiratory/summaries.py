"""The filtered states as models of the answer: where the charts are on the whole, and where this patient is."""

from typing import Final

import numpy as np

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
        found[OXYGEN] = _summary("pao2", "logit_shunt", "1", oxygen.shunt, oxygen.shunt.process.mean, copies, 0)
    if pressures is not None:
        found[PRESSURE] = _summary(
            "plateau_pressure", "ln_elastance", "1", pressures.plateau, pressures.plateau.process.mean, copies, 9
        )
    if carbon is not None:
        found[GAS] = _summary("paco2", "ln_paco2", "1", carbon.standing, carbon.standing.process.mean, copies, 6)
    return found


def _summary(
    variable: str, parameter: str, unit: str, standing: Standing, typical: float, copies: LungCopies, first: int
) -> ModelSummary:
    low, median, high = np.quantile(standing.paths(_NOW, copies.three(first))[0], (0.05, 0.5, 0.95)).tolist()
    own = ParameterSummary(unit, typical, float(standing.expected(_NOW)[0]), median, low, high)
    return ModelSummary(
        SUBJECT, variable, STATUS, 1.0, standing.n, float(copies.draws), {parameter: own}, population_estimate=standing.n == 0
    )
