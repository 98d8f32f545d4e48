"""Ordered ventilator settings against their limits: beyond is said, unknown is not cleared."""

from typing import Any

import pytest

from tests.adult import row
from tests.unit.respiratory.scenarios import drafted, ordering, predicted, ventilated, without
from twin_engine.safety.check import check
from twin_engine.scenario_json import read

CM = "cm[H2O]"
SINCE = "2026-03-02T09:00:00Z"

# 175 cm, male: 70.6 kg of predicted weight.
CASES = [
    ({"tidal_volume_set": (420, "mL")}, None, ""),
    ({"peep": (12, CM), "fio2": (0.6, "1")}, None, ""),
    ({"tidal_volume_set": (600, "mL")}, "recommended", "8.5 mL/kg is above the recommended limit of 8 mL/kg"),
    ({"tidal_volume_set": (4, "L")}, "absolute", "above the absolute limit of 10 mL/kg"),
    ({"tidal_volume_set": (250, "mL")}, "recommended", "is below the recommended 4 mL/kg"),
    ({"peep": (22, CM)}, "recommended", "above the recommended limit of 20"),
    ({"peep": (50, CM)}, "absolute", "above the absolute limit of 24"),
    ({"peep": (2, CM)}, "recommended", "below the recommended 5 cmH2O"),
    ({"respiratory_rate_set": (38, "/min")}, "recommended", "above the recommended limit of 35"),
    ({"respiratory_rate_set": (0, "/min")}, "absolute", "no ventilation in this mode, and no breath of the patient is charted"),
    ({"inspiratory_pressure": (28, CM)}, "absolute", "38 cm[H2O] is above the absolute limit of 35"),
    ({"tidal_volume_set": (0.45, "mL")}, "absolute", "below the absolute limit of 2 mL/kg"),
    ({"tidal_volume_set": (150, "mL")}, "recommended", "is below the recommended 4 mL/kg"),
    ({"fio2": (40, "1")}, "absolute", "FiO2 4000 % is impossible"),
    ({"fio2": (150, "%")}, "absolute", "FiO2 150 % is impossible"),
    ({"fio2": (0.1, "1")}, "absolute", "FiO2 10 % is impossible"),
    ({"fio2": (0.19, "1")}, "absolute", "FiO2 19 % is impossible"),
    ({"fio2": (0.2, "1")}, None, ""),
    ({"peep": (10, "elephants")}, "unknown", "cannot be read"),
]


@pytest.mark.parametrize(("settings", "severity", "words"), CASES)
def test_limits_of_settings(settings: dict[str, tuple[float, str]], severity: str | None, words: str) -> None:
    verdict = drafted(predicted(ventilated(orders=[ordering(**settings)]))).safety
    assert verdict.cleared is (severity is None)
    if severity is not None:
        assert any(f.severity == severity and words in f.reason for f in verdict.findings), verdict.findings


def test_without_height_no_volume_is_cleared() -> None:
    document = without(ventilated(orders=[ordering(tidal_volume_set=(420, "mL"))]), "height")
    verdict = drafted(predicted(document)).safety
    assert not verdict.cleared
    assert "height or sex is not charted" in verdict.findings[0].reason


@pytest.mark.parametrize(
    ("seen", "settings", "cleared"),
    [("02T09", {"peep": (12, CM)}, False), ("01T06", {"peep": (12, CM)}, True), ("02T09", {"fio2": (0.6, "1")}, True)],
    ids=["pressure", "seen long ago", "oxygen"],
)
def test_with_a_pneumothorax_no_setting_of_pressure_is_advised(
    seen: str, settings: dict[str, tuple[float, str]], cleared: bool
) -> None:
    air = [{"finding": "pneumothorax", "side": "left", "time": f"2026-03-{seen}:00:00Z"}]
    verdict = drafted(predicted(ventilated(orders=[ordering(**settings)], findings=air))).safety
    assert verdict.cleared is cleared
    if not cleared:
        assert "a pneumothorax is charted" in verdict.findings[0].reason


def test_a_pneumothorax_among_the_conditions_counts_too() -> None:
    air = [{"condition": "pneumothorax"}]
    assert not drafted(predicted(ventilated(orders=[ordering(peep=(12, CM))], conditions=air))).safety.cleared


def rate_of_0(mode: str, *breaths: dict[str, Any], **changes: Any) -> list[str]:
    """Severity of a set rate of 0 in a mode, with these breaths charted."""
    document = ventilated(orders=[ordering(respiratory_rate_set=(0, "/min"))], **changes)
    document["settings"].append({"variable": "ventilator_mode", "category": mode, "time": "2026-03-02T10:00:00Z"})
    document["measurements"] += breaths
    scenario = read(document)
    found = check(scenario.orders, scenario.record, scenario.at).findings
    return [f.severity for f in found if "set rate of 0" in f.reason or "ECMO" in f.reason]


TRIGGERED = row("respiratory_rate", 26, "/min", "2026-03-02T11:30:00Z")
ALONE = row("respiratory_rate_spontaneous", 4, "/min", "2026-03-02T11:30:00Z")
NONE = row("respiratory_rate_spontaneous", 0, "/min", "2026-03-02T11:30:00Z")
OLD = row("respiratory_rate_spontaneous", 4, "/min", "2026-03-02T06:00:00Z")


