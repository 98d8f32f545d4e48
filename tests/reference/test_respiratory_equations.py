"""Worked values of the equations of lungs and ventilator, published or computed by independent programs.

Tolerance: 1e-3 relative, or half of the last printed digit where that is wider.
"""

import numpy as np
import pytest

from twin_engine.respiratory import acid_base, carbon_dioxide, mechanics, oxygen, two_parameters

KPA = 7.50062


def a(value: float) -> np.ndarray:
    return np.array([float(value)])


def test_volume_control() -> None:
    breath = mechanics.volume_control(a(450), a(17), a(50), a(11), a(40), a(13))
    assert breath.inspiratory_time == pytest.approx(0.540, abs=5e-4)
    assert breath.auto_peep == pytest.approx(0.036, abs=5e-4)
    assert breath.plateau == pytest.approx(22.286, rel=1e-3)
    assert breath.peak == pytest.approx(33.119, rel=1e-3)
    assert breath.driving == pytest.approx(11.25, rel=1e-3)
    assert breath.power == pytest.approx(20.60, rel=1e-3)


def test_volume_control_with_air_trapping() -> None:
    breath = mechanics.volume_control(a(680), a(15), a(60), a(8), a(61), a(26))
    assert breath.auto_peep == pytest.approx(1.567, abs=5e-4)
    assert breath.plateau == pytest.approx(20.715, rel=1e-3)
    assert breath.peak == pytest.approx(46.715, rel=1e-3)


def test_published_mechanical_power() -> None:
    """RR 22, VT 420, plateau 26, PEEP 12, peak 32: 22.6 J/min."""
    assert mechanics.volume_power(a(22), a(420), a(32), a(26), a(12)) == pytest.approx(22.6, abs=0.05)


@pytest.mark.parametrize(("compliance", "rate", "pressure"), [(40, 17, 12.10), (30, 20, 15.74), (20, 25, 23.07)])
def test_pressure_control_gives_452_ml(compliance: float, rate: float, pressure: float) -> None:
    time = a(60 / rate * 0.9 / 1.9)
    breath = mechanics.pressure_control(a(pressure), a(rate), time, a(11), a(compliance), a(13))
    assert breath.tidal_volume == pytest.approx(452.0, rel=1e-3)


def test_effective_shunt_and_the_gas_at_other_fio2() -> None:
    blood, difference = oxygen.Blood(10.0, 7.35, 45.0), oxygen.arteriovenous_difference(a(250), a(6.5))
    shunt = oxygen.effective_shunt(a(75), a(0.6), blood, difference)
    assert shunt == pytest.approx(0.3102, abs=5e-5)
    found = [oxygen.arterial_tension(shunt, a(f), blood, difference)[0] for f in (0.4, 0.5, 0.7, 0.8, 0.9, 1.0)]
    assert found == pytest.approx([63.8, 68.8, 83.3, 95.2, 114.2, 146.6], abs=0.05)


def test_effective_shunt_of_an_independent_program() -> None:
    """FiO2 0.9, PaO2 8.3 kPa, PaCO2 6.7 kPa, pH 7.45, Hb 8 g/dL, 36.5 Cel: 0.3856 with these constants, 0.397 elsewhere."""
    blood = oxygen.Blood(8.0, 7.45, 6.7 * KPA, 36.5)
    shunt = oxygen.effective_shunt(a(8.3 * KPA), a(0.9), blood, oxygen.arteriovenous_difference(a(250), a(6.5)))
    assert shunt == pytest.approx(0.3856, abs=5e-5)
    assert shunt == pytest.approx(0.397, abs=0.015)


def test_shunt_and_diffusion_together() -> None:
    blood, difference = oxygen.Blood(10.0, 7.38, 42.0), oxygen.arteriovenous_difference(a(250), a(6.5))
    reached = [oxygen.arterial_tension(a(0.18), a(f), blood, difference, 45.0) for f in (0.35, 0.45, 0.6, 0.9)]
    saturations = [100 * oxygen.saturation(p, blood)[0] for p in reached]
    assert saturations == pytest.approx([94.88, 96.70, 98.62, 99.89], abs=0.005)


