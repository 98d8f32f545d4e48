"""The scenario as a whole: required fields, defaults, strictness, seed, remarks."""

from datetime import UTC, date, datetime
from typing import Any

import pytest

from tests.unit.scenario_json.documents import AT, measurement, order, scenario
from twin_engine.patient.record import Procedure
from twin_engine.scenario_json import ScenarioError, read

NOW = datetime(2026, 1, 3, 8, tzinfo=UTC)


@pytest.mark.parametrize(
    ("document", "path"),
    [
        (None, "scenario:"),
        ([], "scenario:"),
        ("{}", "scenario:"),
        (scenario(at=...), "at:"),
        (scenario(at=None), "at:"),
        (scenario(at="2026-01-03T08:00:00"), "at:"),
        (scenario(at="2026-01-03"), "at:"),
        (scenario(at="yesterday"), "at:"),
        (scenario(at=1767427200), "at:"),
        (scenario(at="0001-01-01T00:00:00+14:00"), "at:"),
        (scenario(at="9999-01-01T00:00:00Z"), "at:"),
        (scenario(patient=...), "patient:"),
        (scenario(patient=None), "patient:"),
        (scenario(patient=[]), "patient:"),
        (scenario(patient={"birth_date": "May 1961"}), "patient.birth_date:"),
        (scenario(patient={"sex": 1}), "patient.sex:"),
        (scenario(seed=-1), "seed:"),
        (scenario(seed=1.5), "seed:"),
        (scenario(seed=True), "seed:"),
        (scenario(seed=2**64), "seed:"),
        (scenario(draws=0), "draws:"),
        (scenario(draws=20_001), "draws:"),
        (scenario(draws="512"), "draws:"),
        (scenario(horizon_h=0), "horizon_h:"),
        (scenario(horizon_h=-1), "horizon_h:"),
        (scenario(horizon_h=96.1), "horizon_h:"),
        (scenario(horizon_h=float("nan")), "horizon_h:"),
        (scenario(models="vancomycin_goti_2018"), "models:"),
        (scenario(models=[1]), "models:"),
        (scenario(alternatives="all"), "alternatives:"),
        (scenario(alternatives=["auto"]), "alternatives:"),
        (scenario(report_times=["soon"]), "report_times[0]:"),
        (scenario(report_times=[1]), "report_times[0]:"),
        (scenario(measurements={}), "measurements:"),
        (scenario(measurements=[1]), "measurements[0]:"),
        (scenario(measurements=[measurement(), measurement(value="1.4")]), "measurements[1].value:"),
        (scenario(measurements=[measurement(value=True)]), "measurements[0].value:"),
        (scenario(measurements=[measurement(value=float("inf"))]), "measurements[0].value:"),
        (scenario(measurements=[measurement(value=1.1e9)]), "measurements[0].value:"),
        (scenario(measurements=[measurement(value=10**400)]), "measurements[0].value:"),
        (scenario(measurements=[measurement(variable=None)]), "measurements[0].variable:"),
        (scenario(measurements=[measurement(unit=1)]), "measurements[0].unit:"),
        (scenario(measurements=[measurement(time="noon")]), "measurements[0].time:"),
        (scenario(measurements=[measurement(variable="unheard", value="1")]), "measurements[0].value:"),
        (scenario(conditions=[{}]), "conditions[0].condition:"),
        (scenario(procedures=[{"procedure": "crrt", "effluent_ml_per_h": -1}]), "procedures[0].effluent_ml_per_h:"),
        (scenario(findings=[{"time": AT}]), "findings[0].finding:"),
        (scenario(remarks=[{"variable": "x", "status": "fine"}]), "remarks[0]:"),
    ],
)
def test_what_breaks_the_contract_is_an_error_with_its_path(document: Any, path: str) -> None:
    with pytest.raises(ScenarioError) as error:
        read(document)
    assert str(error.value).startswith(path)


def test_an_error_never_repeats_the_value() -> None:
    with pytest.raises(ScenarioError) as error:
        read(scenario(measurements=[measurement(value="Jane Canary")]))
    assert "Canary" not in str(error.value)


