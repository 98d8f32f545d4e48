"""Simulate linear kinetics of many virtual copies from event to event, and exact areas under the curve.

The step is exact for constant rate and parameters: amplitude -> steady + (amplitude - steady) * exp(-rate * dt), with
steady = input rate * unit / modal rate. Areas come from the mass balance CL * AUC = given - change of the amount in the
body, so they need no grid.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from twin_engine.kernel.declare import Array, Index
from twin_engine.kernel.mammillary import Modes, modes
from twin_engine.kernel.schedule import Dose, Timeline, timeline


@dataclass(frozen=True, slots=True)
class State:
    """Amounts in the body at one hour: central (draws,), peripheral (peripherals, draws)."""

    hour: float
    central: Array
    peripheral: Array

    def total(self) -> Array:
        """Amount in the whole body, (draws,)."""
        return self.central + self.peripheral.sum(axis=0)

    def take(self, index: Index) -> "State":
        """The same state for a selection of copies."""
        return State(self.hour, self.central[index], self.peripheral[:, index])


@dataclass(frozen=True, slots=True)
class Path:
    """Kinetic parameters of the copies over time: `kinetics` is (regimes, 2 * compartments, draws)."""

    starts_h: Array
    kinetics: Array

    @property
    def draws(self) -> int:
        """Number of copies."""
        return self.kinetics.shape[2]

    def at(self, hour: float) -> Array:
        """Parameters in force at `hour`, (2 * compartments, draws)."""
        return self.kinetics[max(int(np.searchsorted(self.starts_h, hour, side="right")) - 1, 0)]

    def take(self, index: Index) -> "Path":
        """The same path for a selection of copies."""
        return Path(self.starts_h, self.kinetics[:, :, index])


def empty_state(path: Path, hour: float) -> State:
    """Nothing in the body."""
    peripherals = path.kinetics.shape[1] // 2 - 1
    return State(hour, np.zeros(path.draws), np.zeros((peripherals, path.draws)))


def concentrations(path: Path, doses: Sequence[Dose], times_h: Array, start: State | None = None) -> Array:
    """Central concentrations (times, draws) at `times_h` (any order), in amount per litre.

    `doses` must not begin before `start` when a start state is given (use `Dose.after`).
    """
    return _run(path, timeline(doses, times_h, path.starts_h, None if start is None else start.hour), start)[0]


def concentrations_along(path: Path, steps: Timeline) -> Array:
    """As `concentrations`, along a timeline made once for many parameter values of the same regimes."""
    return _run(path, steps, None)[0]


def state_at(path: Path, doses: Sequence[Dose], hour: float, start: State | None = None) -> State:
    """Amounts in the body at `hour`; what is given later is ignored."""
    early = [part for dose in doses if (part := dose.until(hour)) is not None]
    if not early and start is None:
        return empty_state(path, hour)
    steps = timeline(early, np.array([hour]), path.starts_h, None if start is None else start.hour)
    modal, amplitude = _run(path, steps, start)[1:]
    return State(hour, *modal.amounts(amplitude))


def window_areas(kinetics: Array, start: State, schedules: Sequence[Sequence[Dose]], window_h: tuple[float, float]) -> Array:
    """Exact area under the concentration over one window for many schedules at once: (schedules, draws).

    Parameters are constant from `start` on. The exponentials of all schedules are taken together, once per distinct
    distance from a dose boundary to the ends of the window.
    """
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


def _run(path: Path, steps: Timeline, start: State | None) -> tuple[Array, Modes, Array]:
    """Concentrations at the observations, and the modal form with the amplitudes after the last step."""
    regimes = sorted(set(steps.regime)) or [0]
    stacked = modes(np.ascontiguousarray(path.kinetics[regimes].swapaxes(0, 1)))
    modal = {r: stacked.of(i) for i, r in enumerate(regimes)}
    decay, kind_of = _decays(steps, stacked, regimes)
    steady = stacked.unit / stacked.rate
    current = steps.regime[0] if steps.regime else regimes[0]
    place = {r: i for i, r in enumerate(regimes)}
    amplitude = (
        np.zeros_like(modal[current].rate) if start is None else modal[current].amplitude(start.central, start.peripheral)
    )
    wanted: dict[int, list[int]] = {}
    for j, i in enumerate(steps.observed):
        wanted.setdefault(i, []).append(j)
    seen = np.empty((len(steps.observed), path.draws))
    for i, regime in enumerate(steps.regime):
        for j in wanted.get(i, ()):
            amplitude.sum(axis=0, out=seen[j])
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
    for j in wanted.get(len(steps.regime), ()):
        amplitude.sum(axis=0, out=seen[j])
    return seen, modal[current], amplitude


def _decays(steps: Timeline, stacked: Modes, regimes: Sequence[int]) -> tuple[Array, list[int]]:
    """exp(-rate dt) once per distinct pair of regime and step length, (pairs, modes, draws), and the pair of each step."""
    place = np.searchsorted(regimes, steps.regime)
    pairs, pair = np.unique(place * len(steps.kinds) + np.asarray(steps.kind, dtype=np.intp), return_inverse=True)
    regime, kind = np.divmod(pairs.astype(np.intp), max(len(steps.kinds), 1))
    exponent = stacked.rate.swapaxes(0, 1)[regime]
    exponent *= -steps.kinds[kind][:, None, None]
    return np.exp(exponent, out=exponent), pair.tolist()
