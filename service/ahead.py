"""Fitting ahead: after a chart was opened, the twins that an order on it would need, in a quiet moment.

An order reads of what was sent what its drug needs, and its twin is found again by what it read. So the chart is read here as
an order of each drug in it would read it; drugs that read the same share one reading. What had to be fetched, an order fetches
anew: nothing is fitted ahead of that.
"""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from functools import partial

from service.call import ORDER_SIGN, HookCall
from service.chart import gather
from service.deadline import Deadline
from service.errors import DataUnavailable
from service.observability import log
from service.parts import Parts
from service.situation import understand
from service.store.snapshots import GOOD_FOR
from service.templates import asked, filled, further
from twin_engine.families import concerned
from twin_engine.predict import predict
from twin_engine.scenario import Scenario


def fit_ahead(opened: HookCall, patient: str, scenario: Scenario, parts: Parts) -> None:
    """Fit and keep what the next order of a drug in this chart would fit: it does not wait for that then. `patient` = the
    opaque key. An order of several drugs, or of one that was not given lately, may read more and fits it itself."""
    if parts.settings.twins:
        call = replace(opened, hook=ORDER_SIGN)
        parts.fits.later(partial(_fitted, call, patient, scenario, parts, parts.clock.now()))


def _readings(call: HookCall, drugs: Iterable[str]) -> tuple[str, ...]:
    """Of drugs whose orders read the same of what was sent, the first."""
    found: dict[frozenset[str], str] = {}
    for drug in drugs:
        found.setdefault(frozenset(filled(asked((drug,), call), call).keys() & call.prefetch.keys()), drug)
    return tuple(found.values())


async def _fitted(call: HookCall, patient: str, scenario: Scenario, parts: Parts, opened: datetime) -> None:
    for drug in _readings(call, concerned(scenario)):
        quiet = await parts.fits.idle()
        if not quiet or parts.clock.now() - opened > GOOD_FOR:
            log.info("not_done_afterwards", work="fit", why="too late" if quiet else "no quiet moment")
            return
        await _fit(call, patient, drug, parts)


async def _fit(call: HookCall, patient: str, drug: str, parts: Parts) -> None:
    deadline = Deadline.starting(parts.clock, parts.settings)
    try:
        chart = await gather(call, (drug,), None, parts.fhir, deadline, further(call, parts.policies))
    except DataUnavailable:
        return
    if chart.incomplete and call.fhir_server is not None:
        return
    aside, at = parts.workers.aside, parts.clock.now()
    charted = await aside(understand, call, chart, (), at, parts.settings.draws, parts.site)
    situation = await parts.twins.recalled(patient, charted)
    await aside(predict, situation.scenario, situation.site, situation.keep)
