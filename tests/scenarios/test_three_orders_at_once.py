"""A ventilator change, a step of norepinephrine and a push of propofol signed in one call, as a health record sends them: one
set of cards that addresses each order, from one forecast that is not the sum of three."""

import asyncio
import json
import re
from dataclasses import replace
from functools import cache
from typing import Any, Literal

import pytest

from bench import joint
from bench.charts import AT as NOW
from bench.circulation import PEEP as PEEP_14
from bench.circulation import PUSH as PROPOFOL
from bench.circulation import STEP as NE
from bench.circulation import chart as bedside
from bench.circulation import ventilated
from tests.calls import URL, service
from tests.golden.signed import CALLS, SIGNED, cards_of, pressor_in_ml, readable, unreadable_push
from tests.golden.test_cards import alike
from tests.unit.circulation.charts import chart, scenario, step
from twin_engine.predict import predict
from twin_engine.scenario import AS_ORDERED, NO_CHANGE, Scenario
from twin_engine.scenario_json import read

Card = dict[str, Any]
PEEP, STEP, PUSH = range(3)
EFFECT = re.compile(r"(?:all orders together\*\*|together) against no change: (\S+) mmHg")
ALONE = re.compile(r"(norepinephrine|ventilator|propofol) (\S+) \(")


async def _asked(document: dict[str, Any]) -> list[Card]:
    async with service(at=NOW) as client:
        answer = await client.post(URL, content=json.dumps(document).encode())
    assert answer.status_code == 200, answer.text
    return answer.json()["cards"]


@cache
def signed(*chosen: int) -> dict[str, Card]:
    """Cards on some of the three orders, by the first word of each."""
    document = json.loads(joint.call(1))
    drafts = document["context"]["draftOrders"]["entry"]
    document["context"]["draftOrders"]["entry"] = [drafts[i] for i in chosen]
    return {card["summary"].split()[0]: card for card in asyncio.run(_asked(document))}


def number(words: str) -> float:
    return float(words.replace("−", "-"))


@pytest.mark.parametrize("name", CALLS)
def test_the_cards_are_as_last_reviewed(name: str) -> None:
    """`python -m tests.golden.regenerate` writes them; read the difference before committing it."""
    assert alike(readable(cards_of(CALLS[name]())), (SIGNED / f"{name}.md").read_text(encoding="utf-8"))


def test_an_order_that_cannot_be_read_is_named_on_the_cards_of_the_others() -> None:
    found = {card["summary"].split()[0]: card["detail"] for card in cards_of(unreadable_push())}
    for card in (found["Norepinephrine"], found["PEEP"]):
        assert "not included: propofol, ordered too" in card
    assert "**Each alone**, in 10 min: norepinephrine" in found["Norepinephrine"]
    assert "propofol alone" not in "".join(found.values())


def test_a_pressor_that_cannot_be_read_leaves_no_pressure_and_every_card_says_so() -> None:
    found = {card["summary"].split()[0]: card for card in cards_of(pressor_in_ml())}
    assert found["No"]["summary"].startswith("No prediction for norepinephrine: ")
    for card in (found["PEEP"], found["Propofol"]):
        assert "no MAP: norepinephrine, ordered too, cannot be forecast" in card["detail"]
    whole = json.dumps(list(found.values()))
    assert "nothing with" not in whole
    assert "MAP 68" not in whole


def test_each_order_has_its_card_and_there_is_no_fourth() -> None:
    cards = signed(PEEP, STEP, PUSH)
    starts = [card["summary"].split(":")[0].split(" with")[0] for card in cards.values()]
    assert sorted(starts) == ["Norepinephrine 0.15→0.25 mcg/kg/min", "PEEP 10→14 cmH2O", "Propofol 100 mg once"]
    assert {card["indicator"] for card in cards.values()} == {"info"}


