"""Twins of the charts seen last, so that another order on an unchanged chart costs no second fit, in whatever process.

A chart is recognised by what it holds; a twin is used for a few minutes only and stands at the instant for which it was
made, which becomes the instant of the scenario. Twins stay in memory, and in the database for other processes and for the
one after a restart; a process that finds another making the twin it needs waits for that one. The database is a help here,
never a need: when it does not answer, twins are made as if it were not there.
"""

import hashlib
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cache
from pathlib import Path
from threading import Lock
from typing import TypeVar, cast

import sqlalchemy as sa
from sqlalchemy.exc import SQLAlchemyError

import twin_engine
from service.clock import Clock
from service.frozen import CannotFreeze, NotOurs, freeze, thaw
from service.observability import Metrics, log
from service.situation import Situation
from service.store import snapshots
from service.store.snapshots import CLOCKS_APART, GOOD_FOR, ChartKey
from service.workers import Workers
from twin_engine.patient.record import PatientRecord

T = TypeVar("T")
LOOK_AGAIN_S = 0.02
WAIT_S = 1.0
"""Longest wait for a twin that another process makes; beyond it a second one is made."""


@cache
def code_version() -> str:
    """Digest of everything that a twin depends on beside the chart: the code and the tables of the core."""
    found = hashlib.sha256()
    root = Path(twin_engine.__file__).parent
    for path in sorted(p for p in root.rglob("*") if p.suffix in {".py", ".csv", ".onnx"}):
        found.update(path.relative_to(root).as_posix().encode() + b"\0" + path.read_bytes())
    return found.hexdigest()


@dataclass(frozen=True, slots=True)
class Shelf:
    """Where parts of twins are shared with other processes."""

    engine: sa.Engine
    workers: Workers
    clock: Clock
    metrics: Metrics
    secret: str

    async def instant(self, key: ChartKey, situation: Situation) -> datetime:
        """Where the twin of this chart stands, in whatever process; the instant of the scenario when there is none."""
        now = situation.scenario.at
        try:
            at = await self.workers.on_disk(snapshots.instant, self.engine, key, now)
            if not _holds(at, now, situation.scenario.record):
                await self.workers.on_disk(snapshots.restart, self.engine, key, now)
                at = now
        except SQLAlchemyError as error:
            log.warning("snapshot_failed", error=type(error).__name__)
            return now
        return at

    def part(self, key: ChartKey, at: datetime, name: str, make: Callable[[], T]) -> T:
        """The part of that name: made by another process, or by us and kept for others. Runs in the pool."""
        try:
            found = self._found(key, at, name)
        except SQLAlchemyError as error:
            log.warning("snapshot_failed", error=type(error).__name__)
            return self._made(make)
        if isinstance(found, bytes):
            try:
                value = cast("T", thaw(found, self.secret))
            except NotOurs as error:
                log.warning("snapshot_failed", error=type(error).__name__)
                return self._made(make)
            self.metrics.twins.labels("store").inc()
            return value
        try:
            value = self._made(make)
        except BaseException:
            self.workers.leave_to_disk(snapshots.release, self.engine, key, at, name)
            raise
        if found == "ours":
            self._keep(key, at, name, value)
        return value

    def _found(self, key: ChartKey, at: datetime, name: str) -> bytes | snapshots.Claim:
        until = self.clock.steady() + WAIT_S
        while True:
            ask = (snapshots.claimed, self.engine, key, at, name, self.clock.now())
            found = self.workers.on_disk_from_pool(*ask)
            if found != "another's" or self.clock.steady() > until:
                return found
            time.sleep(LOOK_AGAIN_S)

    def _made(self, make: Callable[[], T]) -> T:
        self.metrics.twins.labels("fitted").inc()
        return make()

    def _keep(self, key: ChartKey, at: datetime, name: str, value: object) -> None:
        try:
            body = freeze(value, self.secret)
        except CannotFreeze:
            self.workers.leave_to_disk(snapshots.release, self.engine, key, at, name)
            return
        self.workers.leave_to_disk(snapshots.keep, self.engine, key, at, name, body)


@dataclass(slots=True)
class _Kept:
    """What was made of one chart at one instant; one thread at a time makes it."""

    at: datetime
    part: Callable[[datetime, str, Callable[[], object]], object]
    values: dict[str, object] = field(default_factory=dict[str, object])
    making: Lock = field(default_factory=Lock)

    def __call__(self, name: str, make: Callable[[], T], /) -> T:
        with self.making:
            if name not in self.values:
                self.values[name] = self.part(self.at, name, make)
        return cast("T", self.values[name])


class Twins:
    """The twins of at most `most` charts in memory, the one used longest ago goes first; `version` of the models and of what
    the site set."""

    def __init__(self, most: int, shelf: Shelf, version: str) -> None:
        self._most = most
        self._shelf = shelf
        self._version = version
        self._kept: OrderedDict[tuple[str, int], _Kept] = OrderedDict()

    async def recalled(self, patient: str, situation: Situation) -> Situation:
        """The situation with the twin of this patient's chart, if it was seen a few minutes ago. `patient` = the opaque key
        of tenant and patient; the seed is a digest of the chart."""
        scenario = situation.scenario
        key = patient, scenario.seed
        kept = self._kept.get(key)
        if kept is None or not _holds(kept.at, scenario.at, scenario.record):
            chart = ChartKey(patient, f"{scenario.seed:016x}", self._version)
            at = await self._shelf.instant(chart, situation) if self._most else scenario.at
            kept = self._again(key, at) or self._anew(key, chart, at)
        self._kept.move_to_end(key)
        self._forget(scenario.at)
        return replace(situation, scenario=replace(scenario, at=kept.at), keep=kept)

    def forget_patient(self, patient: str) -> None:
        """Drop the twins of one patient."""
        for key in [key for key in self._kept if key[0] == patient]:
            del self._kept[key]

    def _again(self, key: tuple[str, int], at: datetime) -> _Kept | None:
        """What another call of this process put there while this one asked the database."""
        kept = self._kept.get(key)
        return kept if kept is not None and kept.at == at else None

    def _anew(self, key: tuple[str, int], chart: ChartKey, at: datetime) -> _Kept:
        shelf = self._shelf

        def part(when: datetime, name: str, make: Callable[[], object]) -> object:
            return shelf.part(chart, when, name, make)

        kept = self._kept[key] = _Kept(at, part if self._most else lambda _, __, make: make())
        return kept

    def _forget(self, now: datetime) -> None:
        for key in [key for key, kept in self._kept.items() if abs(now - kept.at) > GOOD_FOR]:
            del self._kept[key]
        while len(self._kept) > self._most:
            self._kept.popitem(last=False)


def _holds(then: datetime, now: datetime, record: PatientRecord) -> bool:
    """Whether a twin made then is good now: soon after, and nothing that was charted ahead of its time has come true."""
    charted = [m.time for m in record.measurements]
    charted += [time for a in record.administrations for time in (a.start, a.end) if time is not None]
    return -CLOCKS_APART <= now - then <= GOOD_FOR and not any(then < time <= now for time in charted)
