"""Several service processes on one database, and calls to them that are signed as an EHR signs them."""

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import httpx

from tests.calls import BASE, URL
from tests.checkout import ROOT
from tests.tokens import ISSUER, PUBLIC, bearer, token

PATIENCE_S = 150.0


@dataclass(frozen=True)
class Replica:
    """One process and its address."""

    process: subprocess.Popen[bytes]
    address: str

    def ask(self, document: Mapping[str, Any], path: str = URL, signed: str | None = None) -> httpx.Response:
        """The answer to one call. `signed` = the token; a fresh one by default."""
        given = signed or token(aud=BASE + path)
        headers = {"Content-Type": "application/json", **bearer(given)}
        return httpx.post(self.address + path, content=json.dumps(document), headers=headers, timeout=PATIENCE_S)

    def counted(self, metric: str, **labels: str) -> float:
        """The value of one counter of this process; 0 when it has not counted yet."""
        wanted = "{" + ",".join(f'{k}="{v}"' for k, v in labels.items()) + "}" if labels else ""
        for line in httpx.get(f"{self.address}/metrics").text.splitlines():
            if line.startswith(f"{metric}{wanted} "):
                return float(line.rsplit(" ", 1)[1])
        return 0.0


@contextmanager
def replicas(url: str, count: int = 2, **environment: str) -> Generator[list[Replica]]:
    """So many processes on the database, started together and ready; killed at the end."""
    tenant = {"name": "st-anna", "issuer": ISSUER, "jwks": PUBLIC}
    ports = [_free_port() for _ in range(count)]
    shared = {
        **{name: value for name, value in os.environ.items() if not name.startswith(("ICU_TWIN_", "PYTHONDONT"))},
        "ICU_TWIN_DATABASE_URL": url,
        "ICU_TWIN_PUBLIC_URL": BASE,
        "ICU_TWIN_TENANTS": json.dumps([tenant]),
        "ICU_TWIN_OWN_SECONDS": "20",
        "ICU_TWIN_TOTAL_SECONDS": "30",
        "BEGAN": str(time.time()),  # noqa: TID251
        **environment,
    }
    command = [sys.executable, "-m", "tests.store.serving"]
    running = [
        Replica(
            subprocess.Popen(command, cwd=ROOT, env={**shared, "ICU_TWIN_PORT": str(port)}, stderr=subprocess.DEVNULL),
            f"http://127.0.0.1:{port}",
        )
        for port in ports
    ]
    try:
        for one in running:
            _wait_until_ready(one)
        yield running
    finally:
        for one in running:
            one.process.kill()
            one.process.wait()


def _wait_until_ready(one: Replica) -> None:
    until = time.monotonic() + PATIENCE_S
    while time.monotonic() < until:
        assert one.process.poll() is None, "the process ended"
        try:
            if httpx.get(f"{one.address}/health/ready", timeout=5.0).status_code == 200:
                return
        except httpx.TransportError:
            pass
        time.sleep(0.05)
    raise AssertionError("the process did not become ready")


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])
