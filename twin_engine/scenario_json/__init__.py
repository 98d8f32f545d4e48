"""Scenarios from and to JSON, and the answer as JSON: `read`, `write`, `answer`, `ScenarioError`.

The shapes are published in `openapi/scenario.schema.json`.
"""

from twin_engine.scenario_json.answering import answer
from twin_engine.scenario_json.fields import ScenarioError
from twin_engine.scenario_json.reading import read
from twin_engine.scenario_json.writing import write

__all__ = ["ScenarioError", "answer", "read", "write"]
