"""A card on a ventilator order: what its headline names first, and when it acts."""

import json
import re
from typing import Any

import pytest

from cds_cards.build import build
from cds_cards.case import DraftView
from cds_cards.schema import SUMMARY_LENGTH, Card
from tests.golden.predicted import SCENARIOS
from tests.golden.predictions import case
from twin_engine.predict import predict
from twin_engine.safety.check import check
from twin_engine.scenario import AS_ORDERED
from twin_engine.scenario_json import read

PEEP = {"peep": {"value": 14, "unit": "cm[H2O]"}}


def card(
    settings: dict[str, Any], clock: str = "08:00", *, drop: tuple[str, ...] = (), charted: dict[str, float] | None = None
) -> tuple[str, str]:
    """The ventilated adult of the golden cards under one order that starts at a time of the day."""
    made = made_card(settings, clock, drop=drop, charted=charted)
    return made.summary, made.detail or ""


def made_card(
    settings: dict[str, Any],
    clock: str = "08:00",
    *,
    drop: tuple[str, ...] = (),
    charted: dict[str, float] | None = None,
    conditions: tuple[str, ...] = (),
) -> Card:
    """As `card`, with other values in place of the charted ones."""
    found = json.loads((SCENARIOS / "ventilator_norepinephrine_and_propofol_at_once.json").read_text(encoding="utf-8"))
    day = found["at"][:11]
    found["orders"] = [{"settings": settings, "start": f"{day}{clock}:00Z"}]
    found["measurements"] = [m for m in found["measurements"] if m["variable"] not in drop]
    for row in (*found["measurements"], *found["settings"]):
        row["value"] = (charted or {}).get(row["variable"], row.get("value"))
    found["conditions"] = [{"condition": one} for one in conditions]
    scenario = read(found)
    drafts = tuple(DraftView("DeviceRequest/1", AS_ORDERED, "ventilator", (o,)) for o in scenario.orders)
    verdicts = {d.reference: check(d.orders, scenario.record, scenario.at) for d in drafts}
    [made] = build(case(predict(scenario), record=scenario.record, drafts=drafts, verdicts=verdicts)).cards
    return made


def test_peep_alone_names_both_pressures_the_arterial_one_and_the_saturation_as_far_as_there_is_room() -> None:
    summary, detail = card(PEEP)
    assert len(summary) <= SUMMARY_LENGTH
    places = [summary.find(words) for words in ("plateau 23→27 cmH2O (90 % ", "driving pressure 13→13 (", "MAP −1 (−")]
    assert -1 not in places
    assert places == sorted(places)
    assert "P(>30)" in summary
    assert "MAP, mmHg in 10 min (90 %)" in detail
    assert "SpO2, % in 1 h (90 %)" in detail


def test_oxygen_alone_names_no_arterial_pressure() -> None:
    summary, detail = card({"fio2": {"value": 0.6, "unit": "1"}})
    assert summary.startswith("FiO2 50→60 %: SpO2 ")
    assert "MAP" not in summary
    assert "MAP, mmHg" not in detail


def test_without_a_charted_pressure_none_is_named() -> None:
    summary, _ = card(PEEP, drop=("map",))
    assert "plateau" in summary
    assert "MAP" not in summary


@pytest.mark.parametrize(
    ("clock", "ahead", "waits"), [("08:00", "1 h", False), ("08:30", "90 min", True), ("10:00", "3 h", True)]
)
def test_an_order_that_starts_later_is_judged_an_hour_after_it_and_the_card_says_so(
    clock: str, ahead: str, waits: bool
) -> None:
    _, detail = card(PEEP, clock)
    assert f"plateau, cmH2O in {ahead} (90 %)" in detail
    assert f"SpO2, % in {ahead} (90 %)" in detail
    assert ("**Starts in" in detail) is waits
    assert not waits or f"judged 1 h after the last change, in {ahead}" in detail


@pytest.mark.parametrize(("clock", "forecast"), [("19:00", True), ("19:30", False), ("22:00", False)])
def test_an_order_that_settles_only_beyond_the_forecast_is_refused_with_the_hours(clock: str, forecast: bool) -> None:
    """At 20:00 the forecast ends: whatever starts after 19:00 would be shown before its hour is over, or not at all."""
    summary, detail = card(PEEP, clock)
    refused = "what is ordered has settled only in 1"
    assert ("plateau 23→27" in summary) is forecast
    assert (refused in summary + detail) is not forecast
    assert ("plateau, cmH2O in 12 h" in detail) is forecast


