"""Examples in the documents run: JSON parses, scenarios predict, published ones fit their schema."""

import json

import jsonschema
import pytest

from tests.checkout import ROOT, committed, pages
from tests.docs.markdown import Block, blocks
from twin_engine import scenario_json
from twin_engine.predict import predict

BLOCKS = [block for page in pages() for block in blocks(page)]
LANGUAGES = {"", "json", "sh", "toml", "mermaid", "markdown", "python", "csv"}
"""JSON is checked here, commands in test_commands, the Python and CSV of the guide in test_add_a_drug; a language that can
run gets a test before it gets a place."""


def of(language: str) -> list[Block]:
    return [block for block in BLOCKS if block.language == language]


def label(block: Block) -> str:
    return f"{block.page}:{block.body.splitlines()[0][:40]}"


def test_every_block_is_of_a_known_kind() -> None:
    assert {block.language for block in BLOCKS} <= LANGUAGES


@pytest.mark.parametrize("block", of("json"), ids=label)
def test_json_parses_and_a_scenario_predicts(block: Block) -> None:
    document = json.loads(block.body)
    if "patient" in document:
        schema = json.loads((ROOT / "openapi" / "scenario.schema.json").read_text())
        jsonschema.validate(document, schema)
        answer = scenario_json.answer(predict(scenario_json.read(document)))
        assert answer["forecasts"]
        assert json.dumps(answer, allow_nan=False)


def test_published_scenarios_fit_their_schema_and_can_be_read() -> None:
    schema = json.loads((ROOT / "openapi" / "scenario.schema.json").read_text())
    examples = [path for path in committed() if path.parts[:2] == ("openapi", "examples") and "scenario" in path.name]
    assert examples
    for path in examples:
        document = json.loads((ROOT / path).read_text())
        jsonschema.validate(document, schema)
        assert scenario_json.read(document).at.utcoffset() is not None
