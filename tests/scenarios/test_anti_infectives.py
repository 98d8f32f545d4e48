"""Orders of anti-infectives and levetiracetam from scenario to answer: the metric that each is judged by, covariates in the
published direction, renal replacement, refusals in words, and no suggestion where no model is verified."""

from dataclasses import replace
from typing import Any

import pytest

from twin_engine.patient.record import Measurement
from twin_engine.predict import predict
from twin_engine.scenario_json import answer, read

AT, LATER = "2026-01-03T08:00:00Z", "2026-01-03T15:00:00Z"
MEASURED = {
    "weight": (75.0, "kg"),
    "height": (175.0, "cm"),
    "creatinine": (1.0, "mg/dL"),
    "creatinine_clearance": (80.0, "mL/min"),
    "albumin": (25.0, "g/L"),
    "pao2_fio2": (200.0, "mm[Hg]"),
    "lactate": (1.9, "mmol/L"),
}
ORDERS = {
    # drug: mg, every h, over h
    "gentamicin": (480.0, 24.0, 0.5),
    "tobramycin": (480.0, 24.0, 0.5),
    "amikacin": (1500.0, 24.0, 0.5),
    "meropenem": (1000.0, 8.0, 0.5),
    "piperacillin_tazobactam": (4000.0, 8.0, 0.5),
    "cefepime": (2000.0, 12.0, 0.5),
    "linezolid": (600.0, 12.0, 0.5),
    "levetiracetam": (1000.0, 12.0, 0.5),
    "ceftriaxone": (2000.0, 24.0, 0.5),
}
METRICS = {
    "gentamicin": {"peak", "trough"},
    "tobramycin": {"peak", "trough"},
    "amikacin": {"peak", "trough"},
    "meropenem": {"ft_above_mic", "trough"},
    "piperacillin_tazobactam": {"ft_above_mic", "trough"},
    "cefepime": {"ft_above_mic", "trough"},
    "linezolid": {"trough"},
    "levetiracetam": {"trough"},
    "ceftriaxone": set(),
}


def scenario(
    drug: str,
    *,
    age: int = 60,
    sex: str = "male",
    effluent_ml_per_h: float | None = None,
    conditions: tuple[str, ...] = (),
    models: tuple[str, ...] = (),
    **changed: float | None,
) -> dict[str, Any]:
    """One patient with one order; `changed` overrides measured values, None leaves one out."""
    amount, every, over = ORDERS[drug]
    values = {name: (changed.get(name, value), unit) for name, (value, unit) in MEASURED.items()}
    replacement = {"procedure": "crrt", "start": "2026-01-01T08:00:00Z", "effluent_ml_per_h": effluent_ml_per_h}
    document: dict[str, Any] = {
        "at": AT,
        "seed": 7,
        "horizon_h": 24,
        "patient": {"birth_date": f"{2026 - age}-01-01", "sex": sex},
        "measurements": [
            {"variable": n, "value": v, "unit": u, "time": "2026-01-03T07:00:00Z"}
            for n, (v, u) in values.items()
            if v is not None
        ],
        "procedures": [] if effluent_ml_per_h is None else [replacement],
        "conditions": [{"condition": name} for name in conditions],
        "orders": [{"drug": drug, "amount": amount, "unit": "mg", "interval_h": every, "infusion_h": over, "start": AT}],
        "alternatives": "none",
        "report_times": [LATER],
    }
    return {**document, "models": list(models)} if models else document


def answered(document: dict[str, Any]) -> dict[str, Any]:
    """The answer of `icu-twin predict`."""
    return answer(predict(read(document)))


def level(document: dict[str, Any]) -> float:
    """Median forecast of the order as written seven hours after its start."""
    return answered(document)["forecasts"][0]["report"][0]["median"]


@pytest.mark.parametrize("drug", ORDERS)
def test_an_order_is_forecast_and_judged_by_the_metric_of_the_drug(drug: str) -> None:
    found = answered(scenario(drug))
    assert found["cannot_predict"] == []
    ordered, untouched = found["forecasts"][:2]
    assert max(ordered["variables"][drug]["p50"]) > 0.0
    assert max(untouched["variables"][drug]["p50"]) == 0.0
    names = {f"{drug}_{kind}_{window}" for kind in METRICS[drug] for window in ("next", "steady")}
    assert set(ordered["metrics"]) == names
    assert all(m["low"] <= m["median"] <= m["high"] for m in ordered["metrics"].values())


@pytest.mark.parametrize(
    ("drug", "changed", "higher"),
    [
        ("gentamicin", {"creatinine": 2.0}, True),
        ("gentamicin", {"weight": 100.0}, False),
        ("tobramycin", {"age": 80}, True),
        ("tobramycin", {"creatinine": 1.6}, True),
        ("amikacin", {"creatinine_clearance": 30.0}, True),
        ("amikacin", {"models": ("amikacin_burdet_2015",), "creatinine_clearance": 160.0}, False),
        ("meropenem", {"creatinine": 0.6}, False),
        ("meropenem", {"models": ("meropenem_li_2006",), "age": 80, "creatinine": 0.75}, True),
        ("piperacillin_tazobactam", {"creatinine": 2.0}, True),
        ("cefepime", {"creatinine": 2.0}, True),
        ("linezolid", {"creatinine_clearance": 160.0}, False),
        ("linezolid", {"models": ("linezolid_taubert_2016",), "conditions": ("ards",)}, False),
        ("linezolid", {"models": ("linezolid_taubert_2016",), "lactate": 5.0}, True),
        ("levetiracetam", {"creatinine_clearance": 200.0}, False),
        ("ceftriaxone", {"creatinine_clearance": 200.0}, False),
    ],
)
def test_a_covariate_moves_the_forecast_in_the_published_direction(drug: str, changed: dict[str, Any], higher: bool) -> None:
    models = changed.get("models", ())
    usual, other = level(scenario(drug, models=models)), level(scenario(drug, **changed))
    assert other > 1.01 * usual if higher else other < 0.99 * usual


