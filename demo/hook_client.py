"""The EHR's side of CDS Hooks: discovery, prefetch from its own charts, a signed call, feedback."""

import asyncio
import re
import time
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import parse_qsl, urlsplit

import httpx

from demo.chart import Resource
from demo.fhir_search import Charts
from demo.signer import Signer

SERVICE_ID = "icu-twin"
USER = "Practitioner/demo-clinician"
TOKEN = re.compile(r"\{\{context\.(\w+)\}\}")
TIMEOUT_S = 20.0


@dataclass(frozen=True, slots=True)
class Exchange:
    """One call: what was sent, what came back, and how long it took from the EHR's side."""

    request: Resource
    status: int
    answer: Resource
    elapsed_ms: float

    @property
    def cards(self) -> Sequence[Resource]:
        """The cards of the answer."""
        found = self.answer.get("cards", [])
        return found if isinstance(found, list) else []


class HookClient:
    """Calls one service as one EHR, with data from `charts`; `fhir_base` and `fhir_token` let it read more itself."""

    def __init__(self, service: str, fhir_base: str, fhir_token: str, charts: Charts, signer: Signer) -> None:
        self._service = service
        self._fhir_base = fhir_base
        self._fhir_token = fhir_token
        self._charts = charts
        self._signer = signer
        self._http = httpx.AsyncClient(timeout=TIMEOUT_S, trust_env=False)

    async def close(self) -> None:
        """Close the connections."""
        await self._http.aclose()

    async def order_sign(self, patient_id: str, draft: Resource, *, prefetch: bool = True) -> Exchange:
        """Sign one draft: the service sees it before it becomes an order."""
        context = {
            "userId": USER,
            "patientId": patient_id,
            "encounterId": f"{patient_id}-stay",
            "draftOrders": {"resourceType": "Bundle", "type": "collection", "entry": [{"resource": draft}]},
        }
        request: Resource = {
            "hook": "order-sign",
            "hookInstance": str(uuid.uuid4()),
            "fhirServer": self._fhir_base,
            "fhirAuthorization": {
                "access_token": self._fhir_token,
                "token_type": "Bearer",
                "expires_in": 300,
                "scope": "patient/*.read",
                "subject": SERVICE_ID,
                "patient": patient_id,
            },
            "context": context,
        }
        if prefetch:
            request["prefetch"] = self._prefetched(await self._templates("order-sign"), context)
        return await self._posted(f"/cds-services/{SERVICE_ID}", request)

    async def feedback(self, document: Resource) -> int:
        """Tell the service what became of a card; the HTTP status."""
        return (await self._posted(f"/cds-services/{SERVICE_ID}/feedback", document)).status

    async def _templates(self, hook: str) -> Mapping[str, str]:
        endpoint = f"{self._service}/cds-services"
        found = await self._http.get(endpoint, headers=self._signer.authorization(endpoint, datetime.now(UTC)))
        found.raise_for_status()
        return next((s.get("prefetch", {}) for s in found.json()["services"] if s["hook"] == hook), {})

    def _prefetched(self, templates: Mapping[str, str], context: Mapping[str, object]) -> Resource:
        return {key: self._resolved(TOKEN.sub(lambda m: str(context[m[1]]), query)) for key, query in templates.items()}

    def _resolved(self, query: str) -> Resource | None:
        """One template against our own charts: a search, or a read by id."""
        parts = urlsplit(query)
        kind, _, identity = parts.path.partition("/")
        if identity:
            return self._charts.read(kind, identity)
        return self._charts.search(self._fhir_base, kind, parse_qsl(parts.query))

    async def _posted(self, path: str, document: Resource) -> Exchange:
        endpoint = self._service + path
        begun = time.perf_counter()
        found = await self._http.post(endpoint, json=document, headers=self._signer.authorization(endpoint, datetime.now(UTC)))
        elapsed = (time.perf_counter() - begun) * 1000.0
        answer = found.json() if found.content else {}
        return Exchange(document, found.status_code, answer, elapsed)


async def wait_until_ready(service: str, longest_s: float = 60.0) -> None:
    """Return when the service says that it can answer. Raises TimeoutError."""
    async with asyncio.timeout(longest_s), httpx.AsyncClient(trust_env=False) as http:
        while True:
            try:
                if (await http.get(f"{service}/health/ready")).status_code == httpx.codes.OK:
                    return
            except httpx.TransportError:
                pass  # not listening yet
            await asyncio.sleep(0.05)
