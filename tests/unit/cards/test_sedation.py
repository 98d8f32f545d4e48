"""The headline of a sedation card: an index that was measured, or none."""

import json
import re
from typing import Any

import pytest

from cds_cards.build import build
from cds_cards.case import DraftView
from tests.golden.predicted import SCENARIOS, predicted
from tests.golden.predictions import case
from twin_engine.predict import predict
from twin_engine.safety.check import check
from twin_engine.scenario import AS_ORDERED
from twin_engine.scenario_json import read

Document = dict[str, Any]
BLOCKER = {"drug": "cisatracurium", "rate": 10, "unit": "mg/h", "start": "2026-01-03T06:00:00Z"}


def document(*readings: tuple[float, str], blocker: bool = False) -> Document:
    """Propofol raised beside remifentanil, with these readings of the index and their times of the day."""
    found = json.loads((SCENARIOS / "propofol_with_remifentanil.json").read_text(encoding="utf-8"))
    found["orders"] = found["orders"][:1]
    found["measurements"] = [m for m in found["measurements"] if m["variable"] != "bis"]
    for value, time in readings:
        found["measurements"].append({"variable": "bis", "value": value, "unit": "1", "time": f"2026-01-03T{time}:00Z"})
    if blocker:
        found["administrations"].append(BLOCKER)
    return found


def breathes(*drugs: str) -> Document:
    """Who breathes alone while these drugs run, and gets more of them."""
    found = document()
    every = json.loads((SCENARIOS / "propofol_with_remifentanil.json").read_text(encoding="utf-8"))["orders"]
    found["orders"] = [o for o in every if o["drug"] in drugs][:1]
    found["administrations"] = [a for a in found["administrations"] if a["drug"] in drugs]
    found["settings"] = [{"variable": "ventilator_mode", "category": "psv", "time": "2026-01-03T07:00:00Z"}]
    return found


@pytest.mark.parametrize(
    ("drugs", "said"), [(("propofol",), False), (("remifentanil",), True), (("propofol", "remifentanil"), True)], ids=str
)
def test_that_studies_of_breathing_under_remifentanil_differ_is_said(drugs: tuple[str, ...], said: bool) -> None:
    _, detail = card(breathes(*drugs))
    assert "**Breathing:**" in detail
    assert ("Studies differ on breathing at rest" in detail) is said


def card(found: Document) -> tuple[str, str]:
    scenario = read(found)
    drafts = tuple(DraftView(f"MedicationRequest/{o.drug}", AS_ORDERED, o.drug, (o,)) for o in scenario.orders)
    verdicts = {d.reference: check(d.orders, scenario.record, scenario.at) for d in drafts}
    [made] = build(case(predict(scenario), record=scenario.record, drafts=drafts, verdicts=verdicts)).cards
    return made.summary, made.detail or ""


@pytest.mark.parametrize(
    ("found", "words"),
    [
        (document(), "in 10 min, none measured"),
        (document((58, "06:30")), "in 10 min, none usable in 1 h"),
        (document((40, "07:50"), blocker=True), "in 10 min, none usable in 1 h"),
    ],
    ids=["never measured", "old", "under a blocker"],
)
def test_an_index_that_was_not_measured_is_not_said_to_move(found: Document, words: str) -> None:
    summary, detail = card(found)
    assert "predicted BIS " in summary
    assert words in summary
    assert "→" not in summary.split("BIS")[1]
    assert "BIS 40" not in detail


def test_a_fresh_reading_is_the_one_that_moves() -> None:
    summary, detail = card(document((58, "06:30"), (61, "07:50")))
    assert "BIS 61→" in summary
    assert "BIS 61 10 min ago; 2 values" in detail


def test_stopping_remifentanil_is_told_by_both_studies_that_differ() -> None:
    """Half of the copies do not move and half do: one median would say that a patient who wakes does not."""
    found = document()
    found["orders"] = [{"label": "as ordered", "drug": "remifentanil", "stop": True, "start": "2026-01-03T08:00:00Z"}]
    _, detail = card(found)
    [line] = [line for line in detail.splitlines() if "Effect of all that is ordered" in line]
    inert, adding = line.split("; ")
    assert inert.endswith("0 (0 to 0) in 10 min, 0 (0 to 0) in 1 h if remifentanil adds nothing of its own")
    assert adding.startswith("+")
    assert adding.endswith("in 1 h if it adds to propofol")


@pytest.mark.parametrize(
    ("start", "soon", "later", "waits"),
    [
        ("08:00", "10 min", "1 h", None),
        ("08:30", "40 min", "90 min", "Starts in 30 min"),
        ("09:00", "70 min", "2 h", "Starts in 1 h"),
    ],
    ids=["now", "in half an hour", "in an hour"],
)
def test_an_order_that_starts_later_says_when_it_is_judged(start: str, soon: str, later: str, waits: str | None) -> None:
    found = document((60, "07:55"))
    found["orders"][0]["start"] = f"2026-01-03T{start}:00Z"
    summary, detail = card(found)
    assert f" in {soon}; experimental" in summary
    assert f"BIS in {soon} (90 %) | in {later} (90 %)" in detail
    [effect] = [line for line in detail.splitlines() if "Effect of all that is ordered" in line]
    assert f" in {soon}, " in effect
    assert f" in {later}" in effect
    assert ("**Starts in" in detail) is (waits is not None)
    assert waits is None or f"**{waits}**" in detail


