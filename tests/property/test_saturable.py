"""Mass balance where elimination saturates: what was given and is not left has been eliminated, whatever the doses."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from twin_engine.kernel.linear import Path, concentrations, state_at
from twin_engine.kernel.schedule import Dose

END_H = 36.0
doses = st.lists(
    st.builds(Dose, st.floats(0.0, 30.0), st.one_of(st.just(0.0), st.floats(0.1, 6.0)), st.floats(1.0, 2000.0)),
    min_size=1,
    max_size=5,
)
parameters = st.tuples(st.floats(2.0, 60.0), st.floats(0.5, 30.0), st.floats(10.0, 120.0))


@given(doses, parameters)
def test_what_was_given_is_left_or_eliminated(given_doses: list[Dose], own: tuple[float, float, float]) -> None:
    path = Path(np.array([-np.inf]), np.array(own)[None, :, None])
    within = [part for d in given_doses if (part := d.until(END_H))]
    # Between events the course is smooth: Gauss-Legendre points in pieces of a time constant give the eliminated amount.
    constant = own[1] * own[2] / own[0]
    pieces = np.arange(0.0, END_H, max(constant, 0.1))
    marks = np.unique([*pieces, END_H, *(d.start_h for d in within), *(d.end_h for d in within)])
    nodes, weights = np.polynomial.legendre.leggauss(6)
    spans = np.diff(marks)[:, None]
    hours = (marks[:-1, None] + 0.5 * spans * (1.0 + nodes)).ravel()
    level = concentrations(path, within, hours)[:, 0]
    eliminated = float((own[0] * level / (own[1] + level) * (0.5 * spans * weights).ravel()).sum())
    total = sum(d.amount for d in within)
    left = float(state_at(path, within, END_H).total()[0])
    assert abs(left + eliminated - total) < 1e-4 * total


@given(doses, parameters, st.floats(1.1, 4.0))
def test_more_drug_gives_more_than_its_share(given_doses: list[Dose], own: tuple[float, float, float], factor: float) -> None:
    path = Path(np.array([-np.inf]), np.array(own)[None, :, None])
    more = [Dose(d.start_h, d.duration_h, factor * d.amount) for d in given_doses]
    hours = np.array([END_H])
    assert concentrations(path, more, hours)[0, 0] >= factor * concentrations(path, given_doses, hours)[0, 0] * (1.0 - 1e-6)
