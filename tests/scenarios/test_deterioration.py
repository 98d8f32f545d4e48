"""Opening a chart: an early card on falling pressure, silence where nothing matters, and refusals that leave the rest going."""

import json
import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from importlib.resources import files
from typing import Any

import numpy as np
import pytest

from cds_cards.build import build
from cds_cards.case import RiskView
from cds_cards.past import Past, Shown
from cds_cards.rules import UNPROVEN, Rule, Rules
from fhir_mapping.codes import LOINC, standard
from service import app, templates
from service.risks import seen
from service.templates import READ_BY_RISK
from tests.calls import URL, bundle, given, observation, order, prefetch, request, service, settings
from tests.golden.cases import VIEW, WATCHED, view_of
from tests.golden.predictions import AT as GOLDEN_AT
from tests.unit.risk import charts
from twin_engine.outcome import CannotPredict
from twin_engine.patient.record import Administration, Setting
from twin_engine.risk import load
from twin_engine.risk.eligibility import running_vasopressor

FALLING = (92, 88, 84, 80, 78, 74, 72, 70, 67, 66)
STEADY = (84, 85, 83, 84, 86, 84, 85, 83, 84, 85)
Answer = dict[str, Any]


def vitals(pressures: tuple[float, ...], heart_rate: float = 118, only_map: bool = False) -> list[Answer]:
    """Hourly vital signs, the newest 12 min old."""
    found: list[Answer] = []
    for i, value in enumerate(reversed(pressures)):
        hours = i + 0.2
        found.append(observation("map", "8478-0", value, "mm[Hg]", hours))
        if not only_map:
            found += [
                observation("hr", "8867-4", heart_rate, "/min", hours),
                observation("rr", "9279-1", 26 if heart_rate > 100 else 15, "/min", hours),
                observation("spo2", "59408-5", 93 if heart_rate > 100 else 98, "%", hours),
                observation("temp", "8310-5", 38.6 if heart_rate > 100 else 36.9, "Cel", hours),
            ]
    return found


def viewed(pressures: tuple[float, ...] = FALLING, **more: Any) -> Answer:
    heart_rate = 118 if pressures == FALLING else 80
    sent = {"vitals": bundle(vitals(pressures, heart_rate)), "gases": bundle([observation("lac", "2524-7", 5.1, "mmol/L", 1)])}
    return {**request("patient-view"), "prefetch": {**prefetch(), **sent, **more}}


async def asked(document: Answer, **configured: Any) -> list[Answer]:
    """The cards of a fresh service."""
    async with service(settings(**configured)) as client:
        answer = await client.post(URL, content=json.dumps(document))
        assert answer.status_code == 200, answer.text
        return answer.json()["cards"]


def topics(cards: list[Answer]) -> list[str]:
    return [card["source"]["topic"]["code"] for card in cards]


async def test_falling_pressure_gets_an_early_card_that_says_on_what_it_rests() -> None:
    cards = await asked(viewed())
    (card,) = [c for c in cards if c["source"]["topic"]["code"] == "deterioration"]
    assert card["summary"].startswith("New hypotension within 6 h: among the highest ")
    assert "average hour 5 %" in card["summary"]
    assert "rising since" in card["summary"]
    detail = card["detail"]
    for words in ("Circulation", "MAP 66 mmHg, 12 min old ✓", "Not charted: ", "NEWS2", "not recalibrated here", "not a cause"):
        assert words in detail, words
    assert "reduce" not in detail


def administered(words: str | None) -> Answer:
    given = {
        "resourceType": "MedicationAdministration",
        "id": "drip",
        "status": "in-progress",
        "subject": {"reference": "Patient/icu-1"},
        "medicationCodeableConcept": {"coding": [{"system": "urn:site", "code": "drip"}], **({"text": words} if words else {})},
        "effectivePeriod": {"start": "2026-01-03T05:00:00Z"},
        "dosage": {"rateQuantity": {"value": 5, "unit": "mL/h"}},
    }
    return viewed(administrations=bundle([given]))


async def test_a_pressor_that_no_model_reads_refuses_and_an_infusion_without_a_name_is_told() -> None:
    assert "deterioration" not in topics(await asked(administered("Metaraminol 50 mg")))
    details = [
        card["detail"]
        for words in (None, "Heparin")
        for card in await asked(administered(words))
        if card["source"]["topic"]["code"] == "deterioration"
    ]
    assert ["an infusion whose name is not charted runs" in detail for detail in details] == [True, False]


