"""The code tables: every row means something of ours, says where it comes from, and is no memory of somebody."""

import csv
from importlib.resources import files

import pytest

from fhir_mapping.codes import ATC, LOINC, RXNORM, SNOMED, read_codes, site, standard
from fhir_mapping.record import map_chart
from tests.unit.mapping.test_observations import AT, observation
from twin_engine.patient.fluids import FLUIDS
from twin_engine.patient.units import is_known
from twin_engine.patient.variables import CONDITIONS, DRUGS, PROCEDURES, VARIABLES

TABLES = ["variables.csv", "drugs.csv", "procedures.csv", "conditions.csv", "products.csv", "sites/mimic_iv_demo.csv"]
NAMES = {
    "variable": VARIABLES,
    "answer": VARIABLES,
    "drug": DRUGS,
    "procedure": PROCEDURES,
    "sign": PROCEDURES,
    "condition": CONDITIONS,
    "panel": {"blood_pressure"},
    "product": {"red_cells", "fluid_not_modelled", *FLUIDS},
    "carrier": {"drug"},
}


@pytest.mark.parametrize("table", TABLES)
def test_every_row_has_a_meaning_and_a_source(table: str) -> None:
    rows = list(csv.DictReader(files("fhir_mapping.codes").joinpath(table).read_text(encoding="utf-8").splitlines()))
    assert rows
    for row in rows:
        assert row["name"] in NAMES[row["kind"]], row
        assert row["source"], row
        assert "memory" not in row["source"], row
        assert not row["unit"] or is_known(row["unit"]), row
    keys = [(row["kind"], row["system"], row["code"], row["name"]) for row in rows]
    assert len(keys) == len(set(keys))


def test_a_site_adds_its_codes_and_wins() -> None:
    header = "kind,system,code,name,display,specimen,site,unit,source\n"
    ours = read_codes(f"{header}variable,urn:site,K,potassium,,venous,,mmol/L,site\n".splitlines())
    local = {**observation("", 4.1, None), "code": {"coding": [{"system": "urn:site", "code": "K"}]}}
    [found] = map_chart([local], at=AT, site=ours).record.measurements
    assert (found.variable, found.value, found.specimen) == ("potassium", 4.1, "venous")
    assert map_chart([local], at=AT).record.measurements == ()
    assert site("mimic_iv_demo").drugs.keys() - standard().drugs.keys()


def test_every_drug_is_known_by_an_ingredient_or_product_and_by_its_group() -> None:
    """RxNorm and ATC; a drug that only one of them names is listed here on purpose."""
    systems = {drug: {system for (system, _), m in standard().drugs.items() if m.name == drug} for drug in DRUGS}
    assert {drug for drug, found in systems.items() if RXNORM not in found} == {"sufentanil", "pancuronium", "mivacurium"}
    assert {drug for drug, found in systems.items() if ATC not in found} == set()


def test_the_way_of_a_product_is_one_that_the_reader_knows() -> None:
    assert {m.route for m in standard().drugs.values()} == {"iv", "other", None}
    oral = [key for key, m in standard().drugs.items() if m.route == "other"]
    assert {standard().drugs[key].name for key in oral} == {"vancomycin", "fentanyl"}


def test_a_score_may_come_as_a_coded_answer() -> None:
    drowsy = {
        **observation("", 0, None),
        "code": {"coding": [{"system": SNOMED, "code": "1345050000"}]},
        "valueCodeableConcept": {"coding": [{"system": LOINC, "code": "LA33963-2"}]},
    }
    del drowsy["valueQuantity"]
    [found] = map_chart([drowsy], at=AT).record.measurements
    assert (found.variable, found.value) == ("rass", -1.0)
    heart_rate = {**drowsy, "code": {"coding": [{"system": LOINC, "code": "8867-4"}]}}
    assert map_chart([heart_rate], at=AT).record.measurements == (), "the answer to another question"


@pytest.mark.parametrize("name", ["pao2_fio2", "albumin", "lactate", "fibrinogen", "rass", "weight", "creatinine"])
def test_covariates_of_the_models_have_a_code(name: str) -> None:
    assert name in {m.name for m in standard().variables.values()}
