"""A card on a pressor: when it acts, and why a low pressure rises without it."""

import json
import re
from typing import Any

import pytest

from cds_cards.build import build
from cds_cards.case import CardDecision, DraftView
from cds_cards.schema import SUMMARY_LENGTH, Card
from tests.golden.predicted import SCENARIOS
from tests.golden.predictions import DRAFT, case
from twin_engine.predict import predict
from twin_engine.safety.check import check
from twin_engine.scenario import AS_ORDERED
from twin_engine.scenario_json import read

TREATED = "starts from the last value: pressures this low rose in charts, to "


def card(start: str = "08:00", pressures: tuple[tuple[float, str], ...] = (), **ordered: Any) -> tuple[str, str]:
    """Norepinephrine raised at a time of the day, or what is `ordered` instead, with these pressures instead of those of the
    scenario."""
    made = made_card(start, pressures, **ordered)
    return made.summary, made.detail or ""


def made_card(start: str = "08:00", pressures: tuple[tuple[float, str], ...] = (), **ordered: Any) -> Card:
    """As `card`."""
    [made] = decision(start, pressures, **ordered).cards
    return made


def decision(start: str = "08:00", pressures: tuple[tuple[float, str], ...] = (), **ordered: Any) -> CardDecision:
    """As `card`, with what is suppressed."""
    found: dict[str, Any] = json.loads((SCENARIOS / "norepinephrine_step.json").read_text(encoding="utf-8"))
    found["orders"][0] |= {"start": f"2026-01-03T{start}:00Z", **ordered}
    if pressures:
        found["measurements"] = [m for m in found["measurements"] if m["variable"] != "map"]
    for value, time in pressures:
        row = {"variable": "map", "value": value, "unit": "mm[Hg]", "site": "arterial", "time": f"2026-01-03T{time}:00Z"}
        found["measurements"].append(row)
    scenario = read(found)
    drafts = tuple(DraftView(DRAFT, AS_ORDERED, o.drug or "", (o,)) for o in scenario.orders)
    verdicts = {d.reference: check(d.orders, scenario.record, scenario.at) for d in drafts}
    return build(case(predict(scenario), record=scenario.record, drafts=drafts, verdicts=verdicts))


def test_an_order_that_starts_later_is_judged_after_its_start_and_the_card_says_so() -> None:
    summary, detail = card(start="08:35")
    assert " in 45 min" in summary
    assert "| Option | MAP in 45 min, mmHg (90 %) |" in detail
    assert "**Starts in 35 min**" in detail
    assert "10 min, mmHg" not in detail
    summary, detail = card()
    assert " in 10 min" in summary
    assert "Starts in" not in detail


FALLING = (*((45.0 + 6.0 * (8 - hour), f"{hour:02d}:00") for hour in range(2, 8)), (45.0, "07:55"))
STEADY = tuple((71.0, f"{hour:02d}:30") for hour in range(2, 8))


@pytest.mark.parametrize(("pressures", "said"), [(FALLING, True), (STEADY, False)], ids=["falling", "steady"])
def test_a_low_pressure_that_rises_without_an_order_is_explained(pressures: tuple[tuple[float, str], ...], said: bool) -> None:
    _, detail = card(pressures=pressures)
    assert (TREATED in detail) is said


def rows(pressures: tuple[tuple[float, str], ...], **ordered: Any) -> list[float]:
    """Rates of the listed alternatives."""
    _, detail = card(pressures=pressures, **ordered)
    return [float(line.split(": ", 1)[1].split(" ", 1)[0]) for line in detail.splitlines() if line.startswith("| Also")]


def test_no_lower_rate_is_listed_where_the_pressure_likely_stays_too_low() -> None:
    """0.25 is ordered: with MAP 45 only more can help, with MAP 90 only less."""
    assert rows(FALLING)
    assert all(rate > 0.25 for rate in rows(FALLING))
    assert rows(FALLING, drug="vasopressin", rate=0.04, unit="U/min") == [], "0.04 is the highest step"
    high = tuple((90.0 + hour, f"{hour:02d}:30") for hour in range(2, 8))
    assert rows(high)
    assert all(rate < 0.25 for rate in rows(high))


LOW = tuple((55.0, f"{hour:02d}:30") for hour in range(2, 8))


