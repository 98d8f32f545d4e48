"""What is kept of a chart is kept under everything that it depends on beside the chart."""

from collections.abc import Callable
from dataclasses import replace
from typing import TypeVar

import pytest

from tests.unit.respiratory.scenarios import ventilated
from twin_engine import registry
from twin_engine.respiratory.lungs import lungs_of
from twin_engine.respiratory.population import LUNGS
from twin_engine.scenario_json import read
from twin_engine.twin import kept_as

T = TypeVar("T")
LONGEST = 100
"""Characters that the database takes."""


def test_lungs_of_another_population_are_made_anew() -> None:
    kept: dict[str, object] = {}

    def keep(name: str, make: Callable[[], T], /) -> T:
        return kept.setdefault(name, make())  # type: ignore[return-value]

    for population in (LUNGS, replace(LUNGS, oximeter_sd=3.0)):
        assert lungs_of(read(ventilated()), keep, population).population == population  # type: ignore[union-attr]


@pytest.mark.parametrize("drug", registry.drugs())
def test_a_twin_is_kept_under_its_models_and_how_they_are_used(drug: str) -> None:
    models = registry.models_of(drug)
    names = {kept_as(drug, models[:n], as_published=alone) for n in range(1, len(models) + 1) for alone in (False, True)}
    assert len(names) == 2 * len(models)
    assert all(name.startswith(drug) and len(name) <= LONGEST for name in names)
