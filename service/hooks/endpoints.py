"""The three endpoints: who calls, what they ask, what goes back. Failures leave as exceptions."""

from starlette.requests import Request
from starlette.responses import Response

from cds_cards.repeats import DATA_WRONG
from service import pipeline
from service.auth import Verifier
from service.call import SERVICE_ID
from service.errors import Overloaded, UnknownResource
from service.exact_json import ENCODER
from service.hooks import discovery, feedback, request
from service.hooks.body import taken
from service.parts import Parts
from service.recorder import CurrentCall, recorded
from service.store.feedback import Outcome, keep
from service.store.questioned import question
from service.store.reception import NO_REASON, OFFERED, OTHER_REASON

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
        for one in await parts.workers.on_disk(_kept, parts, client.name, outcomes):
            reason = one.reason_code if one.reason_code in OFFERED else OTHER_REASON if one.reason_code else NO_REASON
            parts.metrics.feedback.labels(one.outcome, "" if one.outcome == "accepted" else reason).inc()
        return Response(status_code=200)


def _kept(parts: Parts, tenant: str, outcomes: tuple[Outcome, ...]) -> tuple[Outcome, ...]:
    """Runs on the thread of the database."""
    now = parts.clock.now()
    new = keep(parts.engine, tenant, outcomes, now)
    wrong = [one.card for one in new if one.reason_code == DATA_WRONG]
    if wrong:
        question(parts.engine, tenant, wrong, now)
    return new


def _known(service_id: str) -> None:
    if service_id != SERVICE_ID:
        raise UnknownResource("there is no such service")


def _json(body: bytes) -> Response:
    return Response(body, media_type="application/json", headers={"Cache-Control": "no-store"})
