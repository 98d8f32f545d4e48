"""The demo EHR as a web application: its page, its FHIR endpoint, and what its page asks for.

Everything the page shows comes as JSON and is put on screen as text. The page may load nothing but its own files.
"""

import hmac
from datetime import UTC, datetime
from importlib.resources import files
from pathlib import Path
from urllib.parse import parse_qsl

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from demo import audit
from demo.chart import draft_order
from demo.fhir_search import Charts
from demo.hook_client import HookClient
from demo.patient import DemoPatient, Regimen, patients
from demo.view import bed, sheet

CSP = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'"
)
_FILES = {
    "/": ("index.html", "text/html"),
    "/ehr.css": ("ehr.css", "text/css"),
    "/ehr.js": ("ehr.js", "text/javascript"),
    "/icon.svg": ("icon.svg", "image/svg+xml"),
}
FHIR_JSON = "application/fhir+json"


class Ehr:
    """The page's requests, answered for one set of charts and one service."""

    def __init__(self, charts: Charts, hooks: HookClient, base: str, fhir_token: str, database: Path) -> None:
        self._charts = charts
        self._hooks = hooks
        self._base = base
        self._fhir_token = fhir_token
        self._database = database
        self._drafts = 0

    def app(self) -> Starlette:
        """The web application."""
        routes = [
            *(Route(path, _file(*served)) for path, served in _FILES.items()),
            Route("/api/patients", self.board),
            Route("/api/patients/{id}", self.chart),
            Route("/api/patients/{id}/sign", self.sign, methods=["POST"]),
            Route("/api/feedback", self.feedback, methods=["POST"]),
            Route("/fhir/metadata", self.metadata),
            Route("/fhir/{kind}", self.search),
            Route("/fhir/{kind}/_search", self.search, methods=["POST"]),
            Route("/fhir/{kind}/{id}", self.read),
        ]
        local = Middleware(TrustedHostMiddleware, allowed_hosts=["127.0.0.1", "localhost"])
        return Starlette(routes=routes, middleware=[local])

    async def board(self, _: Request) -> Response:
        """Every patient in one line."""
        return JSONResponse([bed(p) for p in patients()])

    async def chart(self, request: Request) -> Response:
        """What the page shows of one patient."""
        return JSONResponse(sheet(_patient(request), datetime.now(UTC)))

    async def sign(self, request: Request) -> Response:
        """Sign a draft: the order form's fields in, the cards out, with the call itself for those who want to see it."""
        patient = _patient(request)
        form = await request.json()
        regimen = Regimen(float(form["amount_mg"]), _number(form["interval_h"]), float(form["infusion_h"]))
        self._drafts += 1
        draft = draft_order(patient, regimen, datetime.now(UTC), f"draft-{self._drafts}")
        found = await self._hooks.order_sign(patient.id, draft)
        instance = str(found.request["hookInstance"])
        return JSONResponse(
            {
                "draft": draft,
                "status": found.status,
                "cards": list(found.cards),
                "reasons": list(audit.reasons(self._database, instance)),
                "elapsed_ms": round(found.elapsed_ms, 1),
                "request": found.request,
                "answer": found.answer,
            }
        )

    async def feedback(self, request: Request) -> Response:
        """Pass on what became of a card."""
        return JSONResponse({"status": await self._hooks.feedback(await request.json())})

    async def metadata(self, _: Request) -> Response:
        """What this FHIR endpoint can do."""
        kinds = ("Patient", "Encounter", "Condition", "Observation", "MedicationAdministration", "MedicationRequest")
        rest = {"mode": "server", "resource": [{"type": k, "interaction": [{"code": "search-type"}]} for k in kinds]}
        statement = {"resourceType": "CapabilityStatement", "status": "active", "kind": "instance", "fhirVersion": "4.0.1"}
        return _fhir({**statement, "date": "2026-01-01", "format": ["json"], "rest": [rest]})

    async def read(self, request: Request) -> Response:
        """Read one resource."""
        self._authorised(request)
        found = self._charts.read(request.path_params["kind"], request.path_params["id"])
        return _outcome(404, "not-found") if found is None else _fhir(found)

    async def search(self, request: Request) -> Response:
        """Search by GET, or by POST with the parameters in the body."""
        self._authorised(request)
        query = request.query_params.multi_items()
        if request.method == "POST":
            query += parse_qsl((await request.body()).decode())
        return _fhir(self._charts.search(f"{self._base}/fhir", request.path_params["kind"], query))

    def _authorised(self, request: Request) -> None:
        given = request.headers.get("authorization", "")
        if not hmac.compare_digest(given.encode(), f"Bearer {self._fhir_token}".encode()):
            raise HTTPException(401, headers={"WWW-Authenticate": "Bearer"})


def _patient(request: Request) -> DemoPatient:
    found = next((p for p in patients() if p.id == request.path_params["id"]), None)
    if found is None:
        raise HTTPException(404)
    return found


def _number(value: object) -> float | None:
    return None if value in (None, "") else float(str(value))


def _file(name: str, media_type: str):
    async def served(_: Request) -> Response:
        body = files("demo").joinpath("static", name).read_bytes()
        headers = {
            "Content-Security-Policy": CSP,
            "X-Content-Type-Options": "nosniff",
            "Referrer-Policy": "no-referrer",
            "Cache-Control": "no-store",
        }
        return Response(body, media_type=media_type, headers=headers)

    return served


def _fhir(resource: dict[str, object], status: int = 200) -> Response:
    return JSONResponse(resource, status_code=status, media_type=FHIR_JSON)


def _outcome(status: int, code: str) -> Response:
    return _fhir({"resourceType": "OperationOutcome", "issue": [{"severity": "error", "code": code}]}, status)
