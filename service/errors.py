"""How a call fails, and the one place where failures become HTTP.

HookError
├── BadHookRequest      400  malformed, or it contradicts itself about the patient
├── NotAuthorised       401  no reason is given to the caller
├── UnknownResource     404  no such service or path
├── MethodNotOffered    405
├── DataUnavailable     412  required chart data cannot be had; names the prefetch keys
├── TooLarge            413
├── UnsupportedContent  415
└── Overloaded          503  or the deadline came with nothing ready

A fault of ours is none of these; it answers 500. No body ever repeats what the caller sent.
"""

from dataclasses import dataclass, field

import msgspec

MEDIA_TYPE = "application/fhir+json"


class HookError(Exception):
    """Root of the failures that have an HTTP status. `text` is written by us and holds no input."""

    status = 400
    code = "invalid"

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.text = text

    @property
    def headers(self) -> dict[str, str]:
        """Response headers that belong to this failure."""
        return {}


class BadHookRequest(HookError):
    """The request is malformed, or context, prefetch and drafts disagree on the patient."""


class NotAuthorised(HookError):
    """The caller's token was refused; `text` is for our log only."""

    status = 401
    code = "login"

    @property
    def headers(self) -> dict[str, str]:
        """The challenge that a 401 has to carry."""
        return {"WWW-Authenticate": "Bearer"}


class UnknownResource(HookError):
    """There is no such service or path."""

    status = 404
    code = "not-found"


class MethodNotOffered(HookError):
    """The path exists, the method does not."""

    status = 405
    code = "not-supported"


class DataUnavailable(HookError):
    """Required chart data are neither in the prefetch nor to be fetched."""

    status = 412
    code = "incomplete"

    def __init__(self, keys: tuple[str, ...]) -> None:
        super().__init__(f"required data could not be obtained; prefetch keys: {', '.join(keys)}")
        self.keys = keys


class TooLarge(HookError):
    """The body is larger than this service reads."""

    status = 413
    code = "too-long"


class UnsupportedContent(HookError):
    """The body is not plain JSON."""

    status = 415
    code = "not-supported"


class Overloaded(HookError):
    """There is no room, or the deadline came with nothing ready."""

    status = 503
    code = "throttled"
    retry_after_s = 1

    @property
    def headers(self) -> dict[str, str]:
        """When to try again."""
        return {"Retry-After": str(self.retry_after_s)}


@dataclass(frozen=True, slots=True)
class Refusal:
    """A failure as HTTP: status, headers and body."""

    status: int
    body: bytes
    headers: dict[str, str] = field(default_factory=dict[str, str])


def refusal(error: HookError) -> Refusal:
    """The HTTP answer to a failure. A 401 has no body, so that it teaches a forger nothing."""
    if isinstance(error, NotAuthorised):
        return Refusal(error.status, b"", error.headers)
    body = operation_outcome(error.code, error.text, error.keys if isinstance(error, DataUnavailable) else ())
    return Refusal(error.status, body, error.headers)


def fault() -> Refusal:
    """The HTTP answer to a bug."""
    return Refusal(500, operation_outcome("exception", "the service failed; the failure has been recorded"))


def operation_outcome(code: str, text: str, keys: tuple[str, ...] = ()) -> bytes:
    """A FHIR OperationOutcome with one issue; `keys` are prefetch keys for the diagnostics."""
    issue: dict[str, object] = {"severity": "error", "code": code, "details": {"text": text}}
    if keys:
        issue["diagnostics"] = "missing prefetch keys: " + ", ".join(keys)
    return msgspec.json.encode({"resourceType": "OperationOutcome", "issue": [issue]})
