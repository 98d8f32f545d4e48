"""The code tables: every row means something of ours, says where it comes from, and is no memory of somebody."""

import csv
from importlib.resources import files

import pytest

from fhir_mapping.codes import read_codes, site, standard
from fhir_mapping.record import map_chart
from tests.unit.mapping.test_observations import AT, observation
from twin_engine.patient.units import is_known
from twin_engine.patient.variables import CONDITIONS, DRUGS, PROCEDURES, VARIABLES

TABLES = ["variables.csv", "drugs.csv", "procedures.csv", "conditions.csv", "sites/mimic_iv_demo.csv"]
NAMES = {"variable": VARIABLES, "drug": DRUGS, "procedure": PROCEDURES, "condition": CONDITIONS, "panel": {"blood_pressure"}}


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
