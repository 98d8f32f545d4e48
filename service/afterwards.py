"""What is calculated after a call was answered: one thing after the other, begun only while nobody waits for a calculation.

It runs in a thread of its own and takes no place in line, so that no call is turned away for it; a call that comes while it
runs shares the processor with it. Nothing here can fail a call. What does not come to be done is logged and not missed: the
next call about the patient finds it undone and does it.
"""

import asyncio
from collections.abc import Awaitable, Callable
from contextvars import Context
from dataclasses import dataclass, field

from service.observability import log, where
from service.workers import Workers

PATIENCE, LOOK_AGAIN_S = 100, 0.05


@dataclass(slots=True)
class Afterwards:
    """Work of one kind that waits for a quiet moment of these workers, at most so much of it."""

    kind: str
    workers: Workers
    most: int
    _tasks: set[asyncio.Task[None]] = field(default_factory=set[asyncio.Task[None]])
    _turn: asyncio.Lock = field(default_factory=asyncio.Lock)

    def later(self, work: Callable[[], Awaitable[None]]) -> None:
        """Do this when its turn comes, unless too much waits already."""
        if len(self._tasks) >= self.most:
            log.info("not_done_afterwards", work=self.kind, why="too much waits")
            return
        # In a context of its own: the place in line of the call that was answered is not this one's.
        task = asyncio.create_task(self._in_turn(work), context=Context())
        self._tasks.add(task)
        task.add_done_callback(self._done)

    async def idle(self) -> bool:
        """Whether no call calculates, now or within a few seconds."""
        for _ in range(PATIENCE):
            if not self.workers.taken:
                return True
            await asyncio.sleep(LOOK_AGAIN_S)
        return False

    async def stop(self) -> None:
        """Do nothing more; what is open stays open."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _in_turn(self, work: Callable[[], Awaitable[None]]) -> None:
        async with self._turn:
            await work()

    def _done(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        error = None if task.cancelled() else task.exception()
        if error is not None:
            log.error("fault", error=type(error).__name__, where=where(error))
