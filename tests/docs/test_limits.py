"""The published limits, targets and doses are those in force."""

from tests.unit.respiratory.scenarios import ordering, ventilated
from twin_engine.proposals.targets import TARGETS
from twin_engine.safety import settings
from twin_engine.safety.check import check
from twin_engine.safety.limits import LIMITS
from twin_engine.safety.settings import predicted_weight
from twin_engine.scenario_json import read
from validation.limits_page import PAGE, limit_row, render, setting_rows, target_row


def severity(**ordered: tuple[float, str]) -> str | None:
    """What the settings of a man of 175 cm are found to cross."""
    scenario = read(ventilated(orders=[ordering(**ordered)]))
    found = check(scenario.orders, scenario.record, scenario.at).findings
    return found[0].severity if found else None


_MAN = read(ventilated())
WEIGHT = predicted_weight(_MAN.record, _MAN.at) or 0.0


def test_the_page_is_what_the_code_says() -> None:
    assert PAGE.read_text(encoding="utf-8") == render(), "run `make pages`"


def test_every_limit_and_target_has_its_row() -> None:
    lines = PAGE.read_text(encoding="utf-8").splitlines()
    assert {limit_row(limit) for limit in LIMITS} <= set(lines)
    assert {target_row(target) for target in TARGETS} <= set(lines)


def test_the_lower_limits_of_the_ventilator_are_those_that_are_checked() -> None:
    """An order just below each named limit crosses it, one at it does not."""
    page = PAGE.read_text(encoding="utf-8")
    assert set(setting_rows()) <= set(page.splitlines())
    for low, words in ((settings.DEAD_SPACE_PER_KG, "absolute"), (settings.LOWEST_VOLUME_PER_KG, "recommended")):
        assert f"| {words} | {low:g} mL/kg |" in page
        assert severity(tidal_volume_set=(low * WEIGHT - 1.0, "mL")) == words
        assert severity(tidal_volume_set=(low * WEIGHT + 1.0, "mL")) != words
    assert f"| PEEP | recommended | {settings.LOWEST_PEEP:g} cm[H2O] |" in page
    assert severity(peep=(settings.LOWEST_PEEP - 0.5, "cm[H2O]")) == "recommended"
    assert severity(peep=(settings.LOWEST_PEEP, "cm[H2O]")) is None
    assert severity(fio2=(settings.AIR[0] - 0.01, "1")) == "absolute"
    assert severity(fio2=(settings.AIR[0], "1")) is None
