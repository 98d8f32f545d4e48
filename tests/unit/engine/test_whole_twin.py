"""Completeness of circulation, lungs, kidneys and sedation, and that a value charted now does to an interval what was said."""

from datetime import datetime, timedelta
from typing import Any

import numpy as np
import pytest

from tests.adult import AT
from tests.unit.respiratory.scenarios import ventilated, without
from twin_engine.completeness import graded, narrowed
from twin_engine.patient.record import DataQuality
from twin_engine.predict import predict
from twin_engine.prediction import Completeness, Prediction
from twin_engine.scenario_json import read

UNITS = {
    "map": ("mm[Hg]", {"site": "arterial"}), "spo2": ("%", {}), "plateau_pressure": ("cm[H2O]", {}),
    "pao2": ("mm[Hg]", {"specimen": "arterial"}), "paco2": ("mm[Hg]", {"specimen": "arterial"}), "creatinine": ("mg/dL", {}),
}  # fmt: skip


def ago(hours: float) -> str:
    return (datetime.fromisoformat(AT) - timedelta(hours=hours)).isoformat().replace("+00:00", "Z")


def value(variable: str, of: float, hours: float) -> dict[str, Any]:
    unit, more = UNITS[variable]
    return {"variable": variable, "value": of, "unit": unit, "time": ago(hours), **more}


def chart(*rows: dict[str, Any], **changes: Any) -> dict[str, Any]:
    """Everything that is measured is old: a ventilated patient on norepinephrine."""
    first = without(ventilated(draws=2048, horizon_h=24), *UNITS, "ph")
    old = [value("map", 72, h) for h in (3, 2, 1.5, 0.75)]
    old += [value("creatinine", 1.2, h) for h in (80, 60, 40)]
    old += [value("spo2", 94, h) for h in (2.8, 2.4, 2)]
    old += [value("pao2", 80, 2.5), value("paco2", 45, 2.5), value("plateau_pressure", 24, 5)]
    weight = {"variable": "weight", "value": 80, "unit": "kg", "time": ago(20)}
    settings = [{**s, "time": ago(3)} for s in first["settings"]]
    settings += [{**s, "time": ago(6)} for s in first["settings"]]
    pressor = {
        "drug": "norepinephrine",
        "start": ago(6),
        "rate": 0.1,
        "unit": "ug/kg/min",
        "last_charted": ago(0.2),
        "route": "IV",
    }
    measured = [*first["measurements"], weight, *old, *rows]
    return {**first, "measurements": measured, "settings": settings, "administrations": [pressor], **changes}


def part(found: Prediction, name: str) -> Completeness:
    (one,) = [c for c in found.completeness if c.part == name]
    return one


def width(found: Prediction, variable: str, hours: float) -> tuple[float, float]:
    """90 % interval at an hour, and the median now."""
    forecast = found.forecast("no change")
    assert forecast is not None
    bands, step = forecast.variables[variable], round(4 * hours)
    return bands.p95[step] - bands.p5[step], bands.p50[0]


@pytest.fixture(scope="module")
def old() -> Prediction:
    return predict(read(chart()))


@pytest.mark.parametrize(
    ("name", "variable", "hours"),
    [
        ("circulation", "map", 0.25),
        ("lungs", "spo2", 1.0),
        ("lungs", "pao2", 1.0),
        ("lungs", "paco2", 1.0),
        ("lungs", "plateau_pressure", 1.0),
        ("kidneys", "creatinine", 24.0),
    ],
)
def test_the_value_that_was_asked_for_narrows_the_interval_as_it_was_said(
    old: Prediction, name: str, variable: str, hours: float
) -> None:
    """The value comes as it was expected; one that surprises widens the intervals of its patient again."""
    said = part(old, name).if_measured[variable]
    before, middle = width(old, variable, hours)
    after, _ = width(predict(read(chart(value(variable, round(middle, 3), 0.0)))), variable, hours)
    assert 0.2 < said < 0.95
    assert after / before == pytest.approx(said, abs=0.08)


