"""The alert policy from hook to card: roles, units, silent mode, windows, and what came to patients whose card was withheld."""

import json
import time
from collections.abc import AsyncGenerator
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any

import httpx
import pytest
import sqlalchemy as sa
from typer.testing import CliRunner

from service.cli import app
from service.store import database, retention
from tests.calls import (
    AT,
    ROUTE,
    RXNORM,
    UCUM,
    URL,
    bundle,
    given,
    hours_ago,
    observation,
    order,
    prefetch,
    request,
    service,
    settings,
)

WARNED = order(1000, 24)
Rows = list[dict[str, Any]]


@dataclass
class Movable:
    """A clock that is set by hand."""

    at: datetime = AT

    def now(self) -> datetime:
        return self.at

    def steady(self) -> float:
        return time.perf_counter()


class Ward:
    """One database, called at different times by different people; `client` has the standard settings."""

    def __init__(self, folder: Path) -> None:
        self.url = f"sqlite:///{folder / 'a.sqlite'}"
        self.folder = folder
        self.numbers = count()
        self.clock = Movable()
        self.client: httpx.AsyncClient

    def opened(self, **configured: Any) -> AbstractAsyncContextManager[httpx.AsyncClient]:
        return service(settings(database_url=self.url, **configured), clock=self.clock)

    async def ask(self, document: dict[str, Any], at: datetime = AT, **configured: Any) -> Rows:
        self.clock.at = at
        call = json.dumps({**document, "hookInstance": f"call-{next(self.numbers)}"})
        if configured:
            async with self.opened(**configured) as client:
                answer = await client.post(URL, content=call)
        else:
            answer = await self.client.post(URL, content=call)
        assert answer.status_code == 200, answer.text
        return answer.json()["cards"]

    async def override(self, card: dict[str, Any], code: str = "cds-not-applicable") -> None:
        reason = {"reason": {"code": code, "system": "urn:x"}}
        one = {"card": card["uuid"], "outcome": "overridden", "outcomeTimestamp": hours_ago(0), "overrideReason": reason}
        answer = await self.client.post(f"{URL}/feedback", content=json.dumps({"feedback": [one]}))
        assert answer.status_code == 200

    def alerts(self) -> Rows:
        engine = database.opened(self.url)
        with engine.connect() as db:
            found = [dict(r) for r in db.execute(sa.text("select * from alert order by number")).mappings()]
        engine.dispose()
        return found

    def site(self, content: str) -> Path:
        path = self.folder / "site.toml"
        path.write_text(content, encoding="utf-8")
        return path


@pytest.fixture
async def ward(tmp_path: Path) -> AsyncGenerator[Ward]:
    made = Ward(tmp_path)
    async with made.opened() as made.client:
        yield made


def viewed(**more: Any) -> dict[str, Any]:
    """Opening a chart in which one dose has no amount."""
    hole = given(1000, 12)
    del hole["dosage"]["dose"]
    call = request("patient-view")
    call["prefetch"] = {**prefetch(), "administrations": bundle([given(1500, 24), hole]), **more}
    return call


