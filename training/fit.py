"""`python -m training fit`: writes the graphs, their cards and the list of training patients."""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from rich.progress import Progress

from training import data_2012, data_2019, events, trained
from training.baselines import fit_baselines
from training.boost import Shape
from training.fitting import MEMBERS, Sample, card, fit_members, golden, ranks, run, sample, support
from training.parity import LEAST_ROWS, parity
from training.places import VARIANTS, released
from training.specification import SPECIFICATIONS, Specification
from training.stays import Stays, feature_rows
from training.thresholds import thresholds
from twin_engine.risk.features import Feature
from twin_engine.risk.load import CARD_DIGESTS, EVENTS

SEED = 20_261


@dataclass(frozen=True)
class Task:
    """One model to fit: its rows, those that train and those that only rank; and those on which the graph is held against the
    trees: the ones that rank, or, where they are few, every hour of their stays."""

    specification: Specification
    stays: Stays
    train: NDArray[np.int64]
    external: NDArray[np.int64]
    compared: NDArray[np.int64]
    label: NDArray[np.float64]
    trained_on: str
    ranked_on: str


def tasks(folder: Path, names: Sequence[str]) -> list[Task]:
    """The models that the data in the folder allow."""
    found: list[Task] = []
    hourly, first_days = data_2019.read(folder), data_2012.read(folder)
    for name in names:
        stays = first_days if name == "death" else hourly
        if stays is None:
            continue
        eligible, label = events.EVENTS[name](stays)
        mine, other = ("2012 set a", "2012 set b") if name == "death" else ("2019 hospital A", "2019 hospital B")
        held_out = stays.marks["held_out"] > 0
        external = np.flatnonzero(eligible & held_out)
        compared = external if len(external) >= LEAST_ROWS else np.flatnonzero(held_out)
        found.append(
            Task(
                SPECIFICATIONS[name], stays, np.flatnonzero(eligible & ~held_out), external, compared, label,
                f"PhysioNet/CinC Challenge {mine}", f"PhysioNet/CinC Challenge {other}",
            )
        )  # fmt: skip
    return found


def fit(folder: Path, names: Sequence[str], threads: int, variants: Sequence[str] = VARIANTS) -> None:
    """Fits every model named, in these variants, and writes what ships. Raises GraphDiffers instead of writing a graph
    that does not answer as its trees."""
    wanted = tasks(folder, names)
    with Progress(transient=True) as progress:
        bar = progress.add_task("members", total=len(variants) * MEMBERS * len(wanted))
        for task in wanted:
            if task.specification.event != "death":
                fit_baselines(task.specification.event, task.specification.features, task.stays, task.train, task.label)
            plain = task.specification.features
            read = {"shipped": plain, "process": (*plain, *task.specification.process)}
            for variant in variants:
                progress.update(bar, description=f"{task.specification.event}, {variant}")
                _write(task, variant, read[variant], threads, lambda: progress.advance(bar))
    write_card_digests()
    trained.write([stay for task in wanted for stay in np.unique(task.stays.stay[task.train].astype(str))])


def write_card_digests() -> None:
    """Lists the sha256 of every card beside a graph that serves, in the form that `sha256sum --check` reads."""
    folder = released("shipped", EVENTS[0])[1].parent
    listed = [f"{hashlib.sha256(card.read_bytes()).hexdigest()}  {card.name}\n" for card in sorted(folder.glob("*.json"))]
    folder.joinpath(CARD_DIGESTS).write_text("".join(listed), encoding="utf-8")


def _write(task: Task, variant: str, features: tuple[Feature, ...], threads: int, step: Callable[[], None]) -> None:
    spec = task.specification
    train = sample(task.stays, task.train, task.label, features)
    fitted = fit_members(train, features, spec.shape, SEED, threads, step)
    external = sample(task.stays, task.external, task.label, features)
    alike = parity(fitted, feature_rows(task.stays, task.compared, features), threads)
    graph, beside = released(variant, spec.event)
    graph.parent.mkdir(parents=True, exist_ok=True)
    graph.write_bytes(fitted.graph)
    beside.write_text(
        card(
            fitted.graph, features, event=spec.event, variant=variant, title=spec.title, definition=spec.definition,
            horizon_h=spec.horizon_h, core=spec.core, trained_on=task.trained_on, shape=_shape(spec.shape),
            typical=_typical(train.x), support=support(task.stays, task.train, features),
            thresholds=thresholds(spec.event, train, fitted),
            rank=ranks(task.ranked_on, run(fitted.graph, external.x, "probability").ravel(), external.y),
            golden=golden(fitted, train.x, SEED, threads), training=_counts(train), parity=alike,
        ),
        encoding="utf-8",
    )  # fmt: skip


def _typical(x: NDArray[np.float32]) -> list[float]:
    return [round(float(v), 4) for v in np.nanmedian(x, axis=0)]


def _counts(train: Sample) -> dict[str, int]:
    with_event = np.unique(train.stay[train.y > 0].astype(str))
    return {
        "hours": len(train.y),
        "stays": len(np.unique(train.stay.astype(str))),
        "event_hours": int(train.y.sum()),
        "stays_with_event": len(with_event),
    }


def _shape(shape: Shape) -> dict[str, Any]:
    return {"members": MEMBERS, "trees": shape.trees, "leaves": shape.leaves, "learning_rate": shape.learning_rate,
            "least_rows": shape.least_rows, "ridge": shape.ridge}  # fmt: skip
