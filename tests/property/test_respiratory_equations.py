"""Lungs for any input: mass is kept, more oxygen in gives more out, a mixture of tensions is noticed."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from twin_engine.respiratory import acid_base, carbon_dioxide, mechanics, oxygen

shunts = st.floats(0.01, 0.6)
fractions = st.floats(0.25, 0.95)
haemoglobin = st.floats(6.0, 16.0)
carbonic = st.floats(25.0, 70.0)
phs = st.floats(7.1, 7.55)


def a(value: float) -> np.ndarray:
    return np.array([float(value)])


def mixing_of_tensions(shunt: np.ndarray, fio2: np.ndarray, blood: oxygen.Blood) -> np.ndarray:
    """The wrong way: tensions weighted by flow, venous 40 mm[Hg]."""
    return oxygen.alveolar_tension(fio2, np.asarray(blood.pco2)) * (1 - shunt) + 40.0 * shunt


def oxygen_lost(pao2: np.ndarray, shunt: float, fio2: float, blood: oxygen.Blood) -> float:
    """Content that a mixture of (1 - s) end-capillary and s venous blood should hold, minus what this tension holds."""
    best = oxygen.end_capillary(a(fio2), blood)
    arterial = oxygen.content(pao2, blood)
    venous = arterial - 4.0
    return float(np.abs((1 - shunt) * best + shunt * venous - arterial)[0])


@given(shunts, fractions, haemoglobin, phs, carbonic)
def test_oxygen_mixed_is_oxygen_kept(shunt: float, fio2: float, hb: float, ph: float, pco2: float) -> None:
    blood = oxygen.Blood(hb, ph, pco2)
    pao2 = oxygen.arterial_tension(a(shunt), a(fio2), blood, a(4.0))
    if 1.1 < pao2[0] < 750.0:
        assert oxygen_lost(pao2, shunt, fio2, blood) < 1e-4


def test_mixing_tensions_loses_oxygen() -> None:
    """The planted error of a known simulator: 346 mm[Hg] where contents give about 75."""
    blood = oxygen.Blood(10.0, 7.35, 45.0)
    wrong, right = mixing_of_tensions(a(0.3102), a(0.6), blood), oxygen.arterial_tension(a(0.3102), a(0.6), blood, a(3.846))
    assert wrong[0] > 250.0
    assert right[0] == pytest.approx(75.0, abs=0.1)
    assert oxygen_lost(wrong, 0.3102, 0.6, blood) > 1.0


@given(shunts, fractions, haemoglobin, phs, carbonic)
def test_more_oxygen_in_less_shunt_more_oxygen_out(shunt: float, fio2: float, hb: float, ph: float, pco2: float) -> None:
    blood = oxygen.Blood(hb, ph, pco2)
    here = oxygen.arterial_tension(a(shunt), a(fio2), blood, a(4.0))
    assert oxygen.arterial_tension(a(shunt), a(fio2 + 0.05), blood, a(4.0)) >= here
    assert oxygen.arterial_tension(a(shunt * 1.1), a(fio2), blood, a(4.0)) <= here
    assert oxygen.saturation(here, oxygen.Blood(hb, ph + 0.1, pco2)) >= oxygen.saturation(here, blood)


@given(st.floats(10.0, 600.0), haemoglobin, phs, carbonic)
def test_tension_is_content_the_other_way(po2: float, hb: float, ph: float, pco2: float) -> None:
    blood = oxygen.Blood(hb, ph, pco2)
    assert oxygen.tension(oxygen.content(a(po2), blood), blood) == pytest.approx(po2, rel=1e-5)


@given(shunts, fractions)
def test_effective_shunt_is_the_shunt_that_made_the_gas(shunt: float, fio2: float) -> None:
    blood = oxygen.Blood(10.0, 7.38, 42.0)
    pao2 = oxygen.arterial_tension(a(shunt), a(fio2), blood, a(4.0))
    if 1.1 < pao2[0] < 750.0:
        assert oxygen.effective_shunt(pao2, a(fio2), blood, a(4.0)) == pytest.approx(shunt, rel=1e-4)


@given(st.floats(2.0, 8.0), st.floats(0.0, 12.0), st.floats(0.01, 240.0), st.floats(45.0, 120.0))
def test_carbon_dioxide_is_kept(before: float, after: float, minutes: float, weight: float) -> None:
    """What is made either stays in the stores or is breathed out."""
    stores = carbon_dioxide.Stores(a(200), a(5.5), a(weight))
    start = stores.settled(a(before))
    grid = np.linspace(0.0, minutes, 2001)
    course = stores.course(start, a(after), grid)
    out = np.trapezoid(course[:, 0, 0] * after / carbon_dioxide.BTPS_FACTOR, grid)
    stored = ((course[-1] - start) * stores.capacities).sum()
    assert stored + out == pytest.approx(200.0 * minutes, rel=2e-3, abs=0.5)


@given(st.floats(2.0, 8.0), st.floats(1.0, 12.0), st.floats(0.5, 60.0))
def test_carbon_dioxide_moves_towards_its_new_level(before: float, after: float, minutes: float) -> None:
    stores = carbon_dioxide.Stores(a(200), a(5.5), a(70))
    here = stores.course(stores.settled(a(before)), a(after), np.array([0.0, minutes, 2 * minutes]))[:, 0, 0]
    sign = np.sign(before - after)
    assert sign * (here[1] - here[0]) >= -1e-9
    assert sign * (here[2] - here[1]) >= -1e-9
    assert stores.course(stores.settled(a(after)), a(after), np.array([minutes]))[0] == pytest.approx(stores.settled(a(after)))


@given(carbonic, st.floats(-15.0, 15.0), st.floats(2.0, 8.0))
def test_base_excess_is_kept_when_carbon_dioxide_changes(pco2: float, excess: float, hb: float) -> None:
    ph = acid_base.ph_of(a(pco2), a(excess), a(hb))
    assert acid_base.base_excess(ph, a(pco2), a(hb)) == pytest.approx(excess, abs=1e-6)
    assert acid_base.ph_of(a(pco2 + 5), a(excess), a(hb)) < ph


volumes, rates, compliances, resistances = st.floats(250, 600), st.floats(8, 25), st.floats(15, 80), st.floats(5, 30)


@given(volumes, rates, compliances, resistances, st.floats(5, 20))
def test_a_breath_ends_where_it_began(volume: float, rate: float, c: float, r: float, peep: float) -> None:
    """In the periodic state what is breathed in is breathed out: the trapped volume decays back to itself."""
    breath = mechanics.volume_control(a(volume), a(rate), a(60), a(peep), a(c), a(r))
    expiration = 60.0 / rate - breath.inspiratory_time
    full = breath.auto_peep * c + volume
    assert full * np.exp(-expiration / (r * c / 1000.0)) == pytest.approx(breath.auto_peep * c, rel=1e-9, abs=1e-9)
    assert peep <= breath.mean_airway <= breath.peak
    assert breath.plateau <= breath.peak


@given(volumes, rates, compliances, resistances)
def test_volume_and_pressure_control_agree_on_the_lung(volume: float, rate: float, c: float, r: float) -> None:
    time = a(60.0 / rate / 3.0)
    once = mechanics.pressure_control(a(15), a(rate), time, a(5), a(c), a(r))
    twice = mechanics.pressure_control(a(30), a(rate), time, a(5), a(c), a(r))
    assert twice.tidal_volume == pytest.approx(2 * once.tidal_volume)
    assert once.driving + once.auto_peep <= 15.0 + 1e-9
    stiffer = mechanics.volume_control(a(volume), a(rate), a(60), a(5), a(c * 0.8), a(r))
    softer = mechanics.volume_control(a(volume), a(rate), a(60), a(5), a(c), a(r))
    assert stiffer.driving > softer.driving


@given(st.floats(0, 25), st.floats(200, 600))
def test_sigmoid_curve_is_its_own_inverse(peep: float, volume: float) -> None:
    curve = mechanics.Sigmoid(a(0), a(2500), a(20), a(8))
    rise = curve.driving_pressure(a(peep), a(volume))
    if np.isfinite(rise[0]):
        assert curve.volume(peep + rise) - curve.volume(a(peep)) == pytest.approx(volume, rel=1e-6)


def test_a_breath_longer_than_its_cycle_is_refused() -> None:
    with pytest.raises(ValueError, match="longer than the cycle"):
        mechanics.volume_control(a(800), a(40), a(20), a(5), a(40), a(10))
    with pytest.raises(ValueError, match="longer than the cycle"):
        mechanics.pressure_control(a(15), a(30), a(2.5), a(5), a(40), a(10))
