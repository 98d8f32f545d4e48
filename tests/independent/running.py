"""The FHIR server that is not ours, as a process of its own: its packages in a cache, its address, its end.

Where Node or the packages are missing the tests that need it are skipped with the reason; continuous integration installs the
packages and fails instead.
"""

import hashlib
import json
import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

HERE = Path(__file__).parent
FILES = ("package.json", "package-lock.json")
READY_S = 60.0
CI = os.environ.get("CI") == "true"


def cache() -> Path:
    """Where the packages of this lock stand."""
    digest = hashlib.sha256(b"".join((HERE / name).read_bytes() for name in FILES)).hexdigest()[:16]
    root = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return root / "icu-twin" / f"fhir-server-{digest}"


def missing() -> str | None:
    """Why the server cannot run here; None when it can."""
    if shutil.which("node") is None:
        return "Node is not installed"
    if not (cache() / "node_modules").is_dir() and not CI:
        return "the server's packages are not installed (make fhir-server)"
    return None


def installed() -> Path:
    """The folder of the packages, made from the lock if need be. Raises CalledProcessError."""
    folder = cache()
    if not (folder / "node_modules").is_dir():
        folder.parent.mkdir(parents=True, exist_ok=True)
        making = Path(tempfile.mkdtemp(dir=folder.parent))
        for name in FILES:
            shutil.copy(HERE / name, making)
        npm = shutil.which("npm") or "npm"
        subprocess.run([npm, "ci", "--no-audit", "--no-fund", "--ignore-scripts"], cwd=making, check=True, capture_output=True)
        try:
            making.rename(folder)
        except OSError:  # another process was first
            shutil.rmtree(making)
    return folder


@contextmanager
def server() -> Generator[str]:
    """The base address of a fresh, empty server. Raises TimeoutError."""
    folder = installed()
    source = HERE / "server.mjs"
    script = folder / f"server-{hashlib.sha256(source.read_bytes()).hexdigest()[:16]}.mjs"
    if not script.is_file():
        making = folder / f"{script.name}.{os.getpid()}"
        shutil.copy(source, making)
        making.rename(script)
    command = ["node", "--no-warnings", "--experimental-websocket", str(script), "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            words = process.stdout.readline().split()
            if words[:1] != ["listening"]:
                raise TimeoutError("the server did not start")
            base = f"http://127.0.0.1:{words[1]}/fhir"
            _wait_for(base)
            yield base
        finally:
            process.terminate()


def _wait_for(base: str) -> None:
    until = time.monotonic() + READY_S
    while time.monotonic() < until:
        try:
            httpx.get(f"{base}/metadata", trust_env=False)
        except httpx.TransportError:
            time.sleep(0.05)
        else:
            return
    raise TimeoutError("the server did not answer")


@dataclass(frozen=True)
class Heard:
    """What the server was asked so far, and the status of each notification that it sent."""

    asked: list[dict[str, Any]]
    told: list[int]


def control(base: str, **settings: object) -> Heard:
    """Tell the server what to demand (see `server.mjs`), and hear what happened so far."""
    answer = httpx.post(base.removesuffix("/fhir") + "/control", content=json.dumps(settings), trust_env=False)
    return Heard(**answer.json())


if __name__ == "__main__":
    print(installed())  # noqa: T201
