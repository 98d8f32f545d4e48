"""Overload on purpose: `make soak`. Mixed hooks on distinct charts, at several times the rate that can be kept up.

The service runs as its own process behind a real socket, with the limits of its default settings. The time is cut into rounds,
since other work on the machine comes and goes: in each the capacity is measured, then calls come at a rate that can be kept up,
then at five times that rate, as calls of independent people come (a Poisson process). Promises: those let in under overload
keep the 95th percentile that calls have at the rate that can be kept up, the rest are turned away within 50 ms and told when
to come back, memory stays flat, and every answered call stands in the audit.
"""

import argparse
import asyncio
import json
import os
import re
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from random import Random

import httpx
import numpy as np

from bench.charts import AT, call

URL = "/cds-services/icu-twin"
HEADERS = {"Content-Type": "application/json"}
ROUND_S, CALM_S = 60.0, 20.0
CALIBRATE = 10
KEPT_UP = 0.7
"""Part of the capacity at which the line does not grow without end."""
OBSERVATIONS = 40
RISE, REFUSED_MS, GROWTH_MB = 1.5, 50.0, 20.0
"""What the promises allow: the 95th percentile under overload over that at the rate that can be kept up, ..."""
_TIME = re.compile(r"2\d{3}-\d{2}-\d{2}T[0-9:.]{8,15}\+00:00")


@dataclass
class Seen:
    """Milliseconds by status, refusals that did not say when to come back, and other statuses."""

    admitted_ms: list[float] = field(default_factory=list[float])
    refused_ms: list[float] = field(default_factory=list[float])
    unsaid: int = 0
    other: list[int] = field(default_factory=list[int])

    def p95(self) -> float:
        """The 95th percentile of those let in."""
        return float(np.quantile(self.admitted_ms, 0.95)) if self.admitted_ms else float("nan")


@dataclass
class Soak:
    """What was seen while the capacity was measured, at the rate that can be kept up, and beyond it; megabytes over time."""

    measured: Seen = field(default_factory=Seen)
    calm: Seen = field(default_factory=Seen)
    storm: Seen = field(default_factory=Seen)
    rates: list[float] = field(default_factory=list[float])
    memory: list[float] = field(default_factory=list[float])

    @property
    def answered(self) -> int:
        """Calls that got cards or none."""
        return sum(len(seen.admitted_ms) for seen in (self.measured, self.calm, self.storm))


def bodies() -> Iterator[bytes]:
    """Calls without end: each on a chart of its own, two in three order-sign, one patient-view."""
    number = 0
    while True:
        number += 1
        ahead = datetime.now(UTC) - AT
        text = _TIME.sub(lambda t: (datetime.fromisoformat(t[0]) + ahead).isoformat(), call(number, OBSERVATIONS).decode())  # noqa: B023
        document = json.loads(text)
        document["hookInstance"] = f"soak-{number}"
        if number % 3 == 0:
            document["hook"] = "patient-view"
            document["context"].pop("draftOrders", None)
        yield json.dumps(document).encode()


async def one(client: httpx.AsyncClient, body: bytes, seen: Seen) -> None:
    """Send one call and note what came."""
    began = time.perf_counter()
    answer = await client.post(URL, content=body, headers=HEADERS)
    spent = (time.perf_counter() - began) * 1000
    if answer.status_code == 200:
        seen.admitted_ms.append(spent)
    elif answer.status_code == 503:
        seen.refused_ms.append(spent)
        seen.unsaid += not answer.headers.get("retry-after", "").isdigit()
    else:
        seen.other.append(answer.status_code)


async def capacity(client: httpx.AsyncClient, made: Iterator[bytes], seen: Seen, at_once: int) -> float:
    """Calls a second that are answered when so many ask again as soon as they are answered."""
    waiting = [next(made) for _ in range(CALIBRATE)]
    began, before = time.perf_counter(), len(seen.admitted_ms)

    async def asks() -> None:
        while waiting:
            await one(client, waiting.pop(), seen)

    await asyncio.gather(*(asks() for _ in range(at_once)))
    return max(len(seen.admitted_ms) - before, 1) / (time.perf_counter() - began)


async def arriving(client: httpx.AsyncClient, made: Iterator[bytes], seen: Seen, rate: float, seconds: float) -> None:
    """Calls at this rate for so long, whatever becomes of them."""
    random, due = Random(int(rate * 1e6)), 0.0
    times: list[float] = []
    while (due := due + random.expovariate(rate)) < seconds:
        times.append(due)
    ready = [next(made) for _ in times]
    began = time.perf_counter()
    async with asyncio.TaskGroup() as running:
        for at, body in zip(times, ready, strict=True):
            await asyncio.sleep(max(began + at - time.perf_counter(), 0))
            running.create_task(one(client, body, seen))


