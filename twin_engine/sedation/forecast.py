"""The bispectral index of every copy under an option: propofol and the opioid at their effect sites, joined copy by copy."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from twin_engine.kernel.declare import Array, Response
from twin_engine.kernel.linear import Path, State, effect_site
from twin_engine.kernel.observe import respond
from twin_engine.kernel.schedule import Dose
from twin_engine.options import option
from twin_engine.outcome import CannotPredict, ModelError
from twin_engine.patient.record import Order
from twin_engine.scenario import Scenario
from twin_engine.sedation.bodies import VARIABLE, Bodies
from twin_engine.sedation.surface import ADDITIVE, INERT, OPIOID, PROPOFOL


@dataclass(frozen=True, slots=True)
class Doses:
    """What goes in from `at` on under one option: mg of propofol, ug of the opioid."""

    propofol: tuple[Dose, ...]
    opioid: tuple[Dose, ...]


def doses_of(scenario: Scenario, found: Bodies, orders: Sequence[Order], until_h: float) -> Doses | CannotPredict:
    """The doses of an option up to `until_h`, or why they cannot be simulated."""
    given: dict[str, tuple[Dose, ...]] = {}
    for drug, past in ((PROPOFOL, found.propofol_history), (OPIOID, found.opioid_history)):
        own = [o for o in orders if o.drug == drug]
        one = option("", own, scenario.record, drug, past, scenario.at, until_h)
        if isinstance(one, CannotPredict):
            return CannotPredict(VARIABLE, f"{drug}: {one.reason}")
        given[drug] = one.doses
    return Doses(given[PROPOFOL], given[OPIOID])


def response_of(*, adds: bool) -> Response:
    """How the index answers in copies to which the opioid adds, and in the others."""
    found = (ADDITIVE if adds else INERT).response
    if found is None:
        raise ModelError("propofol has no response")
    return found


def index(found: Bodies, doses: Doses, hours_h: Array) -> Array:
    """The index as a monitor shows it without error, (hours, copies), at `hours_h` >= 0."""
    parts: list[Array] = []
    start = 0
    for copies, adds in found.blocks:
        rows = np.arange(start, start + copies.path.draws, dtype=np.intp)
        opioid = None if found.opioid is None else (found.opioid.path.take(rows), found.opioid.state.take(rows))
        parts.append(_felt((copies.path, copies.state), opioid, doses, hours_h, response_of(adds=adds)))
        start += copies.path.draws
    return np.concatenate(parts, axis=1)


def index_mode(found: Bodies, doses: Doses, hours_h: Array) -> Array:
    """The same at the posterior mode of the finding with more copies, (hours,)."""
    copies, adds = max(found.blocks, key=lambda block: block[0].path.draws)
    opioid = None if found.opioid is None else (found.opioid.mode_path, found.opioid.mode_state)
    return _felt((copies.mode_path, copies.mode_state), opioid, doses, hours_h, response_of(adds=adds))[:, 0]


def _felt(
    propofol: tuple[Path, State],
    opioid: tuple[Path, State] | None,
    doses: Doses,
    hours_h: Array,
    response: Response,
) -> Array:
    path, state = propofol
    if not len(hours_h):
        return np.empty((0, path.draws))
    # A monitor shows what was felt before; before now, that of now stands in.
    felt_h = np.maximum(hours_h - response.delay_h, 0.0)
    own = effect_site(path, doses.propofol, felt_h, state)
    second = None
    if opioid is not None and response.adds is not None:
        second = effect_site(opioid[0], doses.opioid, felt_h, opioid[1])
    return respond(response, path, felt_h, own, second)
