"""Markdown pages taken apart: links, headings, fenced blocks."""

import re
from dataclasses import dataclass
from pathlib import Path

from tests.checkout import text

FENCE = re.compile(r"^```(?P<language>\w*)\n(?P<body>.*?)^```$", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"(?<!\\)\]\((?P<target>[^)\s]+)\)")


@dataclass(frozen=True, slots=True)
class Block:
    """A fenced block: the page it stands on, its language (empty for none) and its text."""

    page: Path
    language: str
    body: str


def blocks(page: Path) -> tuple[Block, ...]:
    """The fenced blocks of a page."""
    return tuple(Block(page, match["language"], match["body"]) for match in FENCE.finditer(text(page)))


def prose(page: Path) -> str:
    """The page without its fenced blocks."""
    return FENCE.sub("", text(page))


def links(page: Path) -> tuple[str, ...]:
    """Targets of the page's links, in order."""
    return tuple(match["target"] for match in LINK.finditer(prose(page)))


def headings(page: Path) -> tuple[tuple[int, str, str], ...]:
    """Each heading as (level, title, text beneath it up to the next heading of any level)."""
    parts = re.split(r"^(#{1,6}) (.+)$", _indented(page), flags=re.MULTILINE)
    return tuple((len(parts[i]), parts[i + 1].strip(), parts[i + 2].strip()) for i in range(1, len(parts), 3))


def _indented(page: Path) -> str:
    """The page with the lines inside fenced blocks indented, so that a comment in code is not taken for a heading."""
    return FENCE.sub(lambda match: re.sub(r"^", "    ", match[0], flags=re.MULTILINE), text(page))


def anchor(title: str) -> str:
    """The fragment by which a heading is linked to."""
    return re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-")