def test_each_part_says_what_is_fresh_old_and_missing(old: Prediction) -> None:
    lungs = part(old, "lungs")
    assert (lungs.grade, set(lungs.stale)) == ("B", {"spo2", "pao2", "paco2", "plateau_pressure"})
    assert {"fio2", "peep", "hemoglobin", "tidal_volume_set", "respiratory_rate_set"} == set(lungs.fresh)
    assert (part(old, "circulation").grade, part(old, "circulation").because) == ("B", ("map",))
    assert (part(old, "kidneys").grade, part(old, "kidneys").because) == ("B", ("creatinine",))
    missing = predict(read(without(chart(), "hemoglobin", "plateau_pressure", "creatinine")))
    assert (part(missing, "lungs").grade, set(part(missing, "lungs").missing)) == ("C", {"hemoglobin", "plateau_pressure"})
    assert (part(missing, "kidneys").grade, part(missing, "kidneys").missing) == ("C", ("creatinine",))


def test_a_fresh_chart_asks_for_nothing() -> None:
    rows = [value("map", 72, 0.1), value("creatinine", 1.2, 5), value("spo2", 94, 0.1)]
    rows += [value("pao2", 80, 1), value("paco2", 45, 1), value("plateau_pressure", 24, 1)]
    found = predict(read(chart(*rows)))
    for name in ("circulation", "lungs", "kidneys"):
        assert (part(found, name).grade, part(found, name).because, part(found, name).if_measured) == ("A", (), {})


def test_what_cannot_be_forecast_for_want_of_data_says_which() -> None:
    found = predict(read(without(chart(), "map", "peep")))
    assert (part(found, "circulation").grade, part(found, "circulation").missing) == ("C", ("map",))
    # The lungs need a PEEP to be asked at all; an old one is too old.
    assert not [c for c in found.completeness if c.part == "lungs"]
    document = chart()
    settings = [{**s, "time": ago(20)} if s["variable"] == "peep" else s for s in document["settings"]]
    aged = part(predict(read({**document, "settings": settings})), "lungs")
    assert (aged.grade, aged.stale) == ("C", ("peep",))
    supported = chart(procedures=[{"procedure": "ecmo", "start": ago(10)}])
    assert not [c for c in predict(read(supported)).completeness if c.part in ("circulation", "lungs")]


def test_sedation_is_complete_without_an_index_and_says_what_one_would_be_worth() -> None:
    propofol = {"drug": "propofol", "start": ago(5), "rate": 200, "unit": "mg/h", "last_charted": ago(0.2), "route": "IV"}
    found = part(predict(read(chart(administrations=[propofol], draws=512))), "sedation")
    assert (found.grade, found.missing) == ("A", ("bis",))
    assert 0.0 < found.if_measured["bis"] < 0.8
    seen = {"variable": "bis", "value": 55, "unit": "1", "time": ago(0.1)}
    measured = part(predict(read(chart(seen, administrations=[propofol], draws=512))), "sedation")
    assert (measured.fresh[-1], measured.if_measured) == ("bis", {})


def test_values_in_contradiction_are_the_worst() -> None:
    found = graded("x", {"map": "usable", "weight": "fresh"}, [DataQuality("weight", "conflicting", "two scales")])
    assert (found.grade, found.because) == ("D", ("weight",))
    other = graded("x", {"map": "fresh"}, [DataQuality("weight", "conflicting", "two scales")])
    assert other.grade == "A", "a remark on what is not read counts for nothing"


def test_what_is_left_of_a_spread_is_that_of_the_correlation() -> None:
    rng = np.random.default_rng(3)
    state, error = rng.standard_normal((2, 20000))
    assert narrowed(state + error, state) == pytest.approx(np.sqrt(0.5), abs=0.02)
    assert narrowed(state, state) == pytest.approx(0.0, abs=1e-6)
    assert narrowed(error, state) == pytest.approx(1.0, abs=0.01)
    assert narrowed(np.ones(20000), state) == 1.0
