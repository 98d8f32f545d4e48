"""`icu-twin hook`: one CDS Hooks request through the whole service, in this process, without a server or a stored trace."""

import asyncio
import json
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, cast

import httpx
import typer

from service.app import create_app
from service.call import SERVICE_ID
from service.clock import FixedClock, SystemClock
from service.observability import silence_libraries
from service.settings import Settings

BASE = "http://127.0.0.1:8040"


def run(request: Path, fhir: str | None, at: str | None, *, as_json: bool) -> int:
    """0 when cards (or none) came back, 2 when the request was refused."""
    try:
        clock = SystemClock() if at is None else FixedClock(datetime.fromisoformat(at))
    except ValueError:
        typer.echo("--at must be an ISO 8601 time with a zone", err=True)
        return 2
    silence_libraries()
    body = request.read_bytes() if fhir is None else _pointed_at(request.read_bytes(), fhir)
    settings = Settings(
        auth="off", host="127.0.0.1", mode="development", database_url="sqlite://", fhir_bases=(fhir,) if fhir else ()
    )
    answer = asyncio.run(_asked(settings, clock, body))
    document = cast("dict[str, Any]", json.loads(answer.content))
    if answer.status_code != 200:
        typer.echo(json.dumps(document, indent=2) if as_json else document["issue"][0]["details"]["text"], err=True)
        return 2
    if as_json:
        typer.echo(json.dumps(document, indent=2))
    else:
        _show(document)
    return 0


async def _asked(settings: Settings, clock: SystemClock | FixedClock, body: bytes) -> httpx.Response:
    app = create_app(settings, clock=clock)
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with app.router.lifespan_context(app), httpx.AsyncClient(transport=transport, base_url=BASE) as client:
        headers = {"Content-Type": "application/json"}
        return await client.post(f"/cds-services/{SERVICE_ID}", content=body, headers=headers)


def _pointed_at(body: bytes, fhir: str) -> bytes:
    """The request with another FHIR base; one that cannot be read stays as it is and will be refused."""
    try:
        document = json.loads(body)
    except ValueError:
        return body
    return json.dumps({**document, "fhirServer": fhir}).encode() if isinstance(document, dict) else body


def _show(document: Mapping[str, Any]) -> None:
    from rich.console import Console
    from rich.markdown import Markdown
    from rich.panel import Panel

    console = Console()
    if not document["cards"]:
        console.print("No card.")
    for card in document["cards"]:
        offers = "".join(f"\n- [ ] {suggestion['label']}" for suggestion in card.get("suggestions", ()))
        text = Markdown(f"**{card['summary']}**\n\n{card.get('detail', '')}\n{offers}")
        console.print(Panel(text, title=card["indicator"], subtitle=card["source"]["label"]))
