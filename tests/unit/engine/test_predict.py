"""Whole predictions: what an order does, what stands in the way of a suggestion, and what cannot be predicted."""

from dataclasses import replace
from datetime import timedelta

import pytest

from tests.reference.patients import AT, record
from twin_engine.patient.record import Administration, Condition, DataQuality, Order, PatientRecord, Procedure
from twin_engine.predict import predict
from twin_engine.prediction import Prediction
from twin_engine.registry import MODELS
from twin_engine.scenario import AS_ORDERED, NO_CHANGE, Scenario

DOSES = [(-36.0 + 12 * i, 1.0, 1000.0) for i in range(3)]
CHART = record(creatinine=[(-48.0, 1.2), (-24.0, 1.2), (-4.0, 1.2)], doses=DOSES, levels=[(-13.0, 11.0), (-1.0, 14.0)])


def order(amount: float = 1000.0, interval_h: float | None = 12.0, **other: object) -> Order:
    return Order(
        AS_ORDERED, drug="vancomycin", amount=amount, unit="mg", interval_h=interval_h, infusion_h=1.0, start=AT, **other
    )  # type: ignore[arg-type]


def run(patient: PatientRecord = CHART, *orders: Order, **other: object) -> Prediction:
    return predict(Scenario(at=AT, seed=1, record=patient, orders=orders, **other))  # type: ignore[arg-type]


def reasons(found: Prediction) -> str:
    return " ".join([*(g.reason for g in found.cannot_predict), *(q.effect for q in found.data_quality)])


def test_doubling_the_dose_doubles_the_steady_exposure() -> None:
    once, twice = (run(CHART, order(amount)).forecasts[0] for amount in (750.0, 1500.0))
    steady = "vancomycin_auc24_steady"
    assert twice.metrics[steady].median == pytest.approx(2 * once.metrics[steady].median, rel=0.01)


def test_options_stand_in_their_order_and_no_change_is_always_there() -> None:
    labels = [f.label for f in run(CHART, order(2000.0)).forecasts]
    assert labels[:2] == [AS_ORDERED, NO_CHANGE]
    assert 3 <= len(labels) <= 5


def test_a_dose_far_too_high_gets_a_cleared_suggestion() -> None:
    found = run(CHART, order(2000.0, 8.0))
    assert found.suggested is not None
    chosen = found.forecast(found.suggested)
    ordered = found.forecasts[0]
    assert chosen is not None
    assert chosen.safety.cleared
    assert chosen.changes == AS_ORDERED
    name = ordered.places["vancomycin"].metric
    assert chosen.metrics[name].p_harm < ordered.metrics[name].p_harm


def test_nothing_is_suggested_beside_a_level_that_cannot_be_true() -> None:
    unbelieved = DataQuality("vancomycin", "implausible", "a level is charted and not used: outside the plausible 0-300 mg/L")
    believed, doubted = (run(CHART, order(2000.0, 8.0), remarks=remarks) for remarks in ((), (unbelieved,)))
    assert believed.suggestions
    assert not doubted.suggestions
    assert "nothing is suggested" in reasons(doubted)
    assert doubted.forecasts[0].metrics == believed.forecasts[0].metrics
    of_another = replace(unbelieved, variable="gentamicin")
    assert run(CHART, order(2000.0, 8.0), remarks=(of_another,)).suggestions


def test_support_that_is_to_begin_within_the_forecast_forbids_a_suggestion_and_moves_nothing() -> None:
    plain, planned, far = (
        run(replace(CHART, procedures=procedures), order(2000.0, 8.0))
        for procedures in (
            (),
            (Procedure("crrt", AT + timedelta(hours=4)),),
            (Procedure("crrt", AT + timedelta(hours=49)),),
        )
    )
    assert plain.suggestions == far.suggestions != {}
    assert planned.suggestions == {}
    assert "continuous renal replacement is to begin within the forecast: no suggestion" in reasons(planned)
    assert planned.forecasts[0].metrics == plain.forecasts[0].metrics


def test_who_is_charted_as_deceased_is_not_forecast_and_limits_are_still_checked() -> None:
    died = replace(CHART, conditions=(Condition("deceased"),))
    found = run(died, order(4000.0, 8.0))
    assert [(g.variable, g.reason) for g in found.cannot_predict] == [("vancomycin", "the patient is charted as deceased")]
    assert found.suggestions == {}
    assert not any(f.variables or f.metrics for f in found.forecasts)
    assert not found.forecasts[0].safety.cleared
    assert [g.variable for g in run(died).cannot_predict] == ["patient"]
    replayed = replace(CHART, conditions=(Condition("deceased", AT + timedelta(hours=1)),))
    assert run(replayed, order()).forecasts[0].metrics, "a chart of before the death"


