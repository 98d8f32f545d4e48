"""`python -m training fit|evaluate --data DIR`: the risk models from open data, and what they are worth there."""

from pathlib import Path
from typing import Annotated

import typer

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


if __name__ == "__main__":
    app()
