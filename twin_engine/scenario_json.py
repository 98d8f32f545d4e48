"""Scenarios from and to JSON, and the answer as JSON. Public names: `read`, `write`, `answer`, `ScenarioError`."""

from twin_engine.scenario_read import ScenarioError, read
from twin_engine.scenario_write import answer, write

__all__ = ["ScenarioError", "answer", "read", "write"]
