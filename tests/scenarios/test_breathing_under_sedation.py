"""What sedatives do to a patient who breathes alone: direction and size, and who gets no forecast."""

from copy import deepcopy

import pytest

from tests.scenarios.test_sedation_together import AT, BEFORE, MORE_OPIOID, MORE_PROPOFOL, Document, answered, charted, scenario
from twin_engine.patient.hypnosis import BLOCKERS

BOLUS = {"drug": "remifentanil", "amount": 40.0, "unit": "ug", "infusion_h": 0, "start": AT}
STOP = {"drug": "remifentanil", "stop": True, "start": AT}
GAS = {**charted("paco2", 45.0, "mm[Hg]"), "specimen": "arterial"}


def breathing(
    *orders: Document, mode: str | None = "psv", time: str = "2026-01-03T07:00:00Z", **kept: tuple[str, ...]
) -> Document:
    document = scenario(*orders, **kept)
    document["measurements"].append(deepcopy(GAS))
    if mode is not None:
        document["settings"] = [{"variable": "ventilator_mode", "category": mode, "time": time}]
    return document


def metrics(document: Document) -> Document:
    return answered(document)["forecasts"][0]["metrics"]


def refusal(document: Document) -> str:
    found = answered(document)
    assert "ventilation_lowest" not in found["forecasts"][0]["metrics"]
    return next(gap["reason"] for gap in found["cannot_predict"] if gap["variable"] == "respiratory_drive")


def test_more_of_both_lowers_ventilation_and_raises_carbon_dioxide_more_than_one() -> None:
    one, both = metrics(breathing(MORE_PROPOFOL)), metrics(breathing(MORE_PROPOFOL, MORE_OPIOID))
    for found in (one, both):
        assert found["ventilation_lowest"]["high"] < 0.0
        assert found["paco2_furthest"]["low"] > 0.0
        assert found["paco2_furthest"]["unit"] == "mm[Hg]"
    assert both["ventilation_lowest"]["median"] < one["ventilation_lowest"]["median"]
    assert both["paco2_furthest"]["median"] > one["paco2_furthest"]["median"]


def test_a_bolus_lowers_ventilation_far_more_than_the_same_drug_given_slowly() -> None:
    bolus = metrics(breathing(BOLUS, running=()))
    slow = metrics(breathing({**BOLUS, "infusion_h": 1.0}, running=()))
    assert bolus["ventilation_lowest"]["median"] < 2.0 * slow["ventilation_lowest"]["median"] < 0.0


def test_stopping_the_opioid_gives_breath_back() -> None:
    found = metrics(breathing(STOP))
    assert found["ventilation_60min"]["low"] > 0.0
    assert found["paco2_furthest"]["high"] < 0.0


def test_without_a_gas_the_change_is_relative() -> None:
    document = breathing(MORE_PROPOFOL)
    document["measurements"] = [m for m in document["measurements"] if m["variable"] != "paco2"]
    assert metrics(document)["paco2_furthest"]["unit"] == "%"


@pytest.mark.parametrize("mode", ["cpap", "niv", "hfnc"])
def test_every_mode_in_which_the_patient_breathes_alone(mode: str) -> None:
    assert "ventilation_lowest" in metrics(breathing(MORE_PROPOFOL, mode=mode))


@pytest.mark.parametrize(
    ("mode", "words"),
    [("vc_cmv", "go on unchanged"), ("simv", "go on unchanged"), ("unknown", "not known"), (None, "no ventilator mode")],
)
def test_controlled_and_unknown_modes_are_refused(mode: str | None, words: str) -> None:
    assert words in refusal(breathing(MORE_PROPOFOL, mode=mode))


def test_a_mode_of_the_day_before_is_not_believed() -> None:
    assert "12 h" in refusal(breathing(MORE_PROPOFOL, time="2026-01-02T18:00:00Z"))


@pytest.mark.parametrize(
    ("drug", "dose", "words"),
    [
        ("rocuronium", {"amount": 50.0, "unit": "mg", "start": "2026-01-03T07:00:00Z"}, "neuromuscular blocker"),
        ("fentanyl", {"rate": 50.0, "unit": "ug/h", "start": BEFORE}, "fentanyl"),
    ],
)
def test_what_else_acts_on_breathing_is_a_refusal(drug: str, dose: Document, words: str) -> None:
    document = breathing(MORE_PROPOFOL)
    document["administrations"].append({"drug": drug, **dose})
    assert words in refusal(document)


@pytest.mark.parametrize("drug", sorted(BLOCKERS))
def test_every_blocker_that_runs_or_is_ordered_is_a_refusal(drug: str) -> None:
    running = breathing(MORE_PROPOFOL)
    running["administrations"].append({"drug": drug, "rate": 10.0, "unit": "mg/h", "start": BEFORE})
    assert "neuromuscular blocker" in refusal(running)
    ordered = {"drug": drug, "amount": 10.0, "unit": "mg", "start": AT}
    assert "neuromuscular blocker" in refusal(breathing(MORE_PROPOFOL, ordered))


def test_pancuronium_acts_longer_than_the_others() -> None:
    three_hours_ago = {"amount": 6.0, "unit": "mg", "start": "2026-01-03T05:00:00Z"}
    for drug, refused in (("pancuronium", True), ("vecuronium", False)):
        document = breathing(MORE_PROPOFOL)
        document["administrations"].append({"drug": drug, **three_hours_ago})
        assert ("ventilation_lowest" not in metrics(document)) is refused


def test_chronic_hypercapnia_is_refused() -> None:
    document = breathing(MORE_PROPOFOL)
    document["conditions"] = [{"condition": "chronic_hypercapnia"}]
    assert "chronic hypercapnia" in refusal(document)
