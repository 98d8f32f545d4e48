"""Read and search over the synthetic charts as FHIR R4 defines them: the parameters that a CDS service asks with.

Known parameters: patient, subject, encounter, code, category, status, date (with prefixes), _id, _count, _sort, and paging
by `_offset`. A parameter that is not known is left out of the `self` link, as the specification says.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from urllib.parse import urlencode

from demo.chart import Resource

PAGE = 50
LARGEST_PAGE = 500
_DATES = {
    "Observation": ("effectiveDateTime",),
    "MedicationAdministration": ("effectivePeriod", "start"),
    "MedicationRequest": ("authoredOn",),
    "Encounter": ("period", "start"),
    "Condition": ("onsetDateTime",),
}
_COMPARED = {"ge": lambda a, b: a >= b, "gt": lambda a, b: a > b, "le": lambda a, b: a <= b, "lt": lambda a, b: a < b}
_DATE_NAMES = {"date", "effective-time", "authoredon", "onset-date"}
Query = Sequence[tuple[str, str]]


class Charts:
    """All resources of the demo by type and id."""

    def __init__(self, resources: Iterable[Resource]) -> None:
        self._by_type: dict[str, dict[str, Resource]] = {}
        for resource in resources:
            self._by_type.setdefault(str(resource["resourceType"]), {})[str(resource["id"])] = resource

    def read(self, resource_type: str, identity: str) -> Resource | None:
        """One resource, or None."""
        return self._by_type.get(resource_type, {}).get(identity)

    def search(self, base: str, resource_type: str, query: Query) -> Resource:
        """A searchset Bundle with `self` and, if there is more, `next`."""
        used = [(name, value) for name, value in query if _known(name)]
        found = [r for r in self._by_type.get(resource_type, {}).values() if all(_matches(r, n, v) for n, v in used)]
        asked = dict(used)
        if "_sort" in asked:
            found.sort(key=_date, reverse=asked["_sort"].startswith("-"))
        count = min(int(asked["_count"]) if asked.get("_count", "").isdigit() else PAGE, LARGEST_PAGE)
        offset = int(asked["_offset"]) if asked.get("_offset", "").isdigit() else 0
        links = [{"relation": "self", "url": f"{base}/{resource_type}?{urlencode(used)}"}]
        if count and offset + count < len(found):
            further = [(n, v) for n, v in used if n != "_offset"] + [("_offset", str(offset + count))]
            links.append({"relation": "next", "url": f"{base}/{resource_type}?{urlencode(further)}"})
        return {
            "resourceType": "Bundle",
            "type": "searchset",
            "total": len(found),
            "link": links,
            "entry": [
                {"fullUrl": f"{base}/{resource_type}/{r['id']}", "resource": r, "search": {"mode": "match"}}
                for r in found[offset : offset + count]
            ],
        }


def _known(name: str) -> bool:
    plain = {"patient", "subject", "encounter", "context", "code", "category", "status"}
    return name in plain | _DATE_NAMES | {"_id", "_count", "_sort", "_offset"}


def _matches(resource: Resource, name: str, value: str) -> bool:
    if name in {"_count", "_sort", "_offset"}:
        return True
    options = value.split(",")
    if name == "_id":
        return resource["id"] in options
    if name in {"patient", "subject"}:
        return _refers(resource, ("subject",), options, "Patient")
    if name in {"encounter", "context"}:
        return _refers(resource, ("encounter", "context"), options, "Encounter")
    if name == "status":
        return resource.get("status") in options
    if name in _DATE_NAMES:
        return _in_time(resource, value)
    return any(_is_coded(resource, name, option) for option in options)


def _refers(resource: Resource, members: Sequence[str], options: Sequence[str], kind: str) -> bool:
    told = [m["reference"] for name in members if isinstance(m := resource.get(name), Mapping)]
    return any(reference in {option, f"{kind}/{option}"} for reference in told for option in options)


def _is_coded(resource: Resource, name: str, option: str) -> bool:
    value = resource.get("medicationCodeableConcept" if name == "code" and "medicationCodeableConcept" in resource else name)
    concepts = value if isinstance(value, list) else [value] if value else []
    codings = [coding for concept in concepts for coding in concept.get("coding", ())]
    system, bar, code = option.rpartition("|")
    return any(c["code"] == code and (not bar or c["system"] == system) for c in codings)


def _date(resource: Resource) -> str:
    value: object = resource
    for step in _DATES.get(str(resource["resourceType"]), ()):
        value = value.get(step) if isinstance(value, Mapping) else None
    return str(value or "")


def _in_time(resource: Resource, value: str) -> bool:
    prefix, text = (value[:2], value[2:]) if value[:2] in _COMPARED else ("", value)
    charted = _date(resource)
    if not charted:
        return False
    if len(text) <= len("2026-01-01"):
        day = charted[: len(text)]
        return _COMPARED[prefix](day, text) if prefix else day == text
    asked = datetime.fromisoformat(text)
    return _COMPARED[prefix](datetime.fromisoformat(charted), asked) if prefix else datetime.fromisoformat(charted) == asked
