"""The checkout under test: its root, and the files that belong to it."""

import ast
import subprocess
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parent.parent
PACKAGES = ("service", "fhir_mapping", "cds_cards", "twin_engine")


@cache
def committed() -> tuple[Path, ...]:
    """Every file under version control that still exists, relative to the root."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    return tuple(path for name in listed.split("\0") if name and (path := Path(name)) and (ROOT / path).is_file())


def sources(*packages: str) -> tuple[Path, ...]:
    """The Python files of these top-level packages, relative to the root."""
    return tuple(path for path in committed() if path.suffix == ".py" and path.parts[0] in packages)


def pages() -> tuple[Path, ...]:
    """Every Markdown page of the documentation, relative to the root."""
    return tuple(path for path in committed() if path.suffix == ".md" and path.parts[0] != "tests")


@cache
def text(path: Path) -> str:
    """The text of a file given relative to the root; empty for one that is not text."""
    try:
        return (ROOT / path).read_text(encoding="utf-8")
    except UnicodeDecodeError:
        return ""


@cache
def syntax(path: Path) -> ast.Module:
    """The syntax tree of a Python file given relative to the root."""
    return ast.parse(text(path), filename=str(path))
