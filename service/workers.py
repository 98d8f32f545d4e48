"""A bounded pool for arithmetic, apart from the event loop, and one thread for the disk.

Threads, not processes: a calculation is a tenth of a second, mostly inside numpy; more of them at once is what
replicas are for. A call takes its place in line once, before its first calculation, and is not turned away after that; while
it waits for somebody else's server its place is free. A calculation whose caller gave up runs to its end and keeps its place
until then.
"""

import asyncio
from collections.abc import Awaitable, Callable, Generator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any, ParamSpec, TypeVar

from service.errors import Overloaded
from service.observability import log

P = ParamSpec("P")
T = TypeVar("T")


@dataclass(slots=True)
class _Place:
    """The place in line of one call, and what it last had calculated."""

    job: Future[Any] | None = None


_PLACE: ContextVar[_Place | None] = ContextVar("place in line", default=None)


class Workers:
    """`size` calculations at once and `waiting` in line; beyond that calls are turned away."""

    def __init__(self, size: int, waiting: int) -> None:
        self._pool = ThreadPoolExecutor(size, thread_name_prefix="twin")
        self._disk = ThreadPoolExecutor(1, thread_name_prefix="disk")
        self._places = size + waiting
        self.taken = 0

    @property
    def full(self) -> bool:
        """Whether there is no place in line."""
        return self.taken >= self._places

    @contextmanager
    def place(self) -> Generator[None]:
        """A place in line for everything that one call has calculated. Raises Overloaded when there is none."""
        self._enter()
        place = _Place()
        token = _PLACE.set(place)
        try:
            yield
        finally:
            _PLACE.reset(token)
            self._leave_after(place.job)

    async def elsewhere(self, waiting: Awaitable[T]) -> T:
        """The result of waiting for others, with the place in line free in the meantime."""
        if _PLACE.get() is None:
            return await waiting
        self._leave()
        try:
            return await waiting
        finally:
            self.taken += 1

    async def run(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """The function's result, calculated in the pool. Raises Overloaded when the caller has no place and there is none."""
        place = _PLACE.get()
        if place is None:
            self._enter()
        running = self._pool.submit(function, *args, **kwargs)
        if place is None:
            self._leave_after(running)
        else:
            place.job = running
        return await asyncio.wrap_future(running)

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
        self._pool.shutdown(wait=True, cancel_futures=True)
        self._disk.shutdown(wait=True)

    def _enter(self) -> None:
        if self.full:
            raise Overloaded("too many calculations are waiting")
        self.taken += 1

    def _leave(self) -> None:
        self.taken -= 1

    def _leave_after(self, job: Future[Any] | None) -> None:
        """Give the place back, but not before the job is done."""
        if job is None or job.done():
            self._leave()
            return
        loop = asyncio.get_running_loop()

        def done(_: Future[Any]) -> None:
            if not loop.is_closed():
                loop.call_soon_threadsafe(self._leave)

        job.add_done_callback(done)
