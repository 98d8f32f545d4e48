"""Small files and small functions; the pipeline stays one screen."""

import ast

from tests.checkout import PACKAGES, ROOT, sources, syntax, text

FILE_LINES = 400
FUNCTION_LINES = 60
PIPELINE_LINES = 60
MIGRATIONS = ROOT / "service" / "store" / "migrations"  # a table is one statement, however many columns it has


def test_the_pipeline_is_one_screen() -> None:
    assert len((ROOT / "service" / "pipeline.py").read_text().splitlines()) <= PIPELINE_LINES


def test_no_file_is_longer_than_the_cap() -> None:
    lengths = {str(path): len(text(path).splitlines()) for path in sources(*PACKAGES, "demo", "validation", "bench")}
    assert lengths, "no sources were found"
    assert {path: lines for path, lines in lengths.items() if lines > FILE_LINES} == {}


def test_no_function_is_longer_than_the_cap() -> None:
    too_long = [
        f"{path}:{node.lineno} {node.name}"
        for path in sources(*PACKAGES, "demo", "validation", "bench")
        for node in ast.walk(syntax(path))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and (node.end_lineno or 0) - node.lineno > FUNCTION_LINES
        and not (ROOT / path).is_relative_to(MIGRATIONS)
    ]
    assert too_long == []
