"""Haemoglobin under fluids and red cells, from scenarios."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.adult import adult, row
from twin_engine.predict import predict
from twin_engine.prediction import Forecast, Prediction
from twin_engine.scenario_json.reading import read

CELLS = {"drug": "red cells", "kind": "red_cells", "amount": 2, "unit": "{unit}", "infusion_h": 2}
LITRE = {"drug": "ringer", "kind": "crystalloid", "amount": 1000, "unit": "mL", "infusion_h": 0.5}


def scenario(*orders: dict[str, Any], **changes: Any) -> dict[str, Any]:
    chart: dict[str, Any] = {
        "horizon_h": 12,
        "measurements": [
            row("weight", 80, "kg"),
            row("height", 178, "cm"),
            row("hemoglobin", 7.1, "g/dL"),
            row("map", 72, "mm[Hg]", "2026-03-02T11:55:00Z", site="arterial"),
            row("spo2", 95, "%", "2026-03-02T11:55:00Z"),
        ],
        "orders": list(orders),
        "report_times": ["2026-03-02T18:00:00Z"],
    }
    return adult(**{**chart, **changes})


def predicted(*orders: dict[str, Any], without: tuple[str, ...] = (), more: tuple[Any, ...] = (), **changes: Any) -> Prediction:
    document = scenario(*orders, **changes)
    kept = [m for m in document["measurements"] if m["variable"] not in without]
    return predict(read({**document, "measurements": [*kept, *more]}))


def effect(found: Prediction, after: str = "6h", name: str = "hemoglobin") -> float:
    return found.forecasts[0].metrics[f"{name}_effect_{after}"].median


def reasons(found: Prediction) -> list[str]:
    return [gap.reason for gap in found.cannot_predict if gap.variable == "hemoglobin"]


def told(found: Prediction) -> str:
    return "; ".join(q.effect for q in found.data_quality)


def hemoglobin(found: Forecast) -> Any:
    return next(r for r in found.report if r.variable == "hemoglobin")


def test_red_cells_raise_and_a_litre_dilutes_and_fades() -> None:
    assert 1.5 < effect(predicted(CELLS)) < 2.2
    litre = predicted(LITRE)
    assert -0.8 < effect(litre, "1h") < effect(litre) < 0.0


def test_what_is_measured_scatters_more_than_the_copies() -> None:
    shown = hemoglobin(predicted(CELLS).forecasts[0])
    assert shown.predicted_low < shown.low < shown.median < shown.high < shown.predicted_high
    assert shown.predicted_high - shown.predicted_low > 2.5


def test_the_oxygen_carried_follows_and_needs_a_saturation() -> None:
    found = predicted(CELLS)
    assert effect(found, name="oxygen_content") == pytest.approx(1.34 * 0.95 * effect(found), rel=0.02)
    assert "oxygen_content_effect_6h" not in predicted(CELLS, without=("spo2",)).forecasts[0].metrics
    smoke = row("carboxyhemoglobin", 24.0, "%", "2026-03-02T10:00:00Z")
    assert "oxygen_content_effect_6h" not in predicted(CELLS, more=(smoke,)).forecasts[0].metrics


def test_both_together_lie_between() -> None:
    both = effect(predicted(CELLS, LITRE), "6h")
    assert effect(predicted(LITRE)) < both < effect(predicted(CELLS))


def test_a_unit_is_287_ml_and_two_hours_are_assumed_and_said() -> None:
    in_ml = predicted({**CELLS, "amount": 574, "unit": "mL"})
    assert effect(in_ml) == effect(predicted(CELLS))
    unstated = {k: v for k, v in CELLS.items() if k != "infusion_h"}
    assert "2 h a unit assumed" in told(predicted(unstated))
    assert "assumed" not in told(predicted(CELLS))


def test_what_runs_goes_on_and_an_order_replaces_it() -> None:
    running = {"drug": "ringer", "kind": "crystalloid", "rate": 500, "unit": "mL/h", "start": "2026-03-02T10:00:00Z",
               "last_charted": "2026-03-02T11:50:00Z"}  # fmt: skip
    stop = {"drug": "ringer", "kind": "crystalloid", "stop": True}
    assert effect(predicted(stop, administrations=[running])) > 0.3
    old = {**running, "last_charted": "2026-03-02T07:00:00Z", "start": "2026-03-02T06:00:00Z"}
    assert effect(predicted(stop, administrations=[old])) == 0.0


def test_an_infusion_without_an_end_ends_four_hours_after_it_was_last_charted_and_that_is_said() -> None:
    """500 mL/h charted once 22 h ago: 2 L by 18 h ago, of which nothing is left to leave; not 11 L up to now."""
    forgotten = {"drug": "ringer", "kind": "crystalloid", "rate": 500, "unit": "mL/h", "start": "2026-03-01T14:00:00Z",
                 "last_charted": "2026-03-01T14:00:00Z"}  # fmt: skip
    found, without = predicted(CELLS, administrations=[forgotten]), predicted(CELLS)
    own, before = (one.forecasts[0].metrics["hemoglobin_1h"].median for one in (found, without))
    assert own == pytest.approx(before, abs=0.02)
    assert "last charted 22 h ago: ended 4 h after that" in told(found)
    assert "last charted" not in told(without)
    recent = {**forgotten, "last_charted": "2026-03-02T11:50:00Z"}
    assert "last charted" not in told(predicted(CELLS, administrations=[recent]))


def test_stopping_a_transfusion_charted_with_an_end_ahead_stops_what_is_left_of_it() -> None:
    hanging = {"drug": "red cells", "kind": "red_cells", "amount": 2, "unit": "{unit}", "start": "2026-03-02T11:00:00Z",
               "end": "2026-03-02T15:00:00Z"}  # fmt: skip
    stop = {"drug": "red cells", "kind": "red_cells", "stop": True}
    assert effect(predicted(stop, administrations=[hanging])) == pytest.approx(-0.75 * effect(predicted(CELLS)), abs=0.12)
    ended = {**hanging, "end": "2026-03-02T12:00:00Z"}
    assert effect(predicted(stop, administrations=[ended])) == 0.0


def lost(ml: float, time: str = "2026-03-02T11:30:00Z", **other: Any) -> dict[str, Any]:
    return row("blood_loss", ml, "mL", time, **other)


def test_blood_lost_since_the_sample_is_said() -> None:
    found = predicted(LITRE, more=(lost(600),))
    assert "600 mL of blood loss since the haemoglobin" in told(found)
    assert "blood loss" not in told(predicted(LITRE, more=(lost(600, "2026-03-02T09:30:00Z"),)))


def test_blood_lost_lowers_haemoglobin_by_none_to_all_of_what_refills() -> None:
    """Of 5.25 L 1.0 L lost: 7.1 if nothing is refilled, 7.1 * 4.25 / 5.25 = 5.75 if all is; the decline is small in an hour."""
    bled, not_bled = (predicted(CELLS, more=m).forecast("no change") for m in ((lost(1000),), ()))
    assert bled is not None
    assert not_bled is not None
    own, before = (found.metrics["hemoglobin_1h"] for found in (bled, not_bled))
    assert own.median == pytest.approx(before.median - 0.68, abs=0.1)
    assert own.low < 5.95
    assert own.high - own.low > before.high - before.low + 0.8


def test_of_a_period_that_began_before_the_sample_its_part_since_then_counts() -> None:
    found = predicted(LITRE, more=(lost(600, "2026-03-02T11:30:00Z", start="2026-03-02T09:30:00Z"),))
    assert "150 mL of blood loss since the haemoglobin" in told(found)


@pytest.mark.parametrize(("ml", "words"), [(1100, "21 % of the volume"), (3000, "57 %"), (5000, "95 %"), (20000, "381 %")])
def test_after_a_loss_of_a_fifth_of_the_volume_nothing_is_forecast(ml: float, words: str) -> None:
    found = predicted({**CELLS, "amount": 4}, more=(lost(ml),))
    assert any(words in reason for reason in reasons(found))
    assert "hemoglobin" not in found.forecasts[0].variables


@given(
    sampled=st.floats(4.0, 14.0),
    ml=st.floats(0.0, 6000.0),
    cells=st.integers(1, 6),
    litres=st.floats(0.0, 3.0),
    kg=st.floats(40.0, 140.0),
)
@settings(max_examples=25, deadline=None)
def test_haemoglobin_stays_possible_whatever_is_lost_and_given(
    sampled: float, ml: float, cells: int, litres: float, kg: float
) -> None:
    body = (row("hemoglobin", sampled, "g/dL"), row("weight", kg, "kg"), lost(ml))
    fluids = ({**CELLS, "amount": cells}, {**LITRE, "amount": 1000 * litres + 1})
    found = predicted(*fluids, without=("hemoglobin", "weight", "height"), more=body, draws=64, models=["hemoglobin_dilution"])
    if not reasons(found):
        for forecast in found.forecasts:
            bands = forecast.variables["hemoglobin"]
            assert min(bands.p5) > 0.5
            assert max(bands.p95) < 25.0


@pytest.mark.parametrize(
    ("without", "orders", "words"),
    [
        (("hemoglobin",), (CELLS,), "no haemoglobin is charted in 7 days"),
        (("weight",), (CELLS,), "depends on weight"),
        (("map",), (LITRE,), "arterial pressure"),
        ((), ({**LITRE, "unit": "{bag}"},), "cannot be read"),
        ((), ({**LITRE, "infusion_h": None},), "cannot be read"),
        ((), ({**LITRE, "drug": "glucose"},), "glucose: what is not isotonic does not stay"),
    ],
)
def test_what_it_needs_and_does_not_have(without: tuple[str, ...], orders: tuple[dict[str, Any], ...], words: str) -> None:
    found = predicted(*orders, without=without)
    assert any(words in reason for reason in reasons(found))
    assert "hemoglobin" not in found.forecasts[0].variables


WATERY: dict[str, Any] = {"drug": "glucose", "kind": "crystalloid", "carbohydrate_g_per_l": 50}
SALTY: dict[str, Any] = {"drug": "saline 3 %", "kind": "crystalloid", "sodium_mmol_per_l": 513}


@pytest.mark.parametrize("fluid", [WATERY, SALTY], ids=["glucose", "hypertonic"])
@pytest.mark.parametrize(
    ("how", "counts"),
    [
        ({"amount": 2000, "unit": "mL", "start": "2026-03-02T11:15:00Z", "end": "2026-03-02T11:45:00Z"}, True),
        ({"amount": 2000, "unit": "mL", "start": "2026-03-02T11:15:00Z"}, True),
        ({"rate": 250, "unit": "mL/h", "start": "2026-03-02T09:00:00Z", "last_charted": "2026-03-02T11:50:00Z"}, True),
        ({"amount": 2000, "unit": "mL", "start": "2026-02-28T11:15:00Z", "end": "2026-02-28T11:45:00Z"}, False),
    ],
    ids=["given", "given at once", "runs", "given two days ago"],
)
def test_beside_a_fluid_that_is_not_isotonic_nothing_is_forecast(
    fluid: dict[str, Any], how: dict[str, Any], counts: bool
) -> None:
    found = predicted(CELLS, administrations=[{**fluid, **how}])
    assert any(f"{fluid['drug']}, which was given: what is not isotonic" in reason for reason in reasons(found)) is counts
    assert ("hemoglobin" in found.forecasts[0].variables) is not counts
    assert not reasons(predicted(CELLS, administrations=[{"drug": "ringer", "kind": "crystalloid", **how}]))


def test_red_cells_need_no_pressure_and_an_unknown_height_widens() -> None:
    assert "hemoglobin" in predicted(CELLS, without=("map",)).forecasts[0].variables
    known, unknown = (predicted(CELLS, without=w).forecasts[0].metrics["hemoglobin_effect_6h"] for w in ((), ("height",)))
    assert unknown.high - unknown.low > known.high - known.low


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"patient": {"birth_date": "2012-01-01", "sex": "male"}}, "adults"),
        ({"patient": {"sex": "male"}}, "age"),
        ({"conditions": [{"condition": "pregnancy"}]}, "pregnancy"),
        ({"procedures": [{"procedure": "ecmo", "start": "2026-03-01T00:00:00Z"}]}, "ECMO"),
    ],
)
def test_who_is_not_described_is_refused(changes: dict[str, Any], words: str) -> None:
    assert any(words in reason for reason in reasons(predicted(CELLS, **changes)))


def test_nothing_is_said_where_no_fluid_is_ordered() -> None:
    assert not reasons(predicted({"drug": "norepinephrine", "rate": 0.1, "unit": "ug/kg/min"}, without=("hemoglobin",)))
    assert predicted(models=["hemoglobin_dilution"]).forecast("no change").variables["hemoglobin"]  # type: ignore[union-attr]
