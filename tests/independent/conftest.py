"""One server of others for all tests here."""

from collections.abc import Iterator

import pytest

from tests.independent.running import server


@pytest.fixture(scope="session")
def address() -> Iterator[str]:
    """The base of an empty server."""
    with server() as base:
        yield base