@pytest.mark.parametrize(
    ("mode", "breaths", "severity"),
    [
        ("vc_cmv", [], "absolute"),
        ("vc_cmv", [NONE], "absolute"),
        ("vc_cmv", [OLD], "absolute"),
        ("vc_cmv", [ALONE], "recommended"),
        ("vc_cmv", [TRIGGERED], "recommended"),
        ("psv", [], "unknown"),
    ],
    ids=["no breath", "none of the patient", "one long ago", "the patient's own", "above the set rate", "support"],
)
def test_a_rate_of_0_is_critical_where_nobody_would_breathe(mode: str, breaths: list[dict[str, Any]], severity: str) -> None:
    assert rate_of_0(mode, *breaths) == [severity]


def test_a_rate_of_0_under_a_neuromuscular_blocker_is_critical_whatever_breath_is_charted() -> None:
    blocker = {"drug": "cisatracurium", "rate": 10, "unit": "mg/h", "start": SINCE, "last_charted": "2026-03-02T11:30:00Z"}
    assert rate_of_0("vc_cmv", ALONE, administrations=[blocker]) == ["absolute"]


ECMO = [{"procedure": "ecmo", "start": "2026-03-01T09:00:00Z"}]


@pytest.mark.parametrize("volume", [120.0, 250.0])
def test_on_ecmo_a_small_breath_and_no_breath_are_not_judged_and_not_cleared(volume: float) -> None:
    scenario = read(ventilated(orders=[ordering(tidal_volume_set=(volume, "mL"))], procedures=ECMO))
    verdict = check(scenario.orders, scenario.record, scenario.at)
    assert not verdict.cleared
    assert {f.severity for f in verdict.findings} == {"unknown"}
    assert "ECMO runs" in verdict.findings[0].reason
    assert rate_of_0("vc_cmv", procedures=ECMO) == ["unknown"]
    large = read(ventilated(orders=[ordering(tidal_volume_set=(800, "mL"))], procedures=ECMO))
    assert any(f.severity == "absolute" for f in check(large.orders, large.record, large.at).findings)


def by_pressure(*orders: dict[str, Any], mode: str | None = "pc_cmv", pressure: float | None = 18.0) -> dict[str, Any]:
    """Pressure control over PEEP 10, with these orders."""
    document = without(ventilated(orders=list(orders)), "ventilator_mode", "tidal_volume_set")
    document["settings"] += [] if mode is None else [{"variable": "ventilator_mode", "category": mode, "time": SINCE}]
    document["settings"] += [] if pressure is None else [row("inspiratory_pressure", pressure, CM, SINCE)]
    return document


@pytest.mark.parametrize(
    ("orders", "severity"),
    [
        ([{"peep": (18, CM)}], "absolute"),
        ([{"inspiratory_pressure": (26, CM)}], "absolute"),
        ([{"peep": (14, CM)}], "recommended"),
        ([{"peep": (12, CM)}], None),
        ([{"peep": (18, CM), "inspiratory_pressure": (12, CM)}], None),
        ([{"peep": (18, CM)}, {"inspiratory_pressure": (12, CM)}], None),
        ([{"peep": (14, CM)}, {"inspiratory_pressure": (22, CM)}], "absolute"),
        ([{"fio2": (0.6, "1")}], None),
    ],
    ids=[
        "PEEP",
        "pressure",
        "PEEP a little",
        "PEEP at the limit",
        "both",
        "both apart",
        "both apart, together too high",
        "FiO2",
    ],
)
@pytest.mark.parametrize("mode", ["pc_cmv", "simv", None])
def test_the_plateau_of_pressure_control_is_the_sum_of_both_settings(
    orders: list[dict[str, tuple[float, str]]], severity: str | None, mode: str | None
) -> None:
    document = by_pressure(*(ordering(**one) for one in orders), mode=mode)
    found = drafted(predicted(document)).safety.findings
    plateau = {f.severity for f in found if "PEEP plus inspiratory pressure" in f.reason}
    assert severity in plateau if severity is not None else not plateau


def test_peep_without_a_charted_pressure_is_not_cleared_in_pressure_control() -> None:
    verdict = drafted(predicted(by_pressure(ordering(peep=(12, CM)), pressure=None))).safety
    assert not verdict.cleared
    assert "inspiratory pressure is not charted" in verdict.findings[0].reason


def test_a_pressure_charted_before_volume_control_counts_for_nothing() -> None:
    document = ventilated(orders=[ordering(peep=(18, CM))])
    document["settings"].append(row("inspiratory_pressure", 25, CM, "2026-03-01T09:00:00Z"))
    assert drafted(predicted(document)).safety.cleared


def test_no_alternative_of_peep_passes_the_limit_of_the_plateau_in_pressure_control() -> None:
    document = by_pressure(ordering(peep=(14, CM)))
    found = predicted({**document, "alternatives": "auto"})
    beyond = [f for f in found.forecasts if f.metrics["plateau_pressure_1h"].median > 30.0]
    assert beyond
    assert not any(f.safety.cleared for f in beyond)


def test_what_is_written_for_air_is_simulated_as_air() -> None:
    """20 % is what many charts hold for the air of the room."""
    rounded, air = (drafted(predicted(ventilated(orders=[ordering(fio2=(value, "%"))]))).metrics for value in (20, 21))
    assert rounded == air
