"""Bodies of real shape (our own, and those captured from the reference sandbox) broken in structure or in bytes."""

import copy
import json
from collections.abc import Iterator
from random import Random
from typing import Any, cast

from tests.calls import bundle, order, prefetch, request, without
from tests.checkout import ROOT

CANARY = "Zq7CanaryZq7"
"""Stands in every body and must come out nowhere."""
HOSTILE: tuple[Any, ...] = (
    None, True, False, 0, -1, -0.0, 1e308, -1e308, 1e-320, 10**30, 2**63, "", " ", "\x00", "\ufeff", "\u202e", "NaN", "1_000",
    "١٢", "<script>", "=cmd()", "../..", "'; drop table", "x" * 3000, [], {}, [[]], [None], {"": None}, {"a": {"a": {"a": []}}},
    "9999-12-31T23:59:59+14:00", "0000-00-00", "2026-02-30T25:61:00Z", "urn:uuid:", "Patient/", "#", "http://[::1", "file:///etc",
)  # fmt: skip
BYTES = (b"", b"\x00", b"\xff\xfe", b"\xef\xbb\xbf", b"{", b"[" * 200, b'"', b"\\ud800", b"1e400", b"NaN", b",", b"}", b"\r\n")


def corpus() -> list[dict[str, Any]]:
    """Bodies to break, each with the canary in it; the first few run models, the others end sooner."""
    marked = {**prefetch(), "patient": {**prefetch()["patient"], "name": [{"family": CANARY}]}}
    note = {"note": [{"text": CANARY}]}
    calls = [
        {**request("order-sign", {**order(), **note}), "prefetch": marked},
        {**request("order-select", {**order(), **note}), "prefetch": marked},
        {**request("patient-view"), "prefetch": marked},
    ]
    short = {key: bundle([]) for key in prefetch()} | {"patient": marked["patient"]}
    calls += [{**call, "prefetch": short} for call in calls]
    calls += [{**without(call, "prefetch"), "x": CANARY} for call in calls]
    for path in sorted((ROOT / "tests" / "contract" / "captured").glob("*.json")):
        found = json.loads(path.read_text(encoding="utf-8"))
        if "hook" in found:
            calls.append({**found, "somethingNew": CANARY})
    return calls


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The path of every node."""
    found = [path]
    members: list[tuple[Any, Any]] = []
    if isinstance(value, dict):
        members = list(cast("dict[str, Any]", value).items())
    elif isinstance(value, list):
        members = list(enumerate(cast("list[Any]", value)))
    for key, each in members:
        found += places(each, (*path, key))
    return found


def planted(random: Random) -> Any:
    """Something hostile, a copy that may be broken further."""
    return copy.deepcopy(random.choice(HOSTILE))


def broken_in_structure(document: dict[str, Any], random: Random) -> bytes:
    """One to three nodes replaced, removed, doubled, renamed or exchanged."""
    changed: Any = copy.deepcopy(document)
    for _ in range(random.randint(1, 3)):
        *parents, last = random.choice([p for p in places(changed) if p] or [("x",)])
        parent: Any = changed
        for key in parents:
            parent = parent[key]
        match random.randrange(6):
            case 0 | 1:
                parent[last] = planted(random)
            case 2:
                del parent[last]
            case 3:
                parent[last] = [parent[last]] if isinstance(parent, dict) and last in parent else planted(random)
            case 4 if isinstance(parent, list):
                doubled = cast("list[Any]", parent)
                doubled.extend(copy.deepcopy(doubled[:1]) * random.randint(1, 20))
            case _:
                other = random.choice(places(changed))
                node: Any = changed
                for key in other:
                    node = node[key]
                parent[last] = copy.deepcopy(node)
    return json.dumps(changed).encode("utf-8", "surrogatepass")


def broken_in_bytes(document: dict[str, Any], random: Random) -> bytes:
    """A cut, a flip or an insertion in the text."""
    body = bytearray(json.dumps(document).encode())
    for _ in range(random.randint(1, 4)):
        at = random.randrange(max(len(body), 1))
        match random.randrange(4):
            case 0:
                del body[at:]
            case 1 if body:
                body[at % len(body)] ^= 1 << random.randrange(8)
            case 2:
                body[at:at] = random.choice(BYTES)
            case _:
                del body[at : at + random.randint(1, 30)]
    return bytes(body)


def mutations(count: int, seed: int) -> Iterator[bytes]:
    """So many broken bodies. One in sixty comes from a call that runs models."""
    random, calls = Random(seed), corpus()
    whole, soon = calls[:3], calls[3:]
    for number in range(count):
        document = random.choice(whole) if number % 60 == 0 else random.choice(soon)
        how = broken_in_structure if random.random() < 0.75 else broken_in_bytes
        yield how(document, random)
