"""Hourly ICU stays as plain arrays, whatever data set they come from."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from twin_engine.patient.quality import plausible
from twin_engine.patient.variables import VARIABLES
from twin_engine.risk.features import Feature, look_back_h, matrix

ROWS_AT_ONCE = 20_000


@dataclass(frozen=True)
class Stays:
    """Hourly rows of many stays, each stay one block of consecutive hours, oldest first.

    values: per variable (canonical unit) an array (rows,), NaN = not charted. context: per name an array (rows,).
    stay: identifier per row. marks: what is known of a row or its stay beside the inputs (label, group, exclusion).
    """

    name: str
    stay: NDArray[np.object_]
    values: Mapping[str, NDArray[np.float64]]
    context: Mapping[str, NDArray[np.float64]]
    marks: Mapping[str, NDArray[np.float64]] = field(default_factory=dict[str, NDArray[np.float64]])

    @property
    def rows(self) -> int:
        """Number of hourly rows."""
        return len(self.stay)

    @property
    def first(self) -> NDArray[np.int64]:
        """Per row the index of the first row of its stay."""
        starts = np.flatnonzero(np.r_[True, self.stay[1:] != self.stay[:-1]])
        return np.repeat(starts, np.diff(np.r_[starts, self.rows]))

    def keep(self, chosen: NDArray[np.bool_]) -> "Stays":
        """The rows chosen; whole stays only, or the windows would be cut."""
        cut = {name: {k: v[chosen] for k, v in group.items()} for name, group in self._groups().items()}
        return Stays(self.name, self.stay[chosen], cut["values"], cut["context"], cut["marks"])

    def _groups(self) -> Mapping[str, Mapping[str, NDArray[np.float64]]]:
        return {"values": self.values, "context": self.context, "marks": self.marks}


def implausible_removed(name: str, values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Values outside the plausible range of the variable as NaN, by the rule of the online path."""
    low, high = VARIABLES[name].plausible_low, VARIABLES[name].plausible_high
    assert plausible(name, low)
    assert plausible(name, high)
    return np.where((values >= low) & (values <= high), values, np.nan)


def feature_rows(stays: Stays, rows: NDArray[np.int64], features: Sequence[Feature]) -> NDArray[np.float32]:
    """Feature matrix of these rows, by the code of the online path, in blocks."""
    reach, first = look_back_h(features), stays.first
    out = np.empty((len(rows), len(features)), dtype=np.float32)
    for start in range(0, len(rows), ROWS_AT_ONCE):
        block = rows[start : start + ROWS_AT_ONCE]
        windows = {name: _window(stays, name, block, first[block], hours) for name, hours in reach.items()}
        context = {name: values[block] for name, values in stays.context.items()}
        out[start : start + ROWS_AT_ONCE] = matrix(features, windows, context)
    return out


def _window(stays: Stays, name: str, rows: NDArray[np.int64], first: NDArray[np.int64], hours: int) -> NDArray[np.float64]:
    if name not in stays.values:
        return np.full((len(rows), hours), np.nan)
    index = rows[:, None] - np.arange(hours - 1, -1, -1)[None, :]
    return np.where(index >= first[:, None], stays.values[name][np.maximum(index, 0)], np.nan)
