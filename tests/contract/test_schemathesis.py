"""Calls made up from the published OpenAPI document: every answer is a documented one, of the documented shape."""

import json
from functools import cache
from typing import Any

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, seed
from hypothesis import settings as budget

from service.app import create_app
from service.clock import FixedClock
from service.commands.openapi import document
from tests.calls import AT, BASE, settings
from tests.schemas import SCHEMA

EXAMPLES = 15
REF = "cds_hooks.schema.json#/$defs/"
HEALTH: Any = list(HealthCheck)
TOLD = frozenset({400, 404, 412, 413, 415, 503})


def whole() -> dict[str, Any]:
    """The OpenAPI document with the definitions that it refers to."""
    text = document().replace(REF, "#/components/schemas/")
    found = json.loads(text)
    definitions = json.loads(json.dumps(SCHEMA["$defs"]).replace("#/$defs/", "#/components/schemas/"))
    found["components"]["schemas"] = {**found["components"].get("schemas", {}), **definitions}
    return found


@cache
def operations() -> dict[str, Any]:
    loaded: Any = schemathesis.openapi.from_dict(whole())
    found: list[Any] = [result.ok() for result in loaded.get_all_operations()]
    return {operation.label: operation for operation in found}


CALLS = ("GET /cds-services", "POST /cds-services/{service_id}", "POST /cds-services/{service_id}/feedback")


@pytest.mark.parametrize("label", CALLS)
@pytest.mark.parametrize(
    "mode", [schemathesis.GenerationMode.POSITIVE, schemathesis.GenerationMode.NEGATIVE], ids=["good", "bad"]
)
async def test_every_answer_is_documented(label: str, mode: Any) -> None:
    operation = operations()[label]
    made: list[Any] = []

    @seed(20260103)
    @budget(max_examples=EXAMPLES, deadline=None, database=None, phases=[Phase.generate], suppress_health_check=HEALTH)
    @given(case=operation.as_strategy(generation_mode=mode))
    def gather(case: Any) -> None:
        made.append(case)

    gather()
    app = create_app(settings(draws=64), clock=FixedClock(AT))
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with app.router.lifespan_context(app), httpx.AsyncClient(transport=transport, base_url=BASE) as client:
        for case in made:
            sent = case.as_transport_kwargs(base_url=BASE)
            sent.pop("cookies", None)
            if isinstance(sent.get("data"), bytes):
                sent["content"] = sent.pop("data")
            answer = await client.request(**sent)
            documented = operation.definition.raw["responses"]
            assert str(answer.status_code) in documented, (answer.status_code, sent)
            assert answer.status_code in {200, *TOLD}
            if answer.status_code != 200:
                assert answer.json()["resourceType"] == "OperationOutcome"