def in_pressure_control(settings: dict[str, Any]) -> str:
    found = json.loads((SCENARIOS / "ventilator_norepinephrine_and_propofol_at_once.json").read_text(encoding="utf-8"))
    early = min(s["time"] for s in found["settings"])
    left_out = {"ventilator_mode", "tidal_volume_set"}
    found["settings"] = [s for s in found["settings"] if s["variable"] not in left_out]
    found["settings"].append({"variable": "ventilator_mode", "category": "pc_cmv", "time": early})
    found["settings"].append({"variable": "inspiratory_pressure", "value": 14, "unit": "cm[H2O]", "time": early})
    newest = max(m["time"] for m in found["measurements"])
    found["measurements"].append({"variable": "tidal_volume", "value": 420, "unit": "mL", "time": newest})
    found["orders"] = [{"settings": settings, "start": found["at"]}]
    scenario = read(found)
    drafts = tuple(DraftView("DeviceRequest/1", AS_ORDERED, "ventilator", (o,)) for o in scenario.orders)
    [made] = build(case(predict(scenario), record=scenario.record, drafts=drafts, verdicts={})).cards
    return made.detail or ""


def test_in_pressure_control_the_breath_is_told_and_why_carbon_dioxide_is_not() -> None:
    detail = in_pressure_control({"inspiratory_pressure": {"value": 10, "unit": "cm[H2O]"}})
    [line] = [line for line in detail.splitlines() if "**Breath**" in line]
    before, after, low, high = (float(x) for x in re.findall(r"(\d+)→(\d+) mL \(90 % (\d+)–(\d+)\)", line)[0])
    assert after == pytest.approx(before * 10 / 14, abs=2.0)
    assert low < after < high
    assert "PaCO2 is not forecast in pressure control: the breath that follows the pressure is a forecast itself" in detail
    assert "PaCO2, mmHg" not in detail


def test_no_change_is_judged_at_the_same_hour_as_the_order() -> None:
    """Of an order that acts in an hour, what it moves is its own and not an hour of the lungs' drift."""
    now, later = (card(PEEP, clock)[1] for clock in ("08:00", "09:00"))
    effects = [
        line.split("plateau ")[1].split(",")[0]
        for text in (now, later)
        for line in text.splitlines()
        if "Effect of the" in line
    ]
    assert effects[0] == effects[1]


ACIDOSIS = {"ph": 7.12, "paco2": 20.0, "respiratory_rate_set": 32.0, "respiratory_rate": 32.0}
SLOWER = {"respiratory_rate_set": {"value": 16, "unit": "/min"}}


def test_the_bound_that_the_order_all_but_certainly_leaves_comes_first_and_warns() -> None:
    """A metabolic acidosis loses its hyperventilation: oxygen stays, pH is what kills."""
    made = made_card(SLOWER, charted=ACIDOSIS)
    assert re.match(r"set rate 32→16 /min: pH 7\.\d\d→6\.\d\d \(90 % .*; P\(<7\.2\) > 95 %\)", made.summary)
    assert made.indicator == "warning"


def test_with_raised_intracranial_pressure_carbon_dioxide_comes_first() -> None:
    made = made_card({"respiratory_rate_set": {"value": 12, "unit": "/min"}}, conditions=("raised_icp",))
    assert re.match(r"set rate \d+→12 /min: PaCO2 .*P\(>45\) > 95 %", made.summary)
    assert made.indicator == "warning"


def test_what_is_bad_and_not_made_worse_by_the_order_warns_of_nothing() -> None:
    made = made_card({"fio2": {"value": 0.6, "unit": "1"}}, charted=ACIDOSIS)
    assert made.indicator == "info"
    assert "pH" not in made.summary


MORE_OXYGEN = {"fio2": {"value": 0.6, "unit": "1"}}


def test_no_change_stands_where_it_was_charted_and_what_charts_lead_to_is_said() -> None:
    _, detail = card(MORE_OXYGEN, charted={"pao2": 48.0, "paco2": 75.0})
    still, last = (
        next(line for line in detail.splitlines() if line.startswith(f"| {row}")) for row in ("No change", "Charted last")
    )
    for value in ("48", "75"):
        assert f" {value} (" in still
        assert f" {value} (" in last
    [line] = [line for line in detail.splitlines() if "starts from the last values" in line]
    pao2, paco2 = (float(x) for x in re.findall(r"PaO2 (\d+) mmHg, PaCO2 (\d+) mmHg", line)[0])
    assert pao2 > 60
    assert paco2 < 60
    assert "starts from the last values" not in card(MORE_OXYGEN)[1]


