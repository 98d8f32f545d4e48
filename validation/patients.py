"""Usual patients for any model: covariates and doses that the gates and the calibration give to each model alike.

The table says what is usual in intensive care; a model's studied range always has the last word. A covariate that is not
in the table is taken from the middle of its studied range, so that a new model needs no entry here.
"""

from dataclasses import dataclass

import numpy as np

from twin_engine.kernel.declare import Covariate, CovariatePath, Model
from twin_engine.kernel.residual import Array
from twin_engine.kernel.schedule import Dose


@dataclass(frozen=True, slots=True)
class Usual:
    """The value of a usual patient and the range in which simulated patients are drawn, in canonical units."""

    value: float
    low: float
    high: float
    ratio: bool = False
    """Drawn evenly on the logarithmic scale."""


USUAL = {
    "age": Usual(58.0, 25.0, 85.0),
    "weight": Usual(80.0, 50.0, 110.0),
    "height": Usual(175.0, 155.0, 190.0),
    "creatinine": Usual(1.0, 0.5, 2.0, ratio=True),
    "creatinine_clearance": Usual(85.0, 45.0, 150.0, ratio=True),
    "albumin": Usual(28.0, 18.0, 38.0),
    "bilirubin": Usual(1.0, 0.4, 4.0, ratio=True),
    "lactate": Usual(1.8, 0.8, 5.0, ratio=True),
    "paco2": Usual(41.0, 33.0, 55.0),
    "pao2_fio2": Usual(220.0, 110.0, 400.0, ratio=True),
    "temperature": Usual(37.3, 36.0, 39.0),
    "apache_ii": Usual(20.0, 10.0, 32.0),
    "saps_ii": Usual(42.0, 25.0, 65.0),
}


def is_flag(covariate: Covariate) -> bool:
    """Whether the covariate says yes (1) or no (0)."""
    return covariate.unit == "1" and covariate.studied == (0.0, 1.0)


def usual_covariates(model: Model) -> dict[str, float]:
    """The usual patient, inside the model's studied ranges."""
    return {c.name: _usual(c).value for c in model.covariates}


def drawn_covariates(model: Model, rng: np.random.Generator) -> dict[str, float]:
    """A simulated patient, inside the model's studied ranges."""
    return {c.name: _drawn(c, rng) for c in model.covariates}


def one_regime(values: dict[str, float]) -> CovariatePath:
    """Covariates that do not change."""
    return CovariatePath(np.array([-np.inf]), {name: np.array([value]) for name, value in values.items()})


def regimen(model: Model, values: dict[str, float], doses: int) -> tuple[Dose, ...]:
    """The model's usual regimen from hour 0 on, the first dose a loading dose where there is one."""
    usual = model.studied_regimen
    if usual is None:
        raise ValueError(f"{model.id} declares no studied regimen")
    scale = values.get("weight", USUAL["weight"].value) if usual.per_kg else 1.0
    given = [Dose(usual.interval_h * i, usual.infusion_h, scale * usual.amount) for i in range(doses)]
    if usual.loading:
        # A continuous infusion goes on beside its loading dose; an intermittent one begins with it.
        load = Dose(0.0, usual.loading_h, scale * usual.loading)
        given = [load, *given] if usual.infusion_h >= usual.interval_h else [load, *given[1:]]
    return tuple(given)


def twelfths(model: Model, of_interval: Array) -> Array:
    """Hours from twelfths of the model's usual interval between doses."""
    usual = model.studied_regimen
    if usual is None:
        raise ValueError(f"{model.id} declares no studied regimen")
    return of_interval * usual.interval_h / 12.0


def _usual(covariate: Covariate) -> Usual:
    low, high = covariate.studied
    if is_flag(covariate):
        return Usual(0.0, 0.0, 1.0)
    known = USUAL.get(covariate.name)
    if known is None or known.low >= high or known.high <= low:
        return Usual((low + high) / 2, low + (high - low) / 4, high - (high - low) / 4)
    return Usual(min(max(known.value, low), high), max(known.low, low), min(known.high, high), known.ratio)


def _drawn(covariate: Covariate, rng: np.random.Generator) -> float:
    if is_flag(covariate):
        return float(rng.random() < (0.5 if covariate.name == "female" else 0.1))
    usual = _usual(covariate)
    if usual.ratio:
        return float(np.exp(rng.uniform(np.log(usual.low), np.log(usual.high))))
    return float(rng.uniform(usual.low, usual.high))
