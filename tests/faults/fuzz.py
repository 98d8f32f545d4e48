"""Hostile bodies in numbers: `make fuzz`, or `python -m tests.faults.fuzz --count 100000`.

Three kinds: mutations of real bodies, calls made up by hypothesis, calls made up by schemathesis from the OpenAPI document.
Whatever comes: no status that is not documented, no 5xx but 503, no text of a refused body in its answer, no markup of a body
in a card, and a word that stands in every body neither in the logs nor in the metrics.

Bodies are sent in shares, each to a service of its own, so that a share can be sent again alone: `--share 17`.
"""

import argparse
import asyncio
import contextlib
import io
import json
import multiprocessing
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass, field
from functools import partial

import httpx

from service.app import create_app
from service.clock import FixedClock
from tests.calls import AT, BASE, URL, settings
from tests.faults.made_up import JSON, by_hypothesis, by_schemathesis
from tests.faults.mutations import CANARY, HOSTILE, mutations

DOCUMENTED = {200, 400, 404, 405, 412, 413, 415, 503}
SHARE = 2000
HYPOTHESIS, SCHEMATHESIS = 0.05, 0.01
"""Parts of all bodies; the rest are mutations, since to make one up costs as much as to send four, or ten, of those."""
TELLING = tuple(text for text in HOSTILE if isinstance(text, str) and len(text) > 5 and text != "Patient/")
"""What was planted and is long enough to be known again."""


@dataclass
class Outcome:
    """What came of it: answers by kind of body and status, and each body that broke a promise, with the promise."""

    answers: Counter[tuple[str, int]] = field(default_factory=Counter[tuple[str, int]])
    broken: list[tuple[str, bytes]] = field(default_factory=list[tuple[str, bytes]])

    def statuses(self, kind: str | None = None) -> dict[int, int]:
        """How often each status was answered, to one kind of body or to all."""
        found: Counter[int] = Counter()
        for (one, status), count in self.answers.items():
            if kind in {None, one}:
                found[status] += count
        return dict(sorted(found.items()))

    def __iadd__(self, other: "Outcome") -> "Outcome":
        self.answers += other.answers
        self.broken += other.broken
        return self


def calls(count: int, seed: int) -> Iterator[tuple[str, httpx.Request]]:
    """So many calls, each with its kind; the same seed gives the same."""
    by_kind = {"hypothesis": round(count * HYPOTHESIS), "schemathesis": round(count * SCHEMATHESIS)}
    for body in mutations(count - sum(by_kind.values()), seed):
        yield "mutation", httpx.Request("POST", BASE + URL, headers=JSON, content=body)
    for kind, made in (("hypothesis", by_hypothesis), ("schemathesis", by_schemathesis)):
        yield from ((kind, one) for one in made(by_kind[kind], seed))


async def sent(count: int, seed: int) -> Outcome:
    """Send so many calls, one after the other, to one service."""
    outcome, logs = Outcome(), io.StringIO()
    app = create_app(settings(draws=64, max_body_bytes=200_000), clock=FixedClock(AT))
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    with contextlib.redirect_stderr(logs), contextlib.redirect_stdout(logs):
        async with app.router.lifespan_context(app):
            for kind, request in calls(count, seed):
                answer = await transport.handle_async_request(request)
                content = await answer.aread()
                outcome.answers[kind, answer.status_code] += 1
                promises = [*_broken(answer.status_code, content), *_leaked(logs)]
                outcome.broken += [(promise, request.content) for promise in promises]
            metrics = await transport.handle_async_request(httpx.Request("GET", BASE + "/metrics"))
            if CANARY.encode() in await metrics.aread():
                outcome.broken.append(("the metrics repeat a body", b""))
    return outcome


def _broken(status: int, content: bytes) -> Iterator[str]:
    if status not in DOCUMENTED:
        yield f"status {status} is not documented"
    elif status != 200:
        text = content.decode()
        if CANARY in text or any(planted in text for planted in TELLING):
            yield "a refusal repeats the body"
    elif content:
        cards = json.loads(content)["cards"]
        shown = "\n".join(f"{card['summary']}\n{card.get('detail', '')}" for card in cards)
        if "<script" in shown or "\u202e" in shown or "\x00" in shown:
            yield "a card carries markup of the body"


def _leaked(logs: io.StringIO) -> Iterator[str]:
    if CANARY in logs.getvalue():
        yield "the log repeats the body"
    logs.seek(0)
    logs.truncate()


def shared_out(count: int, seed: int, processes: int, only: int | None) -> Outcome:
    """All bodies in shares over so many processes, with a line of progress; or one share only, here."""
    shares = [min(SHARE, count - start) for start in range(0, count, SHARE)]
    if only is not None:
        return asyncio.run(sent(shares[only], seed * 1_000_003 + only))
    whole, began, done = Outcome(), time.monotonic(), 0
    with ProcessPoolExecutor(processes, mp_context=multiprocessing.get_context("spawn")) as pool:
        running = {pool.submit(_share, n, seed * 1_000_003 + number): n for number, n in enumerate(shares)}
        for share in as_completed(running):
            whole += share.result()
            done += running[share]
            print(f"\r{done} of {count}, {time.monotonic() - began:.0f} s, {len(whole.broken)} broken", end="", file=sys.stderr)  # noqa: T201
    return whole


def _share(count: int, seed: int) -> Outcome:
    return asyncio.run(sent(count, seed))


def main(given: Sequence[str] | None = None) -> int:
    """The command."""
    parser = argparse.ArgumentParser(description="Send hostile bodies to the service.")
    whole_number = partial(parser.add_argument, type=int)
    whole_number("--count", default=100_000)
    whole_number("--seed", default=1)
    whole_number("--processes", default=2)
    whole_number("--share", help="send only this share of the bodies, counted from 0")
    asked = parser.parse_args(given)
    outcome = shared_out(asked.count, asked.seed, asked.processes, asked.share)
    print(f"\n{asked.count} bodies, seed {asked.seed}: {outcome.statuses()}")  # noqa: T201
    for kind in ("mutation", "hypothesis", "schemathesis"):
        print(f"  {kind}: {outcome.statuses(kind)}")  # noqa: T201
    for promise, body in outcome.broken[:20]:
        print("BROKEN", promise, body[:2000])  # noqa: T201
    print("BROKEN" if outcome.broken else "kept", "every promise")  # noqa: T201
    return int(bool(outcome.broken))


if __name__ == "__main__":
    raise SystemExit(main())
