"""Hook calls against the service under test: a chart in FHIR R4, requests on it, and an app on a database in memory."""

import json
import sqlite3
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from copy import deepcopy
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any
from unittest.mock import patch

import httpx
import sqlalchemy as sa

from service.app import create_app
from service.clock import Clock, FixedClock
from service.settings import Settings
from service.store import database

AT = datetime(2026, 1, 3, 8, tzinfo=UTC)
BASE = "http://127.0.0.1:8040"
URL = "/cds-services/icu-twin"
PATIENT = "icu-1"
MEMORY = "sqlite://"
LOINC, RXNORM, UCUM = "http://loinc.org", "http://www.nlm.nih.gov/research/umls/rxnorm", "http://unitsofmeasure.org"
ROUTE = {"coding": [{"system": "http://snomed.info/sct", "code": "47625008", "display": "Intravenous route"}]}
VANCOMYCIN = {"coding": [{"system": RXNORM, "code": "11124", "display": "vancomycin"}], "text": "vancomycin"}
Resource = dict[str, Any]


def hours_ago(hours: float) -> str:
    """The time so many hours before the call."""
    return (AT - timedelta(hours=hours)).isoformat().replace("+00:00", "Z")


def observation(name: str, loinc: str, value: float, unit: str, hours: float, patient: str = PATIENT) -> Resource:
    """One charted value."""
    return {
        "resourceType": "Observation",
        "id": f"{name}-{hours:g}".replace(".", "-"),
        "status": "final",
        "category": [{"coding": [{"code": "laboratory"}]}],
        "code": {"coding": [{"system": LOINC, "code": loinc}]},
        "subject": {"reference": f"Patient/{patient}"},
        "effectiveDateTime": hours_ago(hours),
        "valueQuantity": {"value": value, "unit": unit, "system": UCUM, "code": unit},
    }


def given(amount: float, hours: float, infusion_h: float = 1.5) -> Resource:
    """One dose of vancomycin that was given."""
    return {
        "resourceType": "MedicationAdministration",
        "id": f"given-{hours:g}".replace(".", "-"),
        "status": "completed",
        "subject": {"reference": f"Patient/{PATIENT}"},
        "medicationCodeableConcept": VANCOMYCIN,
        "effectivePeriod": {"start": hours_ago(hours), "end": hours_ago(hours - infusion_h)},
        "dosage": {"route": ROUTE, "dose": {"value": amount, "unit": "mg", "system": UCUM, "code": "mg"}},
    }


def order(amount: float = 1000, interval_h: float = 12, ident: str = "draft-1", patient: str = PATIENT) -> Resource:
    """A draft of intermittent vancomycin."""
    return {
        "resourceType": "MedicationRequest",
        "id": ident,
        "status": "draft",
        "intent": "order",
        "subject": {"reference": f"Patient/{patient}"},
        "medicationCodeableConcept": VANCOMYCIN,
        "dosageInstruction": [
            {
                "route": ROUTE,
                "timing": {
                    "repeat": {"frequency": 1, "period": interval_h, "periodUnit": "h", "duration": 1, "durationUnit": "h"}
                },
                "doseAndRate": [{"doseQuantity": {"value": amount, "unit": "mg", "system": UCUM, "code": "mg"}}],
            }
        ],
    }


def bundle(resources: list[Resource], **members: Any) -> Resource:
    """A searchset of these resources."""
    entries = [{"resource": resource, "search": {"mode": "match"}} for resource in resources]
    return {"resourceType": "Bundle", "type": "searchset", "entry": entries, **members}


def prefetch() -> dict[str, Any]:
    """A man of 64, 82 kg, creatinine 1.4 mg/dL, on vancomycin with one level."""
    patient = {"resourceType": "Patient", "id": PATIENT, "gender": "male", "birthDate": "1961-05-04"}
    body = [observation("weight", "29463-7", 82, "kg", 46), observation("height", "8302-2", 175, "cm", 46)]
    doses = [given(1500, 24), given(1000, 12)]
    return {
        "patient": patient,
        "body": bundle(body),
        "laboratory": bundle([observation("creatinine", "2160-0", 1.4, "mg/dL", 3)]),
        "levels": bundle([observation("vancomycin", "20578-1", 14.8, "mg/L", 12.5)]),
        "administrations": bundle(doses),
        "requests": bundle([]),
        "procedures": None,
        "conditions": bundle([]),
    }


def request(hook: str = "order-sign", *drafts: Resource, **context: Any) -> dict[str, Any]:
    """A hook call with everything in its prefetch."""
    members: dict[str, Any] = {"userId": "Practitioner/doc-1", "patientId": PATIENT}
    if hook != "patient-view":
        members["draftOrders"] = {"resourceType": "Bundle", "entry": [{"resource": d} for d in drafts or (order(),)]}
    if hook == "order-select":
        members["selections"] = [f"MedicationRequest/{d['id']}" for d in drafts or (order(),)]
    return {
        "hook": hook,
        "hookInstance": "0ab15acc-152a-4b60-bdef-4003481d96f5",
        "context": {**members, **context},
        "prefetch": prefetch(),
    }


def without(document: Mapping[str, Any], *path: str) -> dict[str, Any]:
    """A copy of a document without the member at the path."""
    copy = deepcopy(dict(document))
    parent = copy
    for name in path[:-1]:
        parent = parent[name]
    del parent[path[-1]]
    return copy


def settings(**changes: Any) -> Settings:
    """Settings of a service on loopback without authentication, on a database in memory."""
    given: dict[str, Any] = {
        "auth": "off",
        "host": "127.0.0.1",
        "port": 8040,
        "mode": "development",
        "database_url": MEMORY,
        "own_seconds": 10,
        "total_seconds": 20,
    }
    return Settings(**{**given, **changes})


OPENED = database.opened


@cache
def _tables() -> sa.Engine:
    return OPENED(MEMORY)


def _copied(url: str) -> sa.Engine:
    """A database in memory gets a copy of the tables that the migrations make; `tests/store` is about the migrations."""
    if url != MEMORY:
        return OPENED(url)
    made = database.connected(url)
    with _tables().connect() as source, made.connect() as target:
        own, other = (c.connection.driver_connection for c in (source, target))
        assert isinstance(own, sqlite3.Connection)
        assert isinstance(other, sqlite3.Connection)
        own.backup(other)
    return made


@asynccontextmanager
async def service(
    configured: Settings | None = None,
    *,
    at: datetime = AT,
    transport: httpx.AsyncBaseTransport | None = None,
    clock: Clock | None = None,
) -> AsyncGenerator[httpx.AsyncClient]:
    """A client of a running service. `transport` is the service's network."""
    with patch.object(database, "opened", _copied):
        app = create_app(configured or settings(), clock=clock or FixedClock(at), transport=transport)
    own = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with app.router.lifespan_context(app), httpx.AsyncClient(transport=own, base_url=BASE) as client:
        client.headers["Content-Type"] = "application/json"
        yield client


async def post(document: Mapping[str, Any] | bytes, **configured: Any) -> httpx.Response:
    """The answer of a fresh service to one call."""
    async with service(settings(**configured)) as client:
        content = document if isinstance(document, bytes) else json.dumps(document).encode()
        return await client.post(URL, content=content)
