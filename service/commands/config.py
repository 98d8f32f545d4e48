"""`icu-twin config check`: the settings as they would be used, without secrets, and what is wrong with them."""

import json

import typer
from pydantic import ValidationError
from sqlalchemy import make_url

from service.settings import Settings, UnsafeConfiguration, problems

INVALID = 2


def run() -> int:
    """0 when the service would start, 2 when it would not."""
    try:
        settings = Settings()
        found = problems(settings)
        shown = settings.model_dump(mode="json") | {
            "tenants": [t.model_dump(mode="json") for t in settings.clients()],
            "database_url": make_url(settings.database_url).render_as_string(hide_password=True),
        }
    except ValidationError as error:
        found = tuple(f"{'.'.join(str(part) for part in one['loc'])}: {one['msg']}" for one in error.errors())
    except UnsafeConfiguration as error:
        found = (str(error),)
    else:
        typer.echo(json.dumps(shown, indent=2))
    for words in found:
        typer.echo(f"problem: {words}", err=True)
    return INVALID if found else 0
