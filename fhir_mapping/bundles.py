"""Prefetch values into resources: Bundles, single resources, the wrapped shape of 2018, null, and OperationOutcomes."""

import re
from dataclasses import dataclass
from typing import Literal

from fhir_mapping.fields import Resource, obj, objs, text

_COUNT = re.compile(r"[?&]_count=(\d{1,6})(?:&|$)")
State = Literal["present", "null", "failed"]


@dataclass(frozen=True, slots=True)
class Prefetched:
    """Resources of one prefetch value; `state`: null = known to hold nothing, failed = the server answered with an error.
    `cut` = more pages exist; `next_url` is the next page, if one is linked."""

    resources: tuple[Resource, ...]
    state: State
    cut: bool = False
    next_url: str | None = None


def resources(value: object) -> Prefetched:
    """Read one prefetch value of whatever shape."""
    if value is None:
        return Prefetched((), "null")
    item = obj(value)
    if "response" in item and "resource" in item:
        item = obj(item["resource"])
    kind = text(item.get("resourceType"))
    if kind == "OperationOutcome":
        return Prefetched((), "failed")
    if kind != "Bundle":
        return Prefetched((item,), "present") if kind else Prefetched((), "failed" if value != {} else "null")
    found: list[Resource] = []
    failed = False
    for entry in objs(item.get("entry")):
        resource = obj(entry.get("resource"))
        if text(resource.get("resourceType")) == "OperationOutcome":
            failed = True
        elif resource:
            found.append(resource)
    links = objs(item.get("link"))
    url = next((text(x.get("url")) for x in links if text(x.get("relation")) == "next"), None)
    total = item.get("total")
    short = isinstance(total, int) and not isinstance(total, bool) and total > len(found)
    full = not isinstance(total, int) and _asked(links) == len(found)
    state: State = "failed" if failed and not found else "present"
    return Prefetched(tuple(found), state, url is not None or short or full, url)


def _asked(links: list[Resource]) -> int | None:
    """The `_count` of the search that the Bundle says it answers: as many as asked for may mean that there are more."""
    own = next((text(x.get("url")) for x in links if text(x.get("relation")) == "self"), None)
    asked = _COUNT.search(own or "")
    return int(asked[1]) if asked else None
