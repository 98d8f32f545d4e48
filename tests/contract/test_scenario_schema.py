"""The published JSON Schema of scenario and answer says what the reader and the writer do."""

import copy
import json
from typing import Any

import jsonschema
import pytest

from tests.checkout import ROOT
from tests.unit.scenario_json.documents import dose, measurement, order, scenario
from tests.unit.scenario_json.test_writing import prediction
from twin_engine.patient.variables import CONDITIONS, PROCEDURES
from twin_engine.predict import predict
from twin_engine.scenario_json import ScenarioError, answer, context, read, write
from twin_engine.scenario_json.charted import COMPARATORS, MEASUREMENT_FIELDS, SETTING_FIELDS, SOURCES, SPECIMENS
from twin_engine.scenario_json.doses import ADMINISTRATION_FIELDS, FLUID_KINDS
from twin_engine.scenario_json.ordered import ORDER_FIELDS
from twin_engine.scenario_json.reading import REMARK_FIELDS, SCENARIO_FIELDS, STATUSES

SCHEMA: dict[str, Any] = json.loads((ROOT / "openapi" / "scenario.schema.json").read_text(encoding="utf-8"))
DEFS = SCHEMA["$defs"]
EXAMPLES = sorted((ROOT / "openapi" / "examples").glob("scenario_*.json"))
SCENARIO = jsonschema.Draft202012Validator(SCHEMA)
ANSWER = jsonschema.Draft202012Validator({"$ref": "#/$defs/answer", "$defs": DEFS})


def document(path) -> dict[str, Any]:
    return json.loads(path.read_text(encoding="utf-8"))


def test_the_schema_is_one() -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    assert SCHEMA["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert len(EXAMPLES) >= 3


@pytest.mark.parametrize(
    ("properties", "fields"),
    [
        (SCHEMA["properties"], SCENARIO_FIELDS),
        (SCHEMA["properties"]["patient"]["properties"], context.PATIENT_FIELDS),
        (DEFS["measurement"]["properties"], MEASUREMENT_FIELDS),
        (DEFS["setting"]["properties"], SETTING_FIELDS),
        (DEFS["administration"]["properties"], ADMINISTRATION_FIELDS),
        (DEFS["order"]["properties"], ORDER_FIELDS),
        (DEFS["procedure"]["properties"], context.PROCEDURE_FIELDS),
        (DEFS["condition"]["properties"], context.CONDITION_FIELDS),
        (DEFS["finding"]["properties"], context.FINDING_FIELDS),
        (DEFS["remark"]["properties"], REMARK_FIELDS),
    ],
)
def test_the_schema_names_exactly_the_fields_that_are_read(properties: dict[str, Any], fields: frozenset[str]) -> None:
    assert set(properties) == fields


@pytest.mark.parametrize(
    ("description", "words"),
    [
        (DEFS["measurement"]["properties"]["specimen"], SPECIMENS),
        (DEFS["measurement"]["properties"]["source"], SOURCES),
        (DEFS["procedure"]["properties"]["procedure"], PROCEDURES),
        (DEFS["condition"]["properties"]["condition"], CONDITIONS),
        (DEFS["administration"]["properties"]["kind"], FLUID_KINDS),
    ],
)
def test_open_vocabularies_are_spelled_out(description: dict[str, Any], words: frozenset[str]) -> None:
    named = description["description"].replace(",", " ").replace(".", " ").replace(":", " ").split()
    assert words <= set(named)


def test_closed_vocabularies_are_the_same() -> None:
    assert set(DEFS["status"]["enum"]) == STATUSES
    assert set(DEFS["measurement"]["properties"]["comparator"]["enum"]) == COMPARATORS | {None}


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_examples_fit_read_without_loss_and_predict(path) -> None:
    SCENARIO.validate(document(path))
    found = read(document(path))
    assert found.remarks == ()
    SCENARIO.validate(write(found))
    ANSWER.validate(json.loads(json.dumps(answer(predict(found)), allow_nan=False)))


def test_a_full_answer_fits() -> None:
    ANSWER.validate(json.loads(json.dumps(answer(prediction()), allow_nan=False)))


@pytest.mark.parametrize("lost", ["twin", "forecasts", "suggested", "cannot_predict", "data_quality", "versions"])
def test_an_answer_without_a_part_does_not_fit(lost: str) -> None:
    found = answer(prediction())
    del found[lost]
    assert not ANSWER.is_valid(found)


def test_an_answer_with_a_misspelled_key_does_not_fit() -> None:
    found = copy.deepcopy(answer(prediction()))
    found["forecasts"][0]["report"][0]["map"] = found["forecasts"][0]["report"][0].pop("mode")
    assert not ANSWER.is_valid(found)


@pytest.mark.parametrize(
    "bad",
    [
        scenario(at=...),
        scenario(at=None),
        scenario(patient=...),
        scenario(patient=[]),
        scenario(draws=0),
        scenario(draws=20_001),
        scenario(draws="512"),
        scenario(seed=-1),
        scenario(seed=True),
        scenario(horizon_h=0),
        scenario(horizon_h=97),
        scenario(alternatives="all"),
        scenario(models=[1]),
        scenario(measurements={}),
        scenario(measurements=[measurement(value="1.4")]),
        scenario(measurements=[measurement(value=True)]),
        scenario(measurements=[measurement(value=1e10)]),
        scenario(measurements=[measurement(variable=...)]),
        scenario(administrations=[dose(amount=-1)]),
        scenario(administrations=[dose(drug=...)]),
        scenario(orders=[order(interval_h=0)]),
        scenario(orders=[order(infusion_h=-1)]),
        scenario(orders=[order(count=0)]),
        scenario(orders=[order(stop="yes")]),
        scenario(orders=[order(label="no change")]),
        scenario(orders=[order(settings={"peep": 5})]),
        scenario(orders=[order(dosing_weight_kg=0)]),
        scenario(conditions=[{}]),
        scenario(remarks=[{"variable": "x", "status": "fine"}]),
    ],
)
def test_schema_and_reader_refuse_the_same(bad: dict[str, Any]) -> None:
    assert not SCENARIO.is_valid(bad)
    with pytest.raises(ScenarioError):
        read(bad)


@pytest.mark.parametrize(
    "good",
    [
        scenario(),
        scenario(seed=None, draws=None, horizon_h=None, models=None, orders=None, report_times=None, alternatives=None),
        scenario(draws=512.0),
        scenario(comment="unknown fields are allowed"),
        scenario(measurements=[measurement(value=None), measurement(specimen="tears"), measurement(variable="aura")]),
        scenario(orders=[order(concentration={"value": 5, "unit": "mg/mL"}), order(unit="tablet")]),
        scenario(orders=[{"label": "x", "settings": {"peep": {"value": 5, "unit": "cm[H2O]"}}}]),
    ],
)
def test_schema_and_reader_accept_the_same(good: dict[str, Any]) -> None:
    SCENARIO.validate(good)
    assert read(good).at.utcoffset() is not None
