"""Orders of sedatives, opioids, blockers and vasoactive drugs from scenario to answer: concentrations (and for propofol the
bispectral index), no suggestion, covariates in the published direction, refusals in words."""

from copy import deepcopy
from dataclasses import replace
from typing import Any

import pytest

from twin_engine.predict import predict
from twin_engine.proposals.targets import Target
from twin_engine.scenario_json import answer, read
from twin_engine.site import STANDARD

AT, LATER, LAST = "2026-01-03T08:00:00Z", "2026-01-03T09:00:00Z", "2026-01-03T14:00:00Z"
MEASURED = {
    "weight": (80.0, "kg"),
    "height": (175.0, "cm"),
    "creatinine": (1.0, "mg/dL"),
    "apache_ii": (20.0, "1"),
    "saps_ii": (45.0, "1"),
}
RATES = {
    "propofol": (160.0, "mg/h"),
    "remifentanil": (480.0, "ug/h"),
    "fentanyl": (100.0, "ug/h"),
    "midazolam": (5.0, "mg/h"),
    "dexmedetomidine": (56.0, "ug/h"),
    "norepinephrine": (960.0, "ug/h"),
    "epinephrine": (480.0, "ug/h"),
    "rocuronium": (24.0, "mg/h"),
    "furosemide": (10.0, "mg/h"),
    "ketamine": (12.0, "mg/h"),
    "vasopressin": (0.03, "U/min"),
}


def scenario(drug: str, *, age: int = 60, sex: str = "male", opioid: bool = False, **changed: float) -> dict[str, Any]:
    """One patient with one infusion ordered; `changed` overrides measured values."""
    rate, unit = RATES[drug]
    values = {name: (changed.get(name, value), u) for name, (value, u) in MEASURED.items()}
    morphine = {"drug": "morphine", "amount": 5.0, "unit": "mg", "start": "2026-01-03T06:00:00Z", "end": "2026-01-03T06:05:00Z"}
    return {
        "at": AT,
        "seed": 7,
        "horizon_h": 6,
        "alternatives": "none",
        "patient": {"birth_date": f"{2026 - age}-01-01", "sex": sex},
        "measurements": [
            {"variable": n, "value": v, "unit": u, "time": "2026-01-03T06:00:00Z"} for n, (v, u) in values.items()
        ],
        "administrations": [morphine] if opioid else [],
        "orders": [{"drug": drug, "rate": rate, "unit": unit, "start": AT}],
        "report_times": [LATER, LAST],
    }


def answered(document: dict[str, Any]) -> dict[str, Any]:
    """The answer of `icu-twin predict`."""
    return answer(predict(read(document)))


def level(document: dict[str, Any], variable: str, time: str = LAST) -> float:
    """Median forecast of the order as written."""
    rows = answered(document)["forecasts"][0]["report"]
    return next(row["median"] for row in rows if row["variable"] == variable and row["time"] == time)


@pytest.mark.parametrize("drug", RATES)
def test_an_infusion_is_forecast_and_nothing_is_suggested(drug: str) -> None:
    found = answered(scenario(drug))
    assert found["suggested"] is None
    assert [g for g in found["cannot_predict"] if g["variable"] not in ("map", "respiratory_drive")] == []
    ordered, untouched = found["forecasts"][:2]
    last = {f["label"]: f["variables"][drug]["p50"][-1] for f in (ordered, untouched)}
    assert last[ordered["label"]] > 0.0
    assert last[untouched["label"]] == 0.0
    bands = ordered["variables"][drug]
    assert all(low <= mid <= high for low, mid, high in zip(bands["p5"], bands["p50"], bands["p95"], strict=True))


@pytest.mark.parametrize(
    ("drug", "changed", "higher"),
    [
        ("propofol", {"opioid": True}, True),
        ("propofol", {"sex": "female"}, False),
        ("propofol", {"weight": 110.0}, False),
        ("remifentanil", {"age": 80}, True),
        ("remifentanil", {"weight": 100.0}, False),
        ("fentanyl", {"weight": 130.0}, False),
        ("midazolam", {"age": 80}, True),
        ("midazolam", {"apache_ii": 30.0}, True),
        ("norepinephrine", {"saps_ii": 60.0}, True),
        ("norepinephrine", {"weight": 90.0}, False),
        ("epinephrine", {"saps_ii": 80.0}, True),
        ("epinephrine", {"weight": 100.0}, False),
        ("rocuronium", {"age": 85}, True),
        ("rocuronium", {"weight": 100.0}, False),
        ("furosemide", {"creatinine": 1.4}, True),
        ("ketamine", {"weight": 100.0}, False),
        ("vasopressin", {"weight": 100.0}, False),
        ("furosemide", {"age": 80}, True),
    ],
)
def test_a_covariate_moves_the_forecast_in_the_published_direction(drug: str, changed: dict[str, Any], higher: bool) -> None:
    usual, other = level(scenario(drug), drug), level(scenario(drug, **changed), drug)
    assert other > 1.01 * usual if higher else other < 0.99 * usual


