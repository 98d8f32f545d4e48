"""The page may load and parse nothing but its own files and plain text; the FHIR endpoint wants its token."""

import re
from importlib.resources import files
from pathlib import Path

import httpx
import pytest

from demo.ehr import Ehr
from demo.fhir_search import Charts
from demo.hook_client import HookClient
from demo.signer import Signer

STATIC = files("demo").joinpath("static")
BASE = "http://127.0.0.1:1"


@pytest.fixture
async def page():
    charts = Charts([{"resourceType": "Patient", "id": "x"}])
    hooks = HookClient(BASE, f"{BASE}/fhir", "token", charts, Signer(BASE))
    app = Ehr(charts, hooks, BASE, "token", Path("none.sqlite")).app()
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://127.0.0.1") as client:
        yield client
    await hooks.close()


async def test_only_own_files_run(page: httpx.AsyncClient) -> None:
    for path in ("/", "/ehr.js", "/ehr.css", "/icon.svg"):
        found = await page.get(path)
        assert found.status_code == 200
        policy = found.headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert "require-trusted-types-for 'script'" in policy


async def test_another_host_name_is_refused(page: httpx.AsyncClient) -> None:
    assert (await page.get("/api/patients", headers={"host": "ehr.example.org"})).status_code == 400


@pytest.mark.parametrize("token", [None, "Bearer wrong", "Bearer tökén".encode()])
async def test_charts_want_the_token(page: httpx.AsyncClient, token: str | bytes | None) -> None:
    headers = {} if token is None else {"authorization": token}
    assert (await page.get("/fhir/Patient/x", headers=headers)).status_code == 401
    assert (await page.get("/fhir/Patient", headers=headers)).status_code == 401


async def test_read_and_both_ways_to_search(page: httpx.AsyncClient) -> None:
    allowed = {"authorization": "Bearer token"}
    assert (await page.get("/fhir/Patient/x", headers=allowed)).json()["id"] == "x"
    assert (await page.get("/fhir/Patient/y", headers=allowed)).json()["resourceType"] == "OperationOutcome"
    assert (await page.get("/fhir/Patient?_id=x", headers=allowed)).json()["total"] == 1
    assert (await page.post("/fhir/Patient/_search", data={"_id": "y"}, headers=allowed)).json()["total"] == 0


def test_the_script_never_parses_html_or_code() -> None:
    script = STATIC.joinpath("ehr.js").read_text(encoding="utf-8")
    assert len(script) > 5000
    assert not re.search(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(|Function\(|srcdoc|DOMParser", script)


def test_nothing_comes_from_elsewhere() -> None:
    for name in ("index.html", "ehr.css", "ehr.js"):
        text = STATIC.joinpath(name).read_text(encoding="utf-8").replace("http://www.w3.org/2000/svg", "")
        assert not re.search(r"https?://|//cdn|@import", text)
        assert name != "index.html" or not re.search(r"<script(?![^>]*src=)|\son\w+=|style=", text)
