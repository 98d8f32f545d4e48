"""Drugs known by the name that RxNorm gives to a product whose code is none of ours."""

import pytest

from fhir_mapping.names import by_rxnorm_name
from tests.unit.mapping.test_medications import RXNORM


@pytest.mark.parametrize(
    ("name", "drug", "way"),
    [
        ("10 ML norepinephrine bitartrate 1 MG/ML Injection", "norepinephrine", "iv"),
        ("levetiracetam 500 MG Oral Tablet", "levetiracetam", "other"),
        ("levetiracetam 100 MG/ML Oral Solution [Keppra]", "levetiracetam", "other"),
        ("dexmedetomidine 0.004 MG/ML Injectable Solution", "dexmedetomidine", "iv"),
        ("tobramycin 60 MG/ML Inhalation Solution", "tobramycin", "other"),
        ("rocuronium bromide 10 MG/ML Injectable Solution", "rocuronium", "iv"),
        ("cisatracurium besylate 2 MG/ML Injection", "cisatracurium", "iv"),
        ("10 ML atracurium besylate 10 MG/ML Injection", "atracurium", "iv"),
        ("vecuronium bromide 10 MG Injection", "vecuronium", "iv"),
        ("pancuronium bromide 1 MG/ML Injectable Solution", "pancuronium", "iv"),
        ("mivacurium chloride 2 MG/ML Injectable Solution", "mivacurium", "iv"),
        ("succinylcholine chloride 20 MG/ML Injection [Anectine]", "succinylcholine", "iv"),
        ("insulin, regular, human 100 UNT/ML Injectable Solution", "insulin", "iv"),
        ("potassium chloride 20 MEQ Extended Release Oral Tablet", "potassium_chloride", "other"),
        ("piperacillin 36 MG/ML / tazobactam 4.5 MG/ML Injection", "piperacillin_tazobactam", "iv"),
        ("phenytoin", "phenytoin", None),
    ],
)
def test_a_product_by_its_name(name: str, drug: str, way: str | None) -> None:
    found = by_rxnorm_name({"coding": [{"system": RXNORM, "code": "1", "display": name}]})
    assert found is not None
    assert (found.drug, found.way) == (drug, way)


@pytest.mark.parametrize(
    "name",
    [
        "insulin glargine 100 UNT/ML Injectable Solution",
        "meropenem 1000 MG / vaborbactam 1000 MG Injection",
        "epinephrine 0.01 MG/ML / lidocaine hydrochloride 10 MG/ML Injectable Solution",
        "esketamine 28 MG Nasal Spray",
        "potassium chloride 0.02 MEQ/ML / sodium chloride 0.154 MEQ/ML Injectable Solution",
        "vancomycin-like compound 5",
        "tazobactam 500 MG Injection",
        "",
    ],
)
def test_other_drugs_and_mixtures_are_not_taken_for_ours(name: str) -> None:
    assert by_rxnorm_name({"coding": [{"system": RXNORM, "code": "1", "display": name}]}) is None


def test_names_of_other_systems_are_not_read() -> None:
    assert by_rxnorm_name({"coding": [{"system": "urn:site", "code": "1", "display": "vancomycin"}]}) is None
    assert by_rxnorm_name({"text": "vancomycin"}) is None
