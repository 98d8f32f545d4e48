"""Metrics at a port of their own: there while the service runs, and then not at the port of the hooks."""

import socket

import httpx
import pytest

from service.observability import Metrics
from service.settings import problems
from tests.calls import service, settings


@pytest.fixture
def port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def test_metrics_are_read_at_their_port_and_gone_afterwards(port: int) -> None:
    waiting = [3]
    metrics = Metrics(busy=lambda: waiting[0])
    with metrics.served("127.0.0.1", port):
        assert "icu_twin_busy_workers 3.0" in httpx.get(f"http://127.0.0.1:{port}/metrics").text
        waiting[0] = 4
        assert "icu_twin_busy_workers 4.0" in httpx.get(f"http://127.0.0.1:{port}/metrics").text
    with pytest.raises(httpx.ConnectError):
        httpx.get(f"http://127.0.0.1:{port}/metrics")


async def test_the_port_of_the_hooks_then_offers_none(port: int) -> None:
    async with service(settings(metrics_port=port)) as client:
        assert (await client.get("/metrics")).status_code == 404
        async with httpx.AsyncClient() as other:
            assert "icu_twin_call_seconds" in (await other.get(f"http://127.0.0.1:{port}/metrics")).text


def test_it_is_not_the_port_of_the_hooks() -> None:
    assert problems(settings(port=8040, metrics_port=8040)) == ("metrics_port is the port of the service itself",)
