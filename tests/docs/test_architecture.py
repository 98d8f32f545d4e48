"""The page on architecture names every part of the core."""

import re
from pathlib import Path

from tests.checkout import committed
from tests.docs.markdown import headings


def test_the_table_of_the_core_names_every_module_and_no_other() -> None:
    (table,) = [body for _, title, body in headings(Path("docs/architecture.md")) if title == "Inside `twin_engine`"]
    inside = {path.parts[1].removesuffix(".py") for path in committed() if path.parts[0] == "twin_engine"} - {"__init__"}
    assert set(re.findall(r"`(\w+)`", table)) == inside
