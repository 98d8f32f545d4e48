"""One question to one FHIR server: connections, second tries, the other form of a search, and what an answer may cost.

One connection pool per FHIR base lives as long as the process. Redirects are not followed and nothing is decompressed. What
failed for a passing reason is asked once more; a server that says when to come back is left alone until then.
"""

import asyncio
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC
from email.utils import parsedate_to_datetime
from typing import Literal

import httpx
import msgspec

from service.breaker import Breaker
from service.call import JsonObject
from service.clock import Clock
from service.deadline import Deadline

Failure = Literal["not permitted", "not found", "refused", "unavailable", "too large", "not FHIR"]
FAILURES: dict[int, Failure] = {
    400: "refused", 401: "not permitted", 403: "not permitted", 404: "not found", 410: "not found", 413: "refused",
    414: "refused", 422: "refused", 431: "refused",
}  # fmt: skip
PASSING = frozenset({429, 502, 503, 504})
ANOTHER_FORM = {"GET": frozenset({414, 431}), "POST": frozenset({404, 405, 415, 501})}
"""Statuses after which a search is asked in its other form."""
RETRY_AFTER_S = 0.1
LONGEST_WAIT_S = 60.0
LONGEST_ADDRESS = 2_000
"""Characters; longer searches go into a body, since servers and proxies cut addresses anywhere from 2,000 on."""
MOST_CONTAINERS = 400_000
"""Objects and lists in all answers to one call: each costs about a hundred bytes however short it is written."""
_SEARCH = re.compile(r"(.*/[A-Z][A-Za-z]{1,63})\?(.+)")


@dataclass(slots=True)
class Room:
    """What the answers to one call may still hold, all together: bytes, `kept` of them for what the call cannot do without, and
    objects and lists."""

    left: int
    kept: int = 0
    containers: int = MOST_CONTAINERS


@dataclass(frozen=True, slots=True)
class Share:
    """The room of one question: an answer that can be missed, however long, leaves what is kept for those that cannot."""

    room: Room
    needed: bool

    def takes(self, size: int) -> bool:
        """Whether so many bytes fit in, which are then taken."""
        if size > self.room.left - (0 if self.needed else self.room.kept):
            return False
        self.room.left -= size
        if self.needed:
            self.room.kept = max(self.room.kept - size, 0)
        return True

    def gives_back(self, size: int) -> None:
        """Bytes of an answer that is dropped."""
        self.room.left += size

    def unfolds(self, containers: int) -> bool:
        """Whether so many objects and lists fit in, which are then taken."""
        if containers > self.room.containers:
            return False
        self.room.containers -= containers
        return True


@dataclass(frozen=True, slots=True)
class Access:
    """A FHIR base that the client may name, the token that it sent for it, and the room for all answers to its call; without
    one each fetch has its own."""

    base: str
    token: str | None
    room: Room | None = None

    def __repr__(self) -> str:
        return f"Access(base={self.base!r})"


@dataclass(frozen=True, slots=True)
class _Reply:
    status: int
    body: bytes | None
    wait_s: float