def test_the_same_scenario_gives_the_same_answer() -> None:
    assert run(CHART, order()) == run(CHART, order())


def test_a_level_narrows_the_forecast() -> None:
    blind = run(replace(CHART, measurements=tuple(m for m in CHART.measurements if m.variable != "vancomycin")), order())
    seen = run(CHART, order())

    def width(found: Prediction) -> float:
        metric = found.forecasts[0].metrics["vancomycin_auc24_steady"]
        return metric.high / metric.low

    assert width(seen) < width(blind)
    assert all(m.population_estimate for m in blind.twin.values() if m.drug == "vancomycin")


def test_no_change_goes_on_with_what_is_scheduled() -> None:
    going_on = replace(CHART, current_orders=(order(),))
    with_orders = run(going_on).forecast(NO_CHANGE)
    without = run(CHART).forecast(NO_CHANGE)
    assert with_orders is not None
    assert without is not None
    assert with_orders.variables["vancomycin"].p50[-1] > 2 * without.variables["vancomycin"].p50[-1]


def test_an_order_replaces_the_schedule_and_a_single_dose_adds() -> None:
    going_on = replace(CHART, current_orders=(order(),))
    replaced = run(going_on, order(500.0)).forecasts[0].metrics["vancomycin_auc24_steady"].median
    alone = run(CHART, order(500.0)).forecasts[0].metrics["vancomycin_auc24_steady"].median
    assert replaced == pytest.approx(alone)
    added = run(going_on, order(500.0, None)).forecasts[0].metrics["vancomycin_auc24_next"].median
    scheduled = run(going_on).forecasts[0].metrics["vancomycin_auc24_next"].median
    assert added > scheduled


def test_stopping_a_running_infusion_lets_the_level_fall() -> None:
    start = AT - timedelta(hours=20)
    pump = Administration("vancomycin", start, "mg/h", rate=80.0, last_charted=AT - timedelta(hours=1))
    running = replace(CHART, administrations=(pump,))
    found = run(running, Order(AS_ORDERED, drug="vancomycin", stop=True, start=AT))
    stopped, going = (found.forecast(label) for label in (AS_ORDERED, NO_CHANGE))
    assert stopped is not None
    assert going is not None
    assert stopped.variables["vancomycin"].p50[-1] < 0.7 * going.variables["vancomycin"].p50[-1]


@pytest.mark.parametrize(
    ("patient", "word"),
    [
        (record(creatinine=[(-30.0, 1.2)], doses=DOSES, levels=[(-1.0, 14.0)]), "creatinine is 30 h old"),
        (record(creatinine=[(-20.0, 1.0), (-4.0, 1.8)], doses=DOSES, levels=[(-1.0, 14.0)]), "moved 0.8"),
        (record(creatinine=[(-16.0, 1.0), (-4.0, 1.6)], doses=DOSES, levels=[(-1.0, 14.0)]), "has not settled"),
        (record(creatinine=[(-4.0, 1.2)], doses=DOSES, levels=[(-40.0, 9.0), (-1.0, 14.0)]), "before the first charted dose"),
        (record(creatinine=[(-4.0, 1.2)], doses=DOSES[:1], levels=[(-20.0, 8.0), (-1.0, 30.0)]), "rose without a charted dose"),
        (record(creatinine=[(-4.0, 1.2)], doses=[*DOSES, DOSES[-1]], levels=[(-1.0, 14.0)]), "at the same time"),
        (record(creatinine=[(-4.0, 1.2)], doses=[*DOSES, (-11.6, 1.0, 750.0)], levels=[(-1.0, 14.0)]), "at the same time"),
    ],
)
def test_a_forecast_without_a_suggestion_says_why(patient: PatientRecord, word: str) -> None:
    found = run(patient, order(2000.0, 8.0))
    assert found.forecasts[0].metrics
    assert found.suggested is None
    assert word in reasons(found)


def test_a_creatinine_that_moved_and_was_found_the_same_again_forbids_no_suggestion() -> None:
    settled = record(creatinine=[(-49.0, 1.0), (-25.0, 1.0), (-13.0, 2.0), (-4.0, 2.0)], doses=DOSES, levels=[(-1.0, 14.0)])
    assert "has not settled" not in reasons(run(settled, order(2000.0, 8.0)))
    slow = record(creatinine=[(-h, 2.0 - 0.25 * i) for i, h in enumerate((4.0, 10.0, 16.0, 22.0))][::-1], doses=DOSES)
    assert "has not settled" in reasons(run(slow, order(2000.0, 8.0)))


