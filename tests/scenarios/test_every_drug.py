"""Every drug that has a model answers an order through the command line, or refuses it in words; and for every drug with a
covariate some test says in which published direction it moves the forecast."""

import json
import sys
from typing import Any

import numpy as np
import pytest
from typer.testing import CliRunner

from service.cli import app
from tests.scenarios import test_anti_infectives, test_sedation_and_pressors
from twin_engine.kernel.declare import Model
from twin_engine.registry import MODELS, drugs
from twin_engine.site import STANDARD
from validation.patients import one_regime, usual_covariates

PHENYTOIN = {
    "drug": "phenytoin",
    "amount": 150.0,
    "unit": "mg",
    "interval_h": 12.0,
    "infusion_h": 0.25,
    "start": test_anti_infectives.AT,
}
VANCOMYCIN = {
    "drug": "vancomycin",
    "amount": 1000.0,
    "unit": "mg",
    "interval_h": 12.0,
    "infusion_h": 1.0,
    "start": test_anti_infectives.AT,
}


def asked() -> dict[str, dict[str, Any]]:
    """One scenario for each drug, as the two tables of usual orders have it."""
    anti_infective = {drug: test_anti_infectives.scenario(drug) for drug in test_anti_infectives.ORDERS}
    infusion = {drug: test_sedation_and_pressors.scenario(drug) for drug in test_sedation_and_pressors.RATES}
    return {**anti_infective, **infusion, "vancomycin": _vancomycin(), "phenytoin": _phenytoin()}


def _vancomycin(**changed: Any) -> dict[str, Any]:
    return {**test_anti_infectives.scenario("gentamicin", **changed), "orders": [VANCOMYCIN]}


def _phenytoin(**changed: Any) -> dict[str, Any]:
    """A patient with a normal albumin."""
    return {**test_anti_infectives.scenario("levetiracetam", **{"albumin": 40.0, **changed}), "orders": [PHENYTOIN]}


def test_every_drug_with_a_model_is_answered_from_the_command_line_or_refused_in_words() -> None:
    documents = asked()
    assert documents.keys() >= set(drugs())
    lines = "".join(json.dumps(document) + "\n" for document in documents.values())
    run = CliRunner().invoke(app, ["predict", "-"], input=lines)
    assert run.exit_code == 0, run.output
    for drug, found in zip(documents, map(json.loads, run.stdout.splitlines()), strict=True):
        predicted = drug in found["forecasts"][0]["variables"]
        refused = [gap["reason"] for gap in found["cannot_predict"] if gap["reason"]]
        assert predicted or refused, drug


@pytest.mark.parametrize("history", ["first dose", "third day"])
def test_no_suggestion_rests_on_an_unverified_model_or_goes_on_to_harm(history: str) -> None:
    """Of every drug: alternatives only from verified models with a sourced target, and none that harms once settled."""
    suggested = 0
    for drug, document in asked().items():
        found = test_anti_infectives.answered({**document, "alternatives": "auto", **_given(document, history)})
        models = {m["status"] for m in found["twin"].values() if m["drug"] == drug}
        varied = [f for f in found["forecasts"] if f.get("changes") and any(n.startswith(f"{drug}_") for n in f["metrics"])]
        assert not varied or (models == {"verified"} and drug in STANDARD.targets), drug
        chosen = next((f for f in found["forecasts"] if f["label"] == found["suggested"]), None)
        if chosen is not None:
            suggested += 1
            assert models == {"verified"}, drug
            ordered, settled = (_harm_settled(f) for f in (found["forecasts"][0], chosen))
            assert settled < 0.5 or settled <= ordered, drug
    assert suggested >= 2


def _given(document: dict[str, Any], history: str) -> dict[str, Any]:
    """Two days of the ordered dose where a dose is ordered and asked for."""
    [order] = document["orders"]
    dose = {name: order[name] for name in ("drug", "amount", "unit") if name in order}
    if history == "first dose" or "amount" not in dose:
        return {}
    return {"administrations": [{**dose, "start": f"2026-01-0{day}T{hour}:00:00Z"} for day in (1, 2) for hour in ("08", "20")]}


def _harm_settled(forecast: dict[str, Any]) -> float:
    return max((m["p_harm"] for name, m in forecast["metrics"].items() if name.endswith("_steady")), default=0.0)


def _moved(module: object, name: str) -> set[str]:
    """Drugs that the direction test of a module has a case for."""
    marks = getattr(getattr(module, name), "pytestmark", [])
    return {case[0] for mark in marks if mark.name == "parametrize" for case in mark.args[1]}


def _enters(model: Model, name: str) -> bool:
    """Whether a covariate enters the equations, and does not only say who was studied."""
    usual, covariate = usual_covariates(model), next(c for c in model.covariates if c.name == name)
    ends = [model.typical_path(one_regime({**usual, name: end})) for end in covariate.studied]
    return any(not np.allclose(ends[0][parameter], ends[1][parameter]) for parameter in model.kinetics)


@pytest.mark.parametrize("drug", sorted(drugs()))
def test_every_drug_with_a_covariate_has_a_published_direction_tested(drug: str) -> None:
    name = "test_a_covariate_moves_the_forecast_in_the_published_direction"
    tested = _moved(test_anti_infectives, name) | _moved(test_sedation_and_pressors, name) | _moved(sys.modules[__name__], name)
    entering = {c.name for m in MODELS.values() if m.drug == drug for c in m.covariates if _enters(m, c.name)}
    assert drug in tested or not entering, f"{drug} reads {sorted(entering)}"


@pytest.mark.parametrize(
    ("drug", "changed", "higher"),
    [
        ("vancomycin", {"creatinine": 2.0}, True),
        ("vancomycin", {"age": 85}, True),
        ("vancomycin", {"weight": 110.0}, False),
        ("phenytoin", {"weight": 95.0}, False),
    ],
)
def test_a_covariate_moves_the_forecast_in_the_published_direction(drug: str, changed: dict[str, Any], higher: bool) -> None:
    asked = {"vancomycin": _vancomycin, "phenytoin": _phenytoin}[drug]
    found = (test_anti_infectives.answered(asked(**c)) for c in ({}, changed))
    before, after = (answer["forecasts"][0]["variables"][drug]["p50"][-1] for answer in found)
    assert after > 1.01 * before if higher else after < 0.99 * before