async def test_the_card_says_what_the_twin_lacks_and_what_a_value_now_would_be_worth() -> None:
    old = bundle([observation("creatinine", "2160-0", 1.4, "mg/dL", 40)])
    (fresh,), (aged,) = await asked(viewed()), await asked(viewed(laboratory=old))
    assert "Completeness of the twin" not in fresh["detail"], "nothing that matters is missing"
    (line,) = [row for row in aged["detail"].split("\n") if row.startswith("Completeness of the twin: ")]
    assert "kidneys B (creatinine old: charted now, its forecast would be 0.5 × as wide)" in line


async def test_a_steady_patient_gets_none() -> None:
    cards = await asked(viewed(STEADY, gases=bundle([])))
    assert "deterioration" not in topics(cards)


def minor(document: Answer) -> Answer:
    sent = document["prefetch"]
    return {**document, "prefetch": {**sent, "patient": {**sent["patient"], "birthDate": "2015-05-04"}}}


def stale(document: Answer) -> Answer:
    old = [{**o, "effectiveDateTime": o["effectiveDateTime"].replace("2026-01-03", "2026-01-01")} for o in vitals(FALLING)]
    return {**document, "prefetch": {**document["prefetch"], "vitals": bundle(old)}}


def one_vital(document: Answer) -> Answer:
    return {**document, "prefetch": {**document["prefetch"], "vitals": bundle(vitals(FALLING, only_map=True))}}


def limited(document: Answer) -> Answer:
    flag = {
        "resourceType": "Flag",
        "id": "dnr",
        "status": "active",
        "subject": {"reference": "Patient/icu-1"},
        "code": {"coding": [{"system": "http://snomed.info/sct", "code": "304253006"}]},
    }
    return {**document, "prefetch": {**document["prefetch"], "conditions": bundle([flag])}}


def odd_unit(document: Answer) -> Answer:
    odd = [json.loads(json.dumps(o).replace("mm[Hg]", "furlong")) for o in vitals(FALLING)]
    return {**document, "prefetch": {**document["prefetch"], "vitals": bundle(odd)}}


@pytest.mark.parametrize("worsened", [minor, stale, one_vital, limited, odd_unit])
async def test_what_the_model_cannot_judge_gets_no_card(worsened: Any) -> None:
    cards = await asked(worsened(viewed()))
    assert "deterioration" not in topics(cards)


async def test_nobody_is_asked_to_look_at_the_chart_of_a_deceased() -> None:
    hole = given(1000, 12)
    del hole["dosage"]["dose"]
    alive = viewed(administrations=bundle([given(1500, 24), hole]))
    assert len(await asked(alive)) == 2
    sent = alive["prefetch"]
    died = {**alive, "prefetch": {**sent, "patient": {**sent["patient"], "deceasedDateTime": "2026-01-03T07:50:00Z"}}}
    assert await asked(died) == []


async def test_treatment_limits_give_way_where_the_site_says_so(tmp_path: Any) -> None:
    path = tmp_path / "site.toml"
    path.write_text("[policy]\ndespite_limits = true\n", encoding="utf-8")
    cards = await asked(limited(viewed()), site_file=path)
    assert "deterioration" in topics(cards)


def released(**changed: bytes | None) -> Mapping[str, Any]:
    folder = files("twin_engine.risk").joinpath("shipped")
    card = folder.joinpath("hypotension.json").read_bytes()
    graph = changed.get("graph", folder.joinpath("hypotension.onnx").read_bytes())
    return {"hypotension": None if graph is None else (card, graph)}


@pytest.mark.parametrize(
    ("graph", "why"),
    [(None, "the model file is missing"), (b"altered", "not the one that was released")],
    ids=["missing", "altered"],
)
async def test_a_model_that_fails_its_test_refuses_and_the_rest_goes_on(
    monkeypatch: pytest.MonkeyPatch, graph: bytes | None, why: str
) -> None:
    broken = load.load(released(graph=graph))
    reason = broken.model("hypotension")
    assert isinstance(reason, CannotPredict)
    assert why in reason.reason
    monkeypatch.setattr(app.load, "shipped", lambda: broken)
    hole = given(1000, 12)
    del hole["dosage"]["dose"]
    cards = await asked(viewed(administrations=bundle([given(1500, 24), hole])))
    assert topics(cards) == ["dataquality"]
    signed = await asked(request("order-sign", order(20_000)))
    assert topics(signed) == ["limit"]
    view, *_ = seen(broken, WATCHED, GOLDEN_AT)
    assert why in " ".join(s.reason for s in build(view_of(view)).suppressed)


