"""A bounded pool for arithmetic, apart from the event loop, and one thread for the disk.

Threads, not processes: a calculation is a tenth of a second, mostly inside numpy; more of them at once is what
replicas are for. A calculation whose caller gave up runs to its end and keeps its place until then.
"""

import asyncio
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import ParamSpec, TypeVar

from service.errors import Overloaded

P = ParamSpec("P")
T = TypeVar("T")


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

    async def run(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """The function's result, calculated in the pool. Raises Overloaded when there is no place in line."""
        if self.full:
            raise Overloaded("too many calculations are waiting")
        self.taken += 1
        loop = asyncio.get_running_loop()
        running = self._pool.submit(function, *args, **kwargs)

        def done(_: Future[T]) -> None:
            if not loop.is_closed():
                loop.call_soon_threadsafe(self._leave)

        running.add_done_callback(done)
        return await asyncio.wrap_future(running)

    async def on_disk(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """The function's result, from the one thread that uses the database."""
        return await asyncio.wrap_future(self._disk.submit(function, *args, **kwargs))

    def close(self) -> None:
        """Finish what runs, take nothing new."""
        self._pool.shutdown(wait=True, cancel_futures=True)
        self._disk.shutdown(wait=True)

    def _leave(self) -> None:
        self.taken -= 1
