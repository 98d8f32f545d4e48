"""Other settings: which are tried, when one may be suggested, and what never is."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from tests.adult import row
from tests.reference.patients import AT
from tests.unit.respiratory.scenarios import drafted, middle, ordering, predicted, remarks, ventilated, without
from twin_engine.patient.record import Condition, Order, PatientRecord, Setting
from twin_engine.prediction import Prediction
from twin_engine.respiratory.advice import Judged, judged, without_gain_of_oxygen
from twin_engine.respiratory.bounds import Bound, bounds
from twin_engine.respiratory.choices import LEAVE_IT
from twin_engine.respiratory.envelope import peep_range, within
from twin_engine.respiratory.settings import VentilatorSettings
from twin_engine.respiratory.steps import steps

CM = "cm[H2O]"
LATE = ("2026-03-02T11:00:00Z", "2026-03-02T11:25:00Z", "2026-03-02T11:55:00Z")


def fresh(*spo2: float, **changes: Any) -> dict[str, Any]:
    """A chart on which a suggestion may rest: settings of 2 h ago, saturations up to 5 min ago."""
    document = without(ventilated(alternatives="auto", **changes), "spo2")
    document["settings"] = [{**s, "time": "2026-03-02T10:00:00Z"} for s in document["settings"]]
    values = spo2 or (95.0, 94.0, 95.0)
    document["measurements"] += [row("spo2", v, "%", t) for v, t in zip(values, LATE, strict=True)]
    return document


def suggested(prediction: Prediction) -> dict[str, float]:
    """Settings of the suggestion."""
    found = prediction.forecast(prediction.suggestions["ventilator"])
    assert found is not None
    assert found.safety.cleared
    return {s.variable: s.value or 0.0 for o in found.orders for s in o.settings}


def others(prediction: Prediction) -> list[Order]:
    """Orders of the other settings that are shown."""
    return [o for f in prediction.forecasts if f.changes is not None for o in f.orders]


def withheld(prediction: Prediction) -> str:
    assert not prediction.suggestions
    return " ".join(q.effect for q in prediction.data_quality if "suggest" in q.effect)


def charting(document: dict[str, Any], **values: float) -> dict[str, Any]:
    """The scenario with other values of these variables."""
    kept = {
        k: [{**r, "value": values.get(r["variable"], r["value"])} if "value" in r else r for r in document[k]]
        for k in ("measurements", "settings")
    }
    return {**document, **kept}


def stretched(**changes: Any) -> dict[str, Any]:
    """A larger volume still ordered where 8 mL/kg is in force."""
    order = [ordering(tidal_volume_set=(620, "mL"))]
    return charting(fresh(orders=order, **changes), tidal_volume_set=560.0, paco2=36.0, ph=7.42)


def breathing_out(document: dict[str, Any], total_peep: float = 10.5, inspiration_s: float = 0.9) -> dict[str, Any]:
    """The scenario with a measured total PEEP and the time of inspiration."""
    document["measurements"].append(row("peep_total", total_peep, CM))
    document["settings"].append(row("inspiratory_time", inspiration_s, "s", "2026-03-02T10:00:00Z"))
    return document


def rates(prediction: Prediction) -> set[float]:
    """Rates of the other settings that are shown."""
    others = [f for f in prediction.forecasts if f.changes is not None]
    return {s.value or 0.0 for f in others for o in f.orders for s in o.settings if s.variable == "respiratory_rate_set"}


def test_a_volume_that_stretches_is_answered_with_a_smaller_one() -> None:
    found = predicted(stretched())
    assert suggested(found)["tidal_volume_set"] == 490
    own, order = (
        f.metrics["driving_pressure_1h"] for f in (found.forecast(found.suggestions["ventilator"]), drafted(found)) if f
    )
    assert own.p_harm < order.p_harm - 0.2


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"pao2", "paco2", "ph"}, "arterial gas"),
        ({"plateau_pressure"}, "plateau"),
        ({"ventilator_mode"}, "mode"),
        ({"spo2"}, "SpO2"),
        ({"hemoglobin"}, "haemoglobin"),
    ],
    ids=["no gas", "no plateau", "no mode", "no saturation", "no haemoglobin"],
)
def test_nothing_is_suggested_without_what_it_rests_on(change: set[str], reason: str) -> None:
    found = predicted(without(stretched(), *change))
    assert reason in withheld(found)


def test_nothing_is_suggested_to_a_patient_who_breathes_above_the_set_rate() -> None:
    document = without(stretched(), "respiratory_rate")
    document["measurements"].append(row("respiratory_rate", 28, "/min"))
    assert "breathes above" in withheld(predicted(document))


@pytest.mark.parametrize("peep", [8, 10, 12])
def test_more_peep_is_never_advised_on_oxygenation_alone(peep: float) -> None:
    """Hypoxaemic on little PEEP: more of it may help, and is still not suggested."""
    found = predicted(fresh(86.0, 85.0, 86.0, orders=[ordering(peep=(peep, CM))]))
    assert suggested(found).get("peep", 0.0) < peep if found.suggestions else True


def test_too_high_a_peep_is_answered_with_a_lower_one_of_the_tables() -> None:
    stretched = charting(fresh(orders=[ordering(peep=(20, CM))]), peep=18.0, plateau_pressure=32.0, peak_pressure=39.0)
    found = predicted(stretched)
    assert suggested(found)["peep"] < 18
    assert within(0.5, suggested(found)["peep"])


def test_oxygen_is_lowered_only_after_half_an_hour_above_the_range() -> None:
    order = [ordering(fio2=(0.5, "1"))]
    assert suggested(predicted(fresh(98.0, 98.0, 98.0, orders=order)))["fio2"] == pytest.approx(0.4)
    for values in ((98.0, 96.0, 98.0), (98.0, 98.0, 96.0)):
        assert "ventilator" not in predicted(fresh(*values, orders=order)).suggestions


@pytest.mark.parametrize("order", [{"fio2": (0.6, "1")}, {"fio2": (0.3, "1")}, {"fio2": (0.3, "1"), "peep": (5, CM)}])
def test_beside_a_cut_of_oxygen_by_more_than_a_tenth_nothing_is_suggested(order: dict[str, tuple[float, str]]) -> None:
    document = charting(fresh(98.0, 98.0, 98.0, orders=[ordering(**order)]), fio2=0.8, peep=14.0, pao2=80.0)
    found = predicted(document)
    assert "lowers FiO2 by more than 0.10" in withheld(found)
    assert all((s.value or 0.0) >= 0.7 for o in others(found) for s in o.settings if s.variable == "fio2")


def test_oxygen_is_never_offered_more_than_a_tenth_below_what_is_in_force() -> None:
    """One step down as ordered; the steps below it would be two and three."""
    document = fresh(98.0, 98.0, 98.0, orders=[ordering(fio2=(0.7, "1"))])
    found = predicted(charting(document, fio2=0.8, peep=14.0, pao2=140.0))
    assert not found.suggestions
    assert all((s.value or 0.0) >= 0.7 for o in others(found) for s in o.settings if s.variable == "fio2")


def test_an_ordered_cut_of_oxygen_is_judged_by_mechanism_from_the_settings_in_force() -> None:
    """The level after such an order hardly moves, for charts show it in lungs that got better."""
    document = charting(fresh(97.0, 97.0, 97.0, orders=[ordering(fio2=(0.25, "1"))]), fio2=0.8, peep=14.0, pao2=80.0)
    order = drafted(predicted(document))
    assert middle(order, "spo2") > 96.0
    assert order.metrics["spo2_1h"].median < 90.0
    assert order.metrics["spo2_1h"].p_below > 0.9
    assert order.metrics["pao2_1h"].median < 60.0


def test_an_ordered_fall_of_ventilation_is_judged_by_mechanism_from_the_settings_in_force() -> None:
    order = drafted(predicted(fresh(orders=[ordering(respiratory_rate_set=(10, "/min"))])))
    assert middle(order, "paco2") < 50.0
    assert order.metrics["paco2_1h"].median > 65.0
    assert order.metrics["ph_1h"].p_below > 0.5


def test_with_raised_pressure_in_the_skull_hyperventilation_is_harm_and_hypercapnia_is_not_offered() -> None:
    orders = [ordering(tidal_volume_set=(500, "mL"), respiratory_rate_set=(30, "/min"))]
    found = predicted(fresh(orders=orders, conditions=[{"condition": "raised_icp"}]))
    order = drafted(found).metrics["paco2_1h"]
    assert order.median < 30.0
    assert order.p_below > 0.9
    for one in found.forecasts:
        assert one.changes is None or one.metrics["paco2_1h"].p_above <= order.p_above
    assert not found.suggestions or suggested(found)["tidal_volume_set"] > 350


def test_carbon_dioxide_harms_below_its_range_only_where_the_skull_is_tight() -> None:
    for condition, harmed in (((Condition("raised_icp"),), [True]), ((), [False])):
        limits = tuple(bounds(PatientRecord(None, "unknown", conditions=condition), AT))
        assert judged({"paco2": np.array([30.0])}, limits, 1, protective=True)["gas"].harmed.tolist() == harmed


def test_a_smaller_breath_keeps_the_ventilation_in_force() -> None:
    order = Order("as ordered", settings=(Setting("tidal_volume_set", 560.0, "mL", None),))
    now = VentilatorSettings("vc_cmv", tidal_volume_set=420.0, respiratory_rate_set=20.0)
    found = [{s.variable: s.value for s in one.order.settings} for one in steps(order, now, 70.0)]
    assert {"tidal_volume_set": 350.0, "respiratory_rate_set": 24.0} in found


@pytest.mark.parametrize(
    ("change", "total_peep", "inspiration_s", "offered"),
    [
        ({}, 10.5, 0.9, True),
        ({}, 14.0, 0.9, False),
        ({}, 10.5, 1.5, False),
        ({"conditions": [{"condition": "chronic_hypercapnia"}]}, 10.5, 0.9, False),
    ],
    ids=["time to breathe out", "trapped gas", "long inspiration", "COPD"],
)
def test_a_higher_rate_is_offered_only_with_time_to_breathe_out(
    change: dict[str, Any], total_peep: float, inspiration_s: float, offered: bool
) -> None:
    found = predicted(breathing_out(stretched(**change), total_peep, inspiration_s))
    assert any(rate > 20 for rate in rates(found)) is offered
    assert not any(rate > 20 for rate in rates(predicted(stretched(**change))))


@pytest.mark.parametrize("conditions", [[], [{"condition": "raised_icp"}]], ids=["no condition", "raised_icp"])
def test_what_is_in_force_is_no_alternative(conditions: list[dict[str, str]]) -> None:
    found = predicted(fresh(orders=[ordering(tidal_volume_set=(560, "mL"))], conditions=conditions))
    assert all(s.value != 420.0 for o in others(found) for s in o.settings)


def test_alternatives_vary_one_setting_of_the_draft_and_rank_among_all() -> None:
    found = predicted(fresh(orders=[ordering(fio2=(0.5, "1"), peep=(10, CM))]))
    others = [f for f in found.forecasts if f.changes is not None]
    assert 0 < len(others) <= 2
    for one in others:
        settings = {s.variable: s.value for o in one.orders for s in o.settings}
        assert sum(settings[k] != v for k, v in (("fio2", 0.5), ("peep", 10.0))) == 1
        assert one.places["ventilator"].rank >= 1


def test_a_volume_without_height_has_no_steps_per_kg() -> None:
    order = Order("as ordered", settings=(Setting("tidal_volume_set", 480.0, "mL", None),))
    assert not list(steps(order, VentilatorSettings("vc_cmv", respiratory_rate_set=20.0), None))
    tried = [s.order.settings for s in steps(order, VentilatorSettings("vc_cmv", respiratory_rate_set=20.0), 70.0)]
    assert {row.value for rows in tried for row in rows if row.variable == "tidal_volume_set"} == {
        280.0, 350.0, 420.0, 490.0, 560.0
    }  # fmt: skip


@pytest.mark.parametrize(
    ("fio2", "low", "high"),
    [(0.21, 5, 14), (0.3, 5, 14), (0.4, 5, 16), (0.45, 5, 20), (0.6, 10, 20), (0.8, 14, 22), (1.0, 18, 24)],
)
def test_the_envelope_is_that_of_both_tables(fio2: float, low: float, high: float) -> None:
    assert peep_range(fio2) == (low, high)


@pytest.mark.parametrize(
    ("fio2", "peep", "inside"), [(0.4, 16.0, True), (0.4, 17.0, False), (0.4, 4.0, False), (0.3, 15.0, False)]
)
def test_a_peep_is_within_the_tables_or_outside(fio2: float, peep: float, inside: bool) -> None:
    assert within(fio2, peep) is inside


def test_what_peep_gains_in_oxygen_is_not_counted_and_what_it_costs_is() -> None:
    limits = (Bound("spo2", 92.0, 96.0, None, 88.0),)
    ordered = judged({"spo2": np.array([85.0, 94.0])}, limits, 2, protective=True)
    other = judged({"spo2": np.array([94.0, 85.0])}, limits, 2, protective=True)
    counted = without_gain_of_oxygen(other, ordered)["oxygen"]
    assert counted.utility.tolist() == [-1.0, -1.0]
    assert counted.harmed.tolist() == [True, True]


def test_a_volume_above_8_ml_per_kg_is_within_no_bound() -> None:
    found: Judged = judged(
        {"plateau_pressure": np.array([20.0])}, (Bound("plateau_pressure", None, 30.0, 30.0),), 1, protective=False
    )["pressures"]
    assert found.utility.tolist() == [0.0]
    assert not replace(found).aims


@pytest.mark.parametrize(
    "order",
    [ordering(tidal_volume_set=(300, "mL")), ordering(respiratory_rate_set=(10, "/min")), ordering(peep=(20, CM))],
    ids=["a volume too small", "a rate too low", "PEEP too high"],
)
def test_nothing_is_suggested_that_is_worse_than_leaving_the_setting(order: dict[str, Any]) -> None:
    found = predicted(fresh(orders=[order]))
    unchanged, ordered = found.forecast("no change"), drafted(found)
    assert unchanged is not None
    others = [f for f in found.forecasts if f not in (unchanged, ordered)]
    assert others
    assert all(f.places["ventilator"].utility < unchanged.places["ventilator"].utility for f in others)
    assert not found.suggestions
    assert [r.effect for r in remarks(found, "ventilator")] == [LEAVE_IT]
