"""`icu-twin doctor`: the first step at a new site. Reads, never writes; prints no names and no free text of charts."""

import asyncio
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from service.addresses import normalised_base
from service.clock import SystemClock
from service.doctor.examine import report
from service.doctor.report import Patient, Report
from service.fhir_client import Access, FhirClient
from service.observability import silence_libraries

if TYPE_CHECKING:
    from rich.console import Console

MAX_BYTES, MAX_PAGES = 8_000_000, 10
NOTHING_RUNS, NOT_READ = 1, 2


def run(fhir: str, patients: Sequence[str], token_file: Path | None, *, as_json: bool) -> int:
    """0 when anything could be answered on a chart, 1 when nothing could, 2 when the address or the token cannot be used."""
    base = normalised_base(fhir)
    if base is None:
        typer.echo("--fhir must be a plain http(s) address of a FHIR base", err=True)
        return NOT_READ
    try:
        token = _token(token_file)
    except OSError as error:
        typer.echo(f"--token-file cannot be read: {type(error).__name__}", err=True)
        return NOT_READ
    silence_libraries()
    found = asyncio.run(_examined(Access(base, token), patients))
    if as_json:
        typer.echo(json.dumps(found.as_json(), indent=2))
    else:
        show(found)
    return 0 if found.runs else NOTHING_RUNS


def _token(file: Path | None) -> str | None:
    if file is None:
        return None
    return (sys.stdin.read() if str(file) == "-" else file.read_text(encoding="utf-8")).strip() or None


async def _examined(access: Access, patients: Sequence[str]) -> Report:
    clock = SystemClock()
    fhir = FhirClient(clock, MAX_BYTES, MAX_PAGES)
    try:
        return await report(access, fhir, clock, patients)
    finally:
        await fhir.close()


def show(found: Report) -> None:
    """The report for a terminal."""
    from rich.console import Console
    from rich.markup import escape

    console = Console()
    server = found.server
    console.print(f"[bold]{escape(server.base)}[/bold]")
    said = f"FHIR {server.fhir_version or 'version not said'}, {server.software or 'software not named'}"
    console.print(escape(said + (", SMART" if server.smart else ", no SMART security declared")))
    for patient in found.patients:
        _show_patient(patient)
    console.print("\n[bold]What to fix[/bold]" if found.advice else "\n[bold]Nothing to fix.[/bold]")
    for number, words in enumerate(found.advice, 1):
        console.print(f"{number}. {escape(words)}")


def _show_patient(patient: Patient) -> None:
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    console = Console()
    console.print(f"\n[bold]Patient {escape(patient.id)}[/bold]")
    queries = Table("query", "resources", "seconds", "remark", box=None)
    for one in patient.answered:
        remark = one.failure or ("" if one.complete else "more is charted")
        queries.add_row(one.key, str(one.resources), f"{one.seconds:.2f}", remark)
    console.print(queries)
    if not patient.readable:
        return
    charted = Table("charted", "values", "newest", "units", box=None)
    for one in patient.variables:
        newest = "not usable" if one.newest_h is None else f"{one.newest_h:.1f} h"
        charted.add_row(one.name, str(one.values), newest, escape(", ".join(one.units)))
    console.print(charted)
    doses = ", ".join(f"{drug} {count}" for drug, count in patient.doses.items())
    console.print(f"doses given: {doses or 'none of a modelled drug'}")
    _show_models(console, patient)


def _show_models(console: "Console", patient: Patient) -> None:
    """Drugs by what would run, refusals once for all the models that share them, and what else could be answered."""
    from rich.markup import escape
    from rich.table import Table

    runs = [m.model for m in patient.models if not m.why]
    console.print(f"{len(runs)} of {len(patient.models)} drug models would run: {', '.join(runs) or 'none'}")
    by_reason: dict[str, list[str]] = {}
    for one in patient.models:
        if one.why:
            by_reason.setdefault(one.why, []).append(one.model)
    refused = Table("drug models that would not run", "because", box=None)
    for why, models in sorted(by_reason.items(), key=lambda item: -len(item[1])):
        refused.add_row(", ".join(models), escape(why))
    console.print(refused)
    others = Table("what else could be asked", "answers", "what stands against it", "not charted", box=None)
    for one in patient.questions:
        others.add_row(one.name, ", ".join(one.gives) or "nothing", escape("; ".join(one.why)), ", ".join(one.absent))
    console.print(others)
