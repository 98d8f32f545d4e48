"""No change stands no better than the newest values: what charts show after a bad one holds its treatment."""

from typing import Any

import pytest

from tests.adult import row
from tests.unit.respiratory.scenarios import drafted, ordering, predicted, ventilated
from twin_engine.prediction import Metric, Prediction

FASTER = ordering(respiratory_rate_set=(28, "/min"))
SAME = ordering(respiratory_rate_set=(20, "/min"))
FAILING = {"spo2": 87, "pao2": 52, "paco2": 68, "ph": 7.18}


def charted(values: dict[str, float], order: dict[str, Any], **changes: Any) -> dict[str, Any]:
    """The ventilated adult with other values of blood and oximeter."""
    document = ventilated(orders=[order], **changes)
    for one in document["measurements"]:
        one["value"] = values.get(one["variable"], one["value"])
    return document


def unchanged(found: Prediction) -> dict[str, Metric]:
    still = found.forecast("no change")
    assert still is not None
    return dict(still.metrics)


def test_no_change_is_judged_at_the_last_bad_values_and_what_charts_show_stands_beside() -> None:
    still = unchanged(predicted(charted(FAILING, FASTER)))
    for name, value in FAILING.items():
        assert still[f"{name}_1h"].median == pytest.approx(value, rel=2e-3)
    assert still["spo2_1h_by_chart"].median > 90.0
    assert still["paco2_1h_by_chart"].median < 60.0
    assert still["ph_1h"].p_below > still["ph_1h_by_chart"].p_below + 0.3


def test_an_order_by_mechanism_starts_from_there() -> None:
    found = predicted(charted(FAILING, FASTER))
    still, ordered = unchanged(found), drafted(found).metrics
    for name in ("spo2", "paco2", "ph"):
        moved = ordered[f"{name}_1h"].median - still[f"{name}_1h"].median
        assert moved == pytest.approx(ordered[f"{name}_effect_1h"].median, rel=0.2)


def test_an_order_that_changes_nothing_is_judged_as_no_change() -> None:
    found = predicted(charted(FAILING, SAME))
    still, ordered = unchanged(found), drafted(found).metrics
    for name in FAILING:
        assert ordered[f"{name}_1h"].median == pytest.approx(still[f"{name}_1h"].median)


def test_what_is_judged_changes_no_curve_and_no_report() -> None:
    found = predicted(charted(FAILING, FASTER, report_times=["2026-03-02T13:00:00Z"]))
    still = found.forecast("no change")
    assert still is not None
    reported = {one.variable: one.median for one in still.report}
    for name in FAILING:
        assert reported[name] == pytest.approx(still.metrics[f"{name}_1h_by_chart"].median)
        assert still.variables[name].p50[4] == pytest.approx(reported[name])


def test_values_that_are_better_than_the_forecast_are_not_held() -> None:
    still = unchanged(predicted(charted({"spo2": 99, "pao2": 160, "paco2": 40, "ph": 7.40}, FASTER)))
    assert not [name for name in still if name.endswith("_by_chart")]
    assert still["pao2_1h"].median < 140.0


def test_a_compensating_low_carbon_dioxide_is_not_held_where_its_loss_is_the_worse() -> None:
    """In a metabolic acidosis PaCO2 that goes back to normal is the harm."""
    still = unchanged(predicted(charted({"paco2": 20, "ph": 7.12}, FASTER)))
    assert "paco2_1h_by_chart" not in still
    assert still["paco2_1h"].median > 20.0


@pytest.mark.parametrize(
    ("changed", "kept"),
    [
        (row("fio2", 0.6, "1", "2026-03-02T11:58:00Z"), {"paco2", "ph"}),
        (row("respiratory_rate_set", 24, "/min", "2026-03-02T11:58:00Z"), {"spo2", "pao2"}),
    ],
)
def test_values_under_other_settings_are_not_held(changed: dict[str, Any], kept: set[str]) -> None:
    document = charted(FAILING, ordering(peep=(12, "cm[H2O]")))
    still = unchanged(predicted({**document, "settings": [*document["settings"], changed]}))
    assert {name.removesuffix("_1h_by_chart") for name in still if name.endswith("_by_chart")} == kept


def test_an_old_gas_is_not_held() -> None:
    document = charted(FAILING, FASTER)
    for one in document["measurements"]:
        if one["variable"] in {"pao2", "paco2", "ph"}:
            one["time"] = "2026-03-02T02:00:00Z"
    for one in document["settings"]:
        one["time"] = "2026-03-02T01:00:00Z"
    assert {name for name in unchanged(predicted(document)) if name.endswith("_by_chart")} <= {"spo2_1h_by_chart"}
