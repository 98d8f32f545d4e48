"""`python -m training fit|evaluate --data DIR`: the risk models from open data, and what they are worth there."""

import json
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import Progress

from training.specification import SPECIFICATIONS

app = typer.Typer(add_completion=False, no_args_is_help=True)
Data = Annotated[Path, typer.Option(help="folder with physionet2019/, physionet2012/, eicu_demo/")]
Event = Annotated[list[str] | None, typer.Option(help="only these events")]


@app.callback()
def main() -> None:
    """The risk models from open data, and what they are worth there."""


@app.command()
def fit(data: Data, event: Event = None, threads: int = 1) -> None:
    """Fit the models and write graphs, cards and the list of training stays."""
    from training.fit import fit as run

    run(data, event or list(SPECIFICATIONS), threads)


@app.command()
def evaluate(
    data: Data,
    as_json: Annotated[bool, typer.Option("--json", help="JSON on standard output")] = False,
    repeats: Annotated[int, typer.Option(help="bootstrap samples of patients")] = 200,
    seed: int = 1,
) -> None:
    """Score the released models on every stay of the folder that trained none of them."""
    from training.evaluation import evaluate as run
    from training.report import table

    with Progress(transient=True, console=Console(stderr=True)) as progress:
        bar = progress.add_task("reading", total=None)
        found = run(data, repeats, seed, lambda what: progress.update(bar, description=what, advance=1))
    typer.echo(json.dumps(found, indent=1) if as_json else table(found))


@app.command()
def cards(figures: Annotated[Path, typer.Option(help="what `evaluate --json` printed")]) -> None:
    """Write the page, the figures and the plots of every risk model under docs/."""
    from training.model_card import write

    write(json.loads(figures.read_text(encoding="utf-8")))


if __name__ == "__main__":
    app()
