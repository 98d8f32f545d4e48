"""Every module, public class and public function of the product says what it is."""

import ast
from collections.abc import Iterator
from pathlib import Path

from tests.checkout import PACKAGES, sources, syntax

Documented = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef


def public(path: Path) -> Iterator[Documented]:
    for node in syntax(path).body:
        if isinstance(node, Documented) and not node.name.startswith("_"):
            yield node


def test_every_public_function_and_class_has_a_docstring() -> None:
    found = [(path, node) for path in sources(*PACKAGES) for node in public(path)]
    assert len(found) > 100, "the product has more public names than this"
    missing = [f"{path}:{node.lineno} {node.name}" for path, node in found if not ast.get_docstring(node)]
    assert missing == []


def test_every_module_that_holds_code_has_a_docstring() -> None:
    missing = [str(path) for path in sources(*PACKAGES, "demo") if syntax(path).body and not ast.get_docstring(syntax(path))]
    assert missing == []
