"""One feature code: a stay in one block, cut short, and rebuilt from a chart all give the same numbers, bit for bit."""

from datetime import date, timedelta

import numpy as np
import pytest
from numpy.typing import NDArray

pytest.importorskip("pandas", reason="the training extra is not installed")

from tests.unit.risk.charts import AT
from training.events import hypotension, hypoxaemia, kidney_injury
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


def test_low_saturation_is_two_hours_on_end() -> None:
    saturation = np.array([95, 95, 95, 89, 91, 89, 88, 95, 95, 95, 95, 95, 95], dtype=float)
    made = Stays("made", np.full(13, "s", dtype=object), {"spo2": saturation}, {}, {})
    asked, label = hypoxaemia(made)
    assert asked[:5].tolist() == [False, True, True, False, False]
    assert label[:3].tolist() == [1.0, 1.0, 1.0]
    one_hour = Stays("made", made.stay, {"spo2": np.where(saturation == 88.0, 95.0, saturation)}, {}, {})
    assert not hypoxaemia(one_hour)[1].any()


def kidneys(*values: tuple[int, float], rows: int = 120, stay: str = "s") -> Stays:
    creatinine = np.full(rows, np.nan)
    for hour, value in values:
        creatinine[hour] = value
    return Stays("made", np.full(rows, stay, dtype=object), {"creatinine": creatinine}, {}, {})


def test_a_kidney_label_is_the_next_stage_and_silent_where_nobody_looked() -> None:
    asked, label = kidney_injury(kidneys((2, 1.0), (26, 1.4), (50, 2.2)))
    assert not asked[:2].any(), "no creatinine yet"
    assert asked[2:50].all()
    assert not asked[50:].any(), "nobody drew creatinine again: the event can neither be seen nor excluded"
    assert label[2:50].all(), "from none to stage 1, and from there to stage 2"


def test_a_kidney_label_does_not_repeat_a_stage_that_is_there() -> None:
    asked, label = kidney_injury(kidneys((0, 1.0), (24, 1.6), (48, 1.6), (72, 1.5)))
    assert label[:24].all()
    assert asked[24:60].all()
    assert not label[24:60].any()


@pytest.mark.parametrize(
    ("values", "why"),
    [
        ([(0, 1.0), (10, 3.1), (20, 3.3)], "stage 3"),
        ([(10, 4.2), (20, 4.9)], "4 mg/dL"),
        ([(0, 1.0), (47, 1.4)], "older than 36 h"),
    ],
)
def test_a_kidney_question_is_not_asked_where_it_means_nothing(values: list[tuple[int, float]], why: str) -> None:
    asked, _ = kidney_injury(kidneys(*values))
    hour = {"stage 3": 10, "4 mg/dL": 10, "older than 36 h": 36}[why]
    assert not asked[hour : hour + 10].any()


def test_stays_do_not_see_each_others_creatinine_and_renal_replacement_is_left_out() -> None:
    first, second = kidneys((50, 1.0), rows=60, stay="a"), kidneys((0, 2.0), (20, 2.0), rows=60, stay="b")
    values = {"creatinine": np.r_[first.values["creatinine"], second.values["creatinine"]]}
    both = Stays("made", np.r_[first.stay, second.stay], values, {}, {"renal_replacement": np.zeros(120)})
    asked, label = kidney_injury(both)
    assert not asked[:60].any()
    assert asked[60:80].all()
    assert not label.any()
    treated = Stays("made", both.stay, values, {}, {"renal_replacement": np.ones(120)})
    assert not kidney_injury(treated)[0].any()