class _NoNumber:
    """A session that answers as the released one, without a number."""

    def __init__(self, session: Any) -> None:
        self.session = session

    def run(self, names: list[str], inputs: Any) -> list[Any]:
        probability, terms, intercept, members = self.session.run(names, inputs)
        return [np.full_like(probability, np.nan), terms, intercept, np.full_like(members, np.nan)]


async def test_a_model_that_gives_no_number_refuses_and_the_rest_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    ready = load.shipped().ready
    model = ready["hypotension"]
    broken = load.RiskModels({**ready, "hypotension": replace(model, session=_NoNumber(model.session))})
    view, *_ = seen(broken, charts.chart(), charts.AT)
    assert view.found == CannotPredict("hypotension", "the risk model gave no number")
    monkeypatch.setattr(app.load, "shipped", lambda: broken)
    hole = given(1000, 12)
    del hole["dosage"]["dose"]
    assert topics(await asked(viewed(administrations=bundle([given(1500, 24), hole])))) == ["dataquality"]


def saturation(**changes: Any) -> RiskView:
    assert not isinstance(VIEW.found, CannotPredict)
    return replace(VIEW, found=replace(VIEW.found, event="hypoxaemia", title="Low saturation within 6 h", **changes))


def test_of_events_as_loud_and_as_soon_the_likelier_gets_the_card() -> None:
    decision = build(view_of(VIEW, saturation(ppv=0.4), rules=Rules(unproven=frozenset())))
    assert [c.summary.split(" within")[0] for c in decision.cards] == ["Low saturation"]
    assert [(s.by, s.rule, s.event) for s in decision.suppressed if s.rule] == [
        ("crowding", "deterioration hypotension", "hypotension")
    ]


def kidney(**changes: Any) -> RiskView:
    assert not isinstance(VIEW.found, CannotPredict)
    title = "Acute kidney injury or its next stage within 48 h"
    found = replace(VIEW.found, event="kidney_injury", title=title, horizon_h=48, ppv=0.6, base_rate=0.12)
    return replace(VIEW, found=replace(found, **changes))


@pytest.mark.parametrize(
    ("share_below", "shown", "first"),
    [
        (0.96, (), "New hypotension"),
        (0.992, (), "Acute kidney injury or its next stage"),
        (0.96, (Shown("deterioration hypotension", "info", frozenset({"circulation", "acid_base", "kidney"}), 2.0),), "Acute"),
    ],
    ids=["the sooner", "the louder", "what was not told yet"],
)
def test_the_one_card_is_the_loudest_and_soonest_not_told_yet_and_names_the_other(
    share_below: float, shown: tuple[Shown, ...], first: str
) -> None:
    case = replace(view_of(VIEW, kidney(share_below=share_below)), past=Past(shown))
    decision = build(replace(case, rules=Rules(unproven=frozenset())))
    (card,) = decision.cards
    assert card.summary.startswith(first)
    other = "New hypotension" if first.startswith("Acute") else "Acute kidney injury"
    assert f"Also: {other}" in (card.detail or "")
    assert [s.by for s in decision.suppressed if s.rule] == ["crowding"]


def test_the_top_rank_of_a_rare_event_is_no_warning_and_comes_after_a_likelier_one() -> None:
    """Among the highest 0.2 % of hours 18 % went on to low saturation, among the highest 5 % 30 % to low pressure."""
    asked_for = Rules(unproven=frozenset())
    rare = saturation(share_below=0.998, ppv=0.18, base_rate=0.0047)
    (alone,) = build(view_of(rare, rules=asked_for)).cards
    assert alone.indicator == "info"
    assert "of such hours 18 % went on to it; average hour 0.5 %" in alone.summary
    (card,) = build(view_of(rare, VIEW, rules=asked_for)).cards
    assert card.summary.startswith("New hypotension")


