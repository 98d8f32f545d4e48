"""`python -m training fit|evaluate --data DIR`: the risk models from open data, and what they are worth there."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import Progress

from training.places import VARIANTS
from training.specification import SPECIFICATIONS

app = typer.Typer(add_completion=False, no_args_is_help=True)
Data = Annotated[Path, typer.Option(help="folder with physionet2019/, physionet2012/, eicu_demo/")]
Variant = Annotated[list[str] | None, typer.Option(help="only shipped, or process")]
Event = Annotated[list[str] | None, typer.Option(help="only these events")]


@app.callback()
def main() -> None:
    """The risk models from open data, and what they are worth there."""


@app.command()
def fit(data: Data, event: Event = None, variant: Variant = None, threads: int = 1) -> None:
    """Fit the models and write graphs, cards and the list of training stays."""
    from training.fit import fit as run

    run(data, event or list(SPECIFICATIONS), threads, variant or VARIANTS)


@app.command()
def evaluate(
    data: Data,
    as_json: Annotated[bool, typer.Option("--json", help="JSON on standard output")] = False,
    repeats: Annotated[int, typer.Option(help="bootstrap samples of patients")] = 200,
    seed: int = 1,
    event: Event = None,
) -> None:
    """Score the released models on every stay of the folder that trained none of them."""
    from training.evaluation import evaluate as run
    from training.report import table

    with Progress(transient=True, console=Console(stderr=True)) as progress:
        bar = progress.add_task("reading", total=None)
        found = run(data, repeats, seed, lambda what: progress.update(bar, description=what, advance=1), event)
    typer.echo(json.dumps(found, indent=1) if as_json else table(found))


@app.command()
def cards(figures: Annotated[Path, typer.Option(help="what `evaluate --json` printed")]) -> None:
    """Write page, figures and plots of every risk model that was scored (those of others stay) and the table of the rule."""
    from training.model_card import write

    write(json.loads(figures.read_text(encoding="utf-8")))


@app.command()
def recalibrate(
    data: Annotated[Path, typer.Option(help="folder with the site's own site_hourly.parquet")],
    window: Annotated[str, typer.Option(help="dates of the data, for example 2026-01-01/2026-06-30")],
    date: Annotated[str, typer.Option(help="today")],
    to: Annotated[Path, typer.Option(help="file to write, for ICU_TWIN_RECALIBRATION_FILE")],
    seed: int = 1,
) -> None:
    """Write a site's own calibration of the released models."""
    from training.data_site import UnusableTable
    from training.recalibrate import recalibrate as run

    try:
        found = run(data, window, date, seed)
    except UnusableTable as error:
        typer.echo(f"{error}", err=True)
        raise typer.Exit(2) from error
    for one in found:
        before, after = ("{:.2f} ({:.2f} to {:.2f})".format(*ratio) for ratio in (one.before, one.after))
        used = "the service will use it" if one.why_not is None else f"the service will not use it: {one.why_not}"
        typer.echo(
            f"{one.found.event}: {one.found.stays} stays, {one.found.events} with the event; slope {one.found.slope:.2f},"
        )
        typer.echo(f"  intercept {one.found.intercept:.2f}; observed to expected {before} before, {after} after; {used}")
    to.write_text(json.dumps([asdict(one.found) for one in found], indent=1) + "\n", encoding="utf-8")


@app.command()
def states(data: Data) -> None:
    """Whether the twin's own states add to the risks; writes docs/validation/twin_states_in_risk.md."""
    from training.states_report import PAGE, report

    with Progress(transient=True, console=Console(stderr=True)) as progress:
        bar = progress.add_task("reading", total=None)
        page = report(data, lambda what: progress.update(bar, description=what, advance=1))
    PAGE.write_text(page, encoding="utf-8")


@app.command()
def tune(data: Data, event: Event = None, stays: Annotated[int, typer.Option(help="most training stays")] = 4000) -> None:
    """Try sizes of the trees inside the training hospital; changes nothing."""
    from training.tune import tried

    with Progress(transient=True, console=Console(stderr=True)) as progress:
        bar = progress.add_task("reading", total=None)
        for one in tried(data, event or list(SPECIFICATIONS), stays, lambda what: progress.update(bar, description=what)):
            size = f"{one.shape.trees} trees, {one.shape.leaves} leaves"
            mark = "in use" if one.gain is None else f"gain {one.gain[0]:.4f} to {one.gain[1]:.4f}"
            taken = ": the rule takes it" if one.better else ""
            typer.echo(f"{one.event}: {size}: AUROC {one.auroc:.4f}, average precision {one.auprc:.4f}, {mark}{taken}")


@app.command()
def count(data: Data) -> None:
    """How often each event comes in stays that trained nothing."""
    from training.counts import NEEDED, counts

    external: dict[str, int] = {}
    for one in counts(data):
        external[one.event] = external.get(one.event, 0) + one.with_event * one.external
        typer.echo(f"{one.event}, {one.data}: {one.with_event} of {one.stays} stays ({one.onsets} onsets)")
    for event, stays in external.items():
        enough = "enough" if stays >= NEEDED else f"fewer than {NEEDED}"
        typer.echo(f"{event}: {stays} stays outside the training hospital: {enough}")


if __name__ == "__main__":
    app()
