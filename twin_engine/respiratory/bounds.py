"""Bounds of lung-protective ventilation and of gases, as metrics of an option: the chance to be in them an hour later.

Driving pressure 15 cm[H2O]: Amato MBP et al. N Engl J Med 2015;372:747-55. Plateau 30 cm[H2O], SpO2 88-95 % and PaO2 55-80
mm[Hg] as the range of the trial: The Acute Respiratory Distress Syndrome Network. N Engl J Med 2000;342:1301-8. Its goal of pH
was 7.30 to 7.45, with a higher rate below and a larger volume below 7.15; 7.20 as the bound of permissive hypercapnia is a
choice of this project. SpO2 92-96 %: Barbateskovic M et al. and the BMJ Rapid Recommendation, Siemieniuk RAC et al. BMJ
2018;363:k4169 (not above 96 %); 88-92 % in chronic hypercapnia: O'Driscoll BR et al. Thorax 2017;72(Suppl 1):ii1-90. With
raised intracranial pressure PaCO2 35-45 mm[Hg]: Robba C et al. Intensive Care Med 2020;46:2397-410; there it harms on both
sides, above by pressure in the skull, below by too little blood. Oxygen harms below the range of ARDSNet, 88 % or 55 mm[Hg].
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from twin_engine.kernel.declare import Array
from twin_engine.kernel.quantiles import quantiles
from twin_engine.patient.record import PatientRecord
from twin_engine.patient.skull import raised_icp
from twin_engine.patient.variables import VARIABLES
from twin_engine.prediction import Metric

SETTLED_H: Final = 1.0
MOVED: Final = ("plateau_pressure", "spo2", "pao2", "paco2", "ph")
"""Variables whose change against no change is told."""
BREATH: Final = "tidal_volume"
"""Told and not judged: forecast in pressure control alone."""

BY_CHART: Final = "by_chart"
"""The other reading of "no change" where it is held at the last value: paco2_1h_by_chart."""


@dataclass(frozen=True, slots=True)
class Bound:
    """The range of one variable (None = open) and the values beyond which it harms."""

    variable: str
    low: float | None
    high: float | None
    harm_above: float | None = None
    harm_below: float | None = None


def bounds(record: PatientRecord, at: datetime) -> Iterator[Bound]:
    """The bounds that hold for this patient at the prediction."""
    hypercapnic = record.has_condition("chronic_hypercapnia")
    yield Bound("plateau_pressure", None, 30.0, 30.0)
    yield Bound("driving_pressure", None, 15.0, 15.0)
    yield Bound("spo2", 88.0 if hypercapnic else 92.0, 92.0 if hypercapnic else 96.0, None, 88.0)
    yield Bound("pao2", 60.0, 80.0, None, 55.0)
    brain = raised_icp(record, at)
    low, high = (35.0, 45.0) if brain else (None, None)
    yield Bound("paco2", low, high, high, low)
    yield Bound("ph", 7.20, None, None, 7.20)


def metrics(values: Mapping[str, Array], record: PatientRecord, at: datetime) -> dict[str, Metric]:
    """Metrics by "<variable>_1h" of the values (copies,) that an option is judged by, and of the breath that follows a set
    pressure."""
    told = (*bounds(record, at), Bound(BREATH, None, None))
    return {f"{b.variable}_1h": _metric(values[b.variable], b) for b in told if b.variable in values}


def effects(values: Mapping[str, Array], unchanged: Mapping[str, Array]) -> dict[str, Metric]:
    """Metrics by "<variable>_effect_1h": what an option changes in each copy by mechanism alone, (copies,)."""
    found: dict[str, Metric] = {}
    for name in MOVED:
        if name in values and name in unchanged:
            low, median, high = (
                float(x) for x in quantiles((values[name] - unchanged[name])[None, :], (0.05, 0.5, 0.95))[:, 0]
            )
            key, unit = f"{name}_effect_1h", VARIABLES[name].unit
            found[key] = Metric(unit, median, low, high, 1.0, 0.0, 0.0, 0.0, (None, None), None, key)
    return found


def _metric(values: Array, bound: Bound) -> Metric:
    low, median, high = (float(x) for x in quantiles(values[None, :], (0.05, 0.5, 0.95))[:, 0])
    above = 0.0 if bound.high is None else float((values > bound.high).mean())
    below = 0.0 if bound.low is None else float((values < bound.low).mean())
    harmed = 0.0 if bound.harm_above is None else float((values > bound.harm_above).mean())
    return Metric(
        unit=VARIABLES[bound.variable].unit,
        median=median,
        low=low,
        high=high,
        p_in_target=1.0 - above - below,
        p_above=above,
        p_below=below,
        p_harm=harmed,
        target=(bound.low, bound.high),
        harm_above=bound.harm_above,
        harm_metric=f"{bound.variable}_1h" if bound.harm_above is not None else None,
    )
