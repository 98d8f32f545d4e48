"""Numbers of the circulation as the answer holds them: curves, reported times, states as parameters."""

from typing import Final

import numpy as np

from twin_engine.circulation.chart import VARIABLE, CirculationChart
from twin_engine.circulation.effects import GAIN_MEDIAN
from twin_engine.circulation.forecast import Copies, Pressures
from twin_engine.circulation.judge import UNIT
from twin_engine.circulation.tone import CUFF, FAST, GAIN, LEVEL, SLOW
from twin_engine.kernel.declare import Array
from twin_engine.kernel.quantiles import quantiles
from twin_engine.prediction import Bands, ModelSummary, ParameterSummary

MODEL_ID: Final = "map_tone"
STATUS: Final = "experimental"
NORMAL_95: Final = 1.6449
_NAMES = {LEVEL: "level", SLOW: "slow", FAST: "fast", GAIN: "pressor_gain", CUFF: "cuff_offset"}


def bands(values: Array) -> Bands:
    """Credible curves of the copies, (times, copies)."""
    return Bands(UNIT, *(tuple(row.tolist()) for row in quantiles(values, (0.05, 0.25, 0.5, 0.75, 0.95))))


def reported_rows(found: Pressures) -> list[tuple[float, float, float, float, float, float]]:
    """mode, median, low, high, predicted_low, predicted_high at each time."""
    if not len(found.mode):
        return []
    low, median, high = quantiles(found.values, (0.05, 0.5, 0.95))
    lowest, highest = quantiles(found.charted, (0.05, 0.95))
    table = np.stack([found.mode, median, low, high, lowest, highest], axis=1)
    return [(a, b, c, d, e, f) for a, b, c, d, e, f in table.tolist()]


def summaries(chart: CirculationChart, made: Copies) -> dict[str, ModelSummary]:
    """The states as parameters of the answer (mean of the charts, and the patient's own), and the published gain."""
    tone = made.tone
    sd = np.sqrt(np.diagonal(made.state.covariance)) * float(made.state.width) * tone.width
    parameters: dict[str, ParameterSummary] = {}
    for i, name in _NAMES.items():
        own, half = float(made.state.mean[i]), NORMAL_95 * float(sd[i])
        parameters[name] = ParameterSummary(UNIT, float(tone.mean[i]), own, own, own - half, own + half)
    low, median, high = (float(x) for x in np.quantile(made.gain, (0.05, 0.5, 0.95)))
    parameters["published_gain"] = ParameterSummary(UNIT, GAIN_MEDIAN, median, median, low, high)
    seen = len(chart.values)
    return {MODEL_ID: ModelSummary("", VARIABLE, STATUS, 1.0, seen, float(made.draws), parameters, population_estimate=False)}
