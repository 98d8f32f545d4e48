"""Predicted values of what is measured in one patient: drug levels first, then responses such as the bispectral index."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from twin_engine.kernel.declare import Array, Response
from twin_engine.kernel.individual import Individual
from twin_engine.kernel.linear import Path, State, courses_along, effect_site
from twin_engine.kernel.residual import ResidualError, TwoOutputs
from twin_engine.kernel.schedule import Dose, Timeline
from twin_engine.outcome import ModelError

_NONE = np.empty(0)

SecondDrug = Callable[[Array], Array]
"""Concentrations (hours,) of the drug that a response adds, at hours."""


@dataclass(frozen=True, slots=True)
class Predictor:
    """Predicts the measured values of one patient, rows = levels then responses, from random effects (effects, draws)."""

    patient: Individual
    steps: Timeline
    n_levels: int
    response_h: Array
    second: Array | None = None

    def __call__(self, effects: Array) -> Array:
        """Predicted values (rows, draws)."""
        path = self.patient.path(effects)
        plasma, effect = courses_along(path, self.steps)
        response = self.patient.model.response
        if response is None or effect is None or not len(self.response_h):
            return plasma[: self.n_levels]
        felt = respond(response, path, self.response_h - response.delay_h, effect[self.n_levels :], self.second)
        return np.concatenate([plasma[: self.n_levels], felt])

    @property
    def error(self) -> ResidualError | TwoOutputs:
        """Error of each row."""
        model = self.patient.model
        if model.response is None or not len(self.response_h):
            return model.residual
        return TwoOutputs(self.n_levels, model.residual, model.response.residual)


def predictor(
    patient: Individual,
    doses: Sequence[Dose],
    levels_h: Array,
    response_h: Array = _NONE,
    second: SecondDrug | None = None,
) -> Predictor:
    """Predictor of levels and responses measured at the given hours after `doses`; responses need a model that has one.
    `second` = the drug that the response adds; None = none was given."""
    delay = 0.0 if patient.model.response is None else patient.model.response.delay_h
    path = patient.path(np.zeros((len(patient.omega), 1)))
    steps = path.steps(doses, np.concatenate([levels_h, response_h - delay]))
    beside = None if second is None or not len(response_h) else second(response_h - delay)[:, None]
    return Predictor(patient, steps, len(levels_h), response_h, beside)


def respond(response: Response, path: Path, hours: Array, effect: Array, second: Array | None = None) -> Array:
    """Responses (times, draws) to effect-site concentrations (times, draws) with the parameters in force at `hours`; `second` =
    concentrations of the drug that the response adds, (times, draws or 1)."""
    if path.effect is None:
        raise ModelError("the model has no effect site")
    regime = np.clip(np.searchsorted(path.starts_h, hours, side="right") - 1, 0, None)
    own = {name: path.effect[regime, 1 + i] for i, name in enumerate(response.parameters)}
    both = effect if response.adds is None or second is None else effect + own[response.adds] * second
    return response.effect(own, both)


def responses(response: Response, path: Path, doses: Sequence[Dose], times_h: Array, start: State | None = None) -> Array:
    """Measured responses without error (times, draws) at `times_h`; a delay shows what was felt before the start as the
    effect at the start."""
    hours = times_h - response.delay_h
    if start is not None:
        hours = np.maximum(hours, start.hour)
    return respond(response, path, hours, effect_site(path, doses, hours, start))
