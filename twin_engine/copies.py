"""The copies of one fitted model from `at` on, and concentrations under many options at once.

Kinetics are linear in the dose, so options share what they have in common: what was given and goes on beside them, and the
answer to schedules that differ in amount alone.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from twin_engine.kernel.declare import Array
from twin_engine.kernel.linear import Path, State, arriving
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
        return superposed(self.modal, [self._arriving(o) for o in options], times, self.state)

    def areas(self, options: Sequence[Option], window_h: tuple[float, float]) -> Array:
        """Exact area under each option's concentration over one window, (options, copies)."""
        return window_areas(self.modal, self.clearance, self.state, [self._arriving(o) for o in options], window_h)

    def _arriving(self, option: Option) -> Sequence[Dose]:
        return arriving(option.doses, self.path.lag_h, self.state)


def standing(twin: Twin) -> list[Copies]:
    """The copies of every model that has any in the twin."""
    return [_of(fit) for fit in twin.fitted if len(fit.copies)]


def _of(fit: FittedModel) -> Copies:
    path = fit.future(fit.copies)
    return Copies(fit, path, fit.state.take(fit.copies), modes(path.kinetics[0]))
