"""More of either drug never raises the index, copy by copy, and the copies of both drugs keep their places."""

from datetime import UTC, datetime, timedelta

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.scenarios.test_sedation_together import scenario
from twin_engine.kernel.schedule import Dose
from twin_engine.outcome import CannotPredict
from twin_engine.scenario_json import read
from twin_engine.sedation.bodies import Bodies, bodies
from twin_engine.sedation.forecast import Doses, index

AT = datetime(2026, 1, 3, 8, tzinfo=UTC)
HOURS = np.array([0.0, 1.0 / 6.0, 1.0, 6.0])


def _found() -> Bodies:
    found = bodies(read(scenario()).record, AT, beside=True, draws=64, seed=3)
    assert not isinstance(found, CannotPredict)
    return found.as_charted


FOUND = _found()


def given_for(mg_per_h: float, ug_per_h: float) -> np.ndarray:
    return index(FOUND, Doses((Dose(0.0, 8.0, 8.0 * mg_per_h),), (Dose(0.0, 8.0, 8.0 * ug_per_h),)), HOURS)


@settings(max_examples=12, deadline=timedelta(seconds=5))
@given(st.floats(0, 600), st.floats(0, 2000), st.floats(0, 400), st.floats(0, 2000))
def test_more_of_either_never_raises_the_index(mg: float, ug: float, more_mg: float, more_ug: float) -> None:
    less, more = given_for(mg, ug), given_for(mg + more_mg, ug + more_ug)
    assert less.shape == (4, 64)
    # Where the two slopes of propofol's curve are joined it rises by less than 0.01.
    assert (more <= less + 0.01).all()
    assert ((less >= 0.0) & (less <= 93.0)).all()


def test_the_opioid_moves_only_the_copies_it_adds_to() -> None:
    first = 0 if FOUND.inert is None else FOUND.inert.path.draws
    moved = given_for(160.0, 2000.0)[2] - given_for(160.0, 0.0)[2]
    assert (moved[:first] == 0.0).all()
    assert (moved[first:] < 0.0).all()


def test_two_changes_on_the_flat_part_of_the_curve_do_less_than_their_sum() -> None:
    """Below 93 / (1 + 0.89 / 2.89) the curve with slope 1.89 flattens: what is joined falls by less than the parts."""
    first = 0 if FOUND.inert is None else FOUND.inert.path.draws
    as_now, more, opioid, both = (given_for(*r)[2, first:] for r in ((300, 500), (400, 500), (300, 1000), (400, 1000)))
    flat = as_now < 71.0
    assert flat.sum() > 10
    joint, parts = (both - as_now)[flat], (more - as_now + opioid - as_now)[flat]
    assert (joint > parts).all()
    assert (joint < np.minimum(more - as_now, opioid - as_now)[flat]).all()
