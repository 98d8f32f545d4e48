"""Drugs (or the ventilator) that are ordered with the others and cannot be forecast: what the forecast of the others must say.

They travel as remarks of the scenario, so that they are written and read with it. Their status hides them from cards on other
matters: a family whose variable such an order would move makes a remark of its own.
"""

from collections.abc import Collection
from typing import Final

from twin_engine.patient.record import DataQuality
from twin_engine.scenario import Scenario

_WORDS: Final = "ordered and not forecast: "


def unread(subject: str, why: str) -> DataQuality:
    """The remark on a drug whose orders are left out, with the reason."""
    return DataQuality(subject, "ignored", _WORDS + why)


def unread_in(scenario: Scenario, subjects: Collection[str]) -> dict[str, str]:
    """Those of these drugs whose orders are left out, each with the reason."""
    found = (r for r in scenario.remarks if r.variable in subjects and r.status == "ignored" and r.effect.startswith(_WORDS))
    return {r.variable: r.effect.removeprefix(_WORDS) for r in found}


def left_out(scenario: Scenario, subjects: Collection[str], variable: str, consequence: str) -> tuple[DataQuality, ...]:
    """A remark on `variable` for each of these drugs whose orders are left out."""
    return tuple(
        DataQuality(variable, "missing", f"not included: {subject}, ordered too ({why}): {consequence}")
        for subject, why in unread_in(scenario, subjects).items()
    )
