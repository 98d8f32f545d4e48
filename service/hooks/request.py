"""The body of a hook call, read strictly where a guess could harm and tolerantly where real clients differ.

Unknown and duplicate members are tolerated; a `Patient/` prefix is taken off; an authorization without a token counts as
none. Anything needed and not readable raises BadHookRequest.
"""

import hashlib
import re
from typing import cast

from service.call import HOOKS, ORDER_HOOKS, ORDER_SELECT, HookCall, JsonObject
from service.errors import BadHookRequest
from service.exact_json import DECODER
from service.hooks.strict_json import Members, members

_ID = re.compile(r"[A-Za-z0-9\-._]{1,255}")
_LONGEST_TEXT = 2048


def read(body: bytes) -> HookCall:
    """The call in a request body. Raises BadHookRequest."""
    sent = members(body)
    document = {name: sent[name] for name in sent if name not in {"context", "prefetch"}}
    hook = _text(document, "hook")
    if hook not in HOOKS:
        raise BadHookRequest(f"this service does not offer that hook; it offers {', '.join(HOOKS)}")
    context = _members(sent, "context")
    server, token = _server(document)
    return HookCall(
        hook=hook,
        instance=_text(document, "hookInstance"),
        user_id=_text(context, "userId"),
        patient_id=_id(context, "patientId", "Patient"),
        encounter_id=_id(context, "encounterId", "Encounter") if context.get("encounterId") is not None else None,
        drafts=_drafts(context) if hook in ORDER_HOOKS else None,
        selections=_selections(context) if hook == ORDER_SELECT else (),
        prefetch=_prefetch(sent),
        fhir_server=server,
        access_token=token,
        digest=hashlib.sha256(body).hexdigest(),
    )


def _members(sent: Members, name: str) -> Members:
    found = sent.inside(name)
    if found is None:
        raise BadHookRequest(f"{name} must be a JSON object")
    return found


def _object(value: object, name: str) -> JsonObject:
    if not isinstance(value, dict):
        raise BadHookRequest(f"{name} must be a JSON object")
    return cast(JsonObject, value)


def _text(parent: JsonObject, name: str) -> str:
    value = parent.get(name)
    if not isinstance(value, str) or not value.strip() or len(value) > _LONGEST_TEXT:
        raise BadHookRequest(f"{name} must be a non-empty string")
    return value


def _id(context: JsonObject, name: str, resource_type: str) -> str:
    bare = _text(context, name).removeprefix(f"{resource_type}/")
    if not _ID.fullmatch(bare):
        raise BadHookRequest(f"{name} must be the id of a {resource_type}")
    return bare


def _drafts(context: Members) -> JsonObject:
    bundle = _object(context.get("draftOrders"), "draftOrders")
    if bundle.get("resourceType") != "Bundle":
        raise BadHookRequest("draftOrders must be a Bundle")
    return cast(JsonObject, DECODER.decode(context.written("draftOrders")))


def _prefetch(sent: Members) -> JsonObject:
    """What came with the call, each part to be read when it is needed; null and other nothings are none."""
    found = sent.inside("prefetch")
    if found is None and sent.get("prefetch"):
        raise BadHookRequest("prefetch must be a JSON object")
    return found or {}


def _selections(context: JsonObject) -> tuple[str, ...]:
    value = context.get("selections")
    if not isinstance(value, list):
        raise BadHookRequest("selections must be a list of references")
    items = cast(list[object], value)
    if not all(isinstance(item, str) for item in items):
        raise BadHookRequest("selections must be a list of references")
    return tuple(cast(list[str], items))


def _server(document: JsonObject) -> tuple[str | None, str | None]:
    """FHIR base and access token, each None when not given."""
    server = _text(document, "fhirServer") if document.get("fhirServer") is not None else None
    given = document.get("fhirAuthorization")
    if given is None:
        return server, None
    authorization = _object(given, "fhirAuthorization")
    if server is None:
        raise BadHookRequest("fhirAuthorization needs fhirServer")
    token = authorization.get("access_token")
    if token is not None and not isinstance(token, str):
        raise BadHookRequest("access_token must be a string")
    return server, token or None
