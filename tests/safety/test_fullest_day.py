"""The fullest 24 h of planned and charted doses, against counting each dose in each day, and with a dose every minute."""

import tracemalloc

import numpy as np
import pytest

from twin_engine.kernel.schedule import Dose
from twin_engine.safety.totals import DAY_H, Times, days

INSTANT_H = 1e-6


def counted(planned: tuple[Times, ...], amounts: list[float], beside: tuple[Dose, ...]) -> float:
    """The same, dose by dose in every day that ends with one."""
    own = [Dose(start, length, a) for times, a in zip(planned, amounts, strict=True) for start, length in times]

    def inside(dose: Dose, end: float) -> float:
        if dose.duration_h <= 0.0:
            return dose.amount if end - DAY_H <= dose.start_h < end else 0.0
        lasting = min(dose.start_h + dose.duration_h, end) - max(dose.start_h, end - DAY_H)
        return dose.amount * max(lasting, 0.0) / dose.duration_h

    ends = [one + INSTANT_H for d in (*own, *beside) for one in (d.start_h, d.start_h + d.duration_h)] + [DAY_H + INSTANT_H]
    looked_at = [end for end in ends if any(inside(d, end) for d in own)]
    return max((sum(inside(d, end) for d in (*own, *beside)) for end in looked_at), default=0.0)


@pytest.mark.parametrize("seed", range(60))
def test_it_is_what_counting_gives(seed: int) -> None:
    rng = np.random.default_rng(seed)
    lengths = (0.0, 0.5, 1.5, 4.0, 30.0)
    planned = tuple(
        tuple((float(start + i * every), float(rng.choice(lengths))) for i in range(int(96 / every)))
        for start, every in zip(rng.uniform(0, 6, 2), rng.choice([4.0, 6.0, 12.0, 24.0], 2), strict=True)
    )
    amounts = [float(a) for a in rng.choice([1.0, 250.0, 1000.0], 2)]
    beside = tuple(
        Dose(float(start), float(rng.choice(lengths)), float(rng.choice([500.0, 750.0]))) for start in rng.uniform(-24, 96, 12)
    )
    assert days(planned, beside).fullest(amounts) == pytest.approx(counted(planned, amounts, beside), rel=1e-9)


def test_whole_doses_are_counted_exactly() -> None:
    every_8_h: Times = tuple((8.0 * i, 0.0) for i in range(12))
    assert days((every_8_h,), (Dose(-1.0, 0.0, 0.1),)).fullest([1000.0]) == 3000.0 + 0.1


def test_orders_without_a_dose_add_nothing() -> None:
    assert days(((), ((1.0, 0.5),), ()), ()).fullest([7.0, 2.0, 7.0]) == pytest.approx(2.0)
    assert days(((),), ()).fullest([7.0]) == 0.0


def test_a_dose_every_minute_takes_little_memory() -> None:
    every_minute: Times = tuple((i / 60.0, 1.0 / 120.0) for i in range(96 * 60))
    tracemalloc.start()
    fullest = days((every_minute,), tuple(Dose(start - 24.0, length, 2.0) for start, length in every_minute)).fullest([1.0])
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert fullest == pytest.approx(3 * 1440.0, abs=3.0)
    assert most < 20e6
