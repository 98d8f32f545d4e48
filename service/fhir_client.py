"""Reading a chart over FHIR REST, bounded in time, pages and bytes, and never beyond the base it was given.

A page link that leads elsewhere is not followed. A search that the server refuses is asked again in parts, its list of codes
halved, twice at most: some servers take only so many.
"""

import asyncio
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass

import httpx

from fhir_mapping import bundles
from service.addresses import within
from service.call import JsonObject
from service.clock import Clock
from service.deadline import Deadline
from service.fhir_transport import Access, Failure, FhirTransport, Room, Share
from service.observability import log

__all__ = ["Access", "Failure", "Fetched", "FhirClient"]

HALVINGS = 2
_CODES = re.compile(r"(?<=[?&]code=)[^&]+")


@dataclass(frozen=True, slots=True)
class Fetched:
    """What one query gave: its pages, whether there is more than them, and why it failed if it did."""

    pages: tuple[JsonObject, ...] = ()
    complete: bool = True
    failure: Failure | None = None


class FhirClient:
    """Reads and searches, on behalf of one call each. `max_bytes` is for all answers to one call together."""

    def __init__(self, clock: Clock, max_bytes: int, max_pages: int, transport: httpx.AsyncBaseTransport | None = None) -> None:
        self._max_bytes = max_bytes
        self._max_pages = max_pages
        self._transport = FhirTransport(clock, transport)

    def room(self) -> Room:
        """The room for all answers to one call."""
        return Room(self._max_bytes)

    async def fetch(
        self, access: Access, queries: Mapping[str, str], deadline: Deadline, needed: Collection[str] = ()
    ) -> dict[str, Fetched]:
        """Every query (key -> address, relative to the base or absolute) at once; what is late is "unavailable". Half of the
        room is kept for the answers that are `needed`, so that none of the others can crowd them out."""
        room = access.room or self.room()
        room.kept = room.left // 2 if needed else 0
        asking = (self._found(access, q, Share(room, key in needed), deadline) for key, q in queries.items())
        return dict(zip(queries, await asyncio.gather(*asking), strict=True))

    async def close(self) -> None:
        """Close every connection."""
        await self._transport.close()

    async def _found(self, access: Access, query: str, share: Share, deadline: Deadline, halvings: int = HALVINGS) -> Fetched:
        whole = await self._pages(access, query, share, deadline)
        halves = in_halves(query)
        if whole.failure != "refused" or halves is None or not halvings:
            return whole
        parts = await asyncio.gather(*(self._found(access, half, share, deadline, halvings - 1) for half in halves))
        return Fetched(
            tuple(page for part in parts for page in part.pages),
            all(part.complete for part in parts),
            next((part.failure for part in parts if part.failure is not None), None),
        )

    async def _pages(self, access: Access, link: str, share: Share, deadline: Deadline) -> Fetched:
        """Pages from one address on. Pages that came before the time ran out are kept, marked incomplete."""
        pages: list[JsonObject] = []
        seen: set[str] = set()
        following: str | None = link
        while following is not None:
            address = within(following, access.base)
            if address is None:
                log.warning("address_refused", why="a page leads away from its server")
                return Fetched(tuple(pages), complete=False, failure=None if pages else "unavailable")
            if address in seen or len(pages) >= self._max_pages:
                return Fetched(tuple(pages), complete=False)
            seen.add(address)
            page = await self._transport.asked(access, address, share, deadline)
            if isinstance(page, str):
                return Fetched(tuple(pages), complete=False, failure=None if pages else page)
            pages.append(page)
            following = bundles.resources(page).next_url
            if following is not None and not page.get("entry"):
                return Fetched(tuple(pages), complete=False)
        return Fetched(tuple(pages))


def in_halves(query: str) -> tuple[str, str] | None:
    """The query for the first and for the second half of its codes; None when it asks for no more than one."""
    found = _CODES.search(query)
    codes = found[0].split(",") if found is not None else []
    if found is None or len(codes) < 2:
        return None
    middle = len(codes) // 2
    first, second = (
        query[: found.start()] + ",".join(part) + query[found.end() :] for part in (codes[:middle], codes[middle:])
    )
    return first, second
