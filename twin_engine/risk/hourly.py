"""Hourly values of a patient record up to `at`, as the training data hold them: the median of each hour."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from statistics import median

import numpy as np

from twin_engine.patient.quality import plausible
from twin_engine.patient.record import Measurement, PatientRecord, Setting, was_known
from twin_engine.risk.features import Windows

HOUR = timedelta(hours=1)


def hourly_windows(record: PatientRecord, reach: Mapping[str, int], at: datetime) -> Windows:
    """Per variable the last `reach[variable]` hours up to `at`, (1, hours), newest last; NaN where nothing was charted.

    The newest hour is (at - 1 h, at]. Values that no living adult can show, values with a comparator ("<5") and values
    the chart did not hold at `at` are left out.
    """
    found: dict[tuple[str, int], list[float]] = {}
    starts = {name: at - hours * HOUR for name, hours in reach.items()}
    for row in (*record.measurements, *record.settings):
        # Most rows of a long chart are too old: that is looked at first.
        start = starts.get(row.variable)
        if start is not None and row.time is not None and row.time > start and (value := _known(row, at)) is not None:
            found.setdefault((row.variable, (at - row.time) // HOUR), []).append(value)
    windows = {name: np.full((1, hours), np.nan) for name, hours in reach.items()}
    for (name, hours_ago), values in found.items():
        windows[name][0, -1 - hours_ago] = values[0] if len(values) == 1 else median(values)
    return windows


def _known(row: Measurement | Setting, at: datetime) -> float | None:
    if row.value is None or row.time is None or row.time > at:
        return None
    if isinstance(row, Measurement) and (row.comparator is not None or not was_known(row, at)):
        return None
    return row.value if plausible(row.variable, row.value) else None
