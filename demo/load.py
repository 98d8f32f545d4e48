"""The command `icu-twin load-demo`: the synthetic patients onto a FHIR server, and off it again.

Every resource carries one tag and an id that begins with it. A server that lets nobody choose ids gets the same resources in
one transaction and gives them ids of its own.
"""

import asyncio
import json
from collections.abc import Iterable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any, cast

import httpx
import typer

from demo.chart import chart
from demo.patient import patients
from service.addresses import normalised_base
from service.clock import SystemClock

TAG = {"system": "urn:icu-twin:demo", "code": "icu-twin-demo", "display": "synthetic patient of icu-twin"}
ORDER = ("Patient", "Encounter", "Condition", "Observation", "MedicationAdministration")
TIMEOUT_S = 60.0
PAGES = 50
Resource = dict[str, Any]


class ServerSaidNo(RuntimeError):
    """The server did not take or give what was asked; the message holds the status."""


def load_demo(
    fhir: Annotated[str, typer.Option(help="FHIR base to write to.")],
    token_file: Annotated[Path | None, typer.Option(help="File with an access token.")] = None,
    remove: Annotated[bool, typer.Option("--remove", help="Take the patients off again.")] = False,
) -> None:
    """Put the three synthetic patients on a FHIR server (tagged), or take them off again."""
    base = normalised_base(fhir)
    if base is None:
        typer.echo("--fhir must be a plain http(s) address of a FHIR base", err=True)
        raise typer.Exit(2)
    token = None if token_file is None else token_file.read_text(encoding="utf-8").strip()
    try:
        if remove:
            typer.echo(f"removed {asyncio.run(removed(base, token))} resources")
            return
        for one in asyncio.run(loaded(base, token, SystemClock().now())):
            typer.echo(one)
    except (ServerSaidNo, httpx.HTTPError) as error:
        typer.echo(f"{type(error).__name__}: {error}", err=True)
        raise typer.Exit(1) from error


def resources(now: datetime) -> Iterator[Resource]:
    """Every resource of every patient, tagged, what others refer to first."""
    for patient in patients():
        names = {patient.id: f"{TAG['code']}-{patient.id}"}
        found = sorted(chart(patient, now), key=lambda r: ORDER.index(str(r["resourceType"])))
        yield from ({**_renamed(one, names), "meta": {"tag": [TAG]}} for one in found)


def _renamed(value: Any, names: dict[str, str]) -> Any:
    """The value with every id and reference that begins with a patient's id under its new name."""
    if isinstance(value, list):
        return [_renamed(each, names) for each in cast("list[Any]", value)]
    if not isinstance(value, dict):
        return value
    found: Resource = {}
    for name, each in cast("Resource", value).items():
        if isinstance(each, str) and name in {"id", "reference"}:
            kind, slash, ident = each.rpartition("/")
            for old, new in names.items():
                ident = new + ident.removeprefix(old) if ident.startswith(old) else ident
            found[name] = kind + slash + ident
        else:
            found[name] = _renamed(each, names)
    return found


async def loaded(base: str, token: str | None, now: datetime) -> list[str]:
    """Write the patients. Returns their references on that server. Raises ServerSaidNo."""
    everything = list(resources(now))
    async with _client(token) as http:
        first = await _put(http, base, everything[0])
        if first in {400, 403, 404, 405, 409, 422}:
            return await _transaction(http, base, everything)
        for one in everything if first in {200, 201} else ():
            status = await _put(http, base, one)
            if status not in {200, 201}:
                raise ServerSaidNo(f"PUT {one['resourceType']} answered {status}")
        if first not in {200, 201}:
            raise ServerSaidNo(f"PUT Patient answered {first}")
    return [f"Patient/{one['id']}" for one in everything if one["resourceType"] == "Patient"]


async def _put(http: httpx.AsyncClient, base: str, resource: Resource) -> int:
    answer = await http.put(f"{base}/{resource['resourceType']}/{resource['id']}", content=json.dumps(resource))
    return answer.status_code


async def _transaction(http: httpx.AsyncClient, base: str, everything: Iterable[Resource]) -> list[str]:
    """All at once, with ids of the server's choosing."""
    listed = list(everything)
    names = {f"{r['resourceType']}/{r['id']}": f"urn:uuid:{_uuid(number)}" for number, r in enumerate(listed)}
    entries: list[Resource] = []
    for one in listed:
        body = _pointed({k: v for k, v in one.items() if k != "id"}, names)
        kind = one["resourceType"]
        entries.append({"fullUrl": names[f"{kind}/{one['id']}"], "resource": body, "request": {"method": "POST", "url": kind}})
    bundle = {"resourceType": "Bundle", "type": "transaction", "entry": entries}
    answer = await http.post(base, content=json.dumps(bundle))
    if answer.status_code != 200:
        raise ServerSaidNo(f"the transaction was answered {answer.status_code}")
    places = [str(e.get("response", {}).get("location", "")) for e in answer.json().get("entry", [])]
    return [place.partition("/_history")[0] for place in places if "Patient/" in place]


def _uuid(number: int) -> str:
    return f"00000000-0000-4000-8000-{number:012d}"


def _pointed(value: Any, names: dict[str, str]) -> Any:
    if isinstance(value, list):
        return [_pointed(each, names) for each in cast("list[Any]", value)]
    if not isinstance(value, dict):
        return value
    members = cast("Resource", value).items()
    return {k: names.get(v, v) if k == "reference" and isinstance(v, str) else _pointed(v, names) for k, v in members}


async def removed(base: str, token: str | None) -> int:
    """Delete everything that carries the tag, and nothing else. Returns how many resources. Raises ServerSaidNo."""
    count = 0
    async with _client(token) as http:
        for kind in reversed(ORDER):
            for _ in range(PAGES):
                found = await _tagged(http, base, kind)
                for one in found:
                    answer = await http.delete(f"{base}/{kind}/{one['id']}")
                    if answer.status_code not in {200, 202, 204, 404, 410}:
                        raise ServerSaidNo(f"DELETE {kind} answered {answer.status_code}")
                count += len(found)
                if not found:
                    break
    return count


async def _tagged(http: httpx.AsyncClient, base: str, kind: str) -> list[Resource]:
    answer = await http.get(f"{base}/{kind}", params={"_tag": f"{TAG['system']}|{TAG['code']}", "_count": "100"})
    if answer.status_code != 200:
        raise ServerSaidNo(f"the search for {kind} answered {answer.status_code}")
    entries: list[Resource] = answer.json().get("entry") or []
    # A server that ignores _tag answers with everything: only what carries the tag is ours.
    return [
        e["resource"] for e in entries if TAG["code"] in {t.get("code") for t in e["resource"].get("meta", {}).get("tag", [])}
    ]


def _client(token: str | None) -> httpx.AsyncClient:
    headers = {"Content-Type": "application/fhir+json", "Accept": "application/fhir+json"}
    if token:
        headers["Authorization"] = f"Bearer {token}"
    return httpx.AsyncClient(headers=headers, timeout=TIMEOUT_S, follow_redirects=False, trust_env=False)
