"""The copies of one fitted model from `at` on, and concentrations under many options at once.

Options share what they have in common: the past and the orders that go on (one simulation for each distinct background), and
the answer to one dose of each infusion time.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from twin_engine.kernel.declare import Array
from twin_engine.kernel.linear import Path, State, arriving, concentrations
from twin_engine.kernel.mammillary import Modes, modes
from twin_engine.kernel.schedule import Dose
from twin_engine.kernel.superpose import superposed, window_areas
from twin_engine.options import Option
from twin_engine.twin import FittedModel, Twin


@dataclass(frozen=True, slots=True)
class Copies:
    """Constant parameters of the copies, what is in each body at `at`, and the modal form of both."""

    fit: FittedModel
    path: Path
    state: State
    modal: Modes

    @property
    def count(self) -> int:
        """Number of copies."""
        return self.path.draws

    @property
    def clearance(self) -> Array:
        """L/h, (copies,)."""
        return self.path.kinetics[0, 0]

    def curves(self, options: Sequence[Option], times: Sequence[Array]) -> list[Array]:
        """Concentrations of each option at its own hours >= 0, (times, copies) each."""
        own = superposed(self.modal, [arriving(o.own, self.path.lag_h) for o in options], times)
        shared: dict[tuple[tuple[Dose, ...], bytes], Array] = {}
        for option, at in zip(options, times, strict=True):
            key = option.background, at.tobytes()
            if key not in shared:
                shared[key] = concentrations(self.path, option.background, at, self.state)
        return [c + shared[o.background, at.tobytes()] for c, o, at in zip(own, options, times, strict=True)]

    def areas(self, options: Sequence[Option], window_h: tuple[float, float]) -> Array:
        """Exact area under each option's concentration over one window, (options, copies)."""
        schedules = [arriving(o.doses, self.path.lag_h, self.state) for o in options]
        return window_areas(self.modal, self.clearance, self.state, schedules, window_h)


def standing(twin: Twin) -> list[Copies]:
    """The copies of every model that has any in the twin."""
    return [_of(fit) for fit in twin.fitted if len(fit.copies)]


def _of(fit: FittedModel) -> Copies:
    path = fit.future(fit.copies)
    return Copies(fit, path, fit.state.take(fit.copies), modes(path.kinetics[0]))
