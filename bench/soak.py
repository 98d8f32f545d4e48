"""Overload on purpose: `make soak`. Mixed hooks on distinct charts, at several times the rate that can be kept up.

The service runs as its own process behind a real socket. Promises: admitted calls keep the 95th percentile that they have at a
sustainable rate (times two, for the noise of a shared machine), the rest are turned away with 503 and Retry-After within 50 ms
at the median, memory stays flat, and every answered call stands in the audit.
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

import httpx
import numpy as np

from bench.charts import AT, call

URL = "/cds-services/icu-twin"
HEADERS = {"Content-Type": "application/json"}
CALIBRATE = 12
OBSERVATIONS = 40
WORKERS, WAITING = 1, 1
_TIME = re.compile(r"2\d{3}-\d{2}-\d{2}T[0-9:.]{8,15}\+00:00")


@dataclass
class Seen:
    """Milliseconds by status, and refusals that did not say when to come back."""

    admitted_ms: list[float] = field(default_factory=list[float])
    refused_ms: list[float] = field(default_factory=list[float])
    unsaid: int = 0
    other: list[int] = field(default_factory=list[int])
    memory: list[float] = field(default_factory=list[float])


def bodies() -> Iterator[bytes]:
    """Calls without end: each on a chart of its own, two in three order-sign, one patient-view."""
    number, ahead = 0, datetime.now(UTC) - AT
    while True:
        number += 1
        text = _TIME.sub(lambda t: (datetime.fromisoformat(t[0]) + ahead).isoformat(), call(number, OBSERVATIONS).decode())
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


async def soaked(base: str, pid: int, seconds: float, times: float) -> tuple[float, float, Seen]:
    """Calls a second that can be kept up, their 95th percentile, and what was seen at `times` that rate."""
    made = bodies()
    limits = httpx.Limits(max_connections=400, max_keepalive_connections=50)
    async with httpx.AsyncClient(base_url=base, timeout=30, limits=limits, trust_env=False) as client:
        alone = Seen()
        for _ in range(3):
            await one(client, next(made), Seen())
        began = time.perf_counter()
        for _ in range(CALIBRATE):
            await one(client, next(made), alone)
        rate = len(alone.admitted_ms) / (time.perf_counter() - began)
        ready = [next(made) for _ in range(min(int(seconds * rate * times) + 1, 20_000))]
        seen, running, end = Seen(), set[asyncio.Task[None]](), time.perf_counter() + seconds
        for number, body in enumerate(ready):
            due = end - seconds + number / (rate * times)
            await asyncio.sleep(max(due - time.perf_counter(), 0))
            task = asyncio.create_task(one(client, body, seen))
            running.add(task)
            task.add_done_callback(running.discard)
            if number % 50 == 0:
                seen.memory.append(resident_mb(pid))
        await asyncio.gather(*running)
        seen.memory.append(resident_mb(pid))
    return rate, float(np.quantile(alone.admitted_ms, 0.95)), seen


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
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        database = Path(folder) / "soak.sqlite"
        environment = {
            **os.environ,
            "ICU_TWIN_DATABASE_URL": f"sqlite:///{database}",
            "ICU_TWIN_WORKERS": str(WORKERS),
            "ICU_TWIN_WAITING": str(WAITING),
            "ICU_TWIN_OWN_SECONDS": "10",
            "ICU_TWIN_TOTAL_SECONDS": "20",
        }
        port = 18_040
        command = [sys.executable, "-m", "service.cli", "serve", "--auth", "off", "--port", str(port)]
        with subprocess.Popen(command, env=environment, stderr=subprocess.DEVNULL) as process:
            try:
                base = f"http://127.0.0.1:{port}"
                _until_ready(base)
                rate, p95, seen = asyncio.run(soaked(base, process.pid, given.seconds, given.times))
            finally:
                process.terminate()
        answered = len(seen.admitted_ms) + CALIBRATE + 3
        return reported(rate, p95, seen, answered, audited(database))


def _until_ready(base: str) -> None:
    for _ in range(600):
        try:
            if httpx.get(f"{base}/health/ready", trust_env=False).status_code == 200:
                return
        except httpx.TransportError:
            pass
        time.sleep(0.1)
    raise TimeoutError("the service did not start")


def reported(rate: float, p95: float, seen: Seen, answered: int, in_audit: int) -> int:
    """Print each promise with what was measured; 1 when one was broken."""
    half = len(seen.memory) // 2
    growth = max(seen.memory[half:]) - max(seen.memory[: half + 1])
    admitted = float(np.quantile(seen.admitted_ms, 0.95))
    refused = float(np.median(seen.refused_ms)) if seen.refused_ms else 0.0
    longest = p95 * (WORKERS + WAITING) * 2
    promises = [
        (f"admitted {len(seen.admitted_ms)}, p95 {admitted:.0f} ms; alone {p95:.0f} ms at {rate:.1f}/s", admitted <= longest),
        (f"refused {len(seen.refused_ms)}, median {refused:.1f} ms", bool(seen.refused_ms) and refused < 50),
        (f"refusals that do not say when to come back: {seen.unsaid}", seen.unsaid == 0),
        (f"other statuses: {seen.other[:10]}", not seen.other),
        (f"memory of the second half over the first: {growth:+.1f} MB (now {seen.memory[-1]:.0f} MB)", growth < 20),
        (f"answered {answered}, in the audit {in_audit}", answered == in_audit),
    ]
    for words, kept in promises:
        print("kept  " if kept else "BROKEN", words)
    return int(not all(kept for _, kept in promises))


if __name__ == "__main__":
    raise SystemExit(main())