@pytest.mark.parametrize(
    ("patient", "word"),
    [
        (record(creatinine=[], doses=DOSES), "no creatinine is charted"),
        (record(creatinine=[(-4.0, 1.2)], weight=None), "no weight is charted"),
        (record(creatinine=[(-4.0, 1.2)], age=12.0), "age 12"),
        (replace(CHART, procedures=(Procedure("crrt", AT - timedelta(hours=5)),)), "renal replacement"),
        (record(creatinine=[(-4.0, 1.2)], levels=[(-1.0, 14.0)]), "no dose"),
    ],
)
def test_what_cannot_be_predicted_is_said_and_the_limits_are_still_checked(patient: PatientRecord, word: str) -> None:
    found = run(patient, order(4000.0))
    assert word in reasons(found)
    assert found.suggested is None
    assert found.forecasts[0].metrics == {}
    assert "absolute" in {f.severity for f in found.forecasts[0].safety.findings}


def test_a_drug_without_a_model_is_said() -> None:
    found = run(CHART, Order(AS_ORDERED, drug="morphine", amount=5.0, unit="mg", interval_h=4.0, start=AT))
    assert "no model of morphine" in reasons(found)


def test_an_unverified_model_forecasts_but_never_suggests(monkeypatch: pytest.MonkeyPatch) -> None:
    alone = "vancomycin_roberts_2011"
    assert run(CHART, order(2000.0, 8.0), models=(alone,)).suggested is not None
    monkeypatch.setitem(MODELS, alone, replace(MODELS[alone], status="experimental"))
    found = run(CHART, order(2000.0, 8.0), models=(alone,))
    assert found.forecasts[0].metrics
    assert found.suggested is None
    assert "not verified" in reasons(found)


def test_forecasts_end_where_the_models_do() -> None:
    late = AT + timedelta(hours=60)
    found = run(CHART, order(), report_times=(AT + timedelta(hours=10), late))
    assert len([r for r in found.forecasts[0].report if r.variable == "vancomycin"]) == 1
    assert "48 h" in reasons(found)


def test_past_report_times_show_the_fitted_course() -> None:
    found = run(CHART, order(), report_times=(AT - timedelta(hours=1), AT + timedelta(hours=1)))
    past, future = (r for r in found.forecasts[0].report if r.variable == "vancomycin")
    assert past.time < future.time
    assert past.low < 14.0 < past.high


@pytest.mark.parametrize(("hour", "named"), [(-11.5, True), (-10.5, False)])
def test_a_level_drawn_while_a_dose_goes_in_is_named(hour: float, named: bool) -> None:
    # The dose of 12 h ago took an hour.
    chart = record(creatinine=[(-4.0, 1.2)], doses=DOSES, levels=[(hour, 20.0)])
    assert ("from the infusing line" in reasons(run(chart, order()))) is named


def test_a_level_charted_as_drawn_during_an_infusion_is_named_whatever_the_times_say() -> None:
    told = replace(
        CHART, measurements=tuple(replace(m, during_infusion=m.variable == "vancomycin") for m in CHART.measurements)
    )
    assert "from the infusing line" not in reasons(run(CHART, order()))
    assert "from the infusing line" in reasons(run(told, order()))


def test_segments_of_a_continuous_infusion_are_no_intermittent_doses() -> None:
    running = [(-24.0 + i, 1.0, 100.0) for i in range(24)]
    chart = record(creatinine=[(-4.0, 1.2)], doses=running, levels=[(-1.5, 20.0)])
    assert "from the infusing line" not in reasons(run(chart, order()))


def test_a_model_that_is_not_used_is_named_while_others_answer() -> None:
    without_height = replace(CHART, measurements=tuple(m for m in CHART.measurements if m.variable != "height"))
    found = run(without_height, order())
    assert "vancomycin_roberts_2011" not in found.twin
    assert "vancomycin_roberts_2011: no height" in reasons(found)


