"""The import contracts of pyproject.toml hold, and each of them notices when it is broken."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.checkout import PACKAGES, ROOT

LINTER = Path(sys.executable).with_name("lint-imports")

# (contract, file to plant, the line planted in it)
VIOLATIONS = [
    ("packages", "fhir_mapping/planted.py", "import cds_cards"),
    ("packages", "twin_engine/patient/planted.py", "import service"),
    ("packages", "cds_cards/planted.py", "import fhir_mapping"),
    ("service", "service/pipeline.py", "import service.app"),
    ("core", "twin_engine/kernel/planted.py", "import twin_engine.registry"),
    ("core", "twin_engine/stray.py", '"""No layer was given to me."""'),
    ("core-is-pure", "twin_engine/kernel/planted.py", "import socket"),
    ("core-is-pure", "twin_engine/planted/__init__.py", "import pydantic"),
    ("onnxruntime", "service/planted.py", "import onnxruntime"),
    ("mapping", "fhir_mapping/planted.py", "import twin_engine.registry"),
    (
        "models",
        "twin_engine/models/drugs/vancomycin_goti_2018.py",
        "import twin_engine.models.drugs.vancomycin_colin_2019",
    ),
    ("model-files", "twin_engine/planted.py", "import twin_engine.models.drugs.vancomycin_goti_2018"),
    ("nobody-imports", "service/planted.py", "import demo"),
]


def lint(root: Path, *contracts: str) -> subprocess.CompletedProcess[str]:
    chosen = [argument for contract in contracts for argument in ("--contract", contract)]
    # The linter runs its own interpreter with the tree under test first on the path, as from a shell in that tree.
    return subprocess.run([LINTER, "--no-cache", *chosen], cwd=root, capture_output=True, text=True, check=False)


def test_every_contract_is_kept() -> None:
    result = lint(ROOT)
    assert result.returncode == 0, result.stdout + result.stderr


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    for package in PACKAGES:
        shutil.copytree(ROOT / package, tmp_path / package, ignore=shutil.ignore_patterns("__pycache__"))
    return tmp_path


@pytest.mark.parametrize(("contract", "path", "line"), VIOLATIONS, ids=[f"{c}: {p}: {i}" for c, p, i in VIOLATIONS])
def test_a_planted_violation_breaks_its_contract(copy: Path, contract: str, path: str, line: str) -> None:
    planted = copy / path
    planted.parent.mkdir(exist_ok=True)
    with planted.open("a") as file:
        file.write(f"\n{line}\n")

    result = lint(copy, contract)

    assert result.returncode == 1, result.stdout + result.stderr
    assert "BROKEN" in result.stdout
