"""Every drug with a model under every kind of chart that should not be trusted: refused or doubted in words, and never
suggested on.

What depends on one covariate stands in tests/models/test_gates.py for every model.
"""

import json
from collections.abc import Callable
from copy import deepcopy
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.golden.predicted import SCENARIOS
from tests.scenarios.test_anti_infectives import answered
from tests.scenarios.test_every_drug import asked
from twin_engine.covariates import FROM_CREATININE
from twin_engine.patient.variables import DRUGS, NOT_SWALLOWED_FOR_THE_BLOOD
from twin_engine.predict import predict
from twin_engine.registry import MODELS, drugs, models_of
from twin_engine.scenario_json import read

Document = dict[str, Any]
AT = datetime(2026, 1, 3, 8, tzinfo=UTC)


def ago(hours: float) -> str:
    return (AT - timedelta(hours=hours)).isoformat()


def given(document: Document, hours_ago: float, lasted_h: float = 0.5, **changed: Any) -> Document:
    """The ordered dose or rate as it was given before."""
    [order] = document["orders"]
    dose = {name: order[name] for name in ("drug", "amount", "rate", "unit") if name in order}
    return {**dose, "start": ago(hours_ago), "end": ago(hours_ago - lasted_h), **changed}


def level(document: Document, hours_ago: float, **changed: Any) -> Document:
    drug = document["orders"][0]["drug"]
    return {"variable": drug, "value": 5.0, "unit": DRUGS[drug].level_unit, "time": ago(hours_ago), **changed}


def with_rows(document: Document, name: str, *rows: Document) -> Document:
    return {**document, name: [*document.get(name, ()), *rows]}


def child(document: Document) -> Document:
    return {**document, "patient": {**document["patient"], "birth_date": "2011-01-01"}}


def pregnant(document: Document) -> Document:
    return with_rows(
        {**document, "patient": {**document["patient"], "sex": "female"}}, "conditions", {"condition": "pregnancy"}
    )


def on_ecmo(document: Document) -> Document:
    return with_rows(document, "procedures", {"procedure": "ecmo", "start": ago(20.0)})


def dialysed(document: Document) -> Document:
    return with_rows(document, "procedures", {"procedure": "ihd", "start": ago(30.0), "end": ago(26.0)})


def replaced_midway(document: Document) -> Document:
    doses = (given(document, hours) for hours in (36.0, 24.0, 12.0))
    crrt = {"procedure": "crrt", "start": ago(20.0), "effluent_ml_per_h": 2000.0}
    return with_rows(with_rows(document, "administrations", *doses), "procedures", crrt)


def moving_creatinine(document: Document) -> Document:
    course = ((26.0, 0.9), (14.0, 1.4), (1.5, 2.4))
    rows = [{"variable": "creatinine", "value": v, "unit": "mg/dL", "time": ago(h)} for h, v in course]
    others = [m for m in document["measurements"] if m["variable"] not in {"creatinine", "creatinine_clearance"}]
    return {
        **with_rows(document, "administrations", given(document, 24.0), given(document, 12.0)),
        "measurements": others + rows,
    }


def level_first(document: Document) -> Document:
    return with_rows(with_rows(document, "administrations", given(document, 12.0)), "measurements", level(document, 20.0))


def level_alone(document: Document) -> Document:
    return with_rows(document, "measurements", level(document, 4.0))


def charted_twice(document: Document) -> Document:
    return with_rows(document, "administrations", given(document, 12.0), given(document, 12.0))


def overlapping(document: Document) -> Document:
    return with_rows(document, "administrations", given(document, 12.0, 4.0), given(document, 10.0, 4.0))


def volume_given(document: Document) -> Document:
    unit = "mL/h" if "rate" in document["orders"][0] else "mL"
    return with_rows(document, "administrations", given(document, 12.0, unit=unit))


def not_into_a_vein(document: Document) -> Document:
    return with_rows(document, "administrations", given(document, 12.0, route="oral"))


def ordered_in(unit: str, rate_unit: str) -> Callable[[Document], Document]:
    def changed(document: Document) -> Document:
        [order] = document["orders"]
        return {**document, "orders": [{**order, "unit": rate_unit if "rate" in order else unit}]}

    return changed


