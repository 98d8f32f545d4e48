"""Simulate the kinetics of many virtual copies from event to event.

Where they are linear the step is exact for constant rate and parameters: amplitude -> steady + (amplitude - steady) *
exp(-rate * dt), with steady = input rate * unit / modal rate. Where elimination saturates `saturable` makes the steps.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from twin_engine.kernel.declare import SATURABLE_PARAMETERS, Array, Index
from twin_engine.kernel.mammillary import modes, padded, transitions
from twin_engine.kernel.saturable import amounts_along
from twin_engine.kernel.schedule import Dose, Timeline, timeline
from twin_engine.outcome import ModelError


@dataclass(frozen=True, slots=True)
class State:
    """What is in the body at one hour: central (draws,) and peripheral (peripherals, draws) amounts, the concentration at
    the effect site (draws,) where the model has one, and delayed doses that have not arrived yet."""

    hour: float
    central: Array
    peripheral: Array
    effect: Array | None = None
    pending: tuple[Dose, ...] = ()

    def total(self) -> Array:
        """Amount in the whole body, (draws,)."""
        return self.central + self.peripheral.sum(axis=0)

    def take(self, index: Index) -> "State":
        """The same state for a selection of copies."""
        effect = None if self.effect is None else self.effect[index]
        return State(self.hour, self.central[index], self.peripheral[:, index], effect, self.pending)


@dataclass(frozen=True, slots=True)
class Path:
    """Individual parameters of the copies over time.

    kinetics (regimes, 2 * compartments, draws), or (regimes, 3, draws) where elimination saturates: VMAX, KM, V; effect
    (regimes, 1 + response parameters, draws) begins with KE0, None without an effect site; every dose acts `lag_h` later.
    """

    starts_h: Array
    kinetics: Array
    effect: Array | None = None
    lag_h: float = 0.0

    @property
    def draws(self) -> int:
        """Number of copies."""
        return self.kinetics.shape[2]

    @property
    def saturable(self) -> bool:
        """Whether elimination saturates."""
        return self.kinetics.shape[1] == len(SATURABLE_PARAMETERS)

    def at(self, hour: float) -> Array:
        """All parameters in force at `hour`, (parameters, draws)."""
        i = max(int(np.searchsorted(self.starts_h, hour, side="right")) - 1, 0)
        return self.kinetics[i] if self.effect is None else np.concatenate([self.kinetics[i], self.effect[i]])

    def after(self, hour: float) -> "Path":
        """The parameters in force at `hour`, for good."""
        i = max(int(np.searchsorted(self.starts_h, hour, side="right")) - 1, 0)
        effect = None if self.effect is None else self.effect[i : i + 1]
        return Path(np.array([-np.inf]), self.kinetics[i : i + 1], effect, self.lag_h)

    def scaled(self, hour: float, factors: Array) -> "Path":
        """The same path whose parameters are multiplied by `factors` (parameters,), in the order of `at`, from `hour` on; no
        regime may begin later."""
        n = self.kinetics.shape[1]
        kinetics = np.concatenate([self.kinetics, self.kinetics[-1:] * factors[:n, None]])
        effect = None if self.effect is None else np.concatenate([self.effect, self.effect[-1:] * factors[n:, None]])
        return Path(np.append(self.starts_h, hour), kinetics, effect, self.lag_h)

    def take(self, index: Index) -> "Path":
        """The same path for a selection of copies."""
        effect = None if self.effect is None else self.effect[:, :, index]
        return Path(self.starts_h, self.kinetics[:, :, index], effect, self.lag_h)

    def steps(self, doses: Sequence[Dose], times_h: Array, start: State | None = None) -> Timeline:
        """Timeline of doses given outside the body, each delayed by the lag, to observations at `times_h`."""
        acting = arriving(doses, self.lag_h, start)
        return timeline(acting, times_h, self.starts_h, None if start is None else start.hour)


def arriving(doses: Sequence[Dose], lag_h: float, start: State | None = None) -> Sequence[Dose]:
    """Doses as they reach the blood: `lag_h` later, with those still on their way at the start."""
    late = doses if lag_h == 0.0 else [replace(d, start_h=d.start_h + lag_h) for d in doses]
    return late if start is None or not start.pending else [*start.pending, *late]


def empty_state(path: Path, hour: float) -> State:
    """Nothing in the body."""
    peripherals = path.kinetics.shape[1] // 2 - 1
    effect = None if path.effect is None else np.zeros(path.draws)
    return State(hour, np.zeros(path.draws), np.zeros((peripherals, path.draws)), effect)


def joined(states: Sequence[State]) -> State:
    """The copies of several models side by side, at the same hour and with the same doses on their way."""
    if len(states) == 1:
        return states[0]
    central, peripheral = np.concatenate([s.central for s in states]), padded([s.peripheral for s in states])
    return State(states[0].hour, central, peripheral, None, states[0].pending)


def concentrations(path: Path, doses: Sequence[Dose], times_h: Array, start: State | None = None) -> Array:
    """Central concentrations (times, draws) at `times_h` (any order), in amount per litre.

    `doses` must not begin before `start` when a start state is given (use `Dose.after`).
    """
    return _run(path, path.steps(doses, times_h, start), start)[0]


def effect_site(path: Path, doses: Sequence[Dose], times_h: Array, start: State | None = None) -> Array:
    """Effect-site concentrations (times, draws), as `concentrations`; only for paths with an effect site."""
    effect = _run(path, path.steps(doses, times_h, start), start)[1]
    if effect is None:
        raise ModelError("the model has no effect site")
    return effect


def courses_along(path: Path, steps: Timeline, start: State | None = None) -> tuple[Array, Array | None]:
    """Central and effect-site concentrations (times, draws) along a timeline made once for many parameter values of the
    same regimes (`Path.steps`)."""
    return _run(path, steps, start)[:2]


def state_at(path: Path, doses: Sequence[Dose], hour: float, start: State | None = None) -> State:
    """What is in the body at `hour`; what is given later is ignored."""
    given = [part for dose in doses if (part := dose.until(hour)) is not None]
    acting = arriving(given, path.lag_h, start)
    early = [part for dose in acting if (part := dose.until(hour)) is not None]
    pending = [part for dose in acting if (part := dose.after(hour)) is not None] if path.lag_h > 0.0 else []
    if not early and start is None:
        return replace(empty_state(path, hour), pending=tuple(pending))
    steps = timeline(early, np.array([hour]), path.starts_h, None if start is None else start.hour)
    return State(hour, *_run(path, steps, start)[2], tuple(pending))


_Contents = tuple[Array, Array, Array | None]
"""Central and peripheral amounts and the concentration at the effect site, as in `State`."""


def _run(path: Path, steps: Timeline, start: State | None) -> tuple[Array, Array | None, _Contents]:
    """Concentrations and effect-site concentrations at the observations, and what is in the body after the last step."""
    if path.saturable:
        plasma, left = amounts_along(path.kinetics, steps, np.zeros(path.draws) if start is None else start.central)
        return plasma, None, (left, np.zeros((0, path.draws)), None)
    return _run_linear(path, steps, start)


def _run_linear(path: Path, steps: Timeline, start: State | None) -> tuple[Array, Array | None, _Contents]:
    ke0 = None if path.effect is None else path.effect[steps.regimes, 0]
    modal = modes(np.ascontiguousarray(path.kinetics[steps.regimes].swapaxes(0, 1)), ke0)
    change, steady = transitions(modal), modal.unit / modal.rate
    decay = modal.rate[:, steps.span_regime]
    decay *= -steps.span_h[:, None]
    np.exp(decay, out=decay)
    first = modal.of(0)
    amplitude = np.zeros_like(first.rate) if start is None else first.amplitude(start.central, start.peripheral, start.effect)
    plasma = np.empty((steps.observations, path.draws))
    effect = None if modal.weight is None else np.empty_like(plasma)
    n = path.kinetics.shape[1] // 2
    plasma[steps.at_origin] = amplitude[:n].sum(axis=0)
    if effect is not None:
        effect[steps.at_origin] = first.effect(amplitude)
    levels = list((steps.level_rate[:, None] * steady[:, steps.level_regime]).swapaxes(0, 1))
    fades = list(decay.swapaxes(0, 1))
    now = 0
    for i, (span, place) in enumerate(zip(steps.span, steps.level, strict=True)):
        level = levels[place] if place >= 0 else None
        if i in steps.marked:
            regime = steps.regime[i]
            if regime != now:
                amplitude = (change[:, :, now] * amplitude).sum(axis=1)
                now = regime
            if steps.bolus[i]:
                amplitude += steps.bolus[i] * modal.unit[:, regime]
            if i in steps.seen:
                rows, spans = steps.seen[i]
                _sum_of(decay[:n, spans], amplitude[:n], None if level is None else level[:n], plasma, rows)
                if effect is not None:
                    weight = modal.weights(regime)
                    felt, settled = weight * amplitude, None if level is None else weight * level
                    _sum_of(decay[:, spans], felt, settled, effect, rows)
        if level is None:
            amplitude *= fades[span]
        else:
            amplitude -= level
            amplitude *= fades[span]
            amplitude += level
    return plasma, effect, modal.of(now).amounts(amplitude)


def _sum_of(decay: Array, amplitude: Array, level: Array | None, into: Array, rows: Index | slice) -> None:
    """Put into the rows the sum over modes that fade from their amplitudes to their levels (modes, draws); `decay` is
    (modes, times, draws)."""
    gap = amplitude if level is None else amplitude - level
    faded = np.einsum("mtd,md->td", decay, gap)
    into[rows] = faded if level is None else faded + level.sum(axis=0)
