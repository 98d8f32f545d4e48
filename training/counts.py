"""How often an event comes in stays that trained nothing: whether there is enough of it to judge a model of it.

A model is shown only where at least 500 stays outside the training hospital show its event.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from training import events
from training.evaluation import DATA_OF, READERS, SAME_HOSPITAL
from training.stays import Stays
from training.trained import took_part

NEEDED = 500


@dataclass(frozen=True)
class Count:
    """Of one event in one data set: stays in which it could be asked, stays in which it came, and how often it began to lie
    ahead. `external`: of another hospital than the one that trained."""

    data: str
    event: str
    stays: int
    with_event: int
    onsets: int
    external: bool


def counts(folder: Path) -> Iterator[Count]:
    """Every event that is judged, in every data set of the folder, without the stays that trained a model."""
    for name, read in READERS.items():
        stays = read(folder)
        if stays is None or not (kept := ~took_part(stays.stay)).any():
            continue
        own = stays.keep(kept)
        for event in (e for e, data in DATA_OF.items() if name in data):
            yield _count(own, name, event)


def _count(stays: Stays, name: str, event: str) -> Count:
    asked, label = events.EVENTS[event](stays)
    came = asked & (label > 0)
    begins = came & ~np.r_[False, came[:-1] & (stays.stay[1:] == stays.stay[:-1])]
    whole, with_event = (len(np.unique(stays.stay[rows].astype(str))) for rows in (asked, came))
    return Count(name, event, whole, with_event, int(begins.sum()), (event, name) not in SAME_HOSPITAL)
