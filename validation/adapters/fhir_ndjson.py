"""A folder of FHIR NDJSON (gzip or plain) into the resources of each patient, read once and sorted by patient."""

import gzip
import json
import re
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

Resource = dict[str, Any]


def lines(path: Path, speaking_of: re.Pattern[str] | None = None) -> Iterator[Resource]:
    """The resources of one file; of those alone whose text matches, where a pattern is given."""
    opener = gzip.open if path.suffix == ".gz" else open
    with opener(path, "rt", encoding="utf-8") as rows:
        for row in rows:
            if row.strip() and (speaking_of is None or speaking_of.search(row)):
                yield json.loads(row)


def charts(*files: Path) -> dict[str, list[Resource]]:
    """Resources by patient id; Medication resources, which belong to nobody, go to everybody who refers to them."""
    found: dict[str, list[Resource]] = defaultdict(list)
    medications: dict[str, Resource] = {}
    for path in files:
        for resource in lines(path):
            kind = resource["resourceType"]
            if kind == "Medication":
                medications[resource["id"]] = resource
            elif kind == "Patient":
                found[resource["id"]].append(resource)
            else:
                whose: Resource = resource.get("subject") or resource.get("patient") or {}
                found[str(whose.get("reference", "")).rsplit("/", 1)[-1]].append(resource)
    for chart in found.values():
        chart.extend(_referred(chart, medications))
    return dict(found)


def _referred(chart: list[Resource], medications: dict[str, Resource]) -> list[Resource]:
    wanted: dict[str, Resource] = {}
    waiting = [r["medicationReference"].get("reference", "") for r in chart if "medicationReference" in r]
    while waiting:
        key = waiting.pop().rsplit("/", 1)[-1]
        if key in medications and key not in wanted:
            wanted[key] = medications[key]
            parts = medications[key].get("ingredient", [])
            waiting += [p["itemReference"].get("reference", "") for p in parts if "itemReference" in p]
    return list(wanted.values())
