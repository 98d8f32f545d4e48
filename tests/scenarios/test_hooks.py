"""Whole calls: with and without prefetch, repeated, silent, short of data, short of time."""

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import httpx
import pytest
import sqlalchemy as sa

from service import in_time
from service.store import audit, database
from tests.calls import AT, PATIENT, RXNORM, URL, bundle, given, order, post, prefetch, request, service, settings, without
from tests.fhir_server import BASE, FhirServer, outcome
from tests.schemas import faults

NO_WEIGHT = {**prefetch(), "body": bundle([])}


def over_rest(**changes: Any) -> dict[str, Any]:
    """A call without prefetch and with access to the chart."""
    authorization = {
        "access_token": "token-of-the-call",
        "token_type": "Bearer",
        "expires_in": 300,
        "scope": "patient/*.rs",
        "subject": "icu-twin",
    }
    return {**without(request(), "prefetch"), "fhirServer": BASE, "fhirAuthorization": authorization, **changes}


async def asked(server: FhirServer, document: dict[str, Any], **changes: Any) -> httpx.Response:
    configured = settings(fhir_bases=(BASE,), **changes)
    async with service(configured, transport=server.transport) as client:
        return await client.post(URL, content=json.dumps(document))


async def test_the_same_chart_gives_the_same_card_with_and_without_prefetch() -> None:
    server = FhirServer()
    sent, fetched = await post(request()), await asked(server, over_rest())
    assert fetched.status_code == 200, fetched.text
    one, other = sent.json()["cards"][0], fetched.json()["cards"][0]
    assert one["summary"] == other["summary"]
    assert one["detail"] == other["detail"]
    assert faults("response", fetched.json()) == []
    assert {r.headers["authorization"] for r in server.asked} == {"Bearer token-of-the-call"}


async def test_only_absent_and_failed_keys_are_fetched() -> None:
    server = FhirServer()
    partly = {**without(prefetch(), "laboratory"), "levels": json.loads(outcome().content)}
    answer = await asked(server, over_rest(prefetch=partly))
    assert answer.json()["cards"][0]["summary"] == (await post(request())).json()["cards"][0]["summary"]
    assert sorted(r.url.path for r in server.asked) == ["/fhir/Observation", "/fhir/Observation"]


async def test_weight_that_came_with_the_levels_as_announced_is_used() -> None:
    """The discovery document asks for weight and height among the drug levels; no server, and no key for the body."""
    apart = prefetch()
    together = {k: v for k, v in apart.items() if k != "body"}
    together["levels"] = {**apart["levels"], "entry": [*apart["body"]["entry"], *apart["levels"]["entry"]]}
    answer = await post({**request(), "prefetch": together})
    assert answer.status_code == 200, answer.text
    assert answer.json()["cards"][0]["summary"] == (await post(request())).json()["cards"][0]["summary"]


async def test_weight_that_came_apart_from_the_levels_is_used_too() -> None:
    """On opening a chart ten keys are announced, weight among the levels; a site that sends it apart is read all the same."""
    apart = await post(request("patient-view"))
    assert apart.json() == {"cards": []}, "nothing blocks the forecast of the vancomycin that runs"
    without_body = {k: v for k, v in prefetch().items() if k != "body"}
    missed = await post({**request("patient-view"), "prefetch": without_body})
    assert "weight: not charted" in missed.json()["cards"][0]["summary"]


async def test_null_is_known_to_be_nothing_and_not_fetched() -> None:
    server = FhirServer()
    answer = await asked(server, over_rest(prefetch={**prefetch(), "levels": None, "conditions": None}))
    assert answer.status_code == 200
    assert server.asked == []
    assert "level 12 h" not in answer.json()["cards"][0]["detail"]