def test_two_parameters_are_found_again() -> None:
    """Shunt 0.18 and 45 mm[Hg] from four levels of FiO2; three are needed."""
    blood, difference = oxygen.Blood(10.0, 7.38, 42.0), oxygen.arteriovenous_difference(a(250), a(6.5))
    reached = [(f, oxygen.arterial_tension(a(0.18), a(f), blood, difference, 45.0)[0]) for f in (0.35, 0.45, 0.6, 0.9)]
    pairs = [two_parameters.Pair(f, p, 1e-4) for f, p in reached]
    found = two_parameters.two_parameters(pairs, blood, -1.4, 10.0)
    assert found is not None
    assert 1.0 / (1.0 + np.exp(-found.logit)) == pytest.approx(0.18, abs=5e-4)
    assert found.diffusion == pytest.approx(45.0, abs=0.05)
    assert two_parameters.two_parameters(pairs[:2], blood, -1.4, 10.0) is None


def test_saturation_of_the_severinghaus_table() -> None:
    """Severinghaus 1979, table: 26.86 mm[Hg] half saturated; the formula is said to be within 0.55 %."""
    assert oxygen.standard_saturation(a(26.86)) == pytest.approx(0.50, abs=0.0055)
    assert oxygen.standard_saturation(a(60.0)) == pytest.approx(0.9085, abs=0.0055)


MINUTES = np.array([1.0, 2, 5, 10, 20, 30, 120])
PATIENT = carbon_dioxide.Stores(a(200), a(5.5), a(70))


@pytest.mark.parametrize(
    ("minute_volume", "printed"),
    [
        (10.0, [37.35, 36.81, 35.72, 34.61, 33.27, 32.50, 31.39]),
        (6.4, [40.85, 41.36, 42.46, 43.70, 45.40, 46.55, 48.95]),
    ],
)
def test_carbon_dioxide_after_a_change_of_ventilation(minute_volume: float, printed: list[float]) -> None:
    """From minute volume 8 with VD/VT 0.45 and 200 mL/min of CO2."""
    start = PATIENT.settled(a(8 * 0.55))
    assert start[0, 0] == pytest.approx(39.23, rel=1e-3)
    course = PATIENT.course(start, a(minute_volume * 0.55), MINUTES)[:, 0, 0]
    assert course == pytest.approx(printed, rel=1e-3)


def test_carbon_dioxide_in_apnoea() -> None:
    start = PATIENT.settled(a(8 * 0.55))
    course = PATIENT.course(start, a(0.0), np.array([0.0, 1, 5, 10]))[:, 0, 0]
    assert course[1] - course[0] == pytest.approx(9.3, abs=0.06)
    assert (course[3] - course[2]) / 5 == pytest.approx(2.5, abs=0.5)


def test_ph_of_carbon_dioxide_with_base_excess_held() -> None:
    found = acid_base.ph_of(np.array([20.0, 30, 40, 50, 60, 80]), a(0), a(5))
    assert found == pytest.approx([7.624, 7.494, 7.400, 7.325, 7.264, 7.166], abs=1e-3)


@pytest.mark.parametrize(("sid", "albumin", "ph"), [(39, 42, 7.412), (39, 20, 7.504), (29, 20, 7.345)])
def test_ph_of_the_charges_of_plasma(sid: float, albumin: float, ph: float) -> None:
    assert acid_base.ph_of_charges(a(sid), a(40), a(albumin), a(1.1)) == pytest.approx(ph, abs=5e-4)


@pytest.mark.parametrize(("ph", "pco2", "hco3", "sbe"), [(7.20, 60, 23.19, -3.88), (7.30, 50, 24.33, -1.45)])
def test_bicarbonate_and_standard_base_excess(ph: float, pco2: float, hco3: float, sbe: float) -> None:
    assert acid_base.bicarbonate(a(ph), a(pco2)) == pytest.approx(hco3, abs=0.005)
    assert acid_base.standard_base_excess(a(ph), a(pco2)) == pytest.approx(sbe, abs=0.005)
