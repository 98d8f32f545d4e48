"""Reading a chart over FHIR REST, bounded in time, pages and bytes, and never beyond the base it was given.

One connection pool per FHIR base lives as long as the process. Redirects are not followed; a page link that leads
elsewhere is not followed; nothing is decompressed; a GET that failed for a passing reason is tried once more.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import httpx
import msgspec

from fhir_mapping import bundles
from service.addresses import within
from service.breaker import Breaker
from service.call import JsonObject
from service.clock import Clock
from service.deadline import Deadline
from service.observability import log

Failure = Literal["not permitted", "not found", "unavailable", "too large", "not FHIR"]
REFUSALS: dict[int, Failure] = {401: "not permitted", 403: "not permitted", 404: "not found", 410: "not found"}
PASSING = frozenset({429, 502, 503, 504})
RETRY_AFTER_S = 0.1


@dataclass(frozen=True, slots=True)
class Fetched:
    """What one query gave: its pages, whether there is more than them, and why it failed if it did."""

    pages: tuple[JsonObject, ...] = ()
    complete: bool = True
    failure: Failure | None = None


@dataclass(frozen=True, slots=True)
class Access:
    """A FHIR base that the client may name, and the token that it sent for it."""

    base: str
    token: str | None

    def __repr__(self) -> str:
        return f"Access(base={self.base!r})"


class FhirClient:
    """Reads and searches, on behalf of one call each."""

    def __init__(self, clock: Clock, max_bytes: int, max_pages: int, transport: httpx.AsyncBaseTransport | None = None) -> None:
        self._clock = clock
        self._max_bytes = max_bytes
        self._max_pages = max_pages
        self._transport = transport
        self._clients: dict[str, httpx.AsyncClient] = {}
        self._breakers: dict[str, Breaker] = {}

    async def fetch(self, access: Access, queries: Mapping[str, str], deadline: Deadline) -> dict[str, Fetched]:
        """Every query (key -> address, relative to the base or absolute) at once; what is late is "unavailable"."""
        found = await asyncio.gather(*(self._pages(access, query, deadline) for query in queries.values()))
        return dict(zip(queries, found, strict=True))

    async def close(self) -> None:
        """Close every connection."""
        for client in self._clients.values():
            await client.aclose()

    async def _pages(self, access: Access, link: str, deadline: Deadline) -> Fetched:
        """Pages from one address on. Pages that came before the time ran out are kept, marked incomplete."""
        pages: list[JsonObject] = []
        seen: set[str] = set()
        following: str | None = link
        room = self._max_bytes
        while following is not None:
            address = within(following, access.base)
            if address is None:
                log.warning("address_refused", why="a page leads away from its server")
                return Fetched(tuple(pages), complete=False, failure=None if pages else "unavailable")
            if address in seen or len(pages) >= self._max_pages:
                return Fetched(tuple(pages), complete=False)
            seen.add(address)
            page = await self._page(access, address, room, deadline)
            if isinstance(page, str):
                return Fetched(tuple(pages), complete=False, failure=None if pages else page)
            document, size = page
            room -= size
            pages.append(document)
            following = bundles.resources(document).next_url
            if following is not None and not document.get("entry"):
                return Fetched(tuple(pages), complete=False)
        return Fetched(tuple(pages))

    async def _page(self, access: Access, address: str, room: int, deadline: Deadline) -> tuple[JsonObject, int] | Failure:
        breaker = self._breakers.setdefault(access.base, Breaker(self._clock))
        if breaker.open:
            return "unavailable"
        try:
            async with asyncio.timeout(deadline.left_to_fetch()):
                status, body = await self._tried_twice(access, address, room)
        except (TimeoutError, httpx.HTTPError):
            breaker.failed()
            return "unavailable"
        if status >= 500 or status == 429:
            breaker.failed()
            return "unavailable"
        breaker.worked()
        return _read(status, body)

    async def _tried_twice(self, access: Access, address: str, room: int) -> tuple[int, bytes | None]:
        try:
            status, body, wait = await self._get(access, address, room)
        except httpx.TransportError:
            status, body, wait = 503, b"", RETRY_AFTER_S
        if status not in PASSING:
            return status, body
        await asyncio.sleep(wait)
        status, body, _ = await self._get(access, address, room)
        return status, body

    async def _get(self, access: Access, address: str, room: int) -> tuple[int, bytes | None, float]:
        """Status, body (None when it is larger than `room` bytes or encoded) and seconds to wait before a second try."""
        headers = {"Accept": "application/fhir+json", "Accept-Encoding": "identity"}
        if access.token:
            headers["Authorization"] = f"Bearer {access.token}"
        body = bytearray()
        async with self._client(access.base).stream("GET", address, headers=headers) as response:
            wait = _wait(response.headers.get("Retry-After"))
            if response.headers.get("Content-Encoding", "identity") != "identity":
                return response.status_code, None, wait
            async for part in response.aiter_bytes():
                body += part
                if len(body) > room:
                    return response.status_code, None, wait
        return response.status_code, bytes(body), wait

    def _client(self, base: str) -> httpx.AsyncClient:
        if base not in self._clients:
            self._clients[base] = httpx.AsyncClient(
                transport=self._transport, follow_redirects=False, timeout=httpx.Timeout(5.0), trust_env=False
            )
        return self._clients[base]


def _read(status: int, body: bytes | None) -> tuple[JsonObject, int] | Failure:
    if status != 200:
        return REFUSALS.get(status, "unavailable")
    if body is None:
        return "too large"
    try:
        document = msgspec.json.decode(body, type=dict[str, object])
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return "not FHIR"
    if not isinstance(document.get("resourceType"), str) or document["resourceType"] == "OperationOutcome":
        return "not FHIR"
    return document, len(body)


def _wait(header: str | None) -> float:
    return float(header) if header is not None and header.isascii() and header.isdigit() else RETRY_AFTER_S
