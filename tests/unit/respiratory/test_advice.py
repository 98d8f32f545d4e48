"""Other settings: which are tried, when one may be suggested, and what never is."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from tests.unit.respiratory.scenarios import drafted, ordering, predicted, row, ventilated, without
from twin_engine.patient.record import Order, Setting
from twin_engine.prediction import Prediction
from twin_engine.respiratory.advice import Judged, judged, without_gain_of_oxygen
from twin_engine.respiratory.bounds import Bound
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


def withheld(prediction: Prediction) -> str:
    assert not prediction.suggestions
    return " ".join(q.effect for q in prediction.data_quality if "suggest" in q.effect)


def test_a_volume_that_stretches_is_answered_with_a_smaller_one() -> None:
    found = predicted(fresh(orders=[ordering(tidal_volume_set=(560, "mL"))]))
    assert suggested(found)["tidal_volume_set"] < 560
    assert any(s.variable == "respiratory_rate_set" for f in found.forecasts for o in f.orders for s in o.settings)
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
    ],
    ids=["no gas", "no plateau", "no mode", "no saturation"],
)
def test_nothing_is_suggested_without_what_it_rests_on(change: set[str], reason: str) -> None:
    found = predicted(without(fresh(orders=[ordering(tidal_volume_set=(560, "mL"))]), *change))
    assert reason in withheld(found)


def test_nothing_is_suggested_to_a_patient_who_breathes_above_the_set_rate() -> None:
    document = without(fresh(orders=[ordering(tidal_volume_set=(560, "mL"))]), "respiratory_rate")
    document["measurements"].append(row("respiratory_rate", 28, "/min"))
    assert "breathes above" in withheld(predicted(document))


@pytest.mark.parametrize("peep", [8, 10, 12])
def test_more_peep_is_never_advised_on_oxygenation_alone(peep: float) -> None:
    """Hypoxaemic on little PEEP: more of it may help, and is still not suggested."""
    found = predicted(fresh(86.0, 85.0, 86.0, orders=[ordering(peep=(peep, CM))]))
    assert suggested(found).get("peep", 0.0) < peep if found.suggestions else True


def test_too_high_a_peep_is_answered_with_a_lower_one_of_the_tables() -> None:
    found = predicted(fresh(orders=[ordering(peep=(18, CM))]))
    assert suggested(found)["peep"] < 18
    assert within(0.5, suggested(found)["peep"])


def test_oxygen_is_lowered_only_after_half_an_hour_above_the_range() -> None:
    order = [ordering(fio2=(0.5, "1"))]
    assert suggested(predicted(fresh(98.0, 98.0, 98.0, orders=order)))["fio2"] == pytest.approx(0.4)
    for values in ((98.0, 96.0, 98.0), (98.0, 98.0, 96.0)):
        assert "ventilator" not in predicted(fresh(*values, orders=order)).suggestions


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
    [(0.21, 5, 14), (0.3, 5, 14), (0.4, 5, 15), (0.45, 5, 20), (0.6, 10, 20), (0.8, 14, 22), (1.0, 18, 24)],
)
def test_the_envelope_is_that_of_both_tables(fio2: float, low: float, high: float) -> None:
    assert peep_range(fio2) == (low, high)


def test_what_peep_gains_in_oxygen_is_not_counted_and_what_it_costs_is() -> None:
    bounds = (Bound("spo2", 92.0, 96.0),)
    ordered = judged({"spo2": np.array([85.0, 94.0])}, bounds, 2, protective=True)
    other = judged({"spo2": np.array([94.0, 85.0])}, bounds, 2, protective=True)
    counted = without_gain_of_oxygen(other, ordered)["oxygen"]
    assert counted.utility.tolist() == [-1.0, -1.0]
    assert counted.harmed.tolist() == [True, True]


def test_a_volume_above_8_ml_per_kg_is_within_no_bound() -> None:
    found: Judged = judged(
        {"plateau_pressure": np.array([20.0])}, (Bound("plateau_pressure", None, 30.0, 30.0),), 1, protective=False
    )["pressures"]
    assert found.utility.tolist() == [0.0]
    assert not replace(found).aims
