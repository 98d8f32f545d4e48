"""Measurements and settings: units, plausibility, what was known when, two sources in one minute."""

from typing import Any

import pytest

from tests.unit.scenario_json.documents import measurement, scenario
from twin_engine.scenario import Scenario
from twin_engine.scenario_json import read


def of(*rows: dict[str, Any], settings: list[dict[str, Any]] | None = None) -> Scenario:
    return read(scenario(measurements=list(rows), settings=settings))


def values(found: Scenario) -> list[float | None]:
    return [m.value for m in found.record.measurements]


def statuses(found: Scenario) -> list[tuple[str, str]]:
    return [(r.variable, r.status) for r in found.remarks]


def test_values_come_in_the_canonical_unit() -> None:
    found = of(measurement(value=124, unit="umol/L"), measurement(variable="albumin", value=2.1, unit="g/dL"))
    assert values(found) == [pytest.approx(1.4027, rel=1e-4), pytest.approx(21.0)]
    assert [m.unit for m in found.record.measurements] == ["mg/dL", "g/L"]
    assert found.remarks == ()


@pytest.mark.parametrize(
    ("row", "status", "words"),
    [
        (measurement(value=None), "ignored", "no value"),
        (measurement(unit=None), "ignored", "no unit"),
        (measurement(unit="furlong"), "ignored", "furlong"),
        (measurement(unit="mm[Hg]"), "ignored", "mm[Hg]"),
        (measurement(time=None), "ignored", "no time"),
        (measurement(time="2026-01-03T05:00:00"), "ignored", "no zone"),
        (measurement(time="2026-01-03"), "ignored", "no zone"),
        (measurement(time="2026-01-03T08:00:01Z"), "ignored", "not known"),
        (measurement(available="2026-01-03T08:30:00Z"), "ignored", "not known"),
        (measurement(available="2026-01-03T07:30:00"), "ignored", "no zone"),
        (measurement(value=124), "implausible", "outside 0.05 to 60 mg/dL"),
        (measurement(comparator="~"), "ignored", "comparator"),
        (measurement(start="2026-01-03T06:00:00Z"), "implausible", "period"),
        (measurement(variable="gfr", unit="mL/min"), "ignored", "predicted"),
        (measurement(variable="fio2", value=60, unit="1"), "implausible", "outside 0.15 to 1"),
    ],
)
def test_a_row_that_cannot_be_used_is_dropped_and_said(row: dict[str, Any], status: str, words: str) -> None:
    found = of(row)
    assert found.record.measurements == ()
    assert found.record.settings == ()
    assert statuses(found) == [(row["variable"], status)]
    assert words in found.remarks[0].effect


def test_the_instant_of_the_prediction_itself_is_known() -> None:
    assert len(of(measurement(time="2026-01-03T08:00:00Z", available="2026-01-03T08:00:00Z")).record.measurements) == 1


def test_one_loss_is_said_once() -> None:
    assert len(of(*[measurement(variable="aura")] * 50).remarks) == 1


def test_set_values_become_settings_wherever_they_stand() -> None:
    time = "2026-01-03T05:00:00Z"
    found = of(
        measurement(variable="fio2", value=50, unit="%"),
        measurement(variable="ventilator_mode", value=..., unit=..., category="psv", time=time),
        settings=[{"variable": "peep", "value": 8, "unit": "cm[H2O]", "time": time}],
    )
    assert [(s.variable, s.value, s.category) for s in found.record.settings] == [
        ("fio2", 0.5, None),
        ("ventilator_mode", None, "psv"),
        ("peep", 8.0, None),
    ]
    assert found.record.measurements == ()


def test_a_validated_value_counts_before_a_device_before_an_unknown() -> None:
    rows = [
        measurement(variable="map", unit="mm[Hg]", value=value, time=f"2026-01-03T05:00:{second:02d}Z", **source)
        for value, second, source in (
            (50.0, 10, {}),
            (60.0, 20, {"source": "device"}),
            (70.0, 30, {"source": "nurse_validated"}),
        )
    ]
    for given in (rows, rows[::-1]):
        found = of(*given)
        assert values(found) == [70.0]
        assert statuses(found) == [("map", "conflicting")]
    assert values(of(*rows[:2])) == [60.0]


def test_the_same_value_from_two_sources_is_no_conflict() -> None:
    found = of(measurement(), measurement(source="laboratory"))
    assert [m.source for m in found.record.measurements] == ["laboratory"]
    assert found.remarks == ()


def test_several_values_of_one_source_in_a_minute_are_a_series() -> None:
    times = ("2026-01-03T05:00:10Z", "2026-01-03T05:00:40Z")
    found = of(
        *(measurement(variable="remifentanil", unit="ug/L", value=v, time=t) for v, t in zip((9, 7), times, strict=True))
    )
    assert values(found) == [9.0, 7.0]
    assert found.remarks == ()


def test_different_specimens_and_portions_of_urine_stand_side_by_side() -> None:
    gases = (measurement(variable="paco2", unit="mm[Hg]", value=v, specimen=s) for v, s in ((40, "arterial"), (47, "venous")))
    assert values(of(*gases)) == [40.0, 47.0]
    portion = measurement(variable="urine_output", unit="mL", value=50)
    assert values(of(portion, portion)) == [50.0, 50.0]


def test_rows_come_oldest_first() -> None:
    found = of(measurement(value=2.0), measurement(value=1.0, time="2026-01-01T05:00:00Z"))
    assert values(found) == [1.0, 2.0]


def test_unknown_words_that_only_describe_do_not_cost_the_value() -> None:
    found = of(measurement(specimen="tears", source="rumour"))
    assert [(m.specimen, m.source) for m in found.record.measurements] == [("unknown", "unknown")]
    assert statuses(found) == [("tears", "ignored"), ("rumour", "ignored")]
