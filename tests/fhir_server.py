"""A FHIR server made of canned answers: the chart of `tests.calls`, by the queries that the service sends."""

import asyncio
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import httpx

from tests.calls import prefetch

BASE = "https://ehr.example/fhir"
Answer = httpx.Response | Exception | Callable[[httpx.Request], Any]


def kind(request: httpx.Request) -> str:
    """Which prefetch key a query stands for."""
    path, codes = request.url.path.removeprefix("/fhir/"), str(request.url.params.get("code", ""))
    if path.startswith("Observation"):
        for code, key in (("29463-7", "body"), ("2160-0", "laboratory"), ("20578-1", "levels"), ("8867-4", "vitals")):
            if code in codes:
                return key
    names = {
        "Patient": "patient",
        "MedicationAdministration": "administrations",
        "MedicationRequest": "requests",
        "Procedure": "procedures",
        "Condition": "conditions",
    }
    return names.get(path.partition("/")[0], path)


@dataclass
class FhirServer:
    """Answers by key; `instead` replaces some, `asked` remembers the requests."""

    instead: dict[str, Answer] = field(default_factory=dict)
    asked: list[httpx.Request] = field(default_factory=list)

    async def __call__(self, request: httpx.Request) -> httpx.Response:
        """Answer one request."""
        self.asked.append(request)
        key = kind(request)
        answer = self.instead.get(key)
        if isinstance(answer, Exception):
            raise answer
        if isinstance(answer, httpx.Response):
            return httpx.Response(answer.status_code, headers=answer.headers, content=answer.content)
        if answer is not None:
            found = answer(request)
            return await found if asyncio.iscoroutine(found) else found
        document = prefetch().get(key) or {"resourceType": "Bundle", "type": "searchset", "entry": []}
        return httpx.Response(200, content=json.dumps(document).encode())

    @property
    def transport(self) -> httpx.MockTransport:
        """This server as the network of a service."""
        return httpx.MockTransport(self)


def outcome(status: int = 200) -> httpx.Response:
    """An OperationOutcome where a resource was asked for."""
    return httpx.Response(status, content=b'{"resourceType": "OperationOutcome", "issue": [{"severity": "error"}]}')
