"""GET /cds-services: a conformant document with prefetch templates that any CDS Hooks 2.0 client can fill."""

import re

import pytest

from tests.calls import service, settings
from tests.schemas import faults

TOKENS = re.compile(r"\{\{([^{}]*)\}\}")


@pytest.fixture
async def services() -> list[dict]:
    async with service() as client:
        answer = await client.get("/cds-services")
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/json"
    assert faults("discovery", answer.json()) == []
    return answer.json()["services"]


async def test_one_id_stands_for_all_hooks_so_that_later_cards_replace_earlier_ones(services: list[dict]) -> None:
    assert {s["id"] for s in services} == {"icu-twin"}
    assert [s["hook"] for s in services] == ["patient-view", "order-select", "order-sign", "org.icutwin.vent-change"]


async def test_templates_keep_to_what_clients_of_version_2_can_resolve(services: list[dict]) -> None:
    for offered in services:
        assert 0 < len(offered["prefetch"]) <= 10
        for template in offered["prefetch"].values():
            assert len(template) <= 1500
            assert len(template.partition("code=")[2].partition("&")[0].split(",")) <= 40
            assert set(TOKENS.findall(template)) <= {"context.patientId", "context.encounterId"}
            assert not re.search(r"today|_include|:exact|%", template)


async def test_order_hooks_ask_for_what_the_models_read(services: list[dict]) -> None:
    prefetch = next(s["prefetch"] for s in services if s["hook"] == "order-sign")
    assert "2160-0" in prefetch["laboratory"], "creatinine"
    assert "29463-7" in prefetch["levels"], "weight rides with the drug levels: clients resolve ten keys"
    assert "8478-0" in prefetch["vitals"], "mean arterial pressure"
    assert "20578-1" in prefetch["levels"], "vancomycin level"
    assert prefetch["administrations"].startswith("MedicationAdministration?patient={{context.patientId}}")
    assert all("_count=200" in t for k, t in prefetch.items() if k in {"vitals", "administrations", "laboratory"})
    opened = next(s["prefetch"] for s in services if s["hook"] == "patient-view")
    assert opened == prefetch, "an order meets the chart that was opened, and its twin"


async def test_our_own_hook_asks_for_what_the_lungs_read_and_says_that_nobody_sends_it(services: list[dict]) -> None:
    own = next(s for s in services if s["hook"] == "org.icutwin.vent-change")
    assert "20077-4" in own["prefetch"]["ventilator"], "PEEP"
    assert "2703-7" in own["prefetch"]["gases"], "PaO2"
    assert "levels" not in own["prefetch"]
    assert "no health record sends it" in own["description"]


async def test_a_browser_of_a_configured_origin_may_ask_and_another_may_not() -> None:
    preflight = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "authorization,content-type"}
    async with service(settings(cors_origins=("https://ehr.example",))) as client:
        good = await client.options("/cds-services/icu-twin", headers={"Origin": "https://ehr.example", **preflight})
        bad = await client.options("/cds-services/icu-twin", headers={"Origin": "https://evil.example", **preflight})
    assert good.headers["access-control-allow-origin"] == "https://ehr.example"
    assert "access-control-allow-origin" not in bad.headers
    assert "access-control-allow-credentials" not in good.headers