async def test_a_cut_prefetch_is_completed() -> None:
    server = FhirServer({"page-2": lambda _: httpx.Response(200, json=bundle([given(1000, 12)]))})
    link = {"link": [{"relation": "next", "url": f"{BASE}/page-2"}]}
    cut = {**prefetch(), "administrations": bundle([given(1500, 24)], **link)}
    answer = await asked(server, over_rest(prefetch=cut))
    assert [r.url.path for r in server.asked] == ["/fhir/page-2"]
    assert answer.json()["cards"][0]["summary"] == (await post(request())).json()["cards"][0]["summary"]
    assert "ncomplete" not in answer.json()["cards"][0]["detail"]


async def test_a_cut_prefetch_that_cannot_be_completed_says_so() -> None:
    link = {"link": [{"relation": "next", "url": f"{BASE}/page-2"}]}
    answer = await post({**request(), "prefetch": {**prefetch(), "administrations": bundle([given(1500, 24)], **link)}})
    assert answer.status_code == 200
    assert "ncomplete" in answer.json()["cards"][0]["detail"]


async def test_optional_data_that_fail_are_named_and_the_card_stands() -> None:
    answer = await asked(FhirServer({"procedures": httpx.Response(403), "conditions": outcome()}), over_rest())
    assert answer.status_code == 200
    detail = answer.json()["cards"][0]["detail"]
    assert "procedures" in detail
    assert "conditions" in detail


@pytest.mark.parametrize(
    "failure",
    [httpx.Response(401), httpx.Response(403), httpx.Response(404), httpx.Response(500), httpx.ConnectError("down"), outcome()],
    ids=["401", "403", "404", "500", "no connection", "OperationOutcome"],
)
async def test_required_data_that_cannot_be_had_are_named(failure: Any) -> None:
    answer = await asked(FhirServer({"laboratory": failure}), over_rest())
    assert answer.status_code == 412
    assert answer.json()["issue"][0]["diagnostics"] == "missing prefetch keys: laboratory"
    assert PATIENT not in answer.text


async def test_without_server_every_missing_key_is_named() -> None:
    answer = await post(without(without(request(), "prefetch", "laboratory"), "prefetch", "patient"))
    assert answer.status_code == 412
    assert "laboratory, patient" in answer.json()["issue"][0]["diagnostics"]


@pytest.mark.parametrize(
    "server",
    [
        "https://ehr.example.evil.example/fhir",
        "http://ehr.example/fhir",
        "https://ehr.example/fhir/../admin",
        "https://x@ehr.example/fhir",
        "http://169.254.169.254/latest",
        "file:///etc/passwd",
    ],
)
async def test_a_server_that_is_not_configured_is_never_contacted(server: str) -> None:
    ours = FhirServer()
    answer = await asked(ours, over_rest(fhirServer=server))
    assert answer.status_code == 412
    assert ours.asked == []
    with_prefetch = await asked(ours, over_rest(fhirServer=server, prefetch=prefetch()))
    assert with_prefetch.status_code == 200, "what came along is enough"


async def test_a_patient_mixed_into_the_answers_of_the_server_is_refused() -> None:
    other = {"resourceType": "Patient", "id": "icu-2", "birthDate": "1950-01-01"}
    answer = await asked(FhirServer({"patient": httpx.Response(200, json=other)}), over_rest())
    assert answer.status_code == 400


async def test_a_medication_that_the_draft_refers_to_is_fetched() -> None:
    medication = {"resourceType": "Medication", "id": "vanc", "code": order()["medicationCodeableConcept"]}
    draft = {**without(order(), "medicationCodeableConcept"), "medicationReference": {"reference": "Medication/vanc"}}
    server = FhirServer({"Medication/vanc": httpx.Response(200, json=medication)})
    answer = await asked(server, {**over_rest(), "context": request("order-sign", draft)["context"]})
    assert answer.json()["cards"][0]["summary"] == (await post(request())).json()["cards"][0]["summary"]
    assert server.asked[0].url.path == "/fhir/Medication/vanc"