class FhirTransport:
    """Asks FHIR servers, with a breaker and a pool of connections for each."""

    def __init__(self, clock: Clock, transport: httpx.AsyncBaseTransport | None = None) -> None:
        self._clock = clock
        self._transport = transport
        self._clients: dict[str, httpx.AsyncClient] = {}
        self._breakers: dict[str, Breaker] = {}

    async def asked(self, access: Access, address: str, share: Share, deadline: Deadline) -> JsonObject | Failure:
        """The resource at an address (absolute, already checked), or why there is none."""
        breaker = self._breakers.setdefault(access.base, Breaker(self._clock))
        if breaker.open:
            return "unavailable"
        try:
            async with asyncio.timeout(deadline.left_to_fetch()):
                reply = await self._tried_twice(access, address, share, deadline)
        except (TimeoutError, httpx.HTTPError):
            breaker.failed()
            return "unavailable"
        if reply.status >= 500 or reply.status == 429:
            breaker.failed()
            if reply.wait_s > deadline.left_to_fetch():
                breaker.rest(min(reply.wait_s, LONGEST_WAIT_S))
            return "unavailable"
        breaker.worked()
        return _read(reply, share)

    async def close(self) -> None:
        """Close every connection."""
        for client in self._clients.values():
            await client.aclose()

    async def _tried_twice(self, access: Access, address: str, share: Share, deadline: Deadline) -> _Reply:
        try:
            reply = await self._in_one_form_or_the_other(access, address, share)
        except httpx.TransportError:
            reply = _Reply(503, b"", RETRY_AFTER_S)
        if reply.status not in PASSING or reply.wait_s >= deadline.left_to_fetch():
            return reply
        await asyncio.sleep(reply.wait_s)
        return await self._in_one_form_or_the_other(access, address, share)

    async def _in_one_form_or_the_other(self, access: Access, address: str, share: Share) -> _Reply:
        reply = _Reply(503, b"", RETRY_AFTER_S)
        for method, url, body in _forms(address):
            reply = await self._sent(access, method, url, body, share)
            if reply.status not in ANOTHER_FORM[method]:
                break
        return reply

    async def _sent(self, access: Access, method: str, url: str, form: str | None, share: Share) -> _Reply:
        """The answer; its body is None when it is encoded or larger than there is room."""
        headers = {"Accept": "application/fhir+json", "Accept-Encoding": "identity"}
        if access.token:
            headers["Authorization"] = f"Bearer {access.token}"
        if form is not None:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        body = bytearray()
        async with self._client(access.base).stream(method, url, headers=headers, content=form) as response:
            wait = self._wait(response.headers.get("Retry-After"))
            if response.headers.get("Content-Encoding", "identity") != "identity":
                return _Reply(response.status_code, None, wait)
            async for part in response.aiter_bytes():
                if not share.takes(len(part)):
                    share.gives_back(len(body))
                    return _Reply(response.status_code, None, wait)
                body += part
        return _Reply(response.status_code, bytes(body), wait)

    def _client(self, base: str) -> httpx.AsyncClient:
        if base not in self._clients:
            self._clients[base] = httpx.AsyncClient(
                transport=self._transport, follow_redirects=False, timeout=httpx.Timeout(5.0), trust_env=False
            )
        return self._clients[base]

    def _wait(self, header: str | None) -> float:
        """Seconds to wait, from a number or a date; a short wait when it is neither."""
        if header is None:
            return RETRY_AFTER_S
        if header.isascii() and header.isdigit():
            return float(header[:9])
        try:
            until = parsedate_to_datetime(header)
        except (ValueError, TypeError, OverflowError):
            return RETRY_AFTER_S
        return max((until.astimezone(UTC) - self._clock.now()).total_seconds(), RETRY_AFTER_S)


def _forms(address: str) -> Iterator[tuple[str, str, str | None]]:
    """The forms in which to ask: a long search first as a form in the body, then in the address."""
    get = ("GET", address, None)
    found = _SEARCH.fullmatch(address)
    if found is None:
        yield get
        return
    # In an address a plus may stand for itself; in a form it is a space.
    post = ("POST", f"{found[1]}/_search", found[2].replace("+", "%2B").replace("|", "%7C"))
    yield from (post, get) if len(address) > LONGEST_ADDRESS else (get, post)


def _read(reply: _Reply, share: Share) -> JsonObject | Failure:
    if reply.status != 200:
        return FAILURES.get(reply.status, "unavailable")
    if reply.body is None or not share.unfolds(reply.body.count(b"{") + reply.body.count(b"[")):
        return "too large"
    try:
        document = msgspec.json.decode(reply.body, type=dict[str, object])
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return "not FHIR"
    if not isinstance(document.get("resourceType"), str) or document["resourceType"] == "OperationOutcome":
        return "not FHIR"
    return document
