"""Predicting against the clock: everything, or the order as written alone, or the limits alone, or nothing.

Whole options are left out when time is short; a prediction is never made from fewer copies.
"""

import asyncio
from dataclasses import dataclass, replace

from service.deadline import Deadline
from service.errors import Overloaded
from service.parts import Parts
from service.situation import Situation, with_gaps
from twin_engine.predict import examine, predict
from twin_engine.prediction import Prediction

ALL_OPTIONS_S = 0.15
"""Less time than this is kept for the order as written and "no change": many options take several times as long."""
CARDS_S = 0.02
"""Time kept for building the cards."""


@dataclass(frozen=True, slots=True)
class Timely:
    """What was ready in time. `prediction` None = the limits alone."""

    prediction: Prediction | None
    partial: bool


async def predicted(situation: Situation, parts: Parts, own_by: float, *, opened: bool = False) -> Timely:
    """What can be said by `own_by` (steady seconds): of the options, or, where a chart was `opened`, of its data. Raises
    Overloaded when that is nothing."""
    try:
        async with asyncio.timeout(max(own_by - CARDS_S - parts.clock.steady(), 0.0)):
            return await parts.workers.run(_as_much_as_fits, situation, parts, own_by, opened=opened)
    except TimeoutError as error:
        if situation.beyond_limits:
            return Timely(None, partial=True)
        raise Overloaded("the deadline came with nothing ready") from error


def own_work_ends(parts: Parts, deadline: Deadline) -> float:
    """When own work has to be done, in steady seconds, if the data are here now."""
    return parts.clock.steady() + deadline.left_for_own_work()


def _as_much_as_fits(situation: Situation, parts: Parts, own_by: float, *, opened: bool) -> Timely:
    """Runs in the pool; time may have passed in line. Cards on an opened chart tell of risks and data, and of no option."""
    if opened:
        return Timely(examine(situation.scenario, situation.site, situation.keep), partial=False)
    scenario, short = situation.scenario, own_by - parts.clock.steady() < ALL_OPTIONS_S
    if short:
        scenario = replace(scenario, alternatives="none")
    return Timely(with_gaps(predict(scenario, situation.site, situation.keep), situation), partial=short)
