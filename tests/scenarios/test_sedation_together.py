"""Propofol and remifentanil in one scenario: one index for both, the patient's own readings, and readings that tell nothing."""

from copy import deepcopy
from typing import Any

import pytest

from twin_engine.predict import predict
from twin_engine.scenario_json import answer, read

AT, BEFORE, SOON, LATER = "2026-01-03T08:00:00Z", "2026-01-03T02:00:00Z", "2026-01-03T08:10:00Z", "2026-01-03T09:00:00Z"
CHART = {"weight": (80.0, "kg"), "height": (175.0, "cm"), "creatinine": (1.0, "mg/dL")}
MORE_PROPOFOL = {"drug": "propofol", "rate": 240.0, "unit": "mg/h", "start": AT}
MORE_OPIOID = {"drug": "remifentanil", "rate": 960.0, "unit": "ug/h", "start": AT}
MODEL = "bis_propofol_remifentanil"
Document = dict[str, Any]


def scenario(*orders: Document, running: tuple[str, ...] = ("propofol", "remifentanil"), age: int = 60) -> Document:
    """Propofol 2 mg/kg/h and remifentanil 0.1 ug/kg/min since six hours."""
    rates = {"propofol": (160.0, "mg/h"), "remifentanil": (480.0, "ug/h")}
    return {
        "at": AT,
        "seed": 7,
        "horizon_h": 2,
        "alternatives": "none",
        "patient": {"birth_date": f"{2026 - age}-01-01", "sex": "male"},
        "measurements": [charted(name, *value) for name, value in CHART.items()],
        "administrations": [
            {"drug": d, "rate": rates[d][0], "unit": rates[d][1], "start": BEFORE, "last_charted": "2026-01-03T07:30:00Z"}
            for d in running
        ],
        "orders": list(orders),
        "report_times": [SOON, LATER],
    }


def charted(variable: str, value: float, unit: str = "1", time: str = "2026-01-03T07:00:00Z") -> Document:
    return {"variable": variable, "value": value, "unit": unit, "time": time}


def readings(value: float) -> list[Document]:
    return [charted("bis", value, time=f"2026-01-03T0{hour}:{minute}:00Z") for hour in (6, 7) for minute in (10, 25, 40, 55)]


def answered(document: Document) -> Document:
    return answer(predict(read(document)))


def metric(document: Document, name: str) -> Document:
    return answered(document)["forecasts"][0]["metrics"][name]


def effect(*orders: Document) -> Document:
    return metric(scenario(*orders), "bis_effect_60min")


def test_two_orders_act_as_one_on_one_index() -> None:
    both, one, other = effect(MORE_PROPOFOL, MORE_OPIOID), effect(MORE_PROPOFOL), effect(MORE_OPIOID)
    for bound in ("low", "median"):
        assert both[bound] < one[bound] < 0.0
    # In one of the two studies the opioid does nothing to the index.
    assert both["low"] < other["low"] < 0.0 == pytest.approx(other["high"], abs=0.01)


def test_the_index_of_both_takes_the_place_of_that_of_propofol_alone() -> None:
    found = answered(scenario(MORE_PROPOFOL, MORE_OPIOID))["forecasts"][0]
    rows = [r for r in found["report"] if r["variable"] == "bis"]
    assert [r["time"] for r in rows] == [SOON, LATER]
    assert rows[1]["median"] == pytest.approx(found["metrics"]["bis_60min"]["median"], abs=0.1)
    assert all(r["predicted_low"] <= r["low"] <= r["median"] <= r["high"] <= r["predicted_high"] for r in rows)


def test_without_an_opioid_the_published_model_of_propofol_answers() -> None:
    alone = scenario(MORE_PROPOFOL, running=("propofol",))
    published = {**deepcopy(alone), "models": ["propofol_eleveld_2018"]}
    found = answered(alone)
    assert found["twin"][MODEL]["weight"] == 1.0
    [row] = [r for r in answered(published)["forecasts"][0]["report"] if (r["variable"], r["time"]) == ("bis", LATER)]
    assert found["forecasts"][0]["metrics"]["bis_60min"]["median"] == pytest.approx(row["median"], abs=3.0)


def test_readings_of_the_patient_place_and_narrow_the_forecast_and_weigh_the_studies() -> None:
    usual, deep = scenario(MORE_PROPOFOL), scenario(MORE_PROPOFOL)
    deep["measurements"] += readings(45.0)
    before, after = metric(usual, "bis_10min"), metric(deep, "bis_10min")
    assert after["high"] - after["low"] < 0.6 * (before["high"] - before["low"])
    assert after["median"] < 47.0
    shares = [answered(d)["twin"][MODEL]["weight"] for d in (usual, deep)]
    assert shares[0] == pytest.approx(20.0 / 42.0, abs=0.01)
    assert shares[1] > shares[0], "what remifentanil adds explains an index below the usual"