def test_a_good_value_that_no_change_leaves_by_itself_is_explained() -> None:
    assert "**No change** leaves the charted value" in card(MORE_OXYGEN, charted={"pao2": 240.0})[1]
    assert "**No change** leaves" not in card(MORE_OXYGEN)[1]


def test_where_gas_may_be_trapped_a_higher_rate_is_not_called_safe() -> None:
    _, detail = card({"respiratory_rate_set": {"value": 28, "unit": "/min"}}, charted={"plateau_pressure": 15.0})
    assert "at a higher rate there is less time to breathe out" in detail
    assert "Stays below" not in detail


def test_beyond_a_limit_the_bound_that_is_left_is_named_first_too() -> None:
    summary, _ = card({"fio2": {"value": 0.21, "unit": "1"}, "peep": {"value": 2, "unit": "cm[H2O]"}})
    assert re.search(r"PEEP 2 cmH2O is below the recommended 5 cmH2O; SpO2 \d+→\d+ % \(.*P\(<92\)", summary)
    assert len(summary) <= SUMMARY_LENGTH


@pytest.mark.parametrize(
    ("settings", "named"),
    [
        (PEEP, True),
        ({"tidal_volume_set": {"value": 460, "unit": "mL"}}, True),
        ({"peep": {"value": 22, "unit": "cm[H2O]"}}, True),
        ({"peep": {"value": 8, "unit": "cm[H2O]"}}, False),
        (MORE_OXYGEN, False),
    ],
    ids=["PEEP", "volume", "beyond a limit", "lower", "oxygen"],
)
def test_a_pneumothorax_stands_in_the_headline_of_an_order_that_raises_a_pressure(
    settings: dict[str, Any], named: bool
) -> None:
    made = made_card(settings, conditions=("pneumothorax",))
    assert ("pneumothorax charted" in made.summary) is named
    assert len(made.summary) <= SUMMARY_LENGTH
    assert not named or "a pneumothorax is charted" in (made.detail or "")
    assert "pneumothorax" not in made_card(settings).summary


@pytest.mark.parametrize(("pressure", "indicator"), [(54.0, "warning"), (66.0, "info")])
def test_peep_at_a_low_arterial_pressure_names_its_level_first_and_warns_where_it_is_all_but_certainly_too_low(
    pressure: float, indicator: str
) -> None:
    made = made_card(PEEP, charted={"map": pressure})
    assert re.match(
        rf"PEEP 10→14 cmH2O: MAP {pressure:.0f}→\d+ mmHg \(90 % \d+–\d+; P\(<65\) (> )?\d+ %\) in 10 min, ", made.summary
    )
    assert made.indicator == indicator
    lower = made_card({"peep": {"value": 8, "unit": "cm[H2O]"}}, charted={"map": pressure})
    assert lower.indicator == "info", "less PEEP does not lower the pressure"
    assert "P(<65)" not in lower.summary


@pytest.mark.parametrize(("settings", "said"), [({"fio2": {"value": 0.45, "unit": "1"}}, True), (MORE_OXYGEN, False)])
def test_less_oxygen_at_a_low_saturation_leads_with_its_bound_and_warns(settings: dict[str, Any], said: bool) -> None:
    """The saturation falls by less than 1 %, which is shown as 1 %."""
    made = made_card(settings, charted={"spo2": 84.0})
    assert (re.match(r"FiO2 50→45 %: SpO2 84→83 % \(90 % .*; P\(<92\) > 95 %\)", made.summary) is not None) is said
    assert (made.indicator == "warning") is said
    assert ("- PaO2: P(< 60 mmHg) " in (made.detail or "")) is said


@pytest.mark.parametrize(("also", "gains"), [({}, False), (MORE_OXYGEN, True)], ids=["rate alone", "with more oxygen"])
def test_oxygen_that_rises_as_ventilation_falls_does_not_reassure_in_the_headline(also: dict[str, Any], gains: bool) -> None:
    summary, detail = card({"respiratory_rate_set": {"value": 14, "unit": "/min"}, **also})
    assert (" PaO2 " in summary) is gains
    assert "PaCO2" in summary
    assert ("- PaO2 higher by carbon dioxide alone" in detail) is not gains
