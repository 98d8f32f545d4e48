"""What an option changes in the circulation beside pressors: propofol, fluids, the ventilator; each against what holds now,
which the filtered state holds already. Copy i of a drug and of the lungs acts on copy i of the circulation.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from twin_engine import registry
from twin_engine.blood import fluids
from twin_engine.blood.intake import NOT_ISOTONIC, is_fluid, isotonic, ordered, running
from twin_engine.circulation import hypnotic
from twin_engine.circulation.chart import VARIABLE, CirculationChart
from twin_engine.copies import Copies as DrugCopies
from twin_engine.copies import standing
from twin_engine.covariates import hours
from twin_engine.keep import Keep
from twin_engine.kernel.declare import Array
from twin_engine.kernel.linear import effect_site
from twin_engine.kernel.schedule import Dose
from twin_engine.options import Option, option
from twin_engine.outcome import CannotPredict
from twin_engine.patient import findings
from twin_engine.patient.record import VENTILATOR, Order
from twin_engine.respiratory.airway import airway, raised
from twin_engine.scenario import Scenario
from twin_engine.twin import Refreshed, kept_as, refresh

PROPOFOL: Final = "propofol"
BREATH: Final = frozenset({
    "peep", "tidal_volume_set", "respiratory_rate_set", "inspiratory_pressure", "inspiratory_time", "ie_ratio",
})  # fmt: skip
"""Settings that move the pressure in the chest."""
FAILING_LVEF: Final = 40.0
"""%; reduced ejection fraction as the universal definition of heart failure has it: Bozkurt B et al. Eur J Heart Fail
2021, doi:10.1002/ejhf.2115."""
EVERY_H: Final = 1.0 / 60.0
Volume = tuple[str, str, tuple[Dose, ...]]
"""Name and kind of a fluid, and its doses in mL."""


@dataclass(frozen=True, slots=True)
class Acting:
    """Of one option: relative change of MAP by propofol and change of airway pressure (cm[H2O]), both every minute (minutes,
    copies or 1), and volume infused; None = the option leaves it alone."""

    propofol: Array | None = None
    volume: tuple[Volume, ...] = ()
    airway: Array | None = None

    @property
    def still(self) -> bool:
        """Whether nothing but pressors changes."""
        return self.propofol is None and not self.volume and self.airway is None

    def of(self, subject: str) -> "Acting":
        """What one drug, one fluid or the ventilator does of it."""
        return Acting(
            self.propofol if subject == PROPOFOL else None,
            tuple(one for one in self.volume if one[0] == subject),
            self.airway if subject == VENTILATOR else None,
        )


STILL: Final = Acting()
Hypnotic = dict[tuple[Order, ...], Array | CannotPredict | None]
"""The effect of orders of propofol, worked out once for options that differ by something else."""


def acts(order: Order) -> bool:
    """Whether an order acts on the circulation otherwise than as a pressor."""
    return order.drug == PROPOFOL or is_fluid(order) or any(s.variable in BREATH for s in order.settings)


def acting(
    scenario: Scenario, chart: CirculationChart, orders: Sequence[Order], half: Array, keep: Keep, worked_out: Hypnotic
) -> tuple[Acting, tuple[CannotPredict, ...]]:
    """What these orders change over the hour, and why the rest of it cannot be told: what is unknown of one order leaves
    out nothing of another. `half` = C50 of propofol, mg/L (copies)."""
    hypnotics = tuple(o for o in orders if o.drug == PROPOFOL)
    if hypnotics not in worked_out:
        worked_out[hypnotics] = _propofol(scenario, chart, hypnotics, half, keep)
    propofol = worked_out[hypnotics]
    infused = [(o, _volume(scenario, chart, o)) for o in orders if is_fluid(o) and not o.stop]
    # What cannot be read replaces nothing: it would count as a stop.
    readable = [o for o, volume in infused if not isinstance(volume, CannotPredict)]
    fluid = [*(v for _, v in infused), *_ended(scenario, chart, [*readable, *(o for o in orders if is_fluid(o) and o.stop)])]
    chest = _airway(scenario, [o for o in orders if o.settings], keep)
    found = Acting(
        None if isinstance(propofol, CannotPredict) else propofol,
        tuple(one for one in fluid if not isinstance(one, CannotPredict)),
        None if isinstance(chest, CannotPredict) else chest,
    )
    return found, tuple(dict.fromkeys(one for one in (propofol, *fluid, chest) if isinstance(one, CannotPredict)))


def _propofol(
    scenario: Scenario, chart: CirculationChart, orders: Sequence[Order], half: Array, keep: Keep
) -> Array | CannotPredict | None:
    if not orders:
        return None
    if chart.age_y is None:
        return CannotPredict(VARIABLE, "the effect of propofol depends on age, and none is known")
    twin, refusals, _ = _twin(scenario, keep)
    if twin is None:
        return CannotPredict(VARIABLE, f"the effect of propofol: {refusals[0].reason if refusals else 'no model applies'}")
    chosen = option(PROPOFOL, orders, scenario.record, PROPOFOL, twin.history, scenario.at, hypnotic.MINUTES * EVERY_H)
    if isinstance(chosen, CannotPredict):
        return CannotPredict(VARIABLE, f"the effect of propofol: {chosen.reason}")
    parts = [_plasma_and_site(one, chosen, hypnotic.GRID_MIN * EVERY_H) for one in standing(twin)]
    plasma, now = (np.concatenate(found, axis=-1) for found in zip(*parts, strict=True))
    return hypnotic.change(plasma, now, half, chart.age_y)


def _plasma_and_site(copies: DrugCopies, chosen: Option, times: Array) -> tuple[Array, Array]:
    """Plasma over time (times, copies), and the effect site now: that of the hypnotic effect stands in for what
    has settled; plasma where the model has none."""
    plasma = copies.curves([chosen], [times])[0]
    now = plasma[0] if not copies.model.effect_site else effect_site(copies.path, (), np.zeros(1), copies.state)[0]
    return plasma, now


def _twin(scenario: Scenario, keep: Keep) -> Refreshed:
    models = registry.models_of(PROPOFOL)
    used = tuple(m for m in models if m.status == "verified") or models

    def made() -> Refreshed:
        return refresh(scenario.record, PROPOFOL, used, scenario.at, draws=scenario.draws, seed=scenario.seed)

    return keep(kept_as(PROPOFOL, used), made)


def _volume(scenario: Scenario, chart: CirculationChart, order: Order) -> Volume | CannotPredict:
    """What one order of a fluid infuses."""
    kind = "" if order.composition is None else order.composition.kind or ""
    gap = _no_fluids(scenario, chart)
    if gap is not None:
        return gap
    if not isotonic(order):
        return _not_isotonic(order.drug)
    found = ordered(order, scenario.at, 1.0 if order.start is None else max(hours(order.start, scenario.at), 0.0) + 1.0)
    if found is None:
        return CannotPredict(VARIABLE, "the volume or the time of an ordered fluid cannot be read")
    return found.name, kind, found.doses


def _ended(scenario: Scenario, chart: CirculationChart, orders: Sequence[Order]) -> list[Volume | CannotPredict]:
    """What runs of the ordered fluids and stands in the level, taken out from where these orders end it."""
    replacing = tuple(o for o in orders if o.stop or o.rate is not None)
    named, end = {o.drug for o in replacing}, hypnotic.MINUTES * EVERY_H
    before, after = (
        [one for one in running(scenario.record, scenario.at, end, own) if one.name in named] for own in ((), replacing)
    )
    unknown = dict.fromkeys(o.drug for o in replacing if o.stop and o.drug not in {one.name for one in before})
    words = "no infusion of it is charted as running"
    gaps = [CannotPredict(VARIABLE, f"what stopping {drug} does: {words}") for drug in unknown]
    if before and (gap := _no_fluids(scenario, chart)) is not None:
        return [*gaps, gap]
    watery = {a.drug for a in scenario.record.administrations if is_fluid(a) and not isotonic(a)} & {one.name for one in before}
    if watery:
        return [*gaps, *(_not_isotonic(drug) for drug in sorted(watery))]
    out = [(one.name, one.kind, tuple(Dose(d.start_h, d.duration_h, -d.amount) for d in one.doses)) for one in before]
    return [*gaps, *out, *((one.name, one.kind, one.doses) for one in after)]


def _not_isotonic(drug: str | None) -> CannotPredict:
    return CannotPredict(VARIABLE, f"{drug or 'a fluid'}: {NOT_ISOTONIC}")


def _no_fluids(scenario: Scenario, chart: CirculationChart) -> CannotPredict | None:
    """Why no fluid can be forecast in this patient."""
    ejected = findings.value(scenario.record, "lvef", scenario.at)
    if ejected is not None and ejected <= FAILING_LVEF:
        words = f"LVEF {ejected:g} % is charted, and the effect of a fluid is modelled for hearts that do not fail"
        return CannotPredict(VARIABLE, words)
    if chart.weight_kg is None or chart.age_y is None:
        return CannotPredict(VARIABLE, "the effect of a fluid depends on weight and age, and one is not charted")
    return None


def _airway(scenario: Scenario, orders: Sequence[Order], keep: Keep) -> Array | CannotPredict | None:
    """Change of the mean airway pressure, or of PEEP where the former is not known."""
    if not orders:
        return None
    times = EVERY_H * np.arange(hypnotic.MINUTES + 1.0)
    after = airway(scenario, orders, times, keep)
    if isinstance(after, CannotPredict):
        return CannotPredict(VARIABLE, f"the effect of the ventilator: {after.reason}")
    before = airway(scenario, (), times, keep)
    if isinstance(before, CannotPredict):
        return CannotPredict(VARIABLE, f"the effect of the ventilator: {before.reason}")
    if before.mean is not None and after.mean is None:
        words = "how far another inspiratory time moves the mean airway pressure is not known"
        return CannotPredict(VARIABLE, f"the effect of the ventilator: {words}")
    change = raised(before, after)
    if not change.any() and after.mean is None:
        words = "no mean airway pressure is charted, nor an inspiratory time with a peak pressure"
        return CannotPredict(VARIABLE, f"the effect of the ventilator: {words}")
    return change


def volume_ml(acting: Acting, hours_h: Array, pressure: float, age_y: float) -> Array:
    """Volume in the blood from the fluids of an option, mL at each hour."""
    found = np.zeros_like(hours_h)
    for _, kind, doses in acting.volume:
        own = (
            fluids.crystalloid(doses, hours_h, pressure, age_y)
            if kind == "crystalloid"
            else fluids.retained(doses, hours_h, kind)
        )
        found = found + own
    return found
