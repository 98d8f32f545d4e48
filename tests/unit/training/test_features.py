"""One feature code: a stay in one block, cut short, and rebuilt from a chart all give the same numbers, bit for bit."""

from datetime import date, timedelta

import numpy as np
import pytest
from numpy.typing import NDArray

pytest.importorskip("pandas", reason="the training extra is not installed")

from tests.unit.risk.charts import AT
from training.events import hypotension
from training.specification import SPECIFICATIONS
from training.stays import Stays, feature_rows
from twin_engine.patient.record import Measurement, PatientRecord, sorted_by_time
from twin_engine.patient.variables import VARIABLES
from twin_engine.risk.features import look_back_h, matrix
from twin_engine.risk.hourly import hourly_windows

FEATURES = SPECIFICATIONS["hypotension"].features
HOURS = 60


def stays(patients: int = 3, seed: int = 8) -> Stays:
    generator = np.random.default_rng(seed)
    rows = patients * HOURS
    values: dict[str, NDArray[np.float64]] = {}
    for name in look_back_h(FEATURES):
        v = VARIABLES[name]
        middle = 7.4 if name == "ph" else min(max(v.plausible_low * 4.0, 20.0), v.plausible_high / 3.0)
        values[name] = np.where(generator.random(rows) < 0.6, middle * generator.uniform(0.97, 1.03, rows), np.nan)
    stay = np.repeat([f"s{i}" for i in range(patients)], HOURS).astype(object)
    context = {"age": np.full(rows, 60.0), "female": np.zeros(rows)}
    return Stays("made", stay, values, context, {"held_out": np.zeros(rows)})


def test_a_stay_cut_short_scores_as_the_whole_one_did() -> None:
    whole = stays()
    rows = np.arange(whole.rows)
    everything = feature_rows(whole, rows, FEATURES)
    for end in (1, 7, 41, HOURS):
        cut = whole.keep(rows % HOURS < end)
        short = feature_rows(cut, np.arange(cut.rows), FEATURES)
        assert np.array_equal(short, everything[rows % HOURS < end], equal_nan=True)


def test_a_row_alone_scores_as_it_does_among_all() -> None:
    whole = stays()
    everything = feature_rows(whole, np.arange(whole.rows), FEATURES)
    for row in (0, 59, 60, 100, 179):
        assert np.array_equal(feature_rows(whole, np.array([row]), FEATURES)[0], everything[row], equal_nan=True)


@pytest.mark.parametrize("hour", [0, 5, 30, 59])
def test_a_chart_gives_the_numbers_of_the_training_table(hour: int) -> None:
    table = stays(1)
    charted = [
        Measurement(name, float(v), VARIABLES[name].unit, AT - timedelta(hours=hour - k))
        for name, column in table.values.items()
        for k, v in enumerate(column)
        if not np.isnan(v)
    ]  # hours after `at` stay in the record: they must not count
    record = PatientRecord(date(1966, 1, 3), "male", sorted_by_time(charted))
    context = {"age": np.array([60.0]), "female": np.array([0.0])}
    online = matrix(FEATURES, hourly_windows(record, look_back_h(FEATURES), AT), context)
    assert np.array_equal(online[0], feature_rows(table, np.array([hour]), FEATURES)[0], equal_nan=True)


def test_the_label_looks_ahead_and_the_question_is_asked_only_where_it_may_be() -> None:
    pressure = np.array([70, 70, 70, 64, 70, 63, 70, 70, 70, 70, 70, 70, 70, np.nan], dtype=float)
    made = Stays("made", np.full(14, "s", dtype=object), {"map": pressure}, {}, {})
    asked, label = hypotension(made)
    assert asked.tolist() == [False, True, True, False, False, False, False, True, True, True, True, False, False, False]
    assert label[:5].tolist() == [1.0, 1.0, 1.0, 0.0, 0.0]
