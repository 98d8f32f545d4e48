"""RequestGroups: the requests inside them, and which of all requests are only alternatives to each other."""

from collections.abc import Iterable, Iterator

from fhir_mapping.fields import Resource, name_of, obj, objs, text

CHOICE = "one of several orders to choose from"
_ALL = frozenset({"all", "all-or-none"})
_DEEPEST = 8


def contained(group: Resource) -> Iterator[Resource]:
    """The requests that a RequestGroup carries inside itself."""
    if text(group.get("resourceType")) == "RequestGroup":
        yield from objs(group.get("contained"))


def to_choose_from(resources: Iterable[Resource]) -> frozenset[str]:
    """References of requests of which a group asks to choose: these are not all meant to be given."""
    return frozenset(
        reference
        for group in resources
        if text(group.get("resourceType")) == "RequestGroup"
        for action in objs(group.get("action"))
        for reference in _choices(action, name_of(group), chosen=False, depth=0)
    )


def _choices(action: Resource, group: str, *, chosen: bool, depth: int) -> Iterator[str]:
    behaviour = text(action.get("selectionBehavior"))
    chosen = chosen or (behaviour is not None and behaviour not in _ALL)
    reference = text(obj(action.get("resource")).get("reference"))
    if chosen and reference is not None:
        yield f"{group}{reference}" if reference.startswith("#") else reference.split("/_history/")[0]
    if depth < _DEEPEST:
        for inner in objs(action.get("action")):
            yield from _choices(inner, group, chosen=chosen, depth=depth + 1)
