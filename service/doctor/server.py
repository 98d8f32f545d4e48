"""What a server declares, against what our queries use."""

from collections.abc import Iterable, Iterator
from urllib.parse import parse_qsl

from fhir_mapping.fields import Resource, obj, objs, text
from service.call import HOOKS, VENT_CHANGE
from service.doctor.report import Server
from service.templates import offered
from twin_engine.registry import drugs

_OF_EVERY_SEARCH = frozenset({"_sort", "_count"})
R4 = ("4.0", "4.3")
EMPTY: Resource = {}


def templates() -> dict[str, str]:
    """Every prefetch query of every hook, by key; opening a chart asks for all that orders ask for, and more."""
    hooks = [hook for hook in reversed(HOOKS) if hook != VENT_CHANGE]
    return {key: template for hook in hooks for key, template in offered(drugs(), hook).items()}


def described(base: str, statement: Resource | None, ignored: Iterable[str]) -> Server:
    """The server by its CapabilityStatement; None = it gave none."""
    if statement is None:
        return Server(base, None, None, smart=False, gaps=("it gave no CapabilityStatement",), ignored=tuple(ignored))
    rest = (*(r for r in objs(statement.get("rest")) if text(r.get("mode")) in {"server", None}), EMPTY)[0]
    security = obj(rest.get("security"))
    words = str(security.get("service")) + str(security.get("extension"))
    software = obj(statement.get("software"))
    name = " ".join(filter(None, (text(software.get("name")), text(software.get("version")))))
    return Server(
        base,
        text(statement.get("fhirVersion")),
        name or None,
        smart="SMART" in words or "oauth-uris" in words,
        gaps=tuple(_gaps(objs(rest.get("resource")))),
        ignored=tuple(ignored),
    )


def _gaps(declared: list[Resource]) -> Iterator[str]:
    by_type = {text(r.get("type")): r for r in declared}
    if not by_type:
        yield "its CapabilityStatement names no resource"
        return
    for kind, parameters in sorted(_used().items()):
        resource = by_type.get(kind)
        if resource is None:
            yield f"{kind} is not offered"
            continue
        known = {text(p.get("name")) for p in objs(resource.get("searchParam"))}
        missing = sorted(parameters - known - _OF_EVERY_SEARCH)
        if missing and known:
            yield f"{kind} cannot be searched by {', '.join(missing)}"


def _used() -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for template in templates().values():
        path, _, query = template.partition("?")
        found.setdefault(path.partition("/")[0], set()).update(name for name, _ in parse_qsl(query))
    return found
