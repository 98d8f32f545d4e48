"""`icu-twin serve`: the service behind one port."""

from collections.abc import Mapping

import typer
import uvicorn
from pydantic import ValidationError

from service.app import create_app
from service.observability import silence_libraries
from service.settings import Settings, UnsafeConfiguration

DRAIN_S = 10


def run(given: Mapping[str, object]) -> int:
    """Serve until stopped; 2 when the settings are unsafe or cannot be read."""
    try:
        settings = Settings(**given)  # type: ignore[arg-type]
        application = create_app(settings, own_process=True)
    except (ValidationError, UnsafeConfiguration) as error:
        words = "; ".join(str(e["msg"]) for e in error.errors()) if isinstance(error, ValidationError) else str(error)
        typer.echo(f"not started: {words}", err=True)
        return 2
    silence_libraries()
    uvicorn.run(
        application,
        host=settings.host,
        port=settings.port,
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=DRAIN_S,
        limit_concurrency=512,
        h11_max_incomplete_event_size=65_536,
    )
    return 0
