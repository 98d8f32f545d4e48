"""Wiring: settings in, a running service out. Failures become HTTP here and nowhere else."""

import asyncio
import gc
from collections.abc import AsyncGenerator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext
from dataclasses import dataclass
from datetime import datetime

import httpx
from fastapi import FastAPI
from sqlalchemy.exc import SQLAlchemyError
from starlette.exceptions import HTTPException
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from service import openapi, quality, recalibration_file, warm_up
from service.afterwards import Afterwards
from service.auth import FirstUse, Verifier
from service.clock import Clock, SystemClock
from service.errors import (
    MEDIA_TYPE,
    BadHookRequest,
    HookError,
    MethodNotOffered,
    Overloaded,
    Refusal,
    UnknownResource,
    fault,
    refusal,
)
from service.fhir_client import FhirClient
from service.follow import Follower
from service.hooks.endpoints import Endpoints
from service.hooks.notifications import Notifications
from service.keys import Keys
from service.observability import Metrics, configure_logging, log, where
from service.parts import Parts
from service.scorer import Scorer
from service.settings import Settings, checked
from service.smart import BackendTokens
from service.store import database, retention, tokens
from service.twins import Shelf, Twins, code_version
from service.workers import Workers
from twin_engine.predict import VERSION
from twin_engine.risk import load

FORGET_EVERY_S = 3600.0
FITS_WAITING, SCORES_WAITING = 8, 64
PLAIN_PAGE = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'"


@dataclass(slots=True)
class Readiness:
    """Whether calls can be answered now."""

    ready: bool = False


def create_app(
    settings: Settings,
    *,
    clock: Clock | None = None,
    transport: httpx.AsyncBaseTransport | None = None,
    own_process: bool = False,
) -> FastAPI:
    """The service. Raises UnsafeConfiguration. `transport` replaces the network towards FHIR and key servers.

    With the process to itself it takes what start-up left in memory out of the garbage collector's way, which otherwise
    walks over all of it in the middle of calls.
    """
    configure_logging()
    parts = opened(checked(settings), clock or SystemClock(), transport)
    keys = Keys(parts.clock, transport)
    endpoints = Endpoints(parts, Verifier(settings, keys, parts.clock, _first_use(parts)))
    follower, notifications = _following(parts, transport)
    readiness = Readiness()

    app = FastAPI(
        title="icu-twin",
        version=VERSION,
        description="Tests ICU orders on a digital twin of the patient: CDS Hooks in, cards out.",
        license_info={"name": "Apache-2.0", "identifier": "Apache-2.0"},
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        lifespan=_lifespan(parts, follower, readiness, own_process=own_process),
    )
    _routes(app, endpoints)
    path = "/notifications/{client}"
    for address, methods in ((path, ["POST"]), (path + "/{rest:path}", ["POST", "PUT"])):
        app.add_api_route(address, notifications.notified, methods=methods, response_class=Response, include_in_schema=False)
    _health(app, parts, readiness)
    _failures(app)
    app.add_middleware(
        CORSMiddleware,
        allow_origins=list(settings.cors_origins),
        allow_methods=["GET", "POST"],
        allow_headers=["Authorization", "Content-Type"],
        max_age=600,
    )
    return app


def _lifespan(
    parts: Parts, follower: Follower, readiness: Readiness, *, own_process: bool
) -> Callable[[FastAPI], AbstractAsyncContextManager[None]]:
    """What happens from the start of the service to its end."""

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncGenerator[None]:
        await parts.workers.run(warm_up.run)
        if own_process:
            gc.collect()
            gc.freeze()
        background = [asyncio.create_task(_forget(parts)), asyncio.create_task(follower.run())]
        port = parts.settings.metrics_port
        with nullcontext() if port is None else parts.metrics.served(parts.settings.host, port):
            readiness.ready = True
            log.info("started", version=VERSION, mode=parts.settings.mode, auth=parts.settings.auth)
            yield
            readiness.ready = False
        for task in background:
            task.cancel()
        await asyncio.gather(*background, return_exceptions=True)
        await parts.fits.stop()
        await parts.scorer.afterwards.stop()
        await parts.fhir.close()
        parts.workers.close()
        parts.engine.dispose()
        log.info("stopped")

    return lifespan


def opened(settings: Settings, clock: Clock, transport: httpx.AsyncBaseTransport | None = None) -> Parts:
    """The shared parts, with the database at its newest version."""
    workers = Workers(settings.workers, settings.waiting, clock, own_s=settings.own_seconds, fetch_s=settings.fetch_seconds)
    engine, metrics, site = (
        database.opened(settings.database_url),
        Metrics(busy=lambda: workers.taken),
        settings.site(),
    )
    risks, left_out = recalibration_file.used(load.shipped(), settings.recalibrations())
    for event, why in left_out.items():
        log.warning("recalibration_not_used", risk=event, why=why)
    shelf = Shelf(engine, workers, clock, metrics, settings.patient_key_secret.get_secret_value())
    return Parts(
        settings=settings,
        clock=clock,
        workers=workers,
        fhir=FhirClient(clock, settings.fetch_max_bytes, settings.fetch_max_pages, transport),
        engine=engine,
        site=site,
        policies=settings.policies(),
        risks=risks,
        twins=Twins(settings.twins, shelf, code_version() if site.name is None else f"{code_version()[:40]}{site.name[-16:]}"),
        metrics=metrics,
        fits=Afterwards("fit", workers, FITS_WAITING),
        scorer=Scorer(engine, workers, site, metrics, Afterwards("scoring", workers, SCORES_WAITING)),
    )


