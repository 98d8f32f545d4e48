"""Calls made up from nothing: by hypothesis in the shape of a hook call, and by schemathesis from the OpenAPI document."""

import json
from collections.abc import Callable
from itertools import product
from typing import Any

import httpx
import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

from service.call import HOOKS
from tests.calls import BASE, PATIENT, URL, prefetch, request
from tests.contract.test_schemathesis import operations
from tests.faults.mutations import CANARY
from tests.property.test_mapping_never_raises import KEYS, KINDS, WORDS

JSON = {"Content-Type": "application/json"}
LEAVES = st.one_of(
    WORDS,
    st.just(CANARY),
    st.none(),
    st.booleans(),
    st.integers(-10, 10**12),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(max_size=5),
)
ANYTHING = st.recursive(
    LEAVES, lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(KEYS, inner, max_size=4)), max_leaves=8
)
HEALTH: Any = list(HealthCheck)


@st.composite
def resources(draw: st.DrawFn) -> dict[str, Any]:
    """Something like a resource, mostly of the patient that the call is about."""
    found = {**draw(st.dictionaries(KEYS, ANYTHING, max_size=6)), "resourceType": draw(KINDS)}
    return found | ({"subject": {"reference": f"Patient/{PATIENT}"}} if draw(st.integers(0, 7)) else {})


BUNDLES = st.lists(resources(), max_size=3).map(lambda rs: {"resourceType": "Bundle", "entry": [{"resource": r} for r in rs]})


@st.composite
def hook_calls(draw: st.DrawFn) -> dict[str, Any]:
    """A hook call of which some prefetch keys, the drafts, and at times another member are anything."""
    call = request(draw(st.sampled_from(HOOKS)))
    call["prefetch"] = {**prefetch(), **draw(st.dictionaries(st.sampled_from(sorted(prefetch())), BUNDLES, max_size=3))}
    call["prefetch"]["patient"] = {**prefetch()["patient"], "name": [{"family": CANARY}], draw(KEYS): draw(ANYTHING)}
    if "draftOrders" in call["context"]:
        call["context"]["draftOrders"] = draw(BUNDLES)
    if not draw(st.integers(0, 9)):
        call[draw(st.sampled_from(["hookInstance", "context", "prefetch", "fhirServer", "extension"]))] = draw(ANYTHING)
    return call


def by_hypothesis(count: int, number: int) -> list[httpx.Request]:
    """So many calls of hypothesis; the same number gives the same."""
    made: list[httpx.Request] = []

    def keep(call: dict[str, Any]) -> None:
        made.append(httpx.Request("POST", BASE + URL, headers=JSON, content=json.dumps(call).encode("utf-8", "replace")))

    _generated(hook_calls(), keep, count, number)
    return made


def by_schemathesis(count: int, number: int) -> list[httpx.Request]:
    """So many calls of schemathesis, good and bad, to both endpoints that take a body; the same number gives the same."""
    made: list[httpx.Request] = []

    def keep(case: Any) -> None:
        sent = case.as_transport_kwargs(base_url=BASE)
        given = {name: sent[name] for name in ("method", "url", "params", "headers", "json") if sent.get(name) is not None}
        if isinstance(given.get("json"), dict):
            given["json"] = {**given["json"], "canary": CANARY}
        if isinstance(sent.get("data"), bytes):
            given["content"] = sent["data"]
        made.append(httpx.Request(**given))

    modes = (schemathesis.GenerationMode.POSITIVE, schemathesis.GenerationMode.NEGATIVE)
    for end, mode in product(("", "/feedback"), modes):
        operation = operations()["POST /cds-services/{service_id}" + end]
        _generated(operation.as_strategy(generation_mode=mode), keep, -(-count // 4), number)
    return made[:count]


def _generated(strategy: Any, keep: Callable[[Any], None], count: int, number: int) -> None:
    @seed(number)
    @settings(max_examples=max(count, 1), deadline=None, database=None, phases=[Phase.generate], suppress_health_check=HEALTH)
    @given(strategy)
    def gather(one: Any) -> None:
        keep(one)

    gather()
