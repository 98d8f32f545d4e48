"""Worked and published values of blood volume, red cells and dilution."""

import numpy as np
import pytest

from twin_engine.blood.balance import UNIT_G, Vessels, hemoglobin, nadler
from twin_engine.blood.fluids import crystalloid
from twin_engine.blood.intake import UNIT_ML, Intake
from twin_engine.kernel.schedule import Dose

HOURS = np.array([0.0, 2.0, 24.0])


def vessels(volume: float = 4800.0, stays: float = 0.0, refilled: float = 0.0) -> Vessels:
    one = np.ones(1)
    return Vessels(volume * one, stays * one, 0.0 * one, one, refilled * one, 81.3, 40.0)


def units(n: float, start: float = 0.0) -> Intake:
    return Intake("red cells", "red_cells", (Dose(start, 1.0, n * UNIT_ML),))


def after(*intakes: Intake, stays: float = 0.0, lost: float = 0.0, sample_h: float = 0.0) -> list[float]:
    return hemoglobin(7.5, sample_h, intakes, lost, vessels(stays=stays), HOURS)[:, 0].tolist()


def test_blood_volume_by_nadler() -> None:
    """1.78 m and 80 kg: 0.3669 * 5.6398 + 0.03219 * 80 + 0.6041 = 5.2485 L; 1.65 m and 60 kg, a woman: 3.7678 L."""
    assert nadler(1.78, 80.0, female=False) == pytest.approx(5248.5, abs=0.1)
    assert nadler(1.65, 60.0, female=True) == pytest.approx(3767.8, abs=0.1)


def test_mass_is_kept_whatever_happens_to_the_volume() -> None:
    """(7.5 * 48 + 55) / (48 + 2.87 s) for a share s that stays."""
    for stays in (0.0, 0.3, 1.0):
        found = after(units(1), stays=stays)
        assert found == pytest.approx([7.5, *([(360.0 + UNIT_G) / (48.0 + 2.87 * stays)] * 2)], rel=1e-12)
    whole = hemoglobin(7.5, 0.0, [units(2)], 0.0, vessels(stays=0.5), HOURS)[:, 0] * (48.0 + 0.5 * np.array([0.0, 5.74, 5.74]))
    assert whole == pytest.approx([360.0, 470.0, 470.0], rel=1e-12)


def test_the_published_rise_of_a_unit_lies_within_what_may_stay() -> None:
    """1.0, 1.1 and 1.0 to 1.2 g/dL a unit (Wiesen 1994, Elizalde 1997, PMID 31307836), the same at 2 and at 24 h."""
    most, least = after(units(1), stays=0.0), after(units(1), stays=0.6)
    assert most[1] - 7.5 == pytest.approx(1.146, abs=0.0005)
    assert least[1] - 7.5 == pytest.approx(0.846, abs=0.0005)
    assert most[1] == most[2]
    assert after(units(1), stays=0.3)[1] - 7.5 == pytest.approx(1.0, abs=0.05)


def test_what_was_given_before_the_sample_counts_only_by_what_of_it_still_changes() -> None:
    assert after(units(1, start=-5.0), sample_h=-2.0) == pytest.approx([7.5] * 3, rel=1e-12)
    assert after(units(1, start=-2.0), sample_h=-1.5)[0] == pytest.approx((360.0 + UNIT_G / 2.0) / 48.0, rel=1e-12)
    ringer = Intake("ringer", "crystalloid", (Dose(-1.0, 0.5, 1000.0),))
    assert after(ringer, sample_h=-0.5)[1] > 7.8


def test_blood_lost_leaves_the_concentration_and_makes_the_next_fluid_dilute_more() -> None:
    ringer = Intake("ringer", "crystalloid", (Dose(0.0, 0.5, 1000.0),))
    assert after(lost=1000.0) == pytest.approx([7.5] * 3, rel=1e-12)
    assert after(ringer, lost=1000.0)[1] < after(ringer)[1]


def test_blood_lost_and_refilled_dilutes() -> None:
    """Of 4.8 L at 7.5 g/dL 0.96 L lost and all of it refilled: 7.5 * 3.84 / 4.8 = 6.0; half of it: 7.5 * 3.84 / 4.32 = 6.67."""
    for refilled, expected in ((1.0, 6.0), (0.5, 6.6667)):
        found = hemoglobin(7.5, 0.0, [], 960.0, vessels(refilled=refilled), HOURS)[:, 0]
        assert found == pytest.approx([expected] * 3, abs=1e-4)


def test_crystalloid_expands_plasma_about_as_hahn_reports() -> None:
    """50 to 60 % of the volume while it runs and 15 to 20 % within 30 min after it (Hahn RG. Acta Anaesthesiol Scand 2020,
    doi:10.1111/aas.13533, abstract); the constants used leave 44 and 26 % awake, and more at a low pressure."""
    half_hour = [Dose(0.0, 0.5, 1000.0)]
    assert crystalloid(half_hour, np.array([0.5, 1.0]), 81.3, 40.0) == pytest.approx([442.0, 263.0], abs=0.5)
    assert crystalloid(half_hour, np.array([0.5, 1.0]), 65.0, 65.0) == pytest.approx([587.0, 396.0], abs=0.5)


def test_dilution_by_a_litre() -> None:
    """7.5 * 4800 / (4800 + 442) = 6.868 at the end of a litre in half an hour."""
    ringer = Intake("ringer", "crystalloid", (Dose(0.0, 0.5, 1000.0),))
    found = hemoglobin(7.5, 0.0, [ringer], 0.0, vessels(), np.array([0.5]))
    assert found[0, 0] == pytest.approx(6.868, abs=0.001)
