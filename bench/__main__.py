"""`make bench`: the engine in units of a fixed array operation, the hooks in milliseconds beside a trivial
endpoint, and the risk models."""

import numpy as np
from rich.console import Console
from rich.progress import track
from rich.table import Table

from bench import circulation, dosing, hooks, overhead, risk


def main() -> None:
    """Measure and print."""
    console = Console()
    engine = Table("engine, one prediction", "median U", "p90 U", "median ms CPU", title=_unit())
    for words, work in track([*dosing.jobs(), *circulation.jobs()], "engine", console=Console(stderr=True)):
        found = dosing.measure(words, work)
        engine.add_row(found.job, f"{found.median_u:.0f}", f"{found.p90_u:.0f}", f"{found.median_ms:.1f}")
    service = Table(
        "endpoint, distinct charts", "first ms", "median ms", "p95 ms", "median ms CPU", title="wall time, in process"
    )
    measured = [hooks.measure_joint()]
    for observations in track((100, 500), "hooks", console=Console(stderr=True)):
        measured += [*hooks.measure(observations), hooks.measure_view(observations)]
    beside = overhead.measure()
    for timed in (*measured, *beside.endpoints):
        service.add_row(
            timed.endpoint, f"{timed.first_ms:.0f}", f"{timed.median_ms:.1f}", f"{timed.p95_ms:.1f}", f"{timed.cpu_ms:.1f}"
        )
    words = "the service beside the models, beyond the trivial endpoint"
    service.add_row(words, "", f"{beside.beyond_ms:.1f}", "", f"{beside.beyond_cpu_ms:.1f}")
    console.print(engine, service, "risk models, median CPU", risk.report(), sep="\n")


def _unit() -> str:
    """What U is, and how long one takes here and now: the milliseconds of another machine differ by about that ratio."""
    now = float(np.median([dosing.unit_ms() for _ in range(25)]))
    return f"U = np.exp over 512 x 193 doubles, here {now:.2f} ms"


if __name__ == "__main__":
    main()
