"""Links lead somewhere, pages can be found, and no heading is empty."""

from pathlib import Path

import pytest

from tests.checkout import ROOT, pages
from tests.docs.markdown import anchor, headings, links

PAGES = pages()


def local(page: Path) -> list[tuple[Path, str]]:
    """Links of a page to files of this repository: (path relative to the root, fragment)."""
    found: list[tuple[Path, str]] = []
    for target in links(page):
        if "://" in target or target.startswith("mailto:"):
            continue
        path, _, fragment = target.partition("#")
        resolved = (ROOT / page.parent / path).resolve() if path else (ROOT / page).resolve()
        assert resolved.is_relative_to(ROOT), f"{page} links out of the repository: {target}"
        found.append((resolved.relative_to(ROOT), fragment))
    return found


@pytest.mark.parametrize("page", PAGES, ids=str)
def test_links_lead_somewhere(page: Path) -> None:
    broken = []
    for path, fragment in local(page):
        exists = (ROOT / path).exists()
        if not exists or (fragment and fragment not in {anchor(title) for _, title, _ in headings(path)}):
            broken.append(f"{path}#{fragment}")
    assert broken == []


def test_every_page_can_be_reached_from_the_readme() -> None:
    seen: set[Path] = set()
    waiting = [Path("README.md")]
    while waiting:
        page = waiting.pop()
        if page in seen or page.suffix != ".md":
            continue
        seen.add(page)
        waiting += [path for path, _ in local(page)]
    unreachable = {page for page in PAGES if page.parts[0] != ".github"} - seen
    assert unreachable == set()


@pytest.mark.parametrize("page", [page for page in PAGES if page.parts[0] != ".github"], ids=str)
def test_no_heading_is_empty(page: Path) -> None:
    found = headings(page)
    empty = [
        title
        for place, (level, title, beneath) in enumerate(found)
        if not beneath and (place + 1 == len(found) or found[place + 1][0] <= level)
    ]
    assert found
    assert empty == []
