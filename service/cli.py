"""The command line. Each command imports what it needs, so that all start fast."""

import sys
from pathlib import Path
from typing import Annotated, Literal

import typer

from service.commands.announced import Commands

app = typer.Typer(
    cls=Commands,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Test a treatment on a digital twin of the ICU patient. Research use; predicts, never orders.",
)
config = typer.Typer(no_args_is_help=True, help="The configuration.")
app.add_typer(config, name="config")
tables = typer.Typer(no_args_is_help=True, help="The tables of the store, and the audit in them.")
app.add_typer(tables, name="database")

Json = Annotated[bool, typer.Option("--json", help="Machine-readable output.")]


@app.command()
def serve(
    port: Annotated[int | None, typer.Option(help="Port to listen on; 0 takes a free one.")] = None,
    host: Annotated[str | None, typer.Option(help="Address to listen on.")] = None,
    auth: Annotated[Literal["on", "off"] | None, typer.Option(help="off: loopback only.")] = None,
    fhir: Annotated[list[str] | None, typer.Option(help="With --auth off: a FHIR base that callers may name.")] = None,
) -> None:
    """Answer CDS Hooks calls."""
    from service.commands.serve import run

    given = {"port": port, "host": host, "auth": auth, "fhir_bases": tuple(fhir) if fhir else None}
    raise typer.Exit(run({name: value for name, value in given.items() if value is not None}))


@app.command()
def predict(
    source: Annotated[str, typer.Argument(metavar="FILE|-", help="A scenario, or one scenario a line.")],
    site: Annotated[Path | None, typer.Option(help="A site's own targets, doses and limits (TOML).")] = None,
) -> None:
    """Answer scenarios: a file with one, or a stream with one in each line (- = standard input)."""
    from service.commands.predict import run

    raise typer.Exit(run(source, sys.stdin, sys.stdout, sys.stderr, site))


@app.command()
def hook(
    request: Annotated[Path, typer.Argument(metavar="REQUEST.json", exists=True, dir_okay=False)],
    fhir: Annotated[str | None, typer.Option(help="FHIR base to fetch from, instead of the one in the request.")] = None,
    at: Annotated[str | None, typer.Option(help="Answer as if it were this time (ISO 8601 with zone).")] = None,
    as_json: Json = False,
) -> None:
    """Answer one CDS Hooks request in this process."""
    from service.commands.hook import run

    raise typer.Exit(run(request, fhir, at, as_json=as_json))


@app.command()
def doctor(
    fhir: Annotated[str, typer.Option(help="FHIR base to examine.")],
    patient: Annotated[list[str] | None, typer.Option(help="Patient id; without it, those in hospital now.")] = None,
    token_file: Annotated[Path | None, typer.Option(help="File with an access token (- = standard input).")] = None,
    as_json: Json = False,
) -> None:
    """Examine a FHIR server: capabilities, charts, units, which models could run, what to fix. Reads only."""
    from service.commands.doctor import run

    raise typer.Exit(run(fhir, patient or (), token_file, as_json=as_json))


@app.command()
def models(as_json: Json = False) -> None:
    """List the models: drug, status, population, source."""
    from service.commands.models import run

    raise typer.Exit(run(as_json=as_json))


@app.command()
def openapi() -> None:
    """Print the OpenAPI document."""
    from service.commands.openapi import run

    raise typer.Exit(run())


@app.command()
def alerts(
    days: Annotated[int, typer.Option(min=1, help="How far to look back.")] = 30,
    tenant: Annotated[str | None, typer.Option(help="One client; without it, all.")] = None,
    as_json: Json = False,
) -> None:
    """Summarise cards per patient-day: shown, withheld and at what cost, accepted, overridden and why."""
    from service.commands.alerts import run

    raise typer.Exit(run(days, tenant, as_json=as_json))


@app.command()
def forget(
    patient: Annotated[str, typer.Option(help="Patient id on that server.")],
    tenant: Annotated[str, typer.Option(help="Name of the configured client.")],
    fhir: Annotated[str | None, typer.Option(help="FHIR base of the patient.")] = None,
) -> None:
    """Delete what is stored of one patient; the audit digests stay."""
    from service.commands.forget import run

    raise typer.Exit(run(patient, tenant, fhir))


@tables.command()
def version() -> None:
    """Print the version of the tables."""
    from service.commands.database import version as run

    raise typer.Exit(run())


@tables.command()
def move(to: Annotated[str, typer.Argument(metavar="VERSION|head", help="What is newer is dropped.")]) -> None:
    """Move the tables to a version, back or forth. Stop the service first."""
    from service.commands.database import move as run

    raise typer.Exit(run(to))


@tables.command()
def verify() -> None:
    """Check that no entry of the audit was changed, removed or put in between."""
    from service.commands.database import verify as run

    raise typer.Exit(run())


@config.command()
def check() -> None:
    """Read the settings, print them without secrets, say what is wrong."""
    from service.commands.config import run

    raise typer.Exit(run())


if __name__ == "__main__":
    app()
