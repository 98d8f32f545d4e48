"""The published JSON Schema of CDS Hooks, and checking documents against it."""

import json
from typing import Any

import jsonschema

from tests.checkout import ROOT

SCHEMA: dict[str, Any] = json.loads((ROOT / "openapi" / "cds_hooks.schema.json").read_text(encoding="utf-8"))


def faults(definition: str, document: object) -> list[str]:
    """What is wrong with a document of one kind; empty when it conforms."""
    schema = {"$schema": SCHEMA["$schema"], "$ref": f"#/$defs/{definition}", "$defs": SCHEMA["$defs"]}
    return [
        f"{error.json_path}: {error.message[:200]}" for error in jsonschema.Draft202012Validator(schema).iter_errors(document)
    ]