async def test_the_same_call_gets_the_stored_answer_and_no_second_audit(tmp_path: Any) -> None:
    configured = settings(database_url=f"sqlite:///{tmp_path / 'a.sqlite'}", fhir_bases=(BASE,))
    server, body = FhirServer(), json.dumps(over_rest())
    async with service(configured, transport=server.transport) as client:
        one = await client.post(URL, content=body)
        times = len(server.asked)
        again = await client.post(URL, content=body)
    assert one.json() == again.json()
    assert len(server.asked) == times, "nothing was fetched again"
    assert len(invocations(configured.database_url)) == 1


async def test_no_prediction_is_said_once_a_day_and_audited_after_that(tmp_path: Any) -> None:
    url = f"sqlite:///{tmp_path / 'a.sqlite'}"

    async def ask(instance: str, hours: float, patient_prefetch: dict[str, Any] = NO_WEIGHT) -> list[Any]:
        document = {**request(), "hookInstance": instance, "prefetch": patient_prefetch}
        async with service(settings(database_url=url), at=AT + timedelta(hours=hours)) as client:
            return (await client.post(URL, content=json.dumps(document))).json()["cards"]

    assert [c["summary"][:13] for c in await ask("1", 0)] == ["No prediction"]
    assert await ask("2", 1) == []
    assert await ask("3", 23.9) == []
    assert len(await ask("4", 24.1)) == 1
    assert [json.loads(row.reasons) for row in invocations(url)] == [[], ["shown within 24 h"], ["shown within 24 h"], []]


async def test_an_order_for_a_patient_charted_as_deceased_is_not_forecast() -> None:
    sent = prefetch()
    died = {**sent, "patient": {**sent["patient"], "deceasedDateTime": "2026-01-03T07:50:00Z"}}
    (card,) = (await post({**request(), "prefetch": died})).json()["cards"]
    assert card["indicator"] == "info"
    assert card["summary"] == "No prediction for vancomycin: the patient is charted as deceased"
    assert "suggestions" not in card


async def test_a_card_on_a_limit_is_shown_every_time() -> None:
    async with service() as client:
        for instance in ("1", "2", "3"):
            document = {**request("order-sign", order(20_000)), "hookInstance": instance, "prefetch": NO_WEIGHT}
            found = (await client.post(URL, content=json.dumps(document))).json()["cards"]
            assert found[0]["indicator"] == "critical"


async def test_every_call_is_audited_with_its_reason_the_empty_and_refused_ones_too(tmp_path: Any) -> None:
    configured = settings(database_url=f"sqlite:///{tmp_path / 'a.sqlite'}")
    aspirin = {**order(), "medicationCodeableConcept": {"coding": [{"code": "1191"}]}}
    calls = [
        request(),
        request("order-sign", aspirin),
        {**request(), "prefetch": {}},
        request("order-sign", order(patient="x")),
    ]
    async with service(configured) as client:
        for document in calls:
            await client.post(URL, content=json.dumps(document))
    rows = invocations(configured.database_url)
    assert [row.status for row in rows] == [200, 200, 412, 400]
    assert json.loads(rows[1].reasons) == ["no draft that we model"]
    assert all(json.loads(row.reasons) for row in rows[1:])
    assert all(PATIENT not in " ".join(map(str, row)) for row in rows)
    engine = database.opened(configured.database_url)
    assert audit.chain_is_whole(engine)
    engine.dispose()


async def test_the_stored_scenario_gives_the_same_prediction_again(tmp_path: Any) -> None:
    from twin_engine import scenario_json
    from twin_engine.predict import predict

    configured = settings(database_url=f"sqlite:///{tmp_path / 'a.sqlite'}")
    async with service(configured) as client:
        card = (await client.post(URL, content=json.dumps(request()))).json()["cards"][0]
    engine = database.opened(configured.database_url)
    with engine.connect() as db:
        stored = json.loads(db.execute(sa.text("select scenario from scenario")).scalar_one())
    engine.dispose()
    replayed = predict(scenario_json.read(stored))
    ordered = replayed.forecasts[0]
    median = ordered.metrics[ordered.places["vancomycin"].metric].median
    assert f"{median:,.0f} mg" in card["summary"]


