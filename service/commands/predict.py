"""`icu-twin predict`: one scenario gives one answer; a stream gives one line for each, in order, as they come.

A file that holds one JSON document is one scenario. Anything else is a stream: an invalid line gives {"error": ...} in
its place and the stream goes on.
"""

import json
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from itertools import chain
from pathlib import Path
from typing import TextIO

from service import site_file
from twin_engine.predict import predict
from twin_engine.scenario_json import ScenarioError, answer, read
from twin_engine.site import STANDARD, Site

STREAMS = {".ndjson", ".jsonl"}
INVALID = 2
Answering = Callable[[str], dict[str, object]]
"""From the text of one scenario to its answer."""


def run(source: str, given: TextIO, out: TextIO, err: TextIO, site: Path | None = None) -> int:
    """Exit status 0, or 2 when there was one scenario and it is invalid, or the site's file is."""
    try:
        answering = partial(answered, site=STANDARD if site is None else site_file.read(site))
        if source == "-":
            return _run(answering, given, out, err, pretty=False, stream=False)
        path = Path(source)
        with path.open(encoding="utf-8") as file:
            return _run(answering, file, out, err, pretty=True, stream=path.suffix.lower() in STREAMS)
    except site_file.SiteFileError as error:
        err.write(f"{site}: {error}\n")
    except OSError as error:
        err.write(f"{source}: {error.strerror}\n")
    except UnicodeDecodeError:
        err.write(f"{source}: not UTF-8 text\n")
    return INVALID


def _run(answering: Answering, lines: Iterable[str], out: TextIO, err: TextIO, *, pretty: bool, stream: bool) -> int:
    """Read no further than the first line before it is known that more than one document follows."""
    rest = iter(lines)
    head = list(_until_text(rest))
    if not head:
        err.write("no scenario was given\n")
        return INVALID
    if not stream and not _complete(head[-1]):
        return _document_or_stream(answering, [*head, *rest], out, err, pretty=pretty)
    if not stream:
        further = list(_until_text(rest)) if pretty else []
        if pretty and not further:
            return _one(answering, head[-1], out, err, pretty=True)
        head += further
    _stream(answering, chain(head, rest), out)
    return 0


def _document_or_stream(answering: Answering, lines: list[str], out: TextIO, err: TextIO, *, pretty: bool) -> int:
    text = "".join(lines)
    opening = lines[0].strip()
    several = sum(1 for line in lines if line.strip()) > 1
    if several and any(_complete(line) and line.strip().startswith("{") for line in lines) and not _complete(text):
        _stream(answering, iter(lines), out)
        return 0
    if several and not _complete(text) and not opening.startswith("{"):
        _stream(answering, iter(lines), out)
        return 0
    return _one(answering, text, out, err, pretty=pretty)


def _one(answering: Answering, text: str, out: TextIO, err: TextIO, *, pretty: bool) -> int:
    found = answering(text)
    if "error" in found:
        err.write(f"{found['error']}\n")
        return INVALID
    out.write(json.dumps(found, allow_nan=False, indent=2 if pretty else None) + "\n")
    return 0


def _stream(answering: Answering, lines: Iterator[str], out: TextIO) -> None:
    for line in lines:
        if line.strip():
            out.write(json.dumps(answering(line), allow_nan=False) + "\n")
            out.flush()


def answered(text: str, site: Site = STANDARD) -> dict[str, object]:
    """The answer to one scenario, or {"error": why it is invalid}."""
    try:
        return answer(predict(read(_parsed(text)), site))
    except ScenarioError as error:
        return {"error": str(error)}


def _parsed(text: str) -> object:
    try:
        return json.loads(text, parse_constant=_no_such_number)
    except (ValueError, RecursionError) as error:
        where = f": {error.msg} at line {error.lineno}" if isinstance(error, json.JSONDecodeError) else f": {error}"
        raise ScenarioError(f"not valid JSON{where}") from error


def _no_such_number(text: str) -> object:
    raise ValueError(f"{text} is not a number")


def _complete(text: str) -> bool:
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return False
    return True


def _until_text(lines: Iterator[str]) -> Iterator[str]:
    """Lines up to and including the first that is not blank."""
    for line in lines:
        if line.strip():
            yield line
            return