async def soaked(base: str, pid: int, seconds: float, times: float, at_once: int) -> Soak:
    """Rounds of calm and storm for so long."""
    soak, made = Soak(), bodies()
    limits = httpx.Limits(max_connections=400, max_keepalive_connections=50)
    async with httpx.AsyncClient(base_url=base, timeout=60, limits=limits, trust_env=False) as client:
        await capacity(client, made, soak.measured, at_once)
        end = time.perf_counter() + seconds
        while time.perf_counter() < end:
            soak.rates.append(KEPT_UP * await capacity(client, made, soak.measured, at_once))
            await arriving(client, made, soak.calm, soak.rates[-1], CALM_S)
            await arriving(client, made, soak.storm, soak.rates[-1] * times, ROUND_S - CALM_S)
            soak.memory.append(resident_mb(pid))
    return soak


def resident_mb(pid: int) -> float:
    """Resident memory of a process."""
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def audited(database: Path) -> int:
    """Calls in the audit that were answered with cards or none."""
    with sqlite3.connect(database) as db:
        return int(db.execute("select count(*) from invocation where status = 200").fetchone()[0])


def main() -> int:
    """The command."""
    parser = argparse.ArgumentParser(description="Overload the service and see what it keeps.")
    parser.add_argument("--seconds", type=float, default=600)
    parser.add_argument("--times", type=float, default=5)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--own-seconds", type=float, default=0.45, help="longer on a machine that is slow or shared")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        database = Path(folder) / "soak.sqlite"
        environment = {
            **os.environ,
            "ICU_TWIN_DATABASE_URL": f"sqlite:///{database}",
            "ICU_TWIN_WORKERS": str(given.workers),
            "ICU_TWIN_OWN_SECONDS": str(given.own_seconds),
            "ICU_TWIN_TOTAL_SECONDS": str(given.own_seconds + 3),
        }
        port = 18_040
        command = [sys.executable, "-m", "service.cli", "serve", "--auth", "off", "--port", str(port)]
        with subprocess.Popen(command, env=environment, stderr=subprocess.DEVNULL) as process:
            try:
                base = f"http://127.0.0.1:{port}"
                _until_ready(base)
                soak = asyncio.run(soaked(base, process.pid, given.seconds, given.times, given.workers))
            finally:
                process.terminate()
        return reported(soak, given.times, audited(database))


def _until_ready(base: str) -> None:
    for _ in range(600):
        try:
            if httpx.get(f"{base}/health/ready", trust_env=False).status_code == 200:
                return
        except httpx.TransportError:
            pass
        time.sleep(0.1)
    raise TimeoutError("the service did not start")


def reported(soak: Soak, times: float, in_audit: int) -> int:
    """Print each promise with what was measured; 1 when one was broken."""
    calm, storm = soak.calm, soak.storm
    half = len(soak.memory) // 2
    growth = max(soak.memory[half:]) - max(soak.memory[: half or 1])
    share = len(calm.refused_ms) / max(len(calm.refused_ms) + len(calm.admitted_ms), 1)
    rate, rise = float(np.median(soak.rates)), storm.p95() / calm.p95()
    print(f"{len(soak.rates)} rounds; {rate:.1f} calls a second can be kept up, then {times:g} times that")
    print(f"       kept up: {_told(calm.admitted_ms)}; {share:.1%} turned away")
    promises = [
        (f"let in: {_told(storm.admitted_ms)}; {rise:.2f} times the 95th percentile that was kept up", rise <= RISE),
        (
            f"turned away: {_told(storm.refused_ms)}",
            bool(storm.refused_ms) and float(np.quantile(storm.refused_ms, 0.95)) < REFUSED_MS,
        ),
        (f"turned away without a word when to come back: {storm.unsaid + calm.unsaid}", storm.unsaid + calm.unsaid == 0),
        (f"other statuses: {[*calm.other, *storm.other][:10]}", not calm.other and not storm.other),
        (f"memory, second half over first: {growth:+.1f} MB (now {soak.memory[-1]:.0f} MB)", growth < GROWTH_MB),
        (f"answered {soak.answered}, in the audit {in_audit}", soak.answered == in_audit),
    ]
    for words, kept in promises:
        print("kept  " if kept else "BROKEN", words)
    return int(not all(kept for _, kept in promises))


def _told(spent: list[float]) -> str:
    median, p95 = np.quantile(spent, [0.5, 0.95]) if spent else (0.0, 0.0)
    return f"{len(spent)} calls, median {median:.1f} ms, 95th percentile {p95:.1f} ms"


if __name__ == "__main__":
    raise SystemExit(main())