def test_the_cards_say_one_effect_on_the_pressure() -> None:
    """Every card names the same joint effect, and each order alone the same wherever it is named."""
    details = [card["detail"] for card in signed(PEEP, STEP, PUSH).values()]
    joint_effects = {number(found[1]) for detail in details if (found := EFFECT.search(detail))}
    assert len(joint_effects) == 1
    alone: dict[str, set[float]] = {}
    for detail in details:
        for name, words in ALONE.findall(detail.replace(" alone ", " ")):
            alone.setdefault(name, set()).add(number(words))
    assert {name: len(found) for name, found in alone.items()} == {"norepinephrine": 1, "ventilator": 1, "propofol": 1}


def test_propofol_and_peep_take_from_what_norepinephrine_gives() -> None:
    def ordered(*chosen: int) -> float:
        [row] = [line for line in signed(*chosen)["Norepinephrine"]["detail"].splitlines() if line.startswith("| As ordered")]
        return float(row.split("|")[2].split()[0])

    assert ordered(PEEP, STEP, PUSH) < ordered(STEP) - 2.0
    assert "Each alone" in signed(PEEP, STEP, PUSH)["Norepinephrine"]["detail"]


def test_the_worse_reading_is_judged_and_both_are_named() -> None:
    card = signed(PEEP, STEP, PUSH)["Norepinephrine"]
    row = next(line for line in card["detail"].splitlines() if line.startswith("| As ordered"))
    by_chart, by_effect = (float(x) for x in re.findall(r"(\d+) \(\d+–\d+\) by (?:chart|effect)", row))
    assert by_chart < by_effect
    assert f", {by_chart:.0f} (" in card["summary"]


def test_another_setting_is_offered_with_its_pressure_beside_the_other_orders() -> None:
    """Less PEEP leaves more pressure, with the same norepinephrine and propofol; without a charted pressure none is told."""
    told = predict(read(ventilated(bedside(12, [PEEP_14, NE, PROPOFOL]))))
    other, ordered = told.forecast("ventilator PEEP 12 cmH2O"), told.forecast(AS_ORDERED)
    assert other is not None
    assert ordered is not None
    assert other.changes == AS_ORDERED
    less, more = other.metrics["map_10min"], ordered.metrics["map_10min"]
    assert less.median > more.median
    assert less.p_below <= more.p_below
    assert [o.drug for o in other.orders if o.drug] == ["norepinephrine", "propofol"]
    document = ventilated(bedside(12, [PEEP_14]))
    document["measurements"] = [m for m in document["measurements"] if m["variable"] != "map"]
    without = predict(read(document))
    assert not any("map_10min" in f.metrics for f in without.forecasts)
    assert [g.reason for g in without.cannot_predict if g.variable == "map"]


AT_ONCE = ventilated(bedside(12, [PEEP_14, NE, PROPOFOL]))


@pytest.mark.parametrize("wanted", ["all", "drafted"])
@pytest.mark.parametrize("asked", [scenario(chart(), step(0.25)), read(AT_ONCE)], ids=["a step", "three orders"])
def test_curves_that_nobody_reads_change_no_number(asked: Scenario, wanted: Literal["all", "drafted"]) -> None:
    every, some = predict(asked), predict(replace(asked, curves=wanted))
    drugs = {order.drug for order in asked.orders}
    assert [f.label for f in every.forecasts] == [f.label for f in some.forecasts]
    assert (every.suggestions, every.completeness, every.twin) == (some.suggestions, some.completeness, some.twin)
    for one, other in zip(every.forecasts, some.forecasts, strict=True):
        assert (one.metrics, one.places, one.report) == (other.metrics, other.places, other.report)
        drafted = one.label not in {NO_CHANGE, *(f.label for f in every.forecasts if f.changes)}
        read = set(one.variables) if wanted == "all" else drugs if drafted else set[str]()
        assert other.variables.keys() == one.variables.keys() & read
        for name, bands in other.variables.items():
            assert bands.p95 == pytest.approx(one.variables[name].p95)
        assert one.ends == {name: one.times[len(bands.p50) - 1] for name, bands in one.variables.items()}
        assert other.ends == (one.ends if wanted == "all" or drafted else {})
