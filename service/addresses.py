"""Addresses that a caller may name: compared only after they were brought into one form, and never looked up before.

Hospital FHIR servers live on private networks, so an address is judged by a list of known bases, not by its kind.
"""

from urllib.parse import SplitResult, urljoin, urlsplit

_PORTS = {"http": 80, "https": 443}
_METADATA_HOSTS = frozenset({"169.254.169.254", "fd00:ec2::254", "metadata.google.internal"})


def normalised_base(url: str) -> str | None:
    """A FHIR base in one form (lower-case host, explicit non-default port only, no slash at the end); None when it is not
    a plain http(s) address: user info, query, fragment, dot segments, escapes,
    letters beyond ASCII (write them as xn--), or a cloud metadata address."""
    parts = _split(url)
    if parts is None or parts.query or parts.fragment or "%" in parts.path:
        return None
    return _origin(parts) + parts.path.rstrip("/")


def within(url: str, base: str) -> str | None:
    """The absolute form of an address found in an answer from `base`, if it stays under that base; else None."""
    parts = _split(urljoin(base + "/", url))
    if parts is None or parts.fragment:
        return None
    path = parts.path.rstrip("/")
    root = urlsplit(base).path
    if _origin(parts) != _origin(urlsplit(base)) or not (path == root or path.startswith(root + "/")):
        return None
    return parts.geturl()


def _split(url: str) -> SplitResult | None:
    if any(ord(c) <= 32 or c == "\\" for c in url):
        return None
    try:
        parts = urlsplit(url)
        port, host = parts.port, parts.hostname
    except ValueError:
        return None
    if (
        parts.scheme not in _PORTS
        or not host
        or port == 0
        or "@" in parts.netloc
        or host in _METADATA_HOSTS
        or not host.isascii()
    ):
        return None
    return None if any(segment in {".", ".."} for segment in parts.path.split("/")) else parts


def _origin(parts: SplitResult) -> str:
    host = parts.hostname or ""
    host = f"[{host}]" if ":" in host else host
    port = "" if parts.port in {None, _PORTS[parts.scheme]} else f":{parts.port}"
    return f"{parts.scheme}://{host}{port}"