REFUSED: dict[str, tuple[Callable[[Document], Document], tuple[str, ...]]] = {
    "age 15": (child, ("age 15", "adults", "no birth date")),
    "pregnancy": (pregnant, ("pregnancy",)),
    "a level and no dose": (level_alone, ("levels are charted but no dose",)),
    "an order by volume": (ordered_in("mL", "mL/h"), ("no dose that can be read",)),
    "an order in a wrong dimension": (ordered_in("mmol/L", "mm[Hg]/h"), ("no dose that can be read",)),
}
"""What no model of any drug answers, and words of the reason."""

SUPPORTED: dict[str, tuple[Callable[[Document], Document], str, str]] = {
    "ECMO": (on_ecmo, "ecmo", "ECMO"),
    "dialysis": (dialysed, "ihd", "dialysis"),
    "renal replacement": (replaced_midway, "crrt", "renal replacement"),
}
"""What models with a term for it answer, and others refuse in these words."""

DOUBTED: dict[str, tuple[Callable[[Document], Document], str]] = {
    "a level before the first dose": (level_first, "before the first charted dose"),
    "a dose charted twice": (charted_twice, "charted twice?"),
    "doses that overlap": (overlapping, "charted twice?"),
    "a dose by volume": (volume_given, "without a usable amount"),
    "a dose that is not intravenous": (not_into_a_vein, "not intravenous"),
}
"""What makes the dose history doubtful, and words of the remark."""


@pytest.fixture(scope="module", params=sorted(drugs()))
def document(request: pytest.FixtureRequest) -> Document:
    return {**deepcopy(asked()[request.param]), "alternatives": "auto", "draws": 128}


def outcome(document: Document) -> tuple[bool, str, str]:
    """Whether the order is forecast; the reasons, and the remarks on this drug, in words. Nothing may be suggested for it."""
    drug, found = document["orders"][0]["drug"], answered(document)
    assert drug not in found.get("suggestions", {}), drug
    gaps = " ".join(gap["reason"] for gap in found["cannot_predict"])
    remarks = " ".join(q["effect"] for q in found["data_quality"] if q["variable"] in {drug, "creatinine"})
    return drug in found["forecasts"][0]["variables"], gaps, remarks


@pytest.mark.parametrize("case", REFUSED)
def test_what_no_model_describes_is_refused_in_words(document: Document, case: str) -> None:
    changed, words = REFUSED[case]
    forecast, gaps, _ = outcome(changed(document))
    assert not forecast
    assert any(word in gaps for word in words), gaps


@pytest.mark.parametrize("case", SUPPORTED)
def test_organ_support_is_refused_in_words_or_described(document: Document, case: str) -> None:
    changed, procedure, word = SUPPORTED[case]
    drug, found = document["orders"][0]["drug"], answered(changed(document))
    fitted = [name for name, model in found["twin"].items() if model["drug"] == drug]
    assert all(procedure not in MODELS[name].refused_procedures for name in fitted)
    told = " ".join([*(g["reason"] for g in found["cannot_predict"]), *(q["effect"] for q in found["data_quality"])])
    assert len(fitted) == len(answered(document)["twin"].keys() & {m.id for m in models_of(drug)}) or word in told, told


@pytest.mark.parametrize("case", DOUBTED)
def test_a_doubtful_dose_history_is_said_and_nothing_is_suggested(document: Document, case: str) -> None:
    changed, words = DOUBTED[case]
    if changed is not_into_a_vein and document["orders"][0]["drug"] in NOT_SWALLOWED_FOR_THE_BLOOD:
        pytest.skip("by mouth it stays in the bowel")
    forecast, gaps, remarks = outcome(changed(document))
    assert words in f"{gaps} {remarks}", (forecast, gaps, remarks)


def test_on_a_creatinine_that_jumps_nothing_is_suggested(document: Document) -> None:
    forecast, gaps, remarks = outcome(moving_creatinine(document))
    drug = document["orders"][0]["drug"]
    if any(c.name in FROM_CREATININE for m in models_of(drug) for c in m.covariates):
        assert "has not settled since: no suggestion" in remarks or (gaps and not forecast), (gaps, remarks)
    else:
        assert "settled" not in remarks


def test_nothing_is_suggested_beside_a_procedure_that_is_not_known() -> None:
    document = json.loads((SCENARIOS / "too_high_with_a_level.json").read_text(encoding="utf-8"))
    named = {"procedure": "haemodialysis", "start": document["at"]}
    plain, beside = (predict(read({**document, "procedures": procedures})) for procedures in ([], [named]))
    assert plain.suggestions
    assert beside.suggestions == {}
    assert any(q.variable == "haemodialysis" and "no suggestion" in q.effect for q in beside.data_quality)