def test_exposure_never_falls_as_the_level_rises_and_a_level_beyond_the_doses_offers_nothing() -> None:
    def charted(level: float) -> Prediction:
        return run(record(creatinine=[(-48.0, 1.0), (-3.0, 1.0)], doses=DOSES, levels=[(-0.5, level)]), order())

    found = [charted(level) for level in (1.0, 4.0, 12.0, 20.0, 30.0, 38.0, 45.0, 60.0, 90.0)]
    exposures = [f.forecasts[0].metrics["vancomycin_auc24_next"].median for f in found]
    assert exposures == sorted(exposures)
    assert exposures[-1] > 2 * exposures[-5]
    highest = found[-1]
    assert "a level contradicts the charted doses" in reasons(highest)
    assert [f.label for f in highest.forecasts] == [AS_ORDERED, NO_CHANGE]
    assert highest.suggested is None
    assert not highest.level_advice


@pytest.mark.parametrize("course", [{"count": 1}, {"count": 3}, {"until": AT + timedelta(hours=24)}])
def test_a_course_of_less_than_two_days_has_no_steady_state(course: dict[str, object]) -> None:
    ordered = run(CHART, replace(order(), **course)).forecasts[0]
    assert list(ordered.metrics) == ["vancomycin_auc24_next"]
    assert ordered.places["vancomycin"].metric == "vancomycin_auc24_next"
    assert "vancomycin_auc24_steady" in run(CHART, replace(order(), count=14)).forecasts[0].metrics


def test_an_infusion_that_outlasts_its_interval_is_refused() -> None:
    found = run(CHART, replace(order(interval_h=8.0), infusion_h=12.0))
    assert "outlasts its interval" in reasons(found)
    assert not found.forecasts[0].metrics
    assert run(CHART, replace(order(interval_h=8.0), infusion_h=8.0)).forecasts[0].metrics


def test_an_order_that_is_not_intravenous_is_refused_drafted_or_running() -> None:
    oral = replace(order(500.0), drug="levetiracetam", route="oral")
    iv = replace(oral, route="iv")
    adult = record(creatinine=[(-4.0, 1.0)])
    assert run(adult, iv).forecasts[0].variables
    assert "not intravenous" in reasons(run(adult, oral))
    assert "not intravenous" in reasons(run(replace(adult, current_orders=(oral,)), replace(iv, interval_h=None)))


def test_a_dose_by_another_route_is_a_hole_in_the_history() -> None:
    def after(hours_ago: float, drug: str = "levetiracetam") -> Prediction:
        dose = Administration(drug, AT - timedelta(hours=hours_ago), "mg", amount=500.0, route="oral")
        patient = replace(record(creatinine=[(-4.0, 1.0)]), administrations=(dose,))
        return run(patient, replace(order(500.0), drug=drug))

    assert "not in the forecast" in reasons(after(10.0))
    assert "not in the forecast" not in reasons(after(70.0))
    assert "not in the forecast" not in reasons(after(10.0, "vancomycin"))


def test_an_infusion_that_is_charted_twice_is_a_hole() -> None:
    """Twice the rate, or one row too many: nobody can tell."""
    runs = Administration("norepinephrine", AT - timedelta(hours=9), "ug/kg/min", rate=0.1, last_charted=AT)
    pressor = Order("as ordered", drug="norepinephrine", rate=0.2, unit="ug/kg/min")

    def told(*rows: Administration) -> str:
        return reasons(run(replace(record(creatinine=[(-4.0, 1.0)]), administrations=rows), pressor))

    assert "charted twice" in told(runs, runs)
    assert "charted twice" not in told(runs, replace(runs, start=AT - timedelta(hours=7)))
    assert "charted twice" not in told(runs)
    old = replace(runs, start=AT - timedelta(hours=90), last_charted=AT - timedelta(hours=80))
    assert "charted twice" in told(old, old), "it runs"
    assert "charted twice" not in told(*2 * [replace(old, end=AT - timedelta(hours=70))])


@pytest.mark.parametrize(("hours_ago", "hole"), [(10.0, True), (59.0, True), (70.0, False), (160.0, False)])
def test_a_dose_without_an_amount_is_a_hole_for_as_long_as_it_matters(hours_ago: float, hole: bool) -> None:
    start = AT - timedelta(hours=hours_ago)
    unread = Administration("vancomycin", start, "dose", amount=1.0)
    for dose in (unread, replace(unread, end=start + timedelta(hours=1)), replace(unread, amount=None, last_charted=start)):
        found = run(replace(CHART, administrations=(*CHART.administrations, dose)), order())
        assert ("without a usable amount" in reasons(found)) is hole
    open_end = replace(unread, amount=None)
    assert "usable amount" in reasons(run(replace(CHART, administrations=(*CHART.administrations, open_end)), order()))
