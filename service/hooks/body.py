"""Taking a request body: plain JSON only, and never more bytes than agreed."""

from starlette.requests import Request

from service.errors import TooLarge, UnsupportedContent

JSON_TYPES = frozenset({"application/json", "application/fhir+json"})


async def taken(request: Request, most: int) -> bytes:
    """The body. Raises UnsupportedContent, or TooLarge as soon as it is known to be."""
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media_type not in JSON_TYPES:
        raise UnsupportedContent("the content type must be application/json")
    if request.headers.get("content-encoding", "identity").lower() != "identity":
        raise UnsupportedContent("the body must not be compressed")
    length = request.headers.get("content-length", "")
    if length.isascii() and length.isdigit() and int(length[:18]) > most:
        raise TooLarge(f"the body must not exceed {most} bytes")
    body = bytearray()
    async for part in request.stream():
        body += part
        if len(body) > most:
            raise TooLarge(f"the body must not exceed {most} bytes")
    return bytes(body)
