"""The copies of fitted models from `at` on, and concentrations under many options at once.

Where kinetics are linear in the dose options share what they have in common: what was given and goes on beside them, and the
answer to schedules that differ in amount alone. Where elimination saturates nothing can be shared.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

import numpy as np

from twin_engine.kernel.declare import Array, Model
from twin_engine.kernel.linear import Path, State, arriving, concentrations, joined
from twin_engine.kernel.mammillary import Modes, modes, side_by_side
from twin_engine.kernel.schedule import Dose
from twin_engine.kernel.superpose import settled, superposed, window_areas
from twin_engine.options import Option
from twin_engine.twin import FittedModel, Twin

DAY_H = 24.0
SETTLED_AFTER_H = 240.0
"""Where elimination saturates a copy may never settle: its steady state is what ten days of the regimen come to (US
prescribing information, phenytoin: steady-state levels are reached at least 7 to 10 days after a dose is begun)."""
STEPS_PER_DAY = 96


@dataclass(frozen=True, slots=True)
class Copies:
    """Copies with constant parameters and what is in each body at `at`; each option is simulated by itself."""

    fits: tuple[FittedModel, ...]
    state: State

    @property
    def model(self) -> Model:
        """The model, or one of several that read alike: output, unit, free fraction, when samples were drawn."""
        return self.fits[0].model

    @property
    def count(self) -> int:
        """Number of copies."""
        return len(self.state.central)

    @property
    def path(self) -> Path:
        """Parameters of the copies of a model that stands alone."""
        [fit] = self.fits
        return fit.future(fit.copies)

    def curves(self, options: Sequence[Option], times: Sequence[Array]) -> list[Array]:
        """Concentrations of each option at its own hours >= 0, (times, copies) each."""
        path, pairs = self.path, zip(options, times, strict=True)
        return [concentrations(path, option.doses, hours, self.state) for option, hours in pairs]

    def areas(self, options: Sequence[Option], window_h: tuple[float, float]) -> Array:
        """Area under each option's concentration over one window, (options, copies)."""
        hours = np.linspace(*window_h, STEPS_PER_DAY + 1)
        return np.stack([_area(curve, hours) for curve in self.curves(options, [hours] * len(options))])

    def settled(self, option: Option, times_h: Array) -> Array:
        """Concentrations at hours from the option's start once its regular doses have been given for long, (times, copies)."""
        every = max((r.interval_h for r in option.regular), default=DAY_H)
        begin = option.start_h + np.ceil(SETTLED_AFTER_H / every) * every
        end = begin + float(times_h.max())
        lasting = end - option.start_h
        doses = [Dose(option.start_h, lasting, option.rate_per_h * lasting)] if option.rate_per_h else []
        for r in option.regular:
            starts = np.arange(option.start_h + r.offset_h, end, r.interval_h)
            doses += [Dose(float(start), r.infusion_h, r.amount) for start in starts]
        return concentrations(self.path, doses, begin + times_h, self.state)

    def settled_day(self, options: Sequence[Option]) -> Array:
        """Area under 24 h of each option once settled, (options, copies)."""
        hours = np.linspace(0.0, DAY_H, STEPS_PER_DAY + 1)
        return np.stack([_area(self.settled(option, hours), hours) for option in options])


@dataclass(frozen=True, slots=True)
class LinearCopies(Copies):
    """Copies whose kinetics are linear, by the closed forms of their modal form; those of several models side by side."""

    modal: Modes
    clearance: Array
    """L/h, (copies,)."""

    def curves(self, options: Sequence[Option], times: Sequence[Array]) -> list[Array]:
        """Concentrations of each option at its own hours >= 0, (times, copies) each."""
        return superposed(self.modal, [self._arriving(o) for o in options], times, self.state)

    def areas(self, options: Sequence[Option], window_h: tuple[float, float]) -> Array:
        """Exact area under each option's concentration over one window, (options, copies)."""
        return window_areas(self.modal, self.clearance, self.state, [self._arriving(o) for o in options], window_h)

    def _arriving(self, option: Option) -> Sequence[Dose]:
        return arriving(option.doses, self.model.lag_h, self.state)

    def settled(self, option: Option, times_h: Array) -> Array:
        """Concentrations at hours from the option's start once its regular doses have been given for ever, (times, copies)."""
        total = np.tile(option.rate_per_h / self.clearance, (len(times_h), 1))
        for regimen in option.regular:
            since = np.mod(times_h - regimen.offset_h, regimen.interval_h)
            # The start of an interval is the end of the one before: a dose does not act on its own instant.
            since = np.where(since <= 1e-9, regimen.interval_h, since)
            total += settled(self.modal, regimen.amount, regimen.interval_h, regimen.infusion_h, since)
        return total

    def settled_day(self, options: Sequence[Option]) -> Array:
        """Exact area under 24 h of each option once settled, (options, copies)."""
        return np.array([o.daily_amount for o in options])[:, None] / self.clearance


def standing(twin: Twin) -> list[Copies]:
    """The copies of every model that has any in the twin, in its order."""
    fits = [fit for fit in twin.fitted if len(fit.copies)]
    return [_of(tuple(alike)) for _, alike in groupby(fits, _read_alike)]


def _read_alike(fit: FittedModel) -> tuple[object, ...]:
    """What models have in common whose copies can stand side by side."""
    model = fit.model
    return (model.id,) if model.saturable or model.effect_site else (model.lag_h, model.unbound, model.sampled_from_h)


def _of(fits: tuple[FittedModel, ...]) -> Copies:
    states = [fit.state.take(fit.copies) for fit in fits]
    if fits[0].model.saturable:
        return Copies(fits, states[0])
    kinetics = [fit.now[: len(fit.model.plasma), fit.copies] for fit in fits]
    modal = side_by_side([modes(own) for own in kinetics])
    return LinearCopies(fits, joined(states), modal, np.concatenate([own[0] for own in kinetics]))


def _area(curve: Array, hours: Array) -> Array:
    return np.asarray(np.trapezoid(curve, hours, axis=0), dtype=np.float64)
