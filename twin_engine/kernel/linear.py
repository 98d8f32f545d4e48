"""Simulate linear kinetics of many virtual copies from event to event, and exact areas under the curve.

The step is exact for constant rate and parameters: amplitude -> steady + (amplitude - steady) * exp(-rate * dt), with
steady = input rate * unit / modal rate. Areas come from the mass balance CL * AUC = given - change of the amount in the
body, so they need no grid.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from twin_engine.kernel.declare import Array, Index
from twin_engine.kernel.mammillary import Modes, modes
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

    kinetics (regimes, 2 * compartments, draws); effect (regimes, 1 + response parameters, draws) begins with KE0, None
    without an effect site; every dose acts `lag_h` later.
    """

    starts_h: Array
    kinetics: Array
    effect: Array | None = None
    lag_h: float = 0.0

    @property
    def draws(self) -> int:
        """Number of copies."""
        return self.kinetics.shape[2]

    def at(self, hour: float) -> Array:
        """All parameters in force at `hour`, (parameters, draws)."""
        i = max(int(np.searchsorted(self.starts_h, hour, side="right")) - 1, 0)
        return self.kinetics[i] if self.effect is None else np.concatenate([self.kinetics[i], self.effect[i]])

    def after(self, hour: float) -> "Path":
        """The parameters in force at `hour`, for good."""
        i = max(int(np.searchsorted(self.starts_h, hour, side="right")) - 1, 0)
        effect = None if self.effect is None else self.effect[i : i + 1]
        return Path(np.array([-np.inf]), self.kinetics[i : i + 1], effect, self.lag_h)

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
    modal, amplitude = _run(path, steps, start)[2:]
    return State(hour, *modal.amounts(amplitude), tuple(pending))


def window_areas(path: Path, start: State, schedules: Sequence[Sequence[Dose]], window_h: tuple[float, float]) -> Array:
    """Exact area under the concentration over one window for many schedules at once: (schedules, draws).

    Parameters are those in force at the start, for good. The exponentials of all schedules are taken together, once per
    distinct distance from a dose boundary to the ends of the window.
    """
    kinetics = path.after(start.hour).kinetics[0]
    schedules = [arriving(schedule, path.lag_h, start) for schedule in schedules]
    modal = modes(kinetics)
    begin, end = window_h
    body = modal.body()
    initial = modal.amplitude(start.central, start.peripheral)
    distances = {end - start.hour, begin - start.hour}
    for schedule in schedules:
        for dose in schedule:
            for edge in (begin, end):
                distances.update(max(edge - t, 0.0) for t in (dose.start_h, dose.end_h))
    hours = np.array(sorted(distances))
    place = {float(h): i for i, h in enumerate(hours)}
    decay = np.exp(-hours[:, None, None] * modal.rate) * body
    entering = modal.unit / modal.rate
    rest = {edge: (decay[place[edge - start.hour]] * initial).sum(axis=0) for edge in window_h}
    areas = np.empty((len(schedules), kinetics.shape[1]))
    for k, schedule in enumerate(schedules):
        totals = {edge: rest[edge].copy() for edge in window_h}
        given = 0.0
        for dose in schedule:
            inside = dose.until(end)
            before = dose.until(begin)
            given += (inside.amount if inside else 0.0) - (before.amount if before else 0.0)
            for edge in window_h:
                if dose.start_h >= edge:
                    continue
                late = decay[place[max(edge - dose.start_h, 0.0)]]
                if dose.duration_h == 0:
                    totals[edge] += dose.amount * (modal.unit * late).sum(axis=0)
                else:
                    soon = decay[place[max(edge - dose.end_h, 0.0)]]
                    totals[edge] += dose.rate * (entering * (soon - late)).sum(axis=0)
        areas[k] = (totals[begin] + given - totals[end]) / kinetics[0]
    return areas


def _run(path: Path, steps: Timeline, start: State | None) -> tuple[Array, Array | None, Modes, Array]:
    """Concentrations and effect-site concentrations at the observations, and the modal form with the amplitudes after the
    last step."""
    regimes = sorted(set(steps.regime)) or [0]
    ke0 = None if path.effect is None else path.effect[regimes, 0]
    stacked = modes(np.ascontiguousarray(path.kinetics[regimes].swapaxes(0, 1)), ke0)
    modal = {r: stacked.of(i) for i, r in enumerate(regimes)}
    decay, kind_of = _decays(steps, stacked, regimes)
    steady = stacked.unit / stacked.rate
    current = steps.regime[0] if steps.regime else regimes[0]
    place = {r: i for i, r in enumerate(regimes)}
    amplitude = (
        np.zeros_like(modal[current].rate)
        if start is None
        else modal[current].amplitude(start.central, start.peripheral, start.effect)
    )
    wanted: dict[int, list[int]] = {}
    for j, i in enumerate(steps.observed):
        wanted.setdefault(i, []).append(j)
    n = stacked.spread.shape[1]
    seen = np.empty((len(steps.observed), path.draws))
    felt = None if ke0 is None else np.empty_like(seen)

    def observe(i: int) -> None:
        for j in wanted.get(i, ()):
            amplitude[:n].sum(axis=0, out=seen[j])
            if felt is not None:
                felt[j] = modal[current].effect(amplitude)

    for i, regime in enumerate(steps.regime):
        observe(i)
        if regime != current:
            amplitude = modal[regime].amplitude(*modal[current].amounts(amplitude))
            current = regime
        if steps.bolus[i]:
            amplitude = amplitude + steps.bolus[i] * modal[regime].unit
        if steps.rate[i]:
            level = steps.rate[i] * steady[:, place[regime]]
            amplitude = level + (amplitude - level) * decay[kind_of[i]]
        else:
            amplitude = amplitude * decay[kind_of[i]]
    observe(len(steps.regime))
    return seen, felt, modal[current], amplitude


def _decays(steps: Timeline, stacked: Modes, regimes: Sequence[int]) -> tuple[Array, list[int]]:
    """exp(-rate dt) once per distinct pair of regime and step length, (pairs, modes, draws), and the pair of each step."""
    place = np.searchsorted(regimes, steps.regime)
    pairs, pair = np.unique(place * len(steps.kinds) + np.asarray(steps.kind, dtype=np.intp), return_inverse=True)
    regime, kind = np.divmod(pairs.astype(np.intp), max(len(steps.kinds), 1))
    exponent = stacked.rate.swapaxes(0, 1)[regime]
    exponent *= -steps.kinds[kind][:, None, None]
    return np.exp(exponent, out=exponent), pair.tolist()
