"""Scoring in the background: after a call has been answered, its chart is held against what earlier calls had promised. What
is not scored now is scored at the next call about the patient.
"""

from dataclasses import dataclass
from functools import partial

import msgspec
import sqlalchemy as sa
from sqlalchemy.exc import SQLAlchemyError

from service.afterwards import Afterwards
from service.observability import Metrics, log
from service.scoring import NOT_ANSWERED, outcome, score
from service.store import predictions
from service.store.predictions import Awaiting, Score
from service.workers import Workers
from twin_engine import scenario_json
from twin_engine.scenario import Scenario
from twin_engine.scenario_json import ScenarioError
from twin_engine.site import Site

AT_ONCE = 8


@dataclass(frozen=True, slots=True)
class Scorer:
    """Scores what is due, one patient after the other."""

    engine: sa.Engine
    workers: Workers
    site: Site
    metrics: Metrics
    afterwards: Afterwards

    def later(self, patient: str, now: Scenario) -> None:
        """Hold this chart against what was promised for the patient, when there is time."""
        self.afterwards.later(partial(self._score, patient, now))

    async def _score(self, patient: str, now: Scenario) -> None:
        try:
            for open_one in await self.workers.on_disk(predictions.awaiting, self.engine, patient, now.at, AT_ONCE):
                await self._settle(open_one, now)
        except SQLAlchemyError as error:
            log.warning("scoring_failed", error=type(error).__name__)

    async def _settle(self, open_one: Awaiting, now: Scenario) -> None:
        if outcome(open_one.promise, now.record) is None or not await self.afterwards.idle():
            return
        found = await self.workers.aside(_judged, open_one, now, self.site)
        if await self.workers.on_disk(predictions.settle, self.engine, open_one.number, found):
            promise = open_one.promise
            self.metrics.scored.labels(promise.variable, found.status).inc()
            if found.inside is not None:
                self.metrics.held.labels(promise.variable).inc(int(found.inside))


def _judged(open_one: Awaiting, now: Scenario, site: Site) -> Score:
    """Runs beside the pool."""
    measured = outcome(open_one.promise, now.record)
    if measured is None:
        raise ValueError("nothing was measured")
    try:
        then = scenario_json.read(msgspec.json.decode(open_one.scenario))
    except ScenarioError:
        # Another version wrote it; a promise that cannot be read again cannot be judged.
        return Score("void", NOT_ANSWERED)
    return score(open_one.promise, then, now.record, measured, site)