def test_age_raises_the_concentration_of_propofol_beside_an_opioid() -> None:
    young, old = (level(scenario("propofol", age=age, opioid=True), "propofol") for age in (40, 80))
    assert old > 1.05 * young


def test_an_opioid_signed_with_propofol_counts_like_a_charted_one() -> None:
    alone, charted, together = scenario("propofol"), scenario("propofol", opioid=True), scenario("propofol")
    together["orders"] = [*alone["orders"], {"drug": "fentanyl", "rate": 100.0, "unit": "ug/h", "start": AT}]
    drafted = level(together, "propofol")
    assert drafted > 1.01 * level(alone, "propofol")
    assert drafted == pytest.approx(level(charted, "propofol"), rel=1e-9)
    told = [q["effect"] for q in answered(together)["data_quality"] if q["variable"] == "propofol"]
    assert "fentanyl, ordered too, is counted" in told


def test_an_opioid_counts_only_for_the_option_that_gives_it() -> None:
    alone = scenario("propofol")
    both = deepcopy(alone)
    first = {**alone["orders"][0], "label": "alone"}
    opioid = {"label": "with fentanyl", "drug": "fentanyl", "rate": 100.0, "unit": "ug/h", "start": AT}
    both["orders"] = [first, {**first, "label": "with fentanyl"}, opioid]
    found = {f["label"]: f["variables"]["propofol"]["p50"][-1] for f in answered(both)["forecasts"]}
    assert found["alone"] == answered(alone)["forecasts"][0]["variables"]["propofol"]["p50"][-1]
    assert found["with fentanyl"] > 1.01 * found["alone"]
    assert found["no change"] == 0.0


def test_a_target_is_judged_in_the_copies_of_each_option() -> None:
    target = Target("propofol", "css", 1.0, 3.0, "mg/L", "a test", "a test", anti_infective=False)
    site = replace(STANDARD, targets={**STANDARD.targets, "propofol": target})
    first = {**scenario("propofol")["orders"][0], "label": "alone"}
    opioid = {"label": "with fentanyl", "drug": "fentanyl", "rate": 100.0, "unit": "ug/h", "start": AT}
    document = {**scenario("propofol"), "orders": [first, {**first, "label": "with fentanyl"}, opioid]}
    judged = {f.label: f.metrics for f in predict(read(document), site).forecasts}
    reached = {label: found["propofol_css_steady"].median for label, found in judged.items() if "propofol_css_steady" in found}
    assert reached["with fentanyl"] > 1.05 * reached["alone"]


def test_a_stopped_opioid_or_one_already_charted_changes_nothing() -> None:
    alone, charted = scenario("propofol"), scenario("propofol", opioid=True)
    for document in (alone, charted):
        stopped = deepcopy(document)
        stopped["orders"].append({"drug": "morphine", "stop": True, "start": AT})
        assert level(stopped, "propofol") == level(document, "propofol")
    again = deepcopy(charted)
    again["orders"].append({"drug": "fentanyl", "rate": 100.0, "unit": "ug/h", "start": AT})
    assert level(again, "propofol") == level(charted, "propofol")


def test_an_hour_of_propofol_lowers_the_bispectral_index_and_age_lowers_it_further() -> None:
    young, old = (level(scenario("propofol", age=age), "bis", LATER) for age in (40, 80))
    assert old < young < 93.0


def test_bolus_and_infusion_act_together() -> None:
    alone = scenario("propofol")
    both = deepcopy(alone)
    both["orders"].append({"drug": "propofol", "amount": 40.0, "unit": "mg", "infusion_h": 0, "start": AT})
    both["report_times"] = alone["report_times"] = ["2026-01-03T08:02:00Z"]
    at = "2026-01-03T08:02:00Z"
    assert level(both, "propofol", at) > 2.0 * level(alone, "propofol", at)
    assert level(both, "bis", at) < level(alone, "bis", at) - 1.0


def bolus(drug: str, amount: float, unit: str) -> dict[str, Any]:
    """One push ordered instead of the infusion."""
    document = scenario(drug)
    document["orders"] = [{"drug": drug, "amount": amount, "unit": unit, "infusion_h": 0, "start": AT}]
    document["report_times"] = [f"2026-01-03T08:0{m}:00Z" for m in (2, 3, 4)]
    return document