def models_of(drug: str, found: dict[str, Any]) -> list[str]:
    return [name for name, model in found["twin"].items() if model["drug"] == drug]


@pytest.mark.parametrize("drug", ["gentamicin", "linezolid"])
def test_a_higher_effluent_rate_lowers_the_forecast(drug: str) -> None:
    low, high = (level(scenario(drug, creatinine_clearance=10.0, effluent_ml_per_h=rate)) for rate in (1500.0, 3000.0))
    assert high < 0.95 * low


def test_meropenem_on_renal_replacement_does_not_follow_creatinine() -> None:
    low, high = (scenario("meropenem", creatinine=value, effluent_ml_per_h=2000.0) for value in (1.0, 4.0))
    assert models_of("meropenem", answered(low)) == ["meropenem_shekar_2014"]
    assert level(low) == pytest.approx(level(high))


@pytest.mark.parametrize("drug", ["tobramycin", "amikacin", "piperacillin_tazobactam", "cefepime", "levetiracetam"])
def test_renal_replacement_without_a_term_for_it_is_refused(drug: str) -> None:
    found = answered(scenario(drug, effluent_ml_per_h=2000.0))
    assert models_of(drug, found) == []
    assert all("renal replacement" in gap["reason"] for gap in found["cannot_predict"])


@pytest.mark.parametrize(
    ("drug", "missing", "words"),
    [
        ("tobramycin", "height", "no height is charted"),
        ("amikacin", "pao2_fio2", "no PaO2/FiO2 is charted"),
        ("cefepime", "creatinine", "no creatinine is charted"),
        ("levetiracetam", "weight", "no weight is charted"),
    ],
)
def test_a_missing_covariate_is_named(drug: str, missing: str, words: str) -> None:
    found = answered(scenario(drug, **{missing: None}))
    assert models_of(drug, found) == []
    assert any(words in gap["reason"] for gap in found["cannot_predict"])


@pytest.mark.parametrize(
    ("drug", "changed", "words"),
    [
        ("tobramycin", {"creatinine": 3.0}, "outside the studied"),
        ("levetiracetam", {"creatinine_clearance": 30.0}, "outside the studied"),
        ("linezolid", {"age": 95}, "outside the studied"),
        ("meropenem", {"conditions": ("pregnancy",)}, "pregnancy was not studied"),
        ("gentamicin", {"age": 17}, "outside the studied"),
    ],
)
def test_patients_who_were_not_studied_are_refused_in_words(drug: str, changed: dict[str, Any], words: str) -> None:
    found = answered(scenario(drug, **changed))
    assert models_of(drug, found) == []
    assert all(words in gap["reason"] for gap in found["cannot_predict"])


def test_cockcroft_gault_stands_in_for_a_measured_clearance_and_is_named() -> None:
    found = answered(scenario("linezolid", creatinine_clearance=None))
    assert any(q["variable"] == "creatinine_clearance" and q["status"] == "assumed" for q in found["data_quality"])


@pytest.mark.parametrize("drug", ["meropenem", "amikacin"])
def test_a_charted_mic_moves_the_target(drug: str) -> None:
    asked = read(scenario(drug))
    susceptible = Measurement(f"{drug}_mic", 0.25, "mg/L", asked.at)
    tested = replace(asked, record=replace(asked.record, measurements=(*asked.record.measurements, susceptible)))
    assumed, charted = (answer(predict(one))["forecasts"][0]["metrics"] for one in (asked, tested))
    name = next(iter(assumed))
    assert charted[name]["p_in_target"] > assumed[name]["p_in_target"]
    assert assumed[name]["mic_assumed"]
    assert "mic_assumed" not in charted[name]


def test_failing_kidneys_lengthen_the_interval_of_gentamicin() -> None:
    document = {**scenario("gentamicin", creatinine=2.5, creatinine_clearance=None, albumin=None), "alternatives": "auto"}
    given = {
        "drug": "gentamicin",
        "amount": 480.0,
        "unit": "mg",
        "start": "2026-01-02T00:00:00Z",
        "end": "2026-01-02T00:30:00Z",
    }
    levels = [
        {"variable": "gentamicin", "value": v, "unit": "mg/L", "time": t}
        for v, t in ((20.0, "2026-01-02T01:30:00Z"), (7.0, "2026-01-03T01:00:00Z"))
    ]
    found = answered({**document, "administrations": [given], "measurements": [*document["measurements"], *levels]})
    assert found["forecasts"][0]["metrics"]["gentamicin_trough_steady"]["p_harm"] > 0.8
    assert found["suggested"] is None or "36 h" in found["suggested"] or "48 h" in found["suggested"]


def test_meropenem_is_given_more_often_and_longer_where_kidneys_are_young() -> None:
    found = answered({**scenario("meropenem", age=50, creatinine=0.8), "alternatives": "auto"})
    assert found["suggested"] == "meropenem 1,000 mg every 6 h over 3 h"


def test_a_drug_without_a_verified_model_gets_no_suggestion() -> None:
    found = answered({**scenario("ceftriaxone"), "alternatives": "auto"})
    assert found["suggested"] is None
    assert {found["twin"][model]["status"] for model in models_of("ceftriaxone", found)} == {"exposure only"}
