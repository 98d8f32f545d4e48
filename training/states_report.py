"""Whether the twin's own states add to a risk: the same trees with and without them, out of fold by patient, paired.

A state is also a sign that something was measured. So each has a control: its values handed on to other rows that have one,
which leaves who was measured and takes away what was found.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from training import boost, data_2012, data_2019, data_eicu, events
from training.discrimination import Ranked, interval, resamples
from training.specification import SPECIFICATIONS
from training.states import STATES, with_states
from training.stays import Stays, feature_rows
from twin_engine.risk.features import Feature

PAGE = Path(__file__).parent.parent / "docs" / "validation" / "twin_states_in_risk.md"
FOLDS, SEED, REPEATS, MOST_STAYS = 3, 7, 200, 4000
Rows = NDArray[np.float64]
READERS: Mapping[str, Callable[[Path], Stays | None]] = {
    "PhysioNet/CinC Challenge 2019, hospital A": data_2019.read,
    "PhysioNet/CinC Challenge 2012, set a": data_2012.read,
    "eICU demo": data_eicu.read,
}
ASKED: Sequence[tuple[str, str]] = (
    ("PhysioNet/CinC Challenge 2019, hospital A", "hypotension"),
    ("PhysioNet/CinC Challenge 2019, hospital A", "sepsis"),
    ("eICU demo", "hypotension"),
    ("PhysioNet/CinC Challenge 2012, set a", "death"),
)


@dataclass(frozen=True)
class Arm:
    """What was added, how it ranked, and by how much it ranked better than without (interval over patients)."""

    added: str
    auroc: float
    gain: tuple[float, float, float]


@dataclass(frozen=True)
class Asked:
    """One event on one data set; `known`: share of the rows that have each state."""

    data: str
    event: str
    rows: int
    events: int
    stays: int
    known: Mapping[str, float]
    without: float
    arms: tuple[Arm, ...]


def report(folder: Path, step: Callable[[str], None]) -> str:
    """The page; data sets that are not in the folder are left out."""
    found: list[Asked] = []
    for name, read in READERS.items():
        stays = read(folder)
        wanted = [event for data, event in ASKED if data == name]
        if stays is None or not wanted:
            continue
        # The eICU demo trained nothing that is released. Of the others only what trained is used: held-out parts stay held out.
        own = np.ones(stays.rows, dtype=bool) if name == "eICU demo" else stays.marks["held_out"] == 0
        few = with_states(_some(stays.keep(own)))
        for event in wanted:
            found.append(_asked(name, event, few, step))
    return _page(found)


def _some(stays: Stays) -> Stays:
    names, index = np.unique(stays.stay.astype(str), return_inverse=True)
    chosen = np.random.default_rng(SEED).permutation(len(names)) < MOST_STAYS
    return stays.keep(chosen[index])


def _asked(data: str, event: str, stays: Stays, step: Callable[[str], None]) -> Asked:
    eligible, label = events.EVENTS[event](stays)
    rows, spec = np.flatnonzero(eligible), SPECIFICATIONS[event]
    y, stay = label[rows], stays.stay[rows]
    patient = np.unique(stay.astype(str), return_inverse=True)[1]
    fold, again = boost.folds(stay, FOLDS, SEED), resamples(int(patient.max()) + 1, REPEATS, SEED)
    base = feature_rows(stays, rows, spec.features)
    states = {name: feature_rows(stays, rows, features) for name, features in STATES.items() if name in stays.values}

    def ranked(what: str, x: NDArray[np.float32], features: Sequence[Feature]) -> Ranked:
        step(f"{data}, {event}: {what}")
        return Ranked(_out_of_fold(x, y, fold, features, spec.shape), y, patient)

    plain = ranked("without", base, spec.features)
    own = [plain.auroc(w) for w in again]
    arms: list[Arm] = []
    for what, values in _added(states).items():
        more = tuple(f for name in states if name in what for f in STATES[name])
        other = ranked(what, np.column_stack([base, values]), (*spec.features, *more))
        gains = [other.auroc(w) - o for w, o in zip(again, own, strict=True)]
        arms.append(Arm(what, other.auroc(), (other.auroc() - plain.auroc(), *interval(gains))))
    known = {name: float(np.mean(~np.isnan(values[:, 0]))) for name, values in states.items()}
    return Asked(data, event, len(rows), int(y.sum()), int(patient.max()) + 1, known, plain.auroc(), tuple(arms))


def _added(states: Mapping[str, NDArray[np.float32]]) -> dict[str, NDArray[np.float32]]:
    """What is added by its name: each state, each with its values handed on, and all of them."""
    generator = np.random.default_rng(SEED)
    arms: dict[str, NDArray[np.float32]] = {}
    for name, values in states.items():
        arms[name] = values
        handed_on, known = values.copy(), np.flatnonzero(~np.isnan(values[:, 0]))
        handed_on[known] = values[generator.permutation(known)]
        arms[f"{name}, values handed on"] = handed_on
    if len(states) > 1:
        arms[" and ".join(states)] = np.column_stack(list(states.values()))
    return arms


def _out_of_fold(
    x: NDArray[np.float32], y: Rows, fold: NDArray[np.int64], features: Sequence[Feature], shape: boost.Shape
) -> Rows:
    out = np.empty(len(y))
    for k in range(FOLDS):
        mine = fold == k
        booster = boost.fit(x, y, (~mine).astype(np.float64), features, shape, SEED + k, 1)
        out[mine] = booster.predict(x[mine], raw_score=True, num_threads=1)
    return out


def _page(found: Sequence[Asked]) -> str:
    lines = []
    for one in found:
        known = ", ".join(f"{_NAMES[name]} at {100 * share:.0f} %" for name, share in one.known.items())
        lines += [
            f"### {SPECIFICATIONS[one.event].title}: {one.data}", "",
            f"{one.rows:,} rows of {one.stays:,} stays, {one.events:,} with the event; {known} of the rows.", "",
            "| added | AUROC | gain (95 %) |", "|---|---|---|", f"| nothing | {one.without:.4f} | |",
            *(f"| {_words(a.added)} | {a.auroc:.4f} | {_signed(a.gain)} |" for a in one.arms), "",
        ]  # fmt: skip
    return _HEAD + "\n".join(lines) + _verdict(found) + _TAIL


def _signed(gain: tuple[float, float, float]) -> str:
    return "{:+.4f} ({:+.4f} to {:+.4f})".format(*gain)


def _words(added: str) -> str:
    for name, words in _NAMES.items():
        added = added.replace(name, words)
    return added


def _verdict(found: Sequence[Asked]) -> str:
    """Where a state ranks better than nothing and better than its own control, beyond the interval."""
    told: list[str] = []
    for one in found:
        arms = {a.added: a for a in one.arms}
        for name in one.known:
            mine, control = arms[name], arms[f"{name}, values handed on"]
            better = mine.gain[1] > 0.0 and mine.gain[0] > max(control.gain[2], 0.0)
            verdict = "adds something" if better else "adds nothing that can be told"
            told.append(
                f"- {_NAMES[name]}, {SPECIFICATIONS[one.event].title.lower()}, {one.data}: {verdict} ({mine.gain[0]:+.4f})"
            )
    return "\n## What follows\n\n" + "\n".join(told) + "\n"


_NAMES = {"gfr": "GFR", "shunt": "shunt"}
_HEAD = f"""# Do the twin's own states add to a risk?

Each risk was fitted with what it reads today and with states of the twin beside it: the same trees, {FOLDS}-fold, out of
fold by patient, at most {MOST_STAYS:,} stays of a data set. Gain = difference of the AUROC on the same rows, interval over
{REPEATS} resamples of patients. GFR comes from the creatinine balance, shunt from content mixing (PaO2 where the data hold it,
else a saturation of at most 96 %), both from what was charted by the hour. "Values handed on" is the control: it keeps who
was measured and mixes what was found. Written by `python -m training states`.

"""
_TAIL = """
Compliance needs ventilator volumes and pressures, the pressor response needs infusion rates beside pressures: none of these
data sets holds them at an hourly grid, so these two are not answered. A shunt exists where somebody charted FiO2, which is a
sign of care: a gain that the control shares is no gain of physiology. No released model reads a state of the twin.
"""
