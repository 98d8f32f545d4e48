"""What is installed is pinned by hash, names no server, and is the same in the image as under test."""

import re
import tomllib

import pytest

from tests.checkout import ROOT

LOCKS = ("requirements.lock", "deploy/runtime.lock", "deploy/bootstrap.lock")
ENTRY = re.compile(
    r"^(?P<name>[a-z0-9][a-z0-9._-]*)==(?P<version>[^\s;\\]+)(?P<rest>(?:.*\\\n)(?:\s+--hash=.*\n?)+)", re.MULTILINE
)


def pins(lock: str) -> set[tuple[str, str, frozenset[str]]]:
    """Each pinned distribution: its name, its version, the hashes that it may have."""
    content = (ROOT / lock).read_text()
    return {
        (match["name"], match["version"], frozenset(re.findall(r"sha256:[0-9a-f]{64}", match["rest"])))
        for match in ENTRY.finditer(content)
    }


def names(lock: str) -> set[str]:
    return {name for name, _, _ in pins(lock)}


@pytest.mark.parametrize("lock", LOCKS)
def test_a_lock_names_no_address(lock: str) -> None:
    content = (ROOT / lock).read_text()
    assert "://" not in content
    assert not re.search(r"^\s*--(?:index|extra-index|find-links|trusted-host)", content, re.MULTILINE)


@pytest.mark.parametrize("lock", LOCKS)
def test_every_line_is_an_exact_version_with_hashes(lock: str) -> None:
    lines = re.findall(r"^[A-Za-z0-9]", (ROOT / lock).read_text(), re.MULTILINE)
    pinned = pins(lock)
    assert len(lines) == len(pinned)
    assert all(hashes for _, _, hashes in pinned)


def test_everything_declared_is_locked() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    run = list(project["dependencies"])
    extras = [requirement for extra in project["optional-dependencies"].values() for requirement in extra]

    def name(requirement: str) -> str:
        return re.split(r"[^A-Za-z0-9._-]", requirement, maxsplit=1)[0].lower().replace(".", "-")

    assert {name(requirement) for requirement in run + extras} <= names("requirements.lock")
    assert {name(requirement) for requirement in run} <= names("deploy/runtime.lock")


def test_the_image_runs_what_was_tested() -> None:
    assert pins("deploy/runtime.lock") <= pins("requirements.lock")
    assert not names("deploy/runtime.lock") & {"pytest", "setuptools", "ruff"}
