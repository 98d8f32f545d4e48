"""`icu-twin models`: what can be predicted, on what evidence."""

import json

import typer

from twin_engine.kernel.declare import Model
from twin_engine.registry import MODELS


def run(*, as_json: bool) -> int:
    """Print the models. Always 0."""
    rows = [described(model) for model in MODELS.values()]
    if as_json:
        typer.echo(json.dumps(rows, indent=2))
        return 0
    from rich.console import Console
    from rich.table import Table

    table = Table("id", "drug", "status", "population", "source")
    for row in rows:
        table.add_row(*row.values())
    Console().print(table)
    return 0


def described(model: Model) -> dict[str, str]:
    """One model in words."""
    return {
        "id": model.id,
        "drug": model.drug,
        "status": model.status,
        "population": model.population,
        "source": model.source.citation,
    }
