"""Logs and metrics without patient data: a field that is not on the list does not come out.

Bodies, tokens, names, free text and addresses with ids are never fields. Patients appear as a keyed hash only.
"""

import hashlib
import hmac
import logging
import sys
import traceback
from collections.abc import Callable, Generator, MutableMapping
from contextlib import contextmanager

import structlog
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest, start_http_server

LOGGED = frozenset(
    {
        "event", "level", "timestamp", "logger", "status", "ms", "tenant", "hook", "call",
        "patient", "cards", "reasons", "error", "where", "why", "keys", "count", "partial", "version", "mode", "auth",
    }
)  # fmt: skip
log = structlog.stdlib.get_logger("icu_twin")


def only_listed(_logger: object, _name: str, event: MutableMapping[str, object]) -> MutableMapping[str, object]:
    """Drop every field that is not on the list."""
    return {key: value for key, value in event.items() if key in LOGGED}


class ForeignLogs(logging.Handler):
    """Log records of libraries, cut down to who and how bad: their messages may quote addresses, values or bodies."""

    def emit(self, record: logging.LogRecord) -> None:
        """Pass on the logger's name and the kind of error, never the message."""
        kind = record.exc_info[0].__name__ if record.exc_info and record.exc_info[0] else None
        log.log(record.levelno, "library", logger=record.name, error=kind)


def configure_logging() -> None:
    """Our own events as JSON lines on standard error, with the listed fields only."""
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            only_listed,
            structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=lambda *_: structlog.PrintLogger(sys.stderr),
        cache_logger_on_first_use=False,
    )


def silence_libraries() -> None:
    """Libraries' own messages, which may quote addresses or values, become one event without them."""
    root = logging.getLogger()
    root.handlers[:] = [ForeignLogs()]
    root.setLevel(logging.WARNING)


def where(error: BaseException) -> str:
    """The place of an error as file:line of its last frames; no message, no values."""
    frames = traceback.extract_tb(error.__traceback__)[-4:]
    return " < ".join(f"{frame.filename.rsplit('/', 1)[-1]}:{frame.lineno}" for frame in reversed(frames))


def patient_key(secret: str, tenant: str, base: str | None, patient_id: str) -> str:
    """The keyed hash by which one patient of one tenant and FHIR server is known."""
    text = "\x1f".join((tenant, base or "", patient_id))
    return hmac.new(secret.encode(), text.encode(), hashlib.sha256).hexdigest()


class Metrics:
    """What is counted, in a registry of its own; `busy`: calculations running or waiting now."""

    def __init__(self, busy: Callable[[], int] = lambda: 0) -> None:
        self.registry = CollectorRegistry()
        labels = ["hook", "status"]
        self.calls = Counter("icu_twin_calls", "Hook calls answered", labels, registry=self.registry)
        self.seconds = Histogram(
            "icu_twin_call_seconds",
            "Time from request to answer",
            ["hook"],
            buckets=(0.01, 0.025, 0.05, 0.1, 0.2, 0.35, 0.5, 0.75, 1.0, 1.5, 2.0, 3.0),
            registry=self.registry,
        )
        self.cards = Counter("icu_twin_cards", "Cards sent", ["topic", "indicator"], registry=self.registry)
        self.withheld = Counter("icu_twin_withheld_cards", "Deserved cards not sent", ["rule", "by"], registry=self.registry)
        self.missed = Counter(
            "icu_twin_events_after_withheld_cards",
            "Events that came after a card that warned of them was not sent",
            ["rule", "by"],
            registry=self.registry,
        )
        self.partial = Counter("icu_twin_partial", "Answers marked partial", registry=self.registry)
        self.feedback = Counter("icu_twin_feedback", "Feedback kept", ["outcome", "reason"], registry=self.registry)
        self.twins = Counter(
            "icu_twin_twins", "Twins of a drug, fitted or taken from the store", ["from"], registry=self.registry
        )
        self.scored = Counter(
            "icu_twin_predictions", "Predictions that met their outcome", ["variable", "status"], registry=self.registry
        )
        self.held = Counter(
            "icu_twin_predictions_held", "Outcomes inside the 90 % interval", ["variable"], registry=self.registry
        )
        self.refreshed = Counter("icu_twin_refreshed", "Charts read in the background", registry=self.registry)
        self.audit_failures = Counter("icu_twin_audit_failures", "Calls that could not be audited", registry=self.registry)
        gauge = Gauge("icu_twin_busy_workers", "Calculations running or waiting", registry=self.registry)
        gauge.set_function(busy)

    def text(self) -> bytes:
        """The Prometheus exposition."""
        return generate_latest(self.registry)

    @contextmanager
    def served(self, host: str, port: int) -> Generator[None]:
        """Meanwhile the exposition can be read at a port of its own. Raises OSError when the port cannot be had."""
        server, thread = start_http_server(port, host, self.registry)
        try:
            yield
        finally:
            server.shutdown()
            server.server_close()
            thread.join()
