"""A PostgreSQL cluster of the tests' own, in a directory that goes with it, reached over a socket only."""

import os
import shutil
import subprocess
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from tempfile import mkdtemp

import pytest

SUPERUSER = "icu_twin"


def binaries() -> Path | None:
    """The directory of the server's programs, the newest version first; None when there are none."""
    found = shutil.which("initdb")
    beside = [Path(found).resolve().parent] if found else []
    installed = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda p: int(p.parent.name), reverse=True)
    return next((b for b in (*beside, *installed) if (b / "initdb").exists() and (b / "postgres").exists()), None)


@contextmanager
def cluster() -> Generator[Path]:
    """The socket directory of a running cluster. Skips where PostgreSQL is not installed; continuous integration has it."""
    programs = binaries()
    if programs is None:
        if os.environ.get("CI"):
            pytest.fail("continuous integration tests PostgreSQL, and it is not installed")
        pytest.skip("PostgreSQL is not installed on this machine")
    home = Path(mkdtemp(prefix="itpg"))
    user = _unprivileged(home)
    data = home / "data"

    def run(program: str, *arguments: str) -> None:
        quiet = subprocess.DEVNULL
        subprocess.run(
            [programs / program, "-D", data, *arguments],
            check=True,
            stdout=quiet,
            stderr=quiet,
            cwd=home,
            user=user,
            group=user,
        )

    try:
        run("initdb", "-U", SUPERUSER, "-A", "trust", "--no-sync", "-E", "UTF8")
        options = f"-c listen_addresses= -c unix_socket_directories={home} -c fsync=off -c max_connections=40"
        run("pg_ctl", "-w", "-o", options, "-l", str(home / "log"), "start")
        try:
            yield home
        finally:
            run("pg_ctl", "-w", "-m", "immediate", "stop")
    finally:
        shutil.rmtree(home, ignore_errors=True)


def _unprivileged(home: Path) -> str | None:
    """PostgreSQL does not run as root: there the user that its package made runs it. None = whoever runs the tests."""
    if os.geteuid() != 0:
        return None
    shutil.chown(home, "postgres", "postgres")
    return "postgres"
