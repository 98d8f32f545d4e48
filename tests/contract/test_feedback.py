"""POST /cds-services/icu-twin/feedback: kept once, tolerant, bounded."""

import json
from typing import Any

import pytest
import sqlalchemy as sa

from service.store import database
from tests.calls import URL, request, service, settings

ACCEPTED = {
    "card": "9d4a9a52-7b4c-4d56-8f3c-9f7f0d1f0a11",
    "outcome": "accepted",
    "acceptedSuggestions": [{"id": "3fa5b9f0-9f24-4d75-8a5f-9b5b7e7a4e10"}],
    "outcomeTimestamp": "2026-01-03T08:01:00.123Z",
}
OVERRIDDEN = {
    "card": "card-of-somebody-else",
    "outcome": "overridden",
    "overrideReason": {
        "reason": {"code": "their-own", "system": "https://ehr.example/reasons"},
        "userComment": "no\x07pe \u202e<b>",
    },
    "outcomeTimestamp": "2026-01-03T08:02:00Z",
}


@pytest.fixture
def url(tmp_path: Any) -> str:
    return f"sqlite:///{tmp_path / 'audit.sqlite'}"


def kept(url: str) -> list[Any]:
    engine = database.opened(url)
    with engine.connect() as db:
        rows = list(db.execute(sa.text("select card, outcome, reason_code, comment, known_card from feedback order by number")))
    engine.dispose()
    return rows


async def test_duplicates_count_once_within_and_between_calls(url: str) -> None:
    async with service(settings(database_url=url)) as client:
        for _ in range(2):
            body = json.dumps({"feedback": [ACCEPTED, ACCEPTED, OVERRIDDEN]})
            assert (await client.post(f"{URL}/feedback", content=body)).status_code == 200
    assert [(row.card, row.outcome) for row in kept(url)] == [
        (ACCEPTED["card"], "accepted"),
        (OVERRIDDEN["card"], "overridden"),
    ]


async def test_a_clients_own_reason_is_kept_and_its_comment_is_plain_text(url: str) -> None:
    async with service(settings(database_url=url)) as client:
        await client.post(f"{URL}/feedback", content=json.dumps({"feedback": [OVERRIDDEN]}))
    (row,) = kept(url)
    assert row.reason_code == "their-own"
    assert row.comment == "nope <b>"
    assert not row.known_card


async def test_feedback_on_a_card_of_ours_is_known(url: str) -> None:
    async with service(settings(database_url=url)) as client:
        card = (await client.post(URL, content=json.dumps(request()))).json()["cards"][0]
        one = {**ACCEPTED, "card": card["uuid"], "acceptedSuggestions": [{"id": card["suggestions"][0]["uuid"]}]}
        await client.post(f"{URL}/feedback", content=json.dumps({"feedback": [one]}))
    assert [row.known_card for row in kept(url)] == [1]


async def test_a_long_comment_is_cut(url: str) -> None:
    long = {**OVERRIDDEN, "overrideReason": {"userComment": "x" * 5000}}
    async with service(settings(database_url=url)) as client:
        await client.post(f"{URL}/feedback", content=json.dumps({"feedback": [long]}))
    assert len(kept(url)[0].comment) == 1024


@pytest.mark.parametrize(
    "document",
    [
        {},
        [],
        {"feedback": {}},
        {"feedback": ["x"]},
        {"feedback": [{**ACCEPTED, "outcome": "ignored"}]},
        {"feedback": [{**ACCEPTED, "card": 7}]},
        {"feedback": [{**ACCEPTED, "card": "x" * 65}]},
        {"feedback": [{**ACCEPTED, "outcomeTimestamp": "yesterday"}]},
        {"feedback": [{**ACCEPTED, "acceptedSuggestions": "all"}]},
        {"feedback": [{**ACCEPTED, "acceptedSuggestions": [{"uuid": "x"}]}]},
    ],
)
async def test_what_is_no_feedback_is_refused_and_nothing_is_kept(document: object, url: str) -> None:
    async with service(settings(database_url=url)) as client:
        answer = await client.post(f"{URL}/feedback", content=json.dumps(document))
    assert answer.status_code == 400
    assert kept(url) == []


async def test_feedback_for_an_unknown_service_is_not_found() -> None:
    async with service() as client:
        answer = await client.post("/cds-services/other/feedback", content=json.dumps({"feedback": [ACCEPTED]}))
    assert answer.status_code == 404