@pytest.mark.parametrize(
    ("drug", "amount", "unit", "variable"),
    [
        ("propofol", 40.0, "mg", "propofol_effect_site"),
        ("rocuronium", 50.0, "mg", "rocuronium_effect_site"),
        ("remifentanil", 80.0, "ug", "remifentanil"),
    ],
)
def test_the_peak_of_a_bolus_is_said_though_it_lies_between_the_points_of_the_curve(
    drug: str, amount: float, unit: str, variable: str
) -> None:
    document = bolus(drug, amount, unit)
    ordered, untouched = answered(document)["forecasts"]
    peak = ordered["metrics"][f"{variable}_highest"]
    assert peak["median"] > 1.1 * max(ordered["variables"][variable]["p50"])
    assert peak["median"] >= max(level(document, variable, minute) for minute in document["report_times"])
    assert peak["low"] < peak["median"] < peak["high"]
    assert not any(name.endswith("_highest") for name in untouched["metrics"])


def test_a_push_over_minutes_is_highest_in_plasma_when_it_has_gone_in() -> None:
    document = bolus("remifentanil", 80.0, "ug")
    document["orders"][0]["infusion_h"] = 5 / 60
    document["report_times"] = [f"2026-01-03T08:{m:02}:00Z" for m in (4, 5, 6)]
    over = {m: level(document, "remifentanil", f"2026-01-03T08:{m:02}:00Z") for m in (4, 5, 6)}
    peak = answered(document)["forecasts"][0]["metrics"]["remifentanil_highest"]["median"]
    assert peak == pytest.approx(over[5], rel=1e-4)
    assert over[5] > max(over[4], 1.1 * over[6])


def test_the_crest_of_the_effect_site_is_found_between_any_two_times() -> None:
    document = bolus("rocuronium", 50.0, "mg")
    document["report_times"] = [f"2026-01-03T08:{s // 60:02}:{s % 60:02}Z" for s in range(60, 900, 6)]
    forecast = answered(document)["forecasts"][0]
    courses = [row["median"] for row in forecast["report"] if row["variable"] == "rocuronium_effect_site"]
    # The copies do not all crest at the same time, so their peaks lie a little above the highest median.
    assert max(courses) < forecast["metrics"]["rocuronium_effect_site_highest"]["median"] < 1.02 * max(courses)


def test_twice_the_bolus_has_twice_the_peak() -> None:
    one, two = (answered(bolus("propofol", mg, "mg"))["forecasts"][0]["metrics"] for mg in (40.0, 80.0))
    name = "propofol_effect_site_highest"
    assert two[name]["median"] == pytest.approx(2.0 * one[name]["median"], rel=1e-3)


@pytest.mark.parametrize(("drug", "unit"), [("propofol", "mg"), ("fentanyl", "ug"), ("midazolam", "mg")])
def test_no_peak_in_plasma_where_the_first_minutes_were_not_studied(drug: str, unit: str) -> None:
    assert f"{drug}_highest" not in answered(bolus(drug, 50.0, unit))["forecasts"][0]["metrics"]


def test_an_infusion_has_no_peak_of_a_bolus() -> None:
    assert "propofol_effect_site_highest" not in answered(scenario("propofol"))["forecasts"][0]["metrics"]


@pytest.mark.parametrize(
    ("drug", "missing", "words"),
    [("midazolam", "apache_ii", "APACHE II"), ("epinephrine", "saps_ii", "SAPS II"), ("remifentanil", "height", "height")],
)
def test_a_missing_covariate_is_named(drug: str, missing: str, words: str) -> None:
    document = scenario(drug)
    document["measurements"] = [m for m in document["measurements"] if m["variable"] != missing]
    found = answered(document)
    assert any(words in gap["reason"] for gap in found["cannot_predict"])
    assert drug not in found["forecasts"][0]["variables"]


def test_without_a_severity_score_norepinephrine_is_forecast_from_volunteers() -> None:
    document = scenario("norepinephrine")
    document["measurements"] = [m for m in document["measurements"] if m["variable"] != "saps_ii"]
    found = answered(document)
    assert [name for name, m in found["twin"].items() if m["drug"] == "norepinephrine"] == ["norepinephrine_li_2024"]


def test_on_ecmo_propofol_is_forecast_from_patients_on_ecmo_without_the_index() -> None:
    document = scenario("propofol")
    document["procedures"] = [{"procedure": "ecmo", "start": "2026-01-02T08:00:00Z"}]
    found = answered(document)
    assert [name for name, m in found["twin"].items() if m["drug"] == "propofol"] == ["propofol_bertin_2026"]
    assert "bis" not in found["forecasts"][0]["variables"]


def test_on_ecmo_an_opioid_is_refused_in_words() -> None:
    document = scenario("fentanyl")
    document["procedures"] = [{"procedure": "ecmo", "start": "2026-01-02T08:00:00Z"}]
    assert any("ECMO" in gap["reason"] for gap in answered(document)["cannot_predict"])
