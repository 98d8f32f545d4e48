"""A FHIR server on a real socket that breaks on purpose: late, in drips, cut, reset, garbage, endless, compressed, elsewhere.

Rules are by the key of `tests.fhir_server.kind`; what has no rule is answered from the chart of `tests.calls`. Everything
asked is remembered with its headers.
"""

import asyncio
import gzip
import json
import struct
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from socket import SO_LINGER, SOL_SOCKET
from typing import Any

import httpx

from tests.calls import bundle, observation
from tests.fhir_server import FhirServer, kind

Writer = asyncio.StreamWriter
Fault = Callable[[Writer, bytes], Awaitable[None]]
"""Writes a broken answer, given the body of the right one."""


@dataclass
class FaultProxy:
    """The rules, the address once it listens, and what was asked."""

    faults: dict[str, Fault] = field(default_factory=dict[str, Fault])
    base: str = ""
    asked: list[httpx.Request] = field(default_factory=list[httpx.Request])

    async def __call__(self, reader: asyncio.StreamReader, writer: Writer) -> None:
        """One connection."""
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                await self._answer(head, writer)
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    async def _answer(self, head: bytes, writer: Writer) -> None:
        lines = head.decode().split("\r\n")
        method, target, _ = lines[0].split(" ")
        headers = [tuple(line.split(": ", 1)) for line in lines[1:] if line]
        request = httpx.Request(method, self.base.removesuffix("/fhir") + target, headers=headers)  # type: ignore[arg-type]
        self.asked.append(request)
        key = kind(request)
        right = await FhirServer()(request)
        fault = self.faults.get(key, self.faults.get("*"))
        await (fault or whole)(writer, right.content)


@asynccontextmanager
async def fault_proxy(**faults: Fault) -> AsyncGenerator[FaultProxy]:
    """A listening proxy. The fault for every key is called `every`."""
    proxy = FaultProxy({{"every": "*"}.get(name, name): fault for name, fault in faults.items()})
    server = await asyncio.start_server(proxy, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    proxy.base = f"http://127.0.0.1:{port}/fhir"
    try:
        yield proxy
    finally:
        server.close()


def answered(body: bytes, status: str = "200 OK", **headers: str) -> bytes:
    """A whole HTTP answer."""
    given = {name.replace("_", "-"): value for name, value in headers.items()}
    named = {"Content-Type": "application/fhir+json", "Content-Length": str(len(body)), **given}
    lines = "".join(f"{name}: {value}\r\n" for name, value in named.items())
    return f"HTTP/1.1 {status}\r\n{lines}\r\n".encode() + body


async def whole(writer: Writer, body: bytes) -> None:
    """The right answer."""
    writer.write(answered(body))
    await writer.drain()


def says(status: str, **headers: str) -> Fault:
    """An error."""

    async def fault(writer: Writer, body: bytes) -> None:
        writer.write(answered(b'{"resourceType":"OperationOutcome","issue":[]}', status, **headers))
        await writer.drain()

    return fault


def gives(document: Any, **headers: str) -> Fault:
    """Another body."""
    content = document if isinstance(document, bytes) else json.dumps(document).encode()

    async def fault(writer: Writer, body: bytes) -> None:
        writer.write(answered(b"", Content_Length=str(len(content)), **headers))
        for start in range(0, len(content), 65_536):  # in parts, so that this side costs no memory
            writer.write(content[start : start + 65_536])
            await writer.drain()

    return fault


async def hangs(writer: Writer, body: bytes) -> None:
    """No answer at all."""
    await asyncio.sleep(60)


async def drips(writer: Writer, body: bytes) -> None:
    """A byte now and then."""
    writer.write(answered(body)[: -len(body)])
    for byte in body:
        writer.write(bytes([byte]))
        await writer.drain()
        await asyncio.sleep(0.2)


async def is_cut(writer: Writer, body: bytes) -> None:
    """Half the body that was promised."""
    writer.write(answered(body)[: -len(body) // 2])
    await writer.drain()
    writer.close()


async def resets(writer: Writer, body: bytes) -> None:
    """A reset in the middle of the body."""
    writer.write(answered(body)[: -len(body) // 2])
    await writer.drain()
    writer.get_extra_info("socket").setsockopt(SOL_SOCKET, SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()


def bomb(size: int) -> Fault:
    """A small body that unpacks to `size` bytes, whatever encodings were asked for."""
    return gives(gzip.compress(b" " * size), Content_Encoding="gzip")


async def floods(writer: Writer, body: bytes) -> None:
    """A body without end."""
    writer.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
    part = b" " * 65_536
    while True:
        writer.write(b"10000\r\n" + part + b"\r\n")
        await writer.drain()


def pages_without_end(proxy_base: Callable[[], str], size: int = 20) -> Fault:
    """A page that always names one more."""
    count = iter(range(1_000_000))

    async def fault(writer: Writer, body: bytes) -> None:
        number = next(count)
        some = [observation(f"o{number}-{i}", "2160-0", 1.4, "mg/dL", 3) for i in range(size)]
        link = {"link": [{"relation": "next", "url": f"{proxy_base()}/Observation?code=2160-0&page={number}"}]}
        await gives(bundle(some, **link))(writer, body)

    return fault