def test_a_pressor_that_is_stopped_at_a_low_pressure_warns() -> None:
    made = made_card(pressures=LOW, stop=True, rate=None, unit=None)
    assert made.indicator == "warning"
    assert made_card(pressures=LOW).indicator == "info"


def test_a_slip_of_unit_shows_no_pressure_in_its_headline_and_no_other_rate() -> None:
    made = made_card(drug="vasopressin", rate=3, unit="U/min")
    assert made.indicator == "critical"
    assert "predicted" not in made.summary
    assert "Also possible" not in (made.detail or "")


@pytest.mark.parametrize(("amount", "indicator"), [(20, "info"), (200, "warning"), (2000, "critical")])
def test_a_push_of_epinephrine_is_limited_and_its_peak_is_not_shown(amount: float, indicator: str) -> None:
    made = made_card(drug="epinephrine", amount=amount, infusion_h=0, rate=None, unit="ug", route="intravenous")
    assert made.indicator == indicator
    assert "its peak is higher, over when the pressure is judged" in (made.detail or "")
    assert indicator == "info" or "predicted" not in made.summary
    assert "its peak" not in card()[1]


def test_epinephrine_for_anaphylaxis_without_a_route_is_not_warned_of_and_says_what_was_not_checked() -> None:
    made = made_card(drug="epinephrine", amount=500, infusion_h=0, rate=None, unit="ug")
    assert made.indicator == "info"
    assert "**Not checked:** no route: a bolus into a vein is at most 50 ug" in (made.detail or "")


def test_what_is_left_of_a_push_in_ten_minutes_is_not_told_as_its_effect() -> None:
    summary, detail = card(drug="phenylephrine", amount=100, infusion_h=0, rate=None, unit="ug")
    assert "peak in 1–2 min not forecast; later, MAP " in summary
    assert len(summary) <= SUMMARY_LENGTH
    assert "Effect of the order" not in detail
    assert "0 mmHg" not in detail.replace("10 mmHg", "")
    assert "Effect of the order" in card()[1]
    assert "peak" not in card()[0]


def test_a_headline_sets_the_order_against_no_change_and_not_against_the_last_value() -> None:
    """The pressure falls by itself: a rate that raises it would read as one that lowers it."""
    summary, detail = card(pressures=tuple((60.0 + 2.0 * (hour == 7), f"{hour:02d}:30") for hour in range(2, 8)), rate=0.2)
    said = re.search(r": MAP in 10 min: no change (\d+), with it (\d+) mmHg \(90 % \d+–\d+\), effect \+(\d+)", summary)
    assert said
    assert f"| No change | {said[1]} (" in detail
    assert f"against no change: +{said[3]} mmHg" in detail


@pytest.mark.parametrize(("pressures", "cards"), [(STEADY, 0), (LOW, 1)], ids=["in target", "too low"])
def test_the_rate_that_runs_gets_no_card_unless_the_pressure_is_likely_out_of_its_target(
    pressures: tuple[tuple[float, str], ...], cards: int
) -> None:
    found = decision(pressures=pressures, rate=0.15)
    assert len(found.cards) == cards
    assert [one.reason.startswith("the rate that runs, P(65–75) ") for one in found.suppressed] == [True] * (1 - cards)
    assert decision(pressures=pressures, rate=0.18).cards


def test_the_chances_of_an_order_are_of_two_readings_and_the_one_of_its_target_is_the_lower() -> None:
    """Of the lower reading alone the target was likely, and so was more than it."""
    summary, detail = card(pressures=STEADY, rate=0.45)
    [head] = [line for line in detail.splitlines() if line.startswith("| Option")]
    assert "| P(65–75), less likely reading | P(< 65), lower reading | P(> 75), higher reading |" in head
    [row] = [line for line in detail.splitlines() if line.startswith("| As ordered")]
    within, above = (int(row.split("|")[i].strip(" <>%")) for i in (4, 6))
    assert above >= 50
    assert within <= 100 - above
    assert summary


def test_a_push_has_no_chances_beside_the_peak_that_is_not_forecast() -> None:
    _, detail = card(pressures=STEADY, drug="epinephrine", amount=20, infusion_h=0, rate=None, unit="ug")
    [row] = [line for line in detail.splitlines() if line.startswith("| As ordered")]
    assert row.endswith("| – | – | – |")
