"""Model cards are what the declarations say, and every model has one."""

from pathlib import Path

import pytest

from validation.model_cards import FOLDER, pages

PAGES = pages()


@pytest.mark.parametrize("path", PAGES, ids=lambda p: p.stem)
def test_a_card_is_what_the_code_says(path: Path) -> None:
    assert path.is_file(), "run `make pages`"
    assert path.read_text(encoding="utf-8") == PAGES[path], "run `make pages`"


def test_no_card_is_left_of_a_model_that_is_gone() -> None:
    written = set(FOLDER.glob("*_[0-9][0-9][0-9][0-9].md"))
    assert written <= set(PAGES)