async def test_doubling_the_dose_doubles_the_predicted_exposure() -> None:
    def shown(summary: str) -> float:
        return float(summary.split("AUC24 ")[1].split(" ", maxsplit=1)[0].replace(",", ""))

    single, double = [(await post(request("order-sign", order(mg)))).json()["cards"][0]["summary"] for mg in (1000, 2000)]
    assert shown(double) == pytest.approx(2 * shown(single), rel=0.01)


def invocations(url: str) -> list[Any]:
    engine = database.opened(url)
    with engine.connect() as db:
        rows = list(db.execute(sa.text("select * from invocation order by rowid")))
    engine.dispose()
    return rows


def slow(seconds: float, then: Callable[..., Any]) -> Callable[..., Any]:
    import time

    def late(*args: Any, **kwargs: Any) -> Any:
        time.sleep(seconds)
        return then(*args, **kwargs)

    return late


async def test_the_deadline_with_nothing_ready_is_503(monkeypatch: pytest.MonkeyPatch) -> None:
    async with service(settings(own_seconds=0.2, total_seconds=3)) as client:
        monkeypatch.setattr(in_time, "predict", slow(0.6, in_time.predict))
        answer = await client.post(URL, content=json.dumps(request()))
    assert answer.status_code == 503
    assert answer.headers["retry-after"].isdigit()
    assert answer.json()["resourceType"] == "OperationOutcome"


async def test_the_deadline_with_a_limit_crossed_still_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    async with service(settings(own_seconds=0.3, total_seconds=3)) as client:
        monkeypatch.setattr(in_time, "predict", slow(0.8, in_time.predict))
        answer = await client.post(URL, content=json.dumps(request("order-sign", order(20_000))))
    assert answer.status_code == 200
    assert answer.json()["cards"][0]["indicator"] == "critical"
    assert answer.json()["extension"] == {"org.icu-twin.partial": True}
    assert faults("response", answer.json()) == []


async def test_little_time_gives_the_order_as_written_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(in_time, "ALL_OPTIONS_S", 60.0)
    answer = await post(request())
    assert answer.status_code == 200
    assert answer.json()["extension"] == {"org.icu-twin.partial": True}
    assert "AUC24" in answer.json()["cards"][0]["summary"]
    assert "suggestions" not in answer.json()["cards"][0]


async def test_a_partial_answer_is_not_given_again(monkeypatch: pytest.MonkeyPatch) -> None:
    async with service() as client:
        monkeypatch.setattr(in_time, "ALL_OPTIONS_S", 60.0)
        partial = await client.post(URL, content=json.dumps(request()))
        monkeypatch.undo()
        whole = await client.post(URL, content=json.dumps(request()))
    assert "suggestions" not in partial.json()["cards"][0]
    assert "suggestions" in whole.json()["cards"][0]


async def test_nothing_is_suggested_where_a_dose_of_the_chart_has_no_amount() -> None:
    """Lowering the dose for a level that an uncounted dose explains would leave the patient short."""
    counted = {**given(0, 18), "id": "counted"}
    counted["dosage"] = {**counted["dosage"], "dose": {"value": 1, "unit": "dose"}}
    document = request()
    document["prefetch"]["administrations"]["entry"].append({"resource": counted})
    [whole], [holed] = [(await post(asked)).json()["cards"] for asked in (request(), document)]
    assert whole["suggestions"]
    assert "suggestions" not in holed
    assert "Suggested" not in holed["detail"]
    assert "a dose without a usable amount" in holed["detail"]


async def test_a_draft_by_mouth_of_a_drug_that_is_absorbed_is_refused_in_words() -> None:
    oral = {**order(1000), "medicationCodeableConcept": {"coding": [{"system": RXNORM, "code": "114477"}]}}
    oral["dosageInstruction"] = [{**order(1000)["dosageInstruction"][0], "route": {"text": "oral"}}]
    [card] = (await post(request("order-sign", oral))).json()["cards"]
    assert card["indicator"] == "info"
    assert card["summary"].startswith("No prediction for levetiracetam: an order that is not intravenous")
