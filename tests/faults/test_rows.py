"""Every row of the table of faults has a test that exists, or says why it needs none."""

from tests.contract.test_conformance import functions
from tests.faults.rows import NUMBERS, PAGE, page, rows


def test_every_fault_has_a_test_that_exists_or_a_reason() -> None:
    assert tuple(row.number for row in rows()) == NUMBERS
    for row in rows():
        assert bool(row.tests) != row.answer.startswith("none: "), row.number
        for test in row.tests:
            module, _, name = test.partition("::")
            assert name in functions(module), test


def test_the_page_is_current() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), "run: make pages"
