"""Monitor values: fewer of them, and no event lost."""

from datetime import datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from service.thinning import thinned
from tests.calls import AT
from twin_engine.patient.record import Measurement, PatientRecord


def pressure(seconds: float, value: float, **more: object) -> Measurement:
    return Measurement("map", value, "mm[Hg]", AT + timedelta(seconds=seconds), **more)  # type: ignore[arg-type]


def kept(*charted: Measurement) -> tuple[Measurement, ...]:
    return thinned(PatientRecord(None, "male", tuple(sorted(charted, key=lambda m: m.time)))).measurements


def window(time: datetime) -> int:
    return int(time.timestamp() // 300)


def test_an_hour_of_seconds_becomes_few_and_the_fall_for_seconds_stays() -> None:
    charted = [pressure(s, 75.0 + (s % 7)) for s in range(3600)]
    charted[1234] = pressure(1234, 38.0)
    found = kept(*charted)
    assert len(found) <= 60 + 2 * 12
    assert pressure(1234, 38.0) in found


def test_what_is_charted_by_the_minute_stays_as_it_is() -> None:
    charted = tuple(pressure(60 * n, 70.0 + n) for n in range(30))
    assert kept(*charted) == charted


def test_laboratory_values_and_other_sites_are_left_alone() -> None:
    glucose = [Measurement("glucose", 8.0 + n, "mmol/L", AT + timedelta(seconds=n)) for n in range(5)]
    arterial = [pressure(n, 70.0 + n, site="arterial") for n in range(10)]
    cuff = pressure(5, 75.0, site="noninvasive")
    found = kept(*glucose, *arterial, cuff)
    assert set(glucose) <= set(found)
    assert cuff in found
    assert sum(m.site == "arterial" for m in found) == 2


@given(st.lists(st.tuples(st.integers(0, 1200), st.floats(20, 200)), max_size=80, unique_by=lambda pair: pair[0]))
def test_the_extremes_of_every_five_minutes_and_the_newest_value_stay(charted: list[tuple[int, float]]) -> None:
    measured = [pressure(second, value) for second, value in charted]
    found = kept(*measured)
    assert set(found) <= set(measured)
    for one in {window(m.time) for m in measured}:
        before = [m.value or 0.0 for m in measured if window(m.time) == one]
        after = [m.value or 0.0 for m in found if window(m.time) == one]
        assert (min(after), max(after)) == (min(before), max(before))
    if measured:
        assert max(m.time for m in found) == max(m.time for m in measured)
    assert [m.time for m in found] == sorted(m.time for m in found)
    assert kept(*found) == found or len(kept(*found)) <= len(found)
