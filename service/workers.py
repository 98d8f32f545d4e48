"""A bounded pool for arithmetic, apart from the event loop, one thread for what no call waits for, and one for the
disk.

Threads, not processes: a calculation is a tenth of a second, mostly inside numpy; more of them at once is what
replicas are for. A call takes its place in line once, before its first calculation, and is not turned away after that; while
it waits for somebody else's server its place is free. A calculation whose caller gave up runs to its end and keeps its place
until then.

How long calls take is measured, and nobody is let in who by that measure could not be answered in time: a line that is too
long helps nobody, whatever its places.
"""

import asyncio
import math
from collections.abc import Awaitable, Callable, Generator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any, ParamSpec, TypeVar

from service.clock import Clock, SystemClock
from service.errors import Overloaded
from service.observability import log

P = ParamSpec("P")
T = TypeVar("T")
RECENT = 1 / 8
"""Weight of the last call in the mean time of a call and in its mean deviation."""


@dataclass(slots=True)
class _Place:
    """The place in line of one call since `began`, what it last had calculated, and how long it waited for others."""

    began: float
    job: Future[Any] | None = None
    waited_s: float = 0.0


_PLACE: ContextVar[_Place | None] = ContextVar("place in line", default=None)


class Workers:
    """`size` calculations at once and `waiting` in line; beyond that calls are turned away. They are turned away sooner when
    they would not be done within `own_s` of their coming, or when those who wait for their data (`fetch_s` at most) will
    need more than the pool can do until then."""

    def __init__(
        self, size: int, waiting: int, clock: Clock | None = None, *, own_s: float = math.inf, fetch_s: float = 0.0
    ) -> None:
        self._pool = ThreadPoolExecutor(size, thread_name_prefix="twin")
        self._aside = ThreadPoolExecutor(1, thread_name_prefix="aside")
        self._disk = ThreadPoolExecutor(1, thread_name_prefix="disk")
        self._size = size
        self._places = size + waiting
        self._clock = clock or SystemClock()
        self._own_s = own_s
        self._fetch_s = fetch_s
        self._mean_s = 0.0
        self._spread_s = 0.0
        self.taken = 0
        self.away = 0

    @property
    def full(self) -> bool:
        """Whether there is no place in line, or none that would be reached in time."""
        if self.taken >= self._places:
            return True
        each = self._mean_s / self._size
        own = self._mean_s + 2 * self._spread_s
        late = self.taken >= self._size and (self.taken + 1 - self._size) * each + own > self._own_s
        return late or (self.away > 0 and (self.taken + self.away + 1) * each > self._own_s + self._fetch_s)

    @contextmanager
    def place(self) -> Generator[None]:
        """A place in line for everything that one call has calculated. Raises Overloaded when there is none."""
        self._enter()
        place = _Place(self._clock.steady())
        token = _PLACE.set(place)
        try:
            yield
        finally:
            _PLACE.reset(token)
            self._leave_after(place.job, place)

    async def elsewhere(self, waiting: Awaitable[T]) -> T:
        """The result of waiting for others, with the place in line free in the meantime."""
        place = _PLACE.get()
        if place is None:
            return await waiting
        began = self._clock.steady()
        self.taken -= 1
        self.away += 1
        try:
            return await waiting
        finally:
            self.away -= 1
            self.taken += 1
            place.waited_s += self._clock.steady() - began

    async def run(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """The function's result, calculated in the pool. Raises Overloaded when the caller has no place and there is none."""
        place = _PLACE.get()
        if place is None:
            self._enter()
            running = self._pool.submit(function, *args, **kwargs)
            self._leave_after(running)
        else:
            asked = self._clock.steady()

            def in_turn() -> T:
                place.waited_s += self._clock.steady() - asked
                return function(*args, **kwargs)

            running = place.job = self._pool.submit(in_turn)
        return await asyncio.wrap_future(running)

    async def aside(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """The function's result, for which no call waits: from the one thread for such work, beside all places."""
        return await asyncio.wrap_future(self._aside.submit(function, *args, **kwargs))

    async def on_disk(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """The function's result, from the one thread that uses the database."""
        return await asyncio.wrap_future(self._disk.submit(function, *args, **kwargs))

    def on_disk_from_pool(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """The same for a calculation in the pool, which waits for it."""
        return self._disk.submit(function, *args, **kwargs).result()

    def leave_to_disk(self, function: Callable[P, object], *args: P.args, **kwargs: P.kwargs) -> None:
        """Done when the disk gets to it; nobody waits. What the database refuses is logged."""

        def done(running: Future[object]) -> None:
            error = running.exception()
            if error is not None:
                log.warning("left_undone", error=type(error).__name__)

        self._disk.submit(function, *args, **kwargs).add_done_callback(done)

    def close(self) -> None:
        """Finish what runs, take nothing new."""
        self._aside.shutdown(wait=True, cancel_futures=True)
        self._pool.shutdown(wait=True, cancel_futures=True)
        self._disk.shutdown(wait=True)

    def _enter(self) -> None:
        if self.full:
            raise Overloaded("too many calculations are waiting")
        self.taken += 1

    def _leave(self, place: _Place | None) -> None:
        self.taken -= 1
        if place is None or place.job is None:
            return
        spent = self._clock.steady() - place.began - place.waited_s
        self._spread_s += (abs(spent - self._mean_s) - self._spread_s) * RECENT if self._mean_s else 0.0
        self._mean_s += (spent - self._mean_s) * (RECENT if self._mean_s else 1.0)

    def _leave_after(self, job: Future[Any] | None, place: _Place | None = None) -> None:
        """Give the place back, but not before the job is done."""
        if job is None or job.done():
            self._leave(place)
            return
        loop = asyncio.get_running_loop()

        def done(_: Future[Any]) -> None:
            if not loop.is_closed():
                loop.call_soon_threadsafe(self._leave, place)

        job.add_done_callback(done)
