"""One hook call as plain values: what was asked, about whom, and what came with it."""

from collections.abc import Mapping
from dataclasses import dataclass, field

JsonObject = Mapping[str, object]

SERVICE_ID = "icu-twin"
PATIENT_VIEW, ORDER_SELECT, ORDER_SIGN = "patient-view", "order-select", "order-sign"
VENT_CHANGE = "org.icutwin.vent-change"
"""Our own hook, for whoever sets a ventilator outside an order: no electronic health record calls it."""
HOOKS = (PATIENT_VIEW, ORDER_SELECT, ORDER_SIGN, VENT_CHANGE)
ORDER_HOOKS = (ORDER_SELECT, ORDER_SIGN, VENT_CHANGE)


@dataclass(frozen=True, slots=True)
class HookCall:
    """A parsed call. Ids are bare (no `Patient/`); `drafts` remembers how its numbers were written; `digest` = sha256 of
    the body. The access token is never shown or stored."""

    hook: str
    instance: str
    user_id: str
    patient_id: str
    encounter_id: str | None
    drafts: JsonObject | None
    selections: tuple[str, ...]
    prefetch: JsonObject
    fhir_server: str | None
    access_token: str | None = field(repr=False)
    digest: str


@dataclass(frozen=True, slots=True)
class HookAnswer:
    """What goes back: the response document, whether it is partial, and why it is empty if it is."""

    document: JsonObject
    reasons: tuple[str, ...] = ()
    partial: bool = False
