"""The published documents are the ones that the service serves by."""

import json

import jsonschema

from service.commands.openapi import document
from tests.checkout import ROOT
from tests.schemas import SCHEMA

FOLDER = ROOT / "openapi"


def test_the_openapi_document_in_the_repository_is_current() -> None:
    kept = json.loads((FOLDER / "openapi.json").read_text(encoding="utf-8"))
    assert kept == json.loads(document()), "run: icu-twin openapi > openapi/openapi.json"


def test_every_status_of_a_hook_call_is_documented() -> None:
    paths = json.loads(document())["paths"]
    assert set(paths["/cds-services/{service_id}"]["post"]["responses"]) == {
        "200", "400", "401", "404", "412", "413", "415", "500", "503",
    }  # fmt: skip


def test_references_lead_to_definitions() -> None:
    text = document()
    named = {part.partition('"')[0] for part in text.split("cds_hooks.schema.json#/$defs/")[1:]}
    assert named == {"discovery", "request", "response", "feedback"}
    assert named <= SCHEMA["$defs"].keys()


def test_the_schema_is_a_schema() -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
