"""Events as a chart shows them: happened, did not, or cannot be told."""

from datetime import timedelta

import pytest

from tests.golden.predictions import AT, ago
from twin_engine.patient.events import EVENT_OF_DRUG, EVENTS, happened, hourly
from twin_engine.patient.record import Measurement, PatientRecord
from twin_engine.patient.variables import VARIABLES


def chart(variable: str, *rows: tuple[float, float]) -> PatientRecord:
    """Values so many hours before AT."""
    unit = VARIABLES[variable].unit
    return PatientRecord(None, "unknown", tuple(Measurement(variable, v, unit, ago(h)) for h, v in sorted(rows, reverse=True)))


SINCE = AT - timedelta(hours=8)


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ([(7.5, 60), (6.5, 62), (5.5, 80)], True),
        ([(7.5, 60), (7.4, 60), (6.5, 70)], False),
        ([(7.5, 60), (3.5, 64)], True),
        ([(7.5, 70), (1.5, 50), (0.5, 50)], None),
        ([(9.0, 50), (8.5, 50), (7.5, 80), (6.5, 80)], False),
        ([], None),
    ],
    ids=["two hours", "one hour twice", "two hours apart", "only after the horizon", "only before", "nothing charted"],
)
def test_hypotension_is_two_hours_of_six(rows: list[tuple[float, float]], expected: bool | None) -> None:
    assert happened("hypotension", chart("map", *rows), SINCE, AT) is expected


def test_an_event_that_may_still_come_is_open() -> None:
    record = chart("map", (7.5, 80), (6.5, 80))
    assert happened("hypotension", record, SINCE, AT - timedelta(hours=4)) is None
    assert happened("hypotension", record, SINCE, AT) is False


def test_hypoxaemia_is_two_hours_on_end() -> None:
    assert happened("hypoxaemia", chart("spo2", (7.5, 88), (6.5, 89)), SINCE, AT)
    assert happened("hypoxaemia", chart("spo2", (7.5, 88), (5.5, 88), (6.5, 95)), SINCE, AT) is False


@pytest.mark.parametrize(("before", "after", "expected"), [(0.9, 1.2, True), (1.0, 1.2, False), (0.4, 0.6, True)])
def test_kidney_injury_is_that_of_kdigo(before: float, after: float, expected: bool) -> None:
    since = AT - timedelta(hours=48)
    assert happened("kidney_injury", chart("creatinine", (50, before), (20, after)), since, AT) is expected
    assert happened("kidney_injury", chart("creatinine", (20, after)), since, AT) is None


def test_kidney_injury_is_a_further_stage_and_not_one_that_was_there() -> None:
    since = AT - timedelta(hours=48)
    risen = ((90, 1.0), (50, 1.6))
    assert happened("kidney_injury", chart("creatinine", *risen, (20, 1.7)), since, AT) is False
    assert happened("kidney_injury", chart("creatinine", *risen, (20, 2.1)), since, AT)
    assert happened("kidney_injury", chart("creatinine", (90, 1.0), (20, 2.1)), since, AT) is None, "no stage to start from"


def test_an_hour_is_its_median() -> None:
    assert hourly(chart("map", (7.9, 50), (7.8, 80), (7.7, 82), (6.5, 70)), "map", SINCE, AT) == {0: 80, 1: 70}


def test_every_drug_points_to_an_event_and_no_other_name_is_one() -> None:
    assert set(EVENT_OF_DRUG.values()) <= set(EVENTS)
    with pytest.raises(KeyError):
        happened("happiness", chart("map"), SINCE, AT)
