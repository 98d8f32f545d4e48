"""Commands that the documents show exist."""

import re
from pathlib import Path

import pytest
import typer

from service.cli import app
from tests.checkout import ROOT, pages
from tests.docs.markdown import blocks, prose

MAKE = re.compile(r"\bmake ([a-z][a-z-]*)")
ICU_TWIN = re.compile(r"(?:^|\s|bin/)icu-twin ([a-z][a-z-]+)((?: [^\n|#]+)?)", re.MULTILINE)
INLINE = re.compile(r"`([^`\n]+)`")


def shown(page: Path) -> str:
    """What a page shows as code: its fenced blocks and its inline code, one after another."""
    fenced = [block.body for block in blocks(page) if block.language in {"", "sh"}]
    return "\n".join([*fenced, *INLINE.findall(prose(page))])


def targets() -> set[str]:
    return set(re.findall(r"^([a-z][a-z-]*):", (ROOT / "Makefile").read_text(), re.MULTILINE))


def test_make_targets_exist() -> None:
    named = {(str(page), target) for page in pages() for target in MAKE.findall(shown(page))}
    assert ("README.md", "demo") in named
    assert ("README.md", "test") in named
    assert {(page, target) for page, target in named if target not in targets()} == set()


def test_every_make_target_is_described() -> None:
    described = set(re.findall(r"^([a-z-]+):.*## \w", (ROOT / "Makefile").read_text(), re.MULTILINE))
    assert targets() - {"help"} <= described


@pytest.mark.filterwarnings("default::DeprecationWarning")
def test_icu_twin_commands_and_their_options_exist() -> None:
    group = typer.main.get_command(app)
    commands = getattr(group, "commands")  # noqa: B009  click's Group, which typer does not promise in its types
    unknown: list[str] = []
    for page in pages():
        for name, rest in ICU_TWIN.findall(shown(page)):
            if name not in commands:
                unknown.append(f"{page}: icu-twin {name}")
                continue
            leaf, words = commands[name], rest.split()
            while words and hasattr(leaf, "commands") and words[0] in leaf.commands:
                leaf = leaf.commands[words.pop(0)]
            options = {option for parameter in leaf.params for option in parameter.opts} | {"--help"}
            unknown += [f"{page}: icu-twin {name} {w}" for w in words if w.startswith("--") and w not in options]
    assert unknown == []


def test_the_readme_gives_the_two_commands_on_its_first_screen() -> None:
    first = blocks(next(page for page in pages() if str(page) == "README.md"))[0].body
    assert "make demo" in first
    assert "make test" in first