def read_by(role: str, call: dict[str, Any]) -> dict[str, Any]:
    """The call of a user with this role."""
    coded = {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/practitioner-role", "code": role}]}
    user = {"resourceType": "PractitionerRole", "id": "r1", "code": [coded]}
    context = {**call["context"], "userId": "PractitionerRole/r1"}
    return {**call, "context": context, "prefetch": {**call["prefetch"], "user": user}}


async def test_a_nurse_is_asked_to_check_data_and_a_pharmacist_is_not(ward: Ward) -> None:
    assert len(await ward.ask(read_by("pharmacist", viewed()))) == 0
    assert len(await ward.ask(read_by("nurse", viewed()))) == 1
    assert [(a["rule"], a["withheld_by"]) for a in ward.alerts()] == [("dataquality", "role"), ("dataquality", None)]


def on_norepinephrine(*rows: dict[str, Any]) -> dict[str, Any]:
    """Opening the chart of a patient on a pressor, with these vital signs; no albumin, lactate or gas is charted."""
    running = given(0, 2)
    running["medicationCodeableConcept"] = {"coding": [{"system": RXNORM, "code": "7512"}]}
    running["status"], running["effectivePeriod"] = "in-progress", {"start": hours_ago(2)}
    running["dosage"] = {"rateQuantity": {"value": 8, "unit": "ug/min", "system": UCUM, "code": "ug/min"}, "route": ROUTE}
    running.pop("effectiveDateTime", None)
    call = request("patient-view")
    sent = {"administrations": bundle([running]), "vitals": bundle(list(rows)), "levels": bundle([])}
    call["prefetch"] = {**prefetch(), **sent}
    return call


@pytest.mark.parametrize("role", ["nurse", "ward clerk"])
async def test_a_missing_datum_gets_a_card_only_where_it_blocks_something(ward: Ward, role: str) -> None:
    """Who is not known counts as a prescriber, who is asked, too."""
    pressure = observation("map", "8478-0", 71, "mm[Hg]", 0.1)
    assert await ward.ask(read_by(role, on_norepinephrine(pressure))) == [], "nothing else that is missing is asked for"
    (card,) = await ward.ask(read_by(role, on_norepinephrine()))
    assert "MAP: not charted" in card["summary"]
    assert "blocks the effect of the vasoactive infusion" in card["detail"]


async def test_nobody_known_is_a_prescriber(ward: Ward) -> None:
    assert len(await ward.ask(viewed())) == 1
    assert len(await ward.ask(request("order-sign", WARNED))) == 1


async def test_who_signs_is_warned_and_an_absolute_limit_is_for_everybody(ward: Ward) -> None:
    assert [c["indicator"] for c in await ward.ask(read_by("nurse", request("order-sign", WARNED)))] == ["warning"]
    assert [c["indicator"] for c in await ward.ask(read_by("nurse", request("order-sign", order(20_000))))] == ["critical"]


async def test_a_card_nobody_asked_for_waits_and_the_audit_says_why(ward: Ward) -> None:
    assert len(await ward.ask(viewed())) == 1
    assert await ward.ask(viewed(), AT + timedelta(hours=1)) == []
    assert [a["withheld_by"] for a in ward.alerts()] == [None, "lock-out"]
    assert ward.alerts()[1]["reason"] == "shown within 6 h, and neither louder nor with a new sign"


async def test_a_silent_card_is_counted_once_in_six_hours_as_a_shown_one(ward: Ward) -> None:
    for hours in (0, 1, 5.5, 7):
        assert await ward.ask(viewed(), AT + timedelta(hours=hours), silent=True) == []
    assert [a["withheld_by"] for a in ward.alerts()] == ["silent", "lock-out", "lock-out", "silent"]
    signs = ["vancomycin incomplete_dose_history"]
    assert [json.loads(a["signs"]) for a in ward.alerts()] == [signs, [], [], signs]


async def test_silent_mode_computes_keeps_and_shows_nothing(ward: Ward) -> None:
    assert await ward.ask(request("order-sign", order(20_000)), silent=True) == []
    (kept,) = ward.alerts()
    assert (kept["rule"], kept["indicator"], kept["withheld_by"]) == ("limit vancomycin", "critical", "silent")
    assert "absolute limit" in json.loads(kept["card"])["summary"]
    engine = database.opened(ward.url)
    retention.forget_patient(engine, kept["patient_key"])
    engine.dispose()
    (left,) = ward.alerts()
    assert (left["card"], left["withheld_by"]) == (None, "silent"), "patient data go, the count stays"


async def test_a_unit_has_a_policy_of_its_own(ward: Ward) -> None:
    path = ward.site("[units.icu-3]\nsilent = true\n")
    place = {"status": "active", "location": {"reference": "Location/icu-3"}}
    stay = {"resourceType": "Encounter", "id": "e1", "status": "in-progress", "location": [place]}
    call = request("order-sign", WARNED, encounterId="e1")
    call["prefetch"]["encounter"] = stay
    assert await ward.ask(call, site_file=path) == []
    call["prefetch"]["encounter"] = {**stay, "location": [{**place, "location": {"reference": "Location/icu-4"}}]}
    assert len(await ward.ask(call, site_file=path)) == 1
    assert [a["withheld_by"] for a in ward.alerts()] == ["silent", None]


@pytest.mark.parametrize(
    ("code", "stay", "hours", "cards"),
    [
        ("cds-suboptimal-context", None, 5.9, 0),
        ("cds-suboptimal-context", None, 6.1, 1),
        ("action-completed", None, 7.0, 0),
        ("patient-contraindication", "e1", 30.0, 0),
        ("patient-contraindication", "e2", 30.0, 1),
        ("patient-contraindication", None, 30.0, 1),
    ],
)
async def test_the_reason_of_an_override_sets_its_window(
    ward: Ward, code: str, stay: str | None, hours: float, cards: int
) -> None:
    """The chart moves with the clock, so that nothing but time has passed."""
    first = request("order-sign", WARNED, **({"encounterId": "e1"} if stay else {}))
    (card,) = await ward.ask(first)
    await ward.override(card, code)
    later = request("order-sign", WARNED, **({"encounterId": stay} if stay else {}))
    assert len(await ward.ask(shifted(later, hours), AT + timedelta(hours=hours))) == cards


def shifted(document: dict[str, Any], hours: float) -> dict[str, Any]:
    """The same call with every time so many hours later."""

    def moved(value: Any) -> Any:
        if isinstance(value, dict):
            return {k: moved(v) for k, v in value.items()}
        if isinstance(value, list):
            return [moved(v) for v in value]
        if isinstance(value, str) and len(value) > 15 and value[4] == "-" and value.endswith("Z"):
            return (datetime.fromisoformat(value) + timedelta(hours=hours)).isoformat().replace("+00:00", "Z")
        return value

    return moved(document)


async def test_an_event_after_a_withheld_card_is_counted(ward: Ward) -> None:
    (card,) = await ward.ask(request("order-sign", WARNED))
    await ward.override(card)
    assert await ward.ask(request("order-sign", WARNED)) == []
    assert ward.alerts()[-1]["event"] == "kidney_injury"
    assert ward.alerts()[-1]["happened"] is None
    risen = observation("creatinine", "2160-0", 2.4, "mg/dL", -20)
    chart = {**prefetch(), "laboratory": bundle([observation("creatinine", "2160-0", 1.4, "mg/dL", 3), risen])}
    await ward.ask({**request("patient-view"), "prefetch": chart}, AT + timedelta(hours=24))
    await ward.client.get("/health/ready")  # the disk does one thing after the other, this after what the call left to it
    metrics = (await ward.client.get("/metrics")).text
    assert 'icu_twin_events_after_withheld_cards_total{by="feedback",rule="dosing vancomycin"} 1.0' in metrics
    assert [a["happened"] for a in ward.alerts() if a["withheld_by"] == "feedback"] == [1]
    told = summarised(ward)
    assert told["patient_days"] == 2
    (shown,) = [r for r in told["rules"] if r["rule"] == "dosing vancomycin" and r["withheld_by"] is None]
    assert (shown["cards"], shown["per_patient_day"]) == (1, 0.5)
    (withheld,) = [r for r in told["rules"] if r["withheld_by"] == "feedback"]
    assert (withheld["cards"], withheld["events_decided"], withheld["events"]) == (1, 1, 1)
    (answers,) = [a for a in told["answers"] if a["overridden"]]
    assert answers["reasons"] == {"cds-not-applicable": 1}
    assert summarised(ward, "somebody else") == {"patient_days": 0, "rules": [], "answers": []}


def summarised(ward: Ward, tenant: str = "local") -> Any:
    """What `icu-twin alerts --json` prints, whenever this test runs."""
    environment = {"ICU_TWIN_DATABASE_URL": ward.url}
    printed = CliRunner().invoke(app, ["alerts", "--days", "100000", "--tenant", tenant, "--json"], env=environment)
    assert printed.exit_code == 0, printed.output
    return json.loads(printed.output)


async def test_a_rule_that_hardly_anybody_accepts_is_demoted_once_signed_off(ward: Ward) -> None:
    await ward.ask(request("order-sign", WARNED))
    engine = database.opened(ward.url)
    with engine.begin() as db:
        (call,) = db.execute(sa.text("select id from invocation")).scalars()
        for number in range(50):
            row = {"call": call, "n": number, "at": "2026-01-02 08:00:00.000000"}
            db.execute(
                sa.text(
                    "insert into alert (invocation_id, tenant, patient_key, hook, at, card_uuid, rule, indicator, signs)"
                    " values (:call, 'local', 'x', 'order-sign', :at, 'card-' || :n, 'dosing vancomycin', 'warning', '[]')"
                ),
                row,
            )
            db.execute(
                sa.text(
                    "insert into feedback (tenant, card, outcome, outcome_at, suggestions, known_card, received_at)"
                    " values ('local', 'card-' || :n, 'overridden', :at, '[]', 1, :at)"
                ),
                row,
            )
    engine.dispose()
    signed = ward.site('[policy]\ndemote = [{ rule = "dosing vancomycin", signed_by = "Committee", on = "2026-01-01" }]\n')
    assert [c["indicator"] for c in await ward.ask(request("order-sign", WARNED))] == ["warning"]
    assert [c["indicator"] for c in await ward.ask(request("order-sign", WARNED), site_file=signed)] == ["info"]
