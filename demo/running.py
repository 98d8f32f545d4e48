"""Service and demo EHR side by side on the loopback interface, in one process and one event loop."""

import asyncio
import logging
import secrets
import socket
from collections.abc import AsyncGenerator, Generator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import structlog
import uvicorn
from starlette.types import ASGIApp

from demo.chart import chart
from demo.ehr import Ehr
from demo.fhir_search import Charts
from demo.hook_client import HookClient, wait_until_ready
from demo.patient import patients
from demo.signer import Signer
from service.app import create_app
from service.settings import Settings, Tenant

LOOPBACK = "127.0.0.1"


@dataclass(frozen=True, slots=True)
class Running:
    """The two addresses, the EHR's way to call the service, and the service's database."""

    ehr: str
    service: str
    hooks: HookClient
    database: Path


class PortTaken(Exception):
    """Another program listens on the asked port."""


class _Quiet(uvicorn.Server):
    """A server that leaves Ctrl-C to the demo, which stops both."""

    @contextmanager
    def capture_signals(self) -> Generator[None]:
        """Nothing: the demo handles signals."""
        yield


@asynccontextmanager
async def running(ehr_port: int, service_port: int, timezone: str) -> AsyncGenerator[Running]:
    """Start both, wait until they answer, stop both at the end. Port 0 = any free one. Raises PortTaken."""
    ehr_socket, service_socket = _listening(ehr_port), _listening(service_port)
    ehr, service = _address(ehr_socket), _address(service_socket)
    signer, token = Signer(ehr), secrets.token_urlsafe(24)
    now = datetime.now(UTC)
    charts = Charts(resource for patient in patients() for resource in chart(patient, now))
    with TemporaryDirectory(prefix="icu-twin-demo-") as folder:
        database = Path(folder) / "demo.sqlite"
        hooks = HookClient(service, f"{ehr}/fhir", token, charts, signer)
        tenant = Tenant(name="demo", issuer=ehr, jwks=signer.jwks, fhir_bases=(f"{ehr}/fhir",), timezone=timezone)
        settings = Settings(
            host=LOOPBACK,
            port=service_socket.getsockname()[1],
            public_url=service,
            tenants=(tenant,),
            database_url=f"sqlite:///{database}",
            # A demo may run on anything; a slow machine should still show its cards.
            own_seconds=5.0,
            total_seconds=10.0,
        )
        page = Ehr(charts, hooks, ehr, token, database).app()
        service_app = create_app(settings)
        # The service's log of each call would stand between the cards.
        structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
        async with _served(service_app, service_socket), _served(page, ehr_socket):
            await wait_until_ready(service)
            yield Running(ehr, service, hooks, database)
            await hooks.close()


@asynccontextmanager
async def _served(app: ASGIApp, listening: socket.socket) -> AsyncGenerator[None]:
    server = _Quiet(uvicorn.Config(app, log_level="warning", access_log=False, lifespan="on"))
    serving = asyncio.create_task(server.serve(sockets=[listening]))
    try:
        yield
    finally:
        server.should_exit = True
        await serving


def _listening(port: int) -> socket.socket:
    made = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        made.bind((LOOPBACK, port))
    except OSError as error:
        made.close()
        raise PortTaken(f"port {port} on {LOOPBACK} is taken; choose another one") from error
    return made


def _address(listening: socket.socket) -> str:
    return f"http://{LOOPBACK}:{listening.getsockname()[1]}"
