"""One invented stay lived again: pressure falls, cards come, and the policies differ as they must."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from tests.golden.predictions import AT, CHART, order
from twin_engine.patient.record import Administration, Measurement, PatientRecord
from twin_engine.risk.load import EVENTS
from validation.alert_replay import Totals, render
from validation.replay_onsets import ONSETS
from validation.replay_policies import SHOWN, Outcome
from validation.replay_stays import Stay, Written, as_of
from validation.replay_walk import lived

HOURS = 14
PRESSURES = (92, 80, 72, 68, 67, 66, 66, 66, 66, 66, 60, 58, 57, 60)


def measured(variable: str, value: float, unit: str, hour: float) -> Measurement:
    return Measurement(variable, value, unit, AT + timedelta(hours=hour))


def stay() -> Stay:
    rows = [*CHART.measurements]
    for hour, pressure in enumerate(PRESSURES):
        at = hour + 0.5
        rows += [
            measured("map", pressure, "mm[Hg]", at),
            measured("heart_rate", 90 + 2 * hour, "/min", at),
            measured("respiratory_rate", 26, "/min", at),
            measured("spo2", 93, "%", at),
        ]
    record = PatientRecord(date(1955, 5, 4), "male", tuple(sorted(rows, key=lambda m: m.time)), CHART.administrations)
    signed = [
        Written(AT + timedelta(hours=h), "vancomycin", (replace(order(2000, 8), start=AT + timedelta(hours=h)),))
        for h in (1, 2)
    ]
    unread = Written(AT + timedelta(hours=3), "vancomycin", ())
    return Stay("p", AT, AT + timedelta(hours=HOURS), record, (*signed, unread))


@pytest.fixture(scope="module")
def outcome() -> Outcome:
    return lived(stay())


def test_every_hour_and_every_order_is_accounted_for(outcome: Outcome) -> None:
    by_event = {event: sum(n for (of, _), n in outcome.hours.items() if of == event) for event in EVENTS}
    assert by_event == dict.fromkeys(EVENTS, HOURS)
    assert outcome.orders == {"signed": 3, "predicted": 2, "unread": 1}


def test_the_policy_withholds_and_says_by_what(outcome: Outcome) -> None:
    free, standing, overridden = (outcome.by_policy[n] for n in ("no policy", "nobody answers", "everybody overrides"))
    assert free.shown["deterioration hypotension"] > standing.shown["deterioration hypotension"] >= 1
    assert (
        standing.withheld["deterioration hypotension", "lock-out"]
        == free.shown["deterioration hypotension"] - standing.shown["deterioration hypotension"]
    )
    assert not free.withheld
    assert overridden.harmful == free.harmful == 2
    assert overridden.shown["dosing"] <= free.shown["dosing"]


def test_the_onset_had_its_card(outcome: Outcome) -> None:
    standing = outcome.by_policy["nobody answers"]
    assert (standing.onsets["hypotension"], standing.warned["hypotension"]) == (1, 1)
    assert standing.came["deterioration hypotension", "lock-out"] >= 1


def test_a_stage_of_kidney_injury_and_a_low_saturation_begin_once() -> None:
    rows = [measured("creatinine", v, "mg/dL", h) for h, v in ((-20.5, 1.0), (2.5, 1.4), (6.5, 1.5), (20.5, 2.1))]
    rows += [measured("spo2", 88.0 if 5 <= h < 8 else 95.0, "%", h + 0.5) for h in range(24)]
    record = PatientRecord(date(1955, 5, 4), "male", tuple(sorted(rows, key=lambda m: m.time)))
    hours = {
        event: [(at - AT) / timedelta(hours=1) for at in found.of(record, AT, AT + timedelta(hours=24))]
        for event, found in ONSETS.items()
    }
    assert hours == {"hypotension": [], "hypoxaemia": [5.0], "kidney_injury": [2.0, 20.0]}


def test_an_onset_charted_on_the_full_hour_is_one() -> None:
    rows = [measured("spo2", 88.0 if h in {5, 6} else 95.0, "%", h) for h in range(1, 12)]
    rows += [measured("map", 60.0 if h in {5, 9} else 80.0, "mm[Hg]", h) for h in range(1, 12)]
    record = PatientRecord(date(1955, 5, 4), "male", tuple(sorted(rows, key=lambda m: m.time)))
    for event in ("hypoxaemia", "hypotension"):
        assert [*ONSETS[event].of(record, AT, AT + timedelta(hours=12))] == [AT + timedelta(hours=4)]


def test_what_came_is_counted_after_shown_cards_as_after_withheld_ones(outcome: Outcome) -> None:
    kind = "deterioration hypotension"
    standing, free = outcome.by_policy["nobody answers"], outcome.by_policy["no policy"]
    assert 1 <= standing.came[kind, SHOWN] <= standing.decided[kind, SHOWN] <= standing.shown[kind]
    assert free.came[kind, SHOWN] == standing.came[kind, SHOWN] + standing.came[kind, "lock-out"]
    totals = Totals()
    totals.add("p", outcome)
    row = next(line for line in render(totals).splitlines() if line.startswith(f"| nobody answers | {kind} | "))
    assert row.split(" | ")[-1].startswith(f"{standing.came[kind, SHOWN] / standing.decided[kind, SHOWN]:.0%} (")


def test_the_page_holds_each_table(outcome: Outcome) -> None:
    totals = Totals()
    totals.add("p", outcome)
    page = render(totals)
    for heading in (
        "Cards per patient-day",
        "Shown, and what came",
        "Withheld, and what came",
        "New hypotension",
        "Low oxygen saturation",
        "Orders likely to harm",
    ):
        assert f"## {heading}" in page


def test_the_record_stands_as_it_stood() -> None:
    infusion = Administration("propofol", AT, "mg/h", rate=100.0, end=AT + timedelta(hours=9))
    record = replace(stay().record, administrations=(infusion,))
    then = as_of(record, AT + timedelta(hours=2))
    assert all(m.time <= AT + timedelta(hours=2) for m in then.measurements)
    assert then.administrations[0].end is None, "nobody knew yet when it would end"