def test_the_least_scenario_gets_the_defaults() -> None:
    found = read({"at": AT, "patient": {}, "orders": None, "seed": None, "draws": None})
    assert (found.at, found.draws, found.horizon_h, found.alternatives, found.models) == (NOW, 512, 24.0, "auto", None)
    assert (found.record.sex, found.record.birth_date) == ("unknown", None)
    assert found.orders == found.report_times == found.remarks == ()


def test_times_of_any_zone_become_utc() -> None:
    assert read(scenario(at="2026-01-03T10:00:00+02:00")).at == NOW
    assert read(scenario(at="2026-01-03T10:00:00+02:00")).at.tzinfo is UTC


def test_unknown_fields_variables_and_drugs_are_ignored_and_said() -> None:
    found = read(
        scenario(
            comment={"deep": [1, 2]},
            patient={"birth_date": "1961-05-04", "sex": "other", "name": "x"},
            measurements=[measurement(colour="red"), measurement(variable="aura")],
            administrations=[{"drug": "snake_oil", "amount": 1, "unit": "mg", "start": AT}],
            conditions=[{"condition": "dka"}, {"condition": "hiccups"}],
            procedures=[{"procedure": "leeches"}],
        )
    )
    said = {(r.variable, r.effect) for r in found.remarks if r.status == "ignored"}
    assert said == {
        ("comment", "unknown field of the scenario"),
        ("name", "unknown field of the patient"),
        ("other", "unknown sex"),
        ("colour", "unknown field of a measurement"),
        ("aura", "unknown variable"),
        ("snake_oil", "unknown drug"),
        ("hiccups", "unknown condition"),
        ("leeches", "unknown procedure"),
    }
    assert [m.variable for m in found.record.measurements] == ["creatinine"]
    assert [c.condition for c in found.record.conditions] == ["dka"]


def test_an_impossible_birth_date_is_not_used() -> None:
    for day in ("2026-02-01", "1880-01-01"):
        found = read(scenario(patient={"birth_date": day}))
        assert found.record.birth_date is None
        assert [(r.variable, r.status) for r in found.remarks] == [("birth_date", "implausible")]
    assert read(scenario()).record.birth_date == date(1961, 5, 4)


def test_the_seed_is_that_given_or_follows_from_the_scenario() -> None:
    assert read(scenario(seed=2**64 - 1)).seed == 2**64 - 1
    without = read(scenario(seed=...)).seed
    assert 0 <= without < 2**64
    assert without == read(dict(reversed(scenario(seed=None).items()))).seed
    assert without != read(scenario(seed=..., orders=[order(amount=1001)])).seed


def test_the_derived_seed_is_the_one_published() -> None:
    # printf '{"at":"2026-01-03T08:00:00Z","patient":{}}' | sha256sum | cut -c1-16
    assert read({"patient": {}, "at": AT}).seed == 0x1BE4F4FDD4C954F8


def test_report_times_keep_their_order_and_end_with_the_longest_horizon() -> None:
    asked = ["2026-01-04T08:00:00Z", "2026-01-03T09:00:00Z", "2026-01-03T10:00:00", "2026-01-09T08:00:00Z"]
    found = read(scenario(report_times=asked))
    assert [t.isoformat() for t in found.report_times] == ["2026-01-04T08:00:00+00:00", "2026-01-03T09:00:00+00:00"]
    assert [r.variable for r in found.remarks] == ["report_times", "report_times"]


def test_a_value_too_deep_for_json_is_an_error_not_a_crash() -> None:
    deep: Any = []
    for _ in range(100_000):
        deep = [deep]
    with pytest.raises(ScenarioError, match="nested"):
        read(scenario(seed=..., comment=deep))


def test_what_is_in_the_future_is_not_known_but_as_a_plan_of_support() -> None:
    found = read(
        scenario(
            conditions=[{"condition": "dka", "onset": "2026-01-03T09:00:00Z"}],
            procedures=[{"procedure": "crrt", "start": "2026-01-03T09:00:00Z"}],
            findings=[{"finding": "pneumothorax", "time": "2026-01-03T09:00:00Z"}],
        )
    )
    assert found.record.conditions == found.record.findings == ()
    assert found.record.procedures == (Procedure("crrt", datetime(2026, 1, 3, 9, tzinfo=UTC)),)
    assert {r.variable for r in found.remarks} == {"dka", "crrt", "pneumothorax"}
