"""Ordered ventilator settings against their limits: beyond is said, unknown is not cleared."""

import pytest

from tests.unit.respiratory.scenarios import drafted, ordering, predicted, ventilated, without

CM = "cm[H2O]"

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
    ({"respiratory_rate_set": (0, "/min")}, "unknown", "no ventilation"),
    ({"inspiratory_pressure": (28, CM)}, "absolute", "38 cm[H2O] is above the absolute limit of 35"),
    ({"fio2": (40, "1")}, "unknown", "no fraction"),
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
