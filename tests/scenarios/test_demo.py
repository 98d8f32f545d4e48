"""The demo, end to end over loopback: signed calls, real service, cards, feedback."""

import sqlite3
from collections.abc import AsyncGenerator

import httpx
import pytest

from demo import audit
from demo.chart import draft_order
from demo.patient import Regimen, patients
from demo.running import PortTaken, Running, running
from demo.tour import as_json, tour
from service.clock import SystemClock


@pytest.fixture
async def both() -> AsyncGenerator[Running]:
    async with running(0, 0, "Europe/Berlin") as started:
        yield started


async def test_the_tour_shows_different_cards_and_the_slip_is_critical(both: Running) -> None:
    stops = as_json(await tour(both))
    assert [stop["status"] for stop in stops] == [200] * len(stops)
    assert {stop["patient"] for stop in stops} == {p.id for p in patients()}
    for stop in stops:
        assert stop["cards"] or stop["reasons"], "silence is explained"
    summaries = [card["summary"] for stop in stops for card in stop["cards"]]  # type: ignore[attr-defined]
    assert len(summaries) == len(set(summaries)) >= 2
    slip = stops[-1]["cards"]
    assert [card["indicator"] for card in slip] == ["critical"]  # type: ignore[attr-defined]
    assert "absolute limit" in slip[0]["summary"]  # type: ignore[index]


async def test_reading_over_fhir_says_the_same_as_prefetch(both: Running) -> None:
    patient = patients()[0]
    draft = draft_order(patient, patient.draft, SystemClock().now(), "draft-1")
    sent = await both.hooks.order_sign(patient.id, draft)
    fetched = await both.hooks.order_sign(patient.id, draft, prefetch=False)
    assert [sent.status, fetched.status] == [200, 200]
    assert len(sent.cards) == len(fetched.cards) == 1
    # A moment passes between the two, in which a probability close to a bound may cross it.
    assert {sent.cards[0]["indicator"], fetched.cards[0]["indicator"]} <= {"warning", "critical"}
    assert len(sent.cards[0]["suggestions"]) == len(fetched.cards[0]["suggestions"]) == 1  # type: ignore[arg-type]
    words = [str(each.cards[0]["detail"]).split("**Why:** Level")[1].split("(")[0] for each in (sent, fetched)]
    assert words[0] == words[1], "both rest on the same level"


async def test_the_page_signs_and_its_feedback_is_kept(both: Running) -> None:
    async with httpx.AsyncClient(base_url=both.ehr, trust_env=False, timeout=30) as page:
        form = {"amount_mg": "1000", "interval_h": "12", "infusion_h": "1"}
        answer = (await page.post("/api/patients/ada-brandt/sign", json=form)).json()
        card = answer["cards"][0]
        changed = card["suggestions"][0]["actions"][0]["resource"]
        assert changed["id"] == answer["draft"]["id"]
        assert changed["dosageInstruction"] != answer["draft"]["dosageInstruction"]
        outcome = {
            "card": card["uuid"],
            "outcome": "overridden",
            "overrideReason": {"reason": {k: card["overrideReasons"][0][k] for k in ("code", "system")}},
            "outcomeTimestamp": SystemClock().now().isoformat(timespec="seconds"),
        }
        assert (await page.post("/api/feedback", json={"feedback": [outcome]})).json() == {"status": 200}
    with sqlite3.connect(both.database) as db:
        assert db.execute("select count(*) from feedback").fetchone() == (1,)
    db.close()


async def test_a_stranger_is_not_answered(both: Running) -> None:
    async with httpx.AsyncClient(trust_env=False) as http:
        assert (await http.get(f"{both.service}/cds-services")).status_code == 401


async def test_no_call_no_reason(both: Running) -> None:
    assert audit.reasons(both.database, "00000000-0000-0000-0000-000000000000") == ()


async def test_a_taken_port_is_said(both: Running) -> None:
    port = int(both.ehr.rsplit(":", 1)[1])
    with pytest.raises(PortTaken, match=str(port)):
        async with running(port, 0, "UTC"):
            pass


async def test_doubling_the_dose_doubles_the_steady_exposure(both: Running) -> None:
    patient = next(p for p in patients() if p.id == "ingrid-sund")
    medians = []
    for amount in (1500.0, 3000.0):
        draft = draft_order(patient, Regimen(amount, 12, 3), SystemClock().now(), "draft-1")
        card = (await both.hooks.order_sign(patient.id, draft)).cards[0]
        row = next(line for line in str(card["detail"]).splitlines() if line.startswith("| As ordered"))
        assert "AUC24 at steady state" in str(card["detail"])
        medians.append(float(row.split("|")[2].split("(")[0].replace(",", "")))
    assert medians[1] == pytest.approx(2 * medians[0], rel=0.01)
