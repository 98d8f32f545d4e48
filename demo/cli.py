"""The command `icu-twin demo`."""

import asyncio
import json
import signal
from typing import Annotated

import typer
from rich.console import Console

from demo.running import PortTaken, running
from demo.tour import as_json as tour_as_json
from demo.tour import show, tour


def demo(
    port: Annotated[int, typer.Option(help="Port of the demo EHR; 0 = any free one.")] = 8080,
    service_port: Annotated[int, typer.Option(help="Port of the service; 0 = any free one.")] = 8040,
    timezone: Annotated[str, typer.Option(help="Time zone of the cards.")] = "UTC",
    once: Annotated[bool, typer.Option("--once", help="Take the tour without a browser, print the cards, and exit.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="With --once: print JSON.")] = False,
) -> None:
    """Run the service and a demo EHR with three synthetic patients on this machine."""
    try:
        if once:
            asyncio.run(_once(timezone, machine=as_json))
        else:
            asyncio.run(_until_stopped(port, service_port, timezone))
    except PortTaken as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(1) from error


async def _once(timezone: str, *, machine: bool) -> None:
    async with running(0, 0, timezone) as both:
        stops = await tour(both)
    if machine:
        typer.echo(json.dumps(tour_as_json(stops), indent=1))
    else:
        show(stops, Console())
    if any(stop.exchange.status != 200 for stop in stops):
        raise typer.Exit(1)


async def _until_stopped(port: int, service_port: int, timezone: str) -> None:
    stop = asyncio.Event()
    for each in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(each, stop.set)
    async with running(port, service_port, timezone) as both:
        typer.echo(f"Demo EHR   {both.ehr}/")
        typer.echo(f"Service    {both.service}/cds-services")
        typer.echo("Synthetic patients. Ctrl-C stops both.")
        await stop.wait()
