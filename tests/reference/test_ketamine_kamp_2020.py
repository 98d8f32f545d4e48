"""Kamp 2020: what the abstract prints of the published models together, and how it scales them."""

import pytest

from tests.reference.patients import typical_of
from twin_engine.models.drugs.ketamine_kamp_2020 import MODEL


def test_clearance_and_volume_lie_in_the_intervals_of_the_abstract() -> None:
    # Weighted means of 18 studies: clearance 79 L/h at 70 kg (69 to 90), volume of distribution 252 L/70 kg (200 to 304).
    found = typical_of(MODEL, age=30.0, weight=70.0)
    assert 69.0 <= found["CL"] <= 90.0
    assert 200.0 <= found["V1"] + found["V2"] + found["V3"] <= 304.0


def test_clearance_is_stated_at_70_kg_and_volume_per_70_kg() -> None:
    light, heavy = (typical_of(MODEL, age=30.0, weight=kg) for kg in (50.0, 100.0))
    assert heavy["V1"] / light["V1"] == pytest.approx(2.0)
    assert heavy["CL"] / light["CL"] == pytest.approx(2.0**0.75)
