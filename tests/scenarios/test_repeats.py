"""The same order again: silent after feedback, heard again once something material has changed, and audited either way."""

import json
from collections.abc import AsyncGenerator
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import count
from pathlib import Path
from typing import Any

import httpx
import pytest
import sqlalchemy as sa

from service.store import database
from tests.calls import AT, PATIENT, URL, bundle, hours_ago, observation, order, prefetch, request, service, settings

Cards = list[dict[str, Any]]
WARNED = order(1000, 24)
"""An order that harms less often than a critical card needs, with nothing clearly better."""


@dataclass
class Bedside:
    """One service with its database, asked several times."""

    client: httpx.AsyncClient
    url: str
    numbers: "count[int]" = field(default_factory=count)

    async def ask(self, document: dict[str, Any] | None = None, **changes: Any) -> Cards:
        """The cards of a call of its own."""
        call = {**(document or request("order-sign", WARNED)), "hookInstance": f"call-{next(self.numbers)}", **changes}
        answer = await self.client.post(URL, content=json.dumps(call))
        assert answer.status_code == 200, answer.text
        return answer.json()["cards"]

    async def override(self, cards: Cards, code: str = "cds-not-applicable") -> None:
        reason = {"reason": {"code": code, "system": "urn:x"}}
        timed = {"outcome": "overridden", "overrideReason": reason, "outcomeTimestamp": hours_ago(0)}
        body = {"feedback": [{"card": card["uuid"], **timed} for card in cards]}
        answer = await self.client.post(f"{URL}/feedback", content=json.dumps(body))
        assert answer.status_code == 200, answer.text

    def reasons(self) -> list[list[str]]:
        """Why cards were left out, call by call, as audited."""
        engine = database.opened(self.url)
        with engine.connect() as db:
            found = [json.loads(row) for row in db.execute(sa.text("select reasons from invocation order by rowid")).scalars()]
        engine.dispose()
        return found


@pytest.fixture
async def bedside(tmp_path: Path) -> AsyncGenerator[Bedside]:
    url = f"sqlite:///{tmp_path / 'a.sqlite'}"
    async with service(settings(database_url=url)) as client:
        yield Bedside(client, url)


def with_creatinine(value: float, hours: float = 1.0) -> dict[str, Any]:
    """The chart with one more creatinine."""
    laboratory = [
        observation("creatinine", "2160-0", 1.4, "mg/dL", 3),
        observation("creatinine", "2160-0", value, "mg/dL", hours),
    ]
    return {**prefetch(), "laboratory": bundle(laboratory)}


async def test_an_overridden_card_stays_away_and_the_audit_says_why(bedside: Bedside) -> None:
    first = await bedside.ask()
    assert [card["indicator"] for card in first] == ["warning"]
    assert len(await bedside.ask()) == 1, "without feedback nothing is left out"
    await bedside.override(first)
    assert await bedside.ask() == []
    assert await bedside.ask(request("order-select", WARNED)) == []
    assert bedside.reasons() == [
        [],
        [],
        *[["overridden before (cds-not-applicable), and nothing material has changed"]] * 2,
    ]


async def test_ids_and_texts_do_not_make_another_order_but_doses_do(bedside: Bedside) -> None:
    await bedside.override(await bedside.ask())
    renamed = {**order(1000, 24, ident="draft-2"), "note": [{"text": "as discussed"}]}
    assert await bedside.ask(request("order-sign", renamed)) == []
    assert len(await bedside.ask(request("order-sign", order(500, 12)))) == 1


async def test_what_changes_the_prediction_brings_the_card_back(bedside: Bedside) -> None:
    await bedside.override(await bedside.ask())
    assert await bedside.ask(prefetch=with_creatinine(1.4)) == []
    assert len(await bedside.ask(prefetch=with_creatinine(3.0))) == 1


async def test_wrong_data_are_asked_again_with_the_next_value(bedside: Bedside) -> None:
    await bedside.override(await bedside.ask(), "data-wrong")
    assert await bedside.ask() == []
    assert len(await bedside.ask(prefetch=with_creatinine(1.4))) == 1


async def test_a_critical_card_is_shown_whatever_was_answered(bedside: Bedside) -> None:
    beyond = request("order-sign", order(20_000))
    for _ in range(3):
        cards = await bedside.ask(beyond)
        assert [card["indicator"] for card in cards] == ["critical"]
        await bedside.override(cards)


async def test_order_select_never_counts_as_shown(bedside: Bedside) -> None:
    selected = await bedside.ask(request("order-select", WARNED))
    assert len(selected) == 1
    await bedside.override(selected)
    assert len(await bedside.ask()) == 1


async def test_no_prediction_on_order_select_leaves_order_sign_its_own(bedside: Bedside) -> None:
    no_weight = {**prefetch(), "body": bundle([])}
    for hook, cards in (("order-select", 1), ("order-sign", 1), ("order-sign", 0), ("order-select", 0)):
        assert len(await bedside.ask(request(hook), prefetch=no_weight)) == cards, hook


async def test_order_select_answers_only_for_what_is_selected_and_never_as_critical(bedside: Bedside) -> None:
    beyond, quiet = order(20_000, ident="one"), order(ident="two")
    chosen = {**request("order-select", beyond, quiet)}
    chosen["context"]["selections"] = ["MedicationRequest/one"]
    cards = await bedside.ask(chosen)
    assert [(c["indicator"], c["extension"]["org.icu-twin.orders"]["references"]) for c in cards] == [
        ("warning", ["MedicationRequest/one"])
    ]


async def test_one_instance_with_another_body_is_evaluated_anew(bedside: Bedside) -> None:
    async def at_once(document: dict[str, Any]) -> Cards:
        return await bedside.ask(document, hookInstance="the same")

    first, other = await at_once(request("order-sign", WARNED)), await at_once(request("order-sign", order(2000)))
    assert first[0]["summary"] != other[0]["summary"]
    await bedside.override(first)
    assert await at_once(request("order-sign", WARNED)) == first, "the very same call keeps its answer, whatever happened since"
    assert len(bedside.reasons()) == 2


async def test_another_patient_and_another_client_have_memories_of_their_own(bedside: Bedside) -> None:
    await bedside.override(await bedside.ask())
    moved = json.loads(json.dumps(request("order-sign", WARNED)).replace(PATIENT, "icu-2"))
    assert len(await bedside.ask(moved)) == 1
    assert len(await bedside.ask(fhirServer="https://ehr.example/fhir")) == 1, "a patient belongs to a server"


async def test_an_answer_counts_for_a_day(bedside: Bedside) -> None:
    await bedside.override(await bedside.ask())
    async with service(settings(database_url=bedside.url), at=AT + timedelta(hours=24.1)) as client:
        later = Bedside(client, bedside.url, count(100))
        assert len(await later.ask()) == 1


async def test_no_patient_stands_in_the_memory_and_forgetting_takes_it(bedside: Bedside) -> None:
    from service.store import retention

    await bedside.override(await bedside.ask())
    engine = database.opened(bedside.url)
    with engine.connect() as db:
        [(key, fingerprint, gist)] = db.execute(
            sa.text("select patient_key, fingerprint, gist from invocation join card on invocation.id = card.invocation_id")
        ).all()
    assert PATIENT not in f"{key}{fingerprint}{gist}"
    assert 0 < json.loads(gist)["p_target"] < 1
    retention.forget_patient(engine, key)
    with engine.connect() as db:
        assert db.execute(sa.text("select fingerprint, gist from card")).all() == [(None, None)]
    engine.dispose()
    assert len(await bedside.ask()) == 1