def test_an_order_that_starts_after_another_is_said_not_to_be_in_the_number() -> None:
    found = json.loads((SCENARIOS / "propofol_with_remifentanil.json").read_text(encoding="utf-8"))
    found["orders"][1]["start"] = "2026-01-03T08:30:00Z"
    scenario = read(found)
    drafts = tuple(DraftView(f"MedicationRequest/{o.drug}", AS_ORDERED, o.drug, (o,)) for o in scenario.orders)
    verdicts = {d.reference: check(d.orders, scenario.record, scenario.at) for d in drafts}
    first, second = build(case(predict(scenario), record=scenario.record, drafts=drafts, verdicts=verdicts)).cards
    assert "Starts in" not in (first.detail or "")
    assert "**Starts in 30 min**" in (second.detail or "")
    assert "it is not in the number in 10 min" in (second.detail or "")


def pushed(higher: float = 0.0, **changes: Any) -> tuple[str, str]:
    """A bolus of propofol alone in a patient with an arterial line, whose pressures are `higher` than those of the scenario."""
    found = json.loads((SCENARIOS / "ventilator_norepinephrine_and_propofol_at_once.json").read_text(encoding="utf-8"))
    found["orders"] = [{**o, **changes} for o in found["orders"] if o.get("drug") == "propofol"]
    for row in found["measurements"]:
        row["value"] += higher if row["variable"] == "map" else 0.0
    return card(found)


def test_a_bolus_of_propofol_says_how_far_the_pressure_falls_before_it_is_judged() -> None:
    summary, detail = pushed(higher=22.0)
    headline = re.search(r"; MAP −(\d+) \(−\d+ to −\d+\) in (\d+) min$", summary)
    assert headline
    [lowest] = [line for line in detail.splitlines() if "**Lowest in" in line and "MAP" in line]
    assert f"**Lowest in {headline[2]} min**" in lowest
    assert 2 <= int(headline[2]) <= 6
    assert "P(< 65)" in lowest
    [soon] = re.findall(r"MAP against no change: −(\d+) ", detail)
    assert int(headline[1]) > int(soon)


@pytest.mark.parametrize("higher", [0.0, -14.0])
def test_a_bolus_that_likely_takes_the_pressure_below_its_floor_names_the_lowest_level_and_its_chance(higher: float) -> None:
    """The fall alone hides that the pressure was low before."""
    summary, detail = pushed(higher)
    level = re.search(rf": MAP {68 + higher:.0f}→(\d+) mmHg \(90 % (\S+); P\(<65\) (> )?(\d+) %\) in (\d+) min, ", summary)
    assert level
    assert int(level[4]) >= 50
    assert f"**Lowest in {level[5]} min**, as propofol acts: MAP {level[1]} (90 % {level[2]})" in detail


def test_a_pressor_beside_a_bolus_of_propofol_names_the_lowest_level_in_its_headline() -> None:
    found = build(predicted("ventilator_norepinephrine_and_propofol_at_once")).cards
    [pressor] = [one for one in found if one.summary.startswith("Norepinephrine")]
    [lowest] = re.findall(r"as propofol acts: MAP (\d+) \(90 % (\S+)\), P\(< 65\) (\d+) %", pressor.detail or "")
    assert f"MAP {lowest[0]} mmHg (90 % {lowest[1]}; P(<65) {lowest[2]} %) in 3 min" in pressor.summary


def test_a_bolus_of_propofol_says_how_deep_it_is_before_it_is_judged() -> None:
    summary, detail = pushed()
    soon, lowest, minute = (int(x) for x in re.findall(r"BIS (\d+) .* in 10 min, lowest (\d+) in (\d+) min", summary)[0])
    assert lowest < soon - 2
    assert 1 <= minute <= 7
    assert re.search(rf"\*\*Lowest in {minute} min\*\*: BIS {lowest} \(90 % \d+–\d+\)", detail)


def test_an_infusion_of_propofol_is_lowest_when_it_is_judged() -> None:
    summary, detail = pushed(amount=None, infusion_h=None, rate=2, unit="mg/kg/h")
    assert "MAP against no change" in detail
    assert "Lowest in" not in detail
    assert "MAP" not in summary


@pytest.mark.parametrize(("pressure", "named"), [(60.0, True), (95.0, False)])
def test_a_pressure_that_likely_falls_below_its_floor_stands_in_the_headline(pressure: float, named: bool) -> None:
    found = document()
    for hour in range(2, 8):
        time = f"2026-01-03T{hour:02d}:50:00Z"
        row = {"variable": "map", "value": pressure, "unit": "mm[Hg]", "site": "arterial", "time": time}
        found["measurements"].append(row)
    summary, detail = card(found)
    assert ("MAP 60→" in summary and "P(<65)" in summary) is named
    assert ("- MAP in 10 min: " in detail) is named
    assert "BIS" in summary


def test_a_stop_of_propofol_has_no_lowest_pressure() -> None:
    found = json.loads((SCENARIOS / "ventilator_norepinephrine_and_propofol_at_once.json").read_text(encoding="utf-8"))
    found["orders"] = [{"label": "as ordered", "drug": "propofol", "stop": True}]
    summary, detail = card(found)
    assert "in 0 min" not in summary
    assert "Lowest in" not in detail
