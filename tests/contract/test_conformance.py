"""What CDS Hooks 2.0.1 asks of a service, on real answers; and that every requirement has its test."""

import ast
import asyncio
import json
import re
import uuid
from collections.abc import Iterator
from typing import Any, cast

import pytest

from tests.calls import URL, order, post, request, service, without
from tests.checkout import ROOT
from tests.contract.conformance import APPLICABLE, PAGE, page, requirements
from tests.schemas import faults

CAPTURED = sorted((ROOT / "tests" / "contract" / "captured").glob("*.json"))
MAY_BE_EMPTY = {"cards", "services"}


@pytest.fixture(scope="module")
def answer() -> dict[str, Any]:
    """An answer with a suggestion."""
    found = asyncio.run(post(request("order-sign", order(2000))))
    assert found.json()["cards"][0]["suggestions"]
    return found.json()


@pytest.fixture(scope="module")
def discovery() -> dict[str, Any]:
    async def asked() -> dict[str, Any]:
        async with service() as client:
            return (await client.get("/cds-services")).json()

    return asyncio.run(asked())


def members(value: Any, name: str = "") -> Iterator[tuple[str, Any]]:
    yield name, value
    if isinstance(value, dict):
        for key, each in cast("dict[str, Any]", value).items():
            yield from members(each, key)
    elif isinstance(value, list):
        for each in cast("list[Any]", value):
            yield from members(each)


def test_no_member_is_null_or_empty(answer: dict[str, Any], discovery: dict[str, Any]) -> None:
    documents: list[dict[str, Any]] = [answer, discovery]
    for document in documents:
        empty = [name for name, value in members(document) if value in (None, "", [], {}) and name not in MAY_BE_EMPTY]
        assert empty == []


async def test_every_answer_is_json() -> None:
    async with service() as client:
        calls = [
            await client.get("/cds-services"),
            await client.post(URL, content=json.dumps(request())),
            await client.post(URL, content=b"{"),
            await client.post("/cds-services/other", content=json.dumps(request())),
            await client.post(URL, content=json.dumps(without(request(), "prefetch"))),
        ]
    assert [c.status_code for c in calls] == [200, 200, 400, 404, 412]
    for call in calls:
        assert call.headers["content-type"] in {"application/json", "application/fhir+json"}
        assert call.status_code == 200 or call.json()["resourceType"] == "OperationOutcome"


def test_each_service_is_described_in_full(discovery: dict[str, Any]) -> None:
    for one in discovery["services"]:
        for name in ("hook", "title", "description", "id", "usageRequirements", "version", "hookVersion"):
            assert isinstance(one[name], str)
            assert one[name]
        assert all(isinstance(v, str) for v in one["prefetch"].values())
        assert re.fullmatch(r"\d+\.\d+\.\d+", one["version"])


async def test_each_service_answers_under_its_id(discovery: dict[str, Any]) -> None:
    async with service() as client:
        for one in discovery["services"]:
            document = {**request(one["hook"]), "hookInstance": str(uuid.uuid4())}
            found = await client.post(f"/cds-services/{one['id']}", content=json.dumps(document))
            assert found.status_code == 200
            assert faults("response", found.json()) == []


def test_a_card_has_its_members_in_the_right_kinds(answer: dict[str, Any]) -> None:
    assert faults("response", answer) == []
    ids = [card["uuid"] for card in answer["cards"]]
    assert len(set(ids)) == len(ids)
    for card in answer["cards"]:
        assert str(uuid.UUID(card["uuid"])) == card["uuid"]
        assert 0 < len(card["summary"]) < 140
        assert card["indicator"] in {"info", "warning", "critical"}
        assert not re.search(r"<[a-zA-Z/!]|!\[|javascript:", card["detail"])
        assert card["source"]["label"]
        assert {"code", "system", "display"} <= card["source"]["topic"].keys()
        assert "url" not in card["source"], "there is no page, so there is no address"
        assert all({"code", "system", "display"} <= reason.keys() for reason in card["overrideReasons"])


def test_a_suggestion_is_one_whole_change(answer: dict[str, Any]) -> None:
    (card,) = answer["cards"]
    assert card["selectionBehavior"] == "at-most-one"
    (suggestion,) = card["suggestions"]
    assert suggestion["label"]
    assert str(uuid.UUID(suggestion["uuid"])) == suggestion["uuid"]
    assert suggestion["isRecommended"] is True
    (action,) = suggestion["actions"]
    assert action["type"] == "update"
    assert action["description"]
    assert action["resource"]["id"] == order()["id"]
    assert order().keys() <= action["resource"].keys(), "the whole resource, not the changed part"


def test_nothing_acts_on_its_own(answer: dict[str, Any]) -> None:
    assert "systemActions" not in answer
    for card in answer["cards"]:
        assert "icon" not in card["source"]
        assert all("autolaunchable" not in link for link in card.get("links", ()))


def test_extensions_are_objects_under_our_name(answer: dict[str, Any]) -> None:
    found = [value for name, value in members(answer["cards"]) if name == "extension"]
    assert found
    for extension in found:
        assert all(name.startswith("org.icu-twin.") for name in extension)


async def test_scopes_of_smart_2_are_taken() -> None:
    authorization = {
        "access_token": "t", "token_type": "Bearer", "expires_in": 300, "scope": "patient/Observation.rs user/*.cruds",
        "subject": "icu-twin", "patient": "icu-1",
    }  # fmt: skip
    document = {**request(), "fhirServer": "https://ehr.example/fhir", "fhirAuthorization": authorization}
    assert (await post(document)).status_code == 200


@pytest.mark.parametrize("path", CAPTURED, ids=lambda path: path.stem)
async def test_what_the_reference_sandbox_sent_is_answered(path: Any) -> None:
    """Bodies captured from the CDS Hooks sandbox on a patient of its own: it sends none of our prefetch keys."""
    document = json.loads(path.read_text(encoding="utf-8"))
    where = f"{URL}/feedback" if "feedback" in document else URL
    async with service() as client:
        found = await client.post(where, content=json.dumps(document))
    assert faults("feedback" if "feedback" in document else "request", document) == []
    if "feedback" in document or document["hook"].startswith("order-"):
        assert found.status_code == 200
        assert not found.content or found.json() == {"cards": []}
    else:
        assert (found.status_code, "patient" in document["prefetch"]) == (200, True)


def functions(module: str) -> set[str]:
    file, _, name = module.rpartition("/")
    tree = ast.parse((ROOT / "tests" / file / f"{name}.py").read_text(encoding="utf-8"))
    return {n.name for n in tree.body if isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef)}


def test_every_requirement_has_a_test_that_exists_or_a_reason() -> None:
    for one in requirements():
        assert bool(one.tests) != bool(one.why), one.what
        for test in one.tests:
            module, _, name = test.partition("::")
            assert name in functions(module), test


def test_every_applicable_row_stands_once() -> None:
    for source, count in APPLICABLE.items():
        ids = [i for one in requirements() if one.source == source for i in one.ids]
        assert len(ids) == len(set(ids)) == count, source


def test_the_page_is_current() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), "run: make pages"
