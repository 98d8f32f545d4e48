"""What is measured in one patient: days that differ, responses fitted with levels, declarations that contradict themselves."""

from dataclasses import replace

import numpy as np
import pytest

from tests.unit.kernel.models import BIS, NO_COVARIATES, made_up, with_effect
from twin_engine.kernel.declare import RandomEffect
from twin_engine.kernel.estimate import Levels, estimate, find_mode
from twin_engine.kernel.individual import daily_occasions, individual
from twin_engine.kernel.linear import Path
from twin_engine.kernel.observe import predictor, respond, responses
from twin_engine.kernel.schedule import Dose
from twin_engine.outcome import ModelError

DOSES = tuple(Dose(12.0 * i, 1.0, 1000.0) for i in range(8))
DAILY = made_up(occasions=(RandomEffect("CL", 0.04, "reported_variance", "test"),))


def test_only_days_with_levels_deviate_and_the_future_is_unseen() -> None:
    days = daily_occasions(-100.0, np.array([-90.0, -80.0, -20.0]), now_h=0.0)
    patient = individual(DAILY, NO_COVARIATES, occasions=days)
    assert days.starts_h.tolist() == [-100.0, -28.0]
    assert days.ends_h.tolist() == [-76.0, -4.0]
    assert len(patient.omega) == 4
    path = patient.path(np.array([0.0, 0.0, 0.3, -0.2, 0.5])[:, None])
    logs = {h: np.log(path.at(h)[0, 0] / 5.0) for h in (-200.0, -90.0, -50.0, -10.0, -1.0, 0.0, 30.0)}
    expected = {-200.0: 0, -90.0: 0.3, -50.0: 0, -10.0: -0.2, -1.0: 0.5, 0.0: 0.5, 30.0: 0.5}
    assert logs == pytest.approx(expected, abs=1e-12)
    assert patient.path(np.zeros((4, 1))).at(0.0)[0, 0] == pytest.approx(5.0)


def test_a_day_still_running_ends_at_now() -> None:
    days = daily_occasions(-10.0, np.array([-2.0]), now_h=0.0)
    assert (days.starts_h.tolist(), days.ends_h.tolist(), days.fresh_h) == ([-10.0], [0.0], 0.0)


def test_the_newest_six_days_deviate() -> None:
    days = daily_occasions(-240.0, np.arange(-230.0, 0.0, 24.0))
    assert len(days.starts_h) == 6
    assert days.ends_h[-1] == 0.0


def test_copies_draw_the_unseen_day_afresh() -> None:
    patient = individual(DAILY, NO_COVARIATES)
    effects = patient.with_unseen(np.zeros((2, 4000)), np.random.default_rng(0))
    assert np.log(patient.path(effects).at(0.0)[0]).std() == pytest.approx(0.2, rel=0.05)


def test_days_that_differ_are_told_from_patients_that_differ() -> None:
    times = np.array([11.0, 23.0, 35.0, 47.0])
    days = daily_occasions(0.0, times, now_h=48.0)
    patient = individual(DAILY, NO_COVARIATES, occasions=days)
    truth = np.array([0.2, 0.0, 0.3, -0.3])[:, None]
    predict = predictor(patient, DOSES, times)
    levels = Levels.measured(predict(truth)[:, 0])
    mode, _, _ = find_mode(predict, levels, predict.error, patient.omega)
    assert mode[2] > 0.1 > -0.1 > mode[3]


def test_a_response_is_fitted_together_with_levels() -> None:
    model = with_effect()
    patient = individual(model, NO_COVARIATES)
    levels_h, response_h = np.array([11.0, 23.0]), np.array([1.2, 2.0, 4.0, 8.0, 13.2, 16.0])
    predict = predictor(patient, DOSES, levels_h, response_h)
    truth = np.array([0.3, -0.2, 0.4, -0.5])[:, None]
    clean = predict(truth)[:, 0]
    assert clean.shape == (8,)
    path = patient.path(truth)
    assert clean[2:] == pytest.approx(responses(model.response, path, DOSES, response_h)[:, 0])
    data = Levels.measured(clean)
    both = estimate(predict, data, predict.error, patient.omega, 512, np.random.default_rng(0))
    assert both.mode == pytest.approx(truth[:, 0], abs=0.2)
    alone = predictor(patient, DOSES, levels_h)
    without = estimate(alone, Levels.measured(clean[:2]), alone.error, patient.omega, 512, np.random.default_rng(0))
    assert both.draws[3].std() < 0.5 * without.draws[3].std()


def test_a_second_drug_adds_at_the_effect_site() -> None:
    added = replace(BIS, parameters=("CE50", "POTENCY"), adds="POTENCY", delay_h=0.0)
    path = Path(np.array([-np.inf]), np.ones((1, 2, 2)), np.array([[[0.8, 0.8], [12.0, 12.0], [0.5, 2.0]]]))
    own, other = np.array([[3.0, 3.0]]), np.array([[4.0]])
    hours = np.array([1.0])
    assert respond(added, path, hours, own, other)[0] == pytest.approx([95.0 / (1.0 + 5.0 / 12.0), 95.0 / (1.0 + 11.0 / 12.0)])
    assert respond(added, path, hours, own)[0] == pytest.approx(respond(BIS, path, hours, own)[0])


def test_a_second_drug_is_held_against_the_readings_at_their_hours() -> None:
    model = made_up(
        ("CL", "V", "KE0", "CE50", "POTENCY"),
        effect_site=True,
        response=replace(BIS, parameters=("CE50", "POTENCY"), adds="POTENCY"),
    )
    patient = individual(model, NO_COVARIATES)
    hours, none = np.array([2.0, 14.0]), np.zeros((len(patient.omega), 1))
    alone = predictor(patient, DOSES, hours[:0], hours)(none)[:, 0]
    beside = predictor(patient, DOSES, hours[:0], hours, lambda at: np.where(at > 10.0, 3.0, 0.0))(none)[:, 0]
    assert beside[0] == pytest.approx(alone[0])
    assert beside[1] == pytest.approx(95.0 / (95.0 / alone[1] + 3.0 * 1.5 / 12.0))


def test_a_monitor_shows_what_was_felt_before() -> None:
    model = with_effect()
    path = individual(model, NO_COVARIATES).path(np.zeros((4, 1)))
    shown = responses(model.response, path, DOSES, np.array([0.009, 1.01]))[:, 0]
    assert shown[0] == 95.0
    assert shown[1] < 95.0


@pytest.mark.parametrize(
    "changes",
    [
        {"occasions": (RandomEffect("Q", 0.1, "reported_variance", "test"),)},
        {"random_effects": (RandomEffect("KE0", 0.1, "reported_variance", "test"),)},
        {"response": with_effect().response},
        {"unbound": 0.0},
        {"lag_h": -1.0},
    ],
    ids=lambda changes: next(iter(changes)),
)
def test_a_declaration_that_contradicts_itself_is_a_bug(changes: dict[str, object]) -> None:
    with pytest.raises(ModelError):
        made_up(**changes)