def test_the_opioid_is_not_counted_twice_when_the_index_was_read_under_it() -> None:
    document = scenario({"drug": "propofol", "rate": 160.0, "unit": "mg/h", "start": AT})
    document["measurements"] += readings(50.0)
    assert metric(document, "bis_now")["median"] == pytest.approx(50.0, abs=4.0)


def test_nothing_is_suggested_and_every_option_has_its_limit_check() -> None:
    found = answered(scenario(MORE_PROPOFOL, MORE_OPIOID))
    assert found["suggested"] is None
    assert all("safety" in f for f in found["forecasts"])


@pytest.mark.parametrize(("value", "words"), [(0.0, "flat line or a loose sensor"), (22.0, "burst suppression")])
def test_a_newest_index_that_follows_no_drug_is_refused(value: float, words: str) -> None:
    document = scenario(MORE_PROPOFOL)
    document["measurements"] += [*readings(50.0), charted("bis", value, time="2026-01-03T07:58:00Z")]
    found = answered(document)
    assert any(words in gap["reason"] for gap in found["cannot_predict"])
    assert MODEL not in found["twin"]
    assert "bis_10min" not in found["forecasts"][0]["metrics"]


def test_an_old_flat_line_is_left_out() -> None:
    clean = scenario(MORE_PROPOFOL)
    clean["measurements"] += readings(50.0)
    noisy = deepcopy(clean)
    noisy["measurements"] += [charted("bis", 0.0, time="2026-01-03T06:01:00Z")]
    assert metric(noisy, "bis_10min") == metric(clean, "bis_10min")


@pytest.mark.parametrize(
    "blocker",
    [
        {"drug": "rocuronium", "amount": 50.0, "unit": "mg", "start": "2026-01-03T06:00:00Z"},
        {"drug": "cisatracurium", "rate": 10.0, "unit": "mg/h", "start": BEFORE},
    ],
    ids=["rocuronium pushed", "cisatracurium running"],
)
def test_under_a_blocker_neither_index_nor_score_is_believed(blocker: Document) -> None:
    document = scenario(MORE_PROPOFOL)
    document["administrations"] += [blocker]
    document["measurements"] += [*readings(40.0), charted("rass", -5.0)]
    found = answered(document)
    assert found["twin"][MODEL]["n_observations"] == 0
    assert any("neuromuscular blocker" in q["effect"] for q in found["data_quality"])
    assert not any(q["variable"] == "rass" for q in found["data_quality"])


@pytest.mark.parametrize(
    ("rass", "rate", "contradicts"), [(-5, 30.0, True), (-2, 30.0, False), (1, 900.0, True), (-3, 900.0, False)]
)
def test_a_score_that_the_doses_do_not_explain_is_said(rass: int, rate: float, contradicts: bool) -> None:
    document = scenario(MORE_PROPOFOL, running=("propofol",))
    document["administrations"][0]["rate"] = rate
    document["measurements"].append(charted("rass", rass))
    found = answered(document)["data_quality"]
    assert any(q["variable"] == "rass" and q["status"] == "conflicting" for q in found) is contradicts


@pytest.mark.parametrize("rass", [-6, 5])
def test_a_score_outside_the_scale_is_not_read(rass: int) -> None:
    document = scenario(MORE_PROPOFOL)
    document["measurements"].append(charted("rass", rass))
    found = answered(document)["data_quality"]
    assert [q["status"] for q in found if q["variable"] == "rass"] == ["implausible"]


@pytest.mark.parametrize(
    ("change", "words"),
    [({"age": 17}, "age"), ({"weight": None}, "weight"), ({"weight": 120.0}, "weight")],
    ids=["child", "no weight", "heavier than studied"],
)
def test_outside_the_studied_people_there_is_no_joint_index(change: Document, words: str) -> None:
    document = scenario(MORE_PROPOFOL, **({"age": change["age"]} if "age" in change else {}))
    if "weight" in change:
        document["measurements"] = [m for m in document["measurements"] if m["variable"] != "weight"]
        document["measurements"] += [] if change["weight"] is None else [charted("weight", change["weight"], "kg")]
    found = answered(document)
    assert any(gap["variable"] == "bis" and words in gap["reason"] for gap in found["cannot_predict"])
    assert MODEL not in found["twin"]


@pytest.mark.parametrize(
    ("drug", "unit", "words"), [("midazolam", "mg/h", "true values are lower"), ("fentanyl", "ug/h", "clearance")]
)
def test_a_drug_that_the_index_does_not_hold_is_named(drug: str, unit: str, words: str) -> None:
    document = scenario(MORE_PROPOFOL)
    document["administrations"].append({"drug": drug, "rate": 5.0, "unit": unit, "start": BEFORE})
    assert any(drug in q["effect"] and words in q["effect"] for q in answered(document)["data_quality"])


def test_remifentanil_alone_has_no_index() -> None:
    found = answered(scenario(MORE_OPIOID, running=("remifentanil",)))
    assert MODEL not in found["twin"]
    assert not any(gap["variable"] == "bis" for gap in found["cannot_predict"])