def _following(parts: Parts, transport: httpx.AsyncBaseTransport | None) -> tuple[Follower, Notifications]:
    """Who follows charts between calls, and the address at which FHIR servers say that something changed."""
    clients = parts.settings.clients() if parts.settings.auth == "on" else ()
    followed = {tenant.name: tenant for tenant in clients if tenant.follow is not None}
    secrets = {name: secret for name, t in followed.items() if t.follow is not None and (secret := t.follow.secret())}
    follower = Follower(parts, BackendTokens(parts.clock, transport), followed)
    return follower, Notifications(follower, secrets)


def _routes(app: FastAPI, endpoints: Endpoints) -> None:
    path = "/cds-services"
    app.add_api_route(
        path,
        endpoints.discover,
        methods=["GET"],
        operation_id="discovery",
        responses=openapi.answers("discovery", openapi.READING),
        openapi_extra={"security": [{"cdsClient": []}]},
        response_class=Response,
    )
    app.add_api_route(
        f"{path}/{{service_id}}",
        endpoints.call,
        methods=["POST"],
        operation_id="call",
        responses=openapi.answers("response", openapi.CALLING),
        openapi_extra=openapi.body("request"),
        response_class=Response,
    )
    app.add_api_route(
        f"{path}/{{service_id}}/feedback",
        endpoints.keep_feedback,
        methods=["POST"],
        operation_id="feedback",
        responses=openapi.answers(None, openapi.FEEDBACK),
        openapi_extra=openapi.body("feedback"),
        response_class=Response,
    )


def _health(app: FastAPI, parts: Parts, readiness: Readiness) -> None:
    @app.get("/health/live", operation_id="live")
    async def live() -> dict[str, str]:
        """The process runs."""
        return {"status": "alive"}

    @app.get("/health/ready", operation_id="ready", responses={503: {"description": "Not ready"}})
    async def ready() -> dict[str, str]:
        """Started, not stopping, and the database answers."""
        if not readiness.ready:
            raise Overloaded("starting or stopping")
        try:
            await parts.workers.on_disk(database.answers, parts.engine)
        except SQLAlchemyError as error:
            raise Overloaded("the database does not answer") from error
        return {"status": "ready"}

    async def metrics() -> Response:
        """Counters in the Prometheus text format."""
        return Response(parts.metrics.text(), media_type="text/plain; version=0.0.4")

    if parts.settings.metrics_port is None:
        app.add_api_route("/metrics", metrics, operation_id="metrics", response_class=Response)

    @app.get("/quality", operation_id="quality", response_class=HTMLResponse)
    async def quality_page() -> HTMLResponse:
        """How predictions did against outcomes, and how cards were received; no patient data."""
        found = await parts.workers.on_disk(quality.quality, parts.engine, parts.clock.now())
        return HTMLResponse(quality.page(found), headers={"Content-Security-Policy": PLAIN_PAGE, "Cache-Control": "no-store"})

    _ = live, ready, quality_page


def _failures(app: FastAPI) -> None:
    async def refused(_: Request, error: Exception) -> Response:
        known = error if isinstance(error, HookError) else BadHookRequest("the request cannot be read")
        if known.status == 401:
            log.warning("not_authorised", why=known.text)
        return _response(refusal(known))

    async def routed(_: Request, error: Exception) -> Response:
        status = error.status_code if isinstance(error, HTTPException) else 400
        known = {404: UnknownResource("there is no such path"), 405: MethodNotOffered("this method is not offered")}
        return _response(refusal(known.get(status, BadHookRequest("the request cannot be read"))))

    async def forgetful(_: Request, error: Exception) -> Response:
        log.error("database_failed", error=type(error).__name__, where=where(error))
        return _response(refusal(Overloaded("the database does not answer")))

    async def broken(_: Request, error: Exception) -> Response:
        log.error("fault", error=type(error).__name__, where=where(error))
        return _response(fault())

    app.add_exception_handler(HookError, refused)
    app.add_exception_handler(HTTPException, routed)
    app.add_exception_handler(SQLAlchemyError, forgetful)
    app.add_exception_handler(Exception, broken)


def _response(answer: Refusal) -> Response:
    return Response(answer.body, answer.status, answer.headers, MEDIA_TYPE if answer.body else None)


def _first_use(parts: Parts) -> FirstUse:
    async def first_use(issuer: str, jti: str, expires_at: datetime) -> bool:
        return await parts.workers.on_disk(tokens.first_use, parts.engine, issuer, jti, expires_at)

    return first_use


async def _forget(parts: Parts) -> None:
    while True:
        try:
            count = await parts.workers.on_disk(
                retention.keep_to, parts.engine, parts.settings.retention_days, parts.clock.now()
            )
        except SQLAlchemyError as error:
            log.warning("retention_failed", error=type(error).__name__)
        else:
            if count:
                log.info("forgotten", count=count)
        await asyncio.sleep(FORGET_EVERY_S)
