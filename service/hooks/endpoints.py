"""The three endpoints: who calls, what they ask, what goes back. Failures leave as exceptions."""

from starlette.requests import Request
from starlette.responses import Response

from service import pipeline
from service.auth import Verifier
from service.call import SERVICE_ID
from service.errors import Overloaded, UnknownResource
from service.exact_json import ENCODER
from service.hooks import discovery, feedback, request
from service.hooks.body import taken
from service.parts import Parts
from service.recorder import CurrentCall, recorded
from service.store.feedback import keep

LARGEST_FEEDBACK = 256_000


class Endpoints:
    """The CDS Hooks endpoints of one running service."""

    def __init__(self, parts: Parts, verifier: Verifier) -> None:
        self._parts = parts
        self._verifier = verifier
        self._discovery = ENCODER.encode(discovery.document())

    async def discover(self, http: Request) -> Response:
        """GET /cds-services."""
        await self._verifier.client(http.headers.get("authorization"), "/cds-services")
        return _json(self._discovery)

    async def call(self, http: Request) -> Response:
        """POST /cds-services/{id}."""
        service_id = str(http.path_params["service_id"])
        client = await self._verifier.client(http.headers.get("authorization"), f"/cds-services/{service_id}")
        _known(service_id)
        if self._parts.workers.full:
            raise Overloaded("too many calculations are waiting")
        body = await taken(http, self._parts.settings.max_body_bytes)
        with self._parts.workers.place():
            current = CurrentCall(request.read(body), client, self._parts)
            answer = await recorded(current, pipeline.answer(current))
        return _json(ENCODER.encode(answer.document))

    async def keep_feedback(self, http: Request) -> Response:
        """POST /cds-services/{id}/feedback. The audience may be this address or the service's."""
        service_id = str(http.path_params["service_id"])
        path = f"/cds-services/{service_id}"
        client = await self._verifier.client(http.headers.get("authorization"), f"{path}/feedback", path)
        _known(service_id)
        outcomes = feedback.read(await taken(http, min(LARGEST_FEEDBACK, self._parts.settings.max_body_bytes)))
        parts = self._parts
        await parts.workers.on_disk(keep, parts.engine, client.name, outcomes, parts.clock.now())
        for one in outcomes:
            parts.metrics.feedback.labels(one.outcome).inc()
        return Response(status_code=200)


def _known(service_id: str) -> None:
    if service_id != SERVICE_ID:
        raise UnknownResource("there is no such service")


def _json(body: bytes) -> Response:
    return Response(body, media_type="application/json", headers={"Cache-Control": "no-store"})