@pytest.mark.parametrize(
    ("charted", "line"),
    [
        (((5.0, 0.6), (2.0, 0.4)), "FiO2 40 %, charted 2 h ago"),
        (((-1.0, 0.9),), "FiO2: not charted"),
        ((), "FiO2: not charted"),
    ],
    ids=["the newest", "not yet", "none"],
)
def test_a_card_on_low_saturation_says_the_oxygen_that_is_charted(charted: tuple[tuple[float, float], ...], line: str) -> None:
    settings = tuple(Setting("fio2", value, "1", GOLDEN_AT - timedelta(hours=hours)) for hours, value in charted)
    case = view_of(saturation(ppv=0.4), rules=Rules(unproven=frozenset()), record=replace(WATCHED, settings=settings))
    (card,) = build(case).cards
    assert line in (card.detail or "").split("\n")


@pytest.mark.parametrize("event", ["sepsis", "hypoxaemia", "kidney_injury"])
def test_a_risk_that_a_plain_score_tells_as_well_is_silent_as_released(event: str) -> None:
    assert not isinstance(VIEW.found, CannotPredict)
    decision = build(view_of(replace(VIEW, found=replace(VIEW.found, event=event, ppv=0.5))))
    assert decision.cards == ()
    assert [(s.by, s.rule) for s in decision.suppressed if s.rule] == [("silent", f"deterioration {event}")]


def test_only_an_organ_that_speaks_for_the_event_is_a_new_sign() -> None:
    """A weak contribution comes and goes by the hour: it breaks no lock-out."""
    assert not isinstance(VIEW.found, CannotPredict)
    before = Past((Shown("deterioration hypotension", "info", frozenset({"circulation"}), 2.0),))
    for term, cards in ((0.39, 0), (0.4, 1)):
        found = replace(VIEW.found, share_below=0.96, terms={"circulation": 1.2, "blood": term})
        assert len(build(replace(view_of(replace(VIEW, found=found)), past=before)).cards) == cards


@pytest.mark.parametrize("unproven", [UNPROVEN, frozenset()], ids=["as released", "asked for by the site"])
def test_sepsis_is_silent_until_the_site_asks_for_it_and_crowds_out_nothing(unproven: frozenset[Rule]) -> None:
    """The likelier event is sepsis: as released it is counted with its card, and the card on pressure goes out."""
    assert not isinstance(VIEW.found, CannotPredict)
    sepsis = replace(VIEW, found=replace(VIEW.found, event="sepsis", title="Onset of sepsis within 6 h", ppv=0.4))
    decision = build(replace(view_of(VIEW, sepsis), rules=Rules(unproven=unproven)))
    left_out = {s.rule: (s.by, s.card is not None) for s in decision.suppressed if s.rule}
    if unproven:
        assert [c.summary.split(" within")[0] for c in decision.cards] == ["New hypotension"]
        assert left_out == {"deterioration sepsis": ("silent", True)}
    else:
        assert [c.summary.split(" within")[0] for c in decision.cards] == ["Onset of sepsis"]
        assert left_out == {"deterioration hypotension": ("crowding", True)}


def test_discovery_asks_for_all_that_the_released_models_read() -> None:
    read = frozenset[str]().union(*(model.reach for model in load.shipped().ready.values()))
    assert read == READ_BY_RISK
    offered = ",".join(templates.offered(templates.subjects_of("patient-view"), "patient-view").values())
    codes = set(re.findall(r"loinc\.org\|([\d-]+)", offered))
    asked = {meaning.name for (system, code), meaning in standard().variables.items() if system == LOINC and code in codes}
    assert read <= asked


@pytest.mark.parametrize(
    ("charted", "running"),
    [
        ({"rate": 10.0, "last_charted": 0.5}, True),
        ({"rate": 10.0, "end": 0.5}, False),
        ({"amount": 2.0, "end": -0.5}, True),
        ({"amount": 2.0, "end": 0.5}, True),
        ({"amount": 2.0, "end": 1.5}, False),
        ({"amount": 2.0}, False),
        ({"amount": 2.0, "end": 3.0}, False),
    ],
    ids=["rate", "rate stopped", "amount of this period", "amount of the last period", "stopped", "unknown", "push"],
)
def test_a_pressor_refuses_however_it_is_charted(charted: dict[str, float], running: bool) -> None:
    """Many charts hold an infusion as the amount of each period, without a rate."""
    times = {k: GOLDEN_AT - timedelta(hours=v) for k, v in charted.items() if k in {"end", "last_charted"}}
    how = {k: v for k, v in charted.items() if k not in times}
    given = Administration("norepinephrine", GOLDEN_AT - timedelta(hours=3), "mg", **how, **times)
    record = replace(WATCHED, administrations=(given,))
    assert (running_vasopressor(record, GOLDEN_AT) is not None) is running
