"""The guide to adding a drug is carried out, block by block, in a copy of the repository."""

import json
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.checkout import ROOT, committed, text
from tests.docs.markdown import FENCE

GUIDE = Path("docs/developers/add_a_drug.md")
COPIED = {"twin_engine", "tests", "validation", "docs", "service", "fhir_mapping", "cds_cards", "pyproject.toml"}
STEP = re.compile(r"(?P<what>Create|Add to the end of|Add to `(?P<table>[A-Z]+)` in)\s`(?P<path>[\w./]+)`:\s*$")
GATES = 15
"""The least that runs over one model: gates, calibration, reference test, pages."""

WITH = {
    ".venv/bin/python": [sys.executable],
    ".venv/bin/icu-twin": [sys.executable, "-c", "from service.cli import app; app()"],
}


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("repository")
    for path in committed():
        if path.parts[0] in COPIED:
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(ROOT / path, folder / path)
    return folder


def carried_out(folder: Path) -> list[str]:
    """Do what the guide says; what each command printed, in order."""
    page, done = text(GUIDE), 0
    printed: list[str] = []
    for block in FENCE.finditer(page):
        words, body = page[done : block.start()], block["body"]
        done = block.end()
        if block["language"] == "sh":
            printed += [run(folder, line) for line in body.splitlines()]
        else:
            step = STEP.search(words)
            assert step, f"nothing says where this block goes: {body[:60]}"
            put(folder / step["path"], body, step["what"], step["table"])
    return printed


def put(path: Path, body: str, what: str, table: str | None) -> None:
    if what == "Create":
        assert not path.exists()
        path.write_text(body)
        return
    before = path.read_text()
    if table is None:
        path.write_text(before + body)
        return
    entries = re.search(rf"^{table}\b.*?(?=^[)}}]$)", before, re.MULTILINE | re.DOTALL)
    assert entries, f"{path.name} has no {table}"
    path.write_text(before[: entries.end()] + body + before[entries.end() :])


def run(folder: Path, line: str) -> str:
    program, *arguments = shlex.split(line)
    ran = subprocess.run([*WITH[program], *arguments], cwd=folder, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, f"{line}\n{ran.stdout}\n{ran.stderr}"
    return ran.stdout


def test_the_guide_adds_a_drug_that_passes_the_gates_and_is_forecast(copy: Path) -> None:
    *_, gates, answered = carried_out(copy)
    passed = re.search(r"(\d+) passed", gates)
    assert passed
    assert int(passed[1]) >= GATES
    answer = json.loads(answered)
    assert answer["twin"]["examplamycin_doe_2026"]["n_observations"] == 1
    as_ordered = answer["forecasts"][0]
    assert as_ordered["safety"]["cleared"]
    assert as_ordered["variables"]["examplamycin"]["p50"][-1] > 0
    assert 0 < as_ordered["metrics"]["examplamycin_trough_steady"]["p_in_target"] < 1
    assert len(answer["forecasts"]) > 2, "no alternative to the order is shown"


def test_the_drug_of_the_guide_is_in_no_table_of_the_product() -> None:
    named = [path for path in committed() if "examplamycin" in text(path)]
    assert {str(path) for path in named} <= {str(GUIDE), "tests/docs/test_add_a_drug.py"}
