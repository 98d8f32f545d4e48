"""`icu-twin openapi`: the document kept in openapi/openapi.json."""

import json

import typer

from service import openapi
from service.app import create_app
from service.settings import Settings


def run() -> int:
    """Print the document. Always 0."""
    typer.echo(document())
    return 0


def document() -> str:
    """The OpenAPI document as it is kept in the repository; independent of the configuration."""
    settings = Settings(auth="off", host="127.0.0.1", mode="development", database_url="sqlite://")
    return json.dumps(openapi.document(create_app(settings)), indent=2, sort_keys=True)
