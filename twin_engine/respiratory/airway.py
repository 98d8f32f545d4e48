"""What the ventilator does to the chest under an option, for the circulation: PEEP and mean airway pressure of every copy."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from twin_engine.keep import Keep
from twin_engine.kernel.declare import Array
from twin_engine.outcome import CannotPredict
from twin_engine.patient.record import Order
from twin_engine.respiratory.lungs import lungs_of, plan_of
from twin_engine.respiratory.pressures import mean_course
from twin_engine.scenario import Scenario


@dataclass(frozen=True, slots=True)
class Airway:
    """Pressures of one option, cm[H2O]: PEEP (hours, 1), mean airway pressure (hours, copies or 1) or None where it is not
    known."""

    peep: Array
    mean: Array | None


def airway(scenario: Scenario, orders: Sequence[Order], hours_h: Array, keep: Keep) -> Airway | CannotPredict:
    """The airway under these orders at `hours_h` (none = the settings in force); copy i is copy i of every other model."""
    lungs = lungs_of(scenario, keep)
    if isinstance(lungs, CannotPredict):
        return lungs
    option = plan_of(lungs.chart, orders)
    if isinstance(option, CannotPredict):
        return option
    peep = np.empty((len(hours_h), 1))
    for settings, mask in option.masks(hours_h):
        peep[mask] = settings.peep or 0.0
    if lungs.pressures is None:
        return Airway(peep, None)
    return Airway(peep, mean_course(lungs.pressures, lungs.chart, lungs.copies, option, hours_h))


def raised(before: Airway, after: Airway) -> Array:
    """By how much the pressure in the chest's airway rises, cm[H2O] (hours, copies or 1): the mean airway pressure, or PEEP
    where the former is not known."""
    if before.mean is None or after.mean is None:
        return after.peep - before.peep
    return after.mean - before.mean
