"""Nothing in the repository belongs to one machine, and nothing in it is unfinished."""

import re

import pytest

from tests.checkout import committed, text

MACHINE = {
    "absolute path of somebody's machine": r"(?<![\w.$}])/(?:work|root|home|Users|mnt)/\w",
    "download address of a package registry": r"pythonhosted\.org|pypi\.org|registry\.npmjs|artifactory",
    "private network address": r"\b(?:10\.\d{1,3}|192\.168|172\.(?:1[6-9]|2\d|3[01]))\.\d{1,3}\.\d{1,3}\b",
    "temporary directory of somebody's run": r"/tmp/\w",
}
UNFINISHED = r"\b(?:TODO|FIXME|XXX|HACK)\b|NotImplementedError"

# The guard against server-side request forgery has to be shown the addresses that it must refuse.
MAY_NAME_ADDRESSES = {"tests/faults", "tests/contract", "tests/unit/service", "tests/architecture"}


def where(pattern: str) -> list[str]:
    return [
        f"{path}:{number}: {line.strip()[:100]}"
        for path in committed()
        if str(path) != "tests/architecture/test_traces.py"
        for number, line in enumerate(text(path).splitlines(), 1)
        if re.search(pattern, line)
    ]


@pytest.mark.parametrize("trace", MACHINE)
def test_nothing_belongs_to_one_machine(trace: str) -> None:
    found = where(MACHINE[trace])
    if trace == "private network address":
        found = [line for line in found if not any(line.startswith(folder) for folder in MAY_NAME_ADDRESSES)]
    assert found == []


def test_the_only_folder_named_outside_the_repository_is_the_conventional_one_for_real_charts() -> None:
    outside = [line for line in where(r"\.\./shared") if "../shared/data" not in line]
    assert outside == []


def test_nothing_is_left_unfinished() -> None:
    assert [line for line in where(UNFINISHED) if line.split(":")[0].endswith((".py", ".js", ".html"))] == []


@pytest.mark.parametrize(
    ("trace", "line"),
    [
        ("absolute path of somebody's machine", 'open("/home/ann/charts.csv")'),
        ("download address of a package registry", "https://files.pythonhosted.org/x.whl"),
        ("private network address", "http://10.0.3.4:8080"),
        ("temporary directory of somebody's run", "written to /tmp/out.json"),
    ],
)
def test_each_pattern_finds_what_it_is_for(trace: str, line: str) -> None:
    assert re.search(MACHINE[trace], line)
