"""Ventilator orders through the whole engine: what is forecast, how options differ, and what is refused."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import numpy as np
import pytest

from tests.adult import AT, row
from tests.unit.respiratory.scenarios import drafted, middle, ordering, predicted, reasons, remarks, ventilated, without
from twin_engine.keep import afresh
from twin_engine.outcome import CannotPredict
from twin_engine.prediction import Prediction
from twin_engine.respiratory.airway import airway
from twin_engine.respiratory.copies import DIFFERENCE
from twin_engine.respiratory.lungs import anchors, course, lungs_of, plan_of
from twin_engine.respiratory.oxygen import Blood, arterial_tension, end_capillary, tension
from twin_engine.respiratory.oxygenation import oxygen_level
from twin_engine.scenario_json.reading import read

CM = "cm[H2O]"


def test_more_peep_raises_pressures_and_says_how_sure_that_is() -> None:
    found = predicted(ventilated(orders=[ordering(peep=(14, CM))]))
    after, before = drafted(found), found.forecast("no change")
    assert before is not None
    rise = middle(after, "plateau_pressure") - middle(before, "plateau_pressure")
    assert 2.0 < rise < 6.0
    bands = after.variables["plateau_pressure"]
    assert bands.p5[4] < bands.p50[4] < bands.p95[4]
    driving = middle(after, "plateau_pressure") - 14.0
    assert middle(after, "driving_pressure") == pytest.approx(driving, rel=1e-6)
    assert 0.0 < after.metrics["plateau_pressure_1h"].p_above < 1.0


def test_the_sign_of_peep_on_oxygen_is_uncertain() -> None:
    document = ventilated(orders=[ordering(peep=(14, CM)), {**ordering(peep=(10, CM)), "label": "as before"}])
    found = predicted(document)
    after, before = drafted(found), found.forecast("as before")
    assert before is not None
    spread = after.variables["pao2"].p95[4] - after.variables["pao2"].p5[4]
    assert abs(middle(after, "pao2") - middle(before, "pao2")) < spread / 2


def test_options_differ_by_mechanism_and_not_by_habit() -> None:
    """More oxygen gives more oxygen, whatever charts say of those who were given more."""
    low, high = ordering(fio2=(40, "%")), {**ordering(fio2=(0.7, "1")), "label": "more"}
    found = predicted(ventilated(orders=[low, high]))
    more = found.forecast("more")
    assert more is not None
    assert middle(more, "pao2") > middle(drafted(found), "pao2") * 1.1
    assert middle(more, "spo2") > middle(drafted(found), "spo2")


def test_three_levels_of_oxygen_show_a_lung_that_needs_more_than_its_shunt_says() -> None:
    """A lung of shunt 0.1 and a diffusion term of 80 mm[Hg]: less oxygen costs more than one gas would say."""
    blood, gases = Blood(9.5, 7.34, 44.0), [(0.5, "10:40"), (0.6, "11:00"), (0.8, "11:20")]
    document = without(ventilated(orders=[ordering(fio2=(0.8, "1")), {**ordering(fio2=(0.5, "1")), "label": "less"}]), "pao2")
    levels = [row("fio2", f, "1", f"2026-03-02T{t}:00Z") for f, t in gases]
    lung = [float(arterial_tension(np.array(0.1), np.array(f), blood, np.array(3.846), 80.0)) for f, _ in gases]
    seen = [
        row("pao2", p, "mm[Hg]", f"2026-03-02T{t[:3]}{int(t[3:]) + 10}:00Z", specimen="arterial")
        for p, (_, t) in zip(lung, gases, strict=True)
    ]
    titrated = {**document, "settings": document["settings"] + levels, "measurements": document["measurements"] + seen}
    last = {**titrated, "measurements": document["measurements"] + seen[-1:]}

    def share(found: Prediction) -> float:
        less = found.forecast("less")
        assert less is not None
        return middle(less, "pao2") / middle(drafted(found), "pao2")

    assert share(predicted(titrated)) < share(predicted(last)) - 0.03


def test_faster_breathing_lowers_carbon_dioxide_over_time_and_raises_ph() -> None:
    found = predicted(ventilated(orders=[ordering(respiratory_rate_set=(26, "/min"))]))
    after, before = drafted(found), found.forecast("no change")
    assert before is not None
    assert middle(after, "paco2") < middle(before, "paco2")
    assert middle(after, "ph") > middle(before, "ph")
    assert after.metrics["paco2_effect_1h"].high < 0.0 < after.metrics["ph_effect_1h"].low


def test_carbon_dioxide_takes_an_hour_to_settle() -> None:
    scenario = read(ventilated(orders=[ordering(respiratory_rate_set=(26, "/min"))]))
    lungs = lungs_of(scenario, afresh)
    assert not isinstance(lungs, CannotPredict)
    plans = [plan_of(lungs.chart, orders) for orders in (scenario.orders, ())]
    after, before = (p for p in plans if not isinstance(p, CannotPredict))
    known, hours = anchors(lungs, after.final).in_force_alone(), np.array([0.0, 0.25, 3.0])
    ratio = np.median(course(lungs, known, after, hours)["paco2"] / course(lungs, known, before, hours)["paco2"], axis=1)
    # The change has settled in the level as drafted, so that it is "before" that moves away from it.
    assert ratio[2] < ratio[1] < ratio[0] == pytest.approx(1.0)


def test_between_two_known_levels_an_option_lies_between() -> None:
    orders = [ordering(respiratory_rate_set=(30, "/min")), {**ordering(respiratory_rate_set=(20, "/min")), "label": "same"}]
    found = predicted(ventilated(orders=orders))
    same, before = found.forecast("same"), found.forecast("no change")
    assert same is not None
    assert before is not None
    assert middle(same, "paco2") == pytest.approx(middle(before, "paco2"))
    nearly = {**ordering(respiratory_rate_set=(20.2, "/min")), "label": "nearly"}
    found = predicted(ventilated(orders=[orders[0], nearly]))
    near = found.forecast("nearly")
    assert near is not None
    assert middle(near, "paco2") == pytest.approx(middle(before, "paco2"), rel=0.03)


def test_a_patient_who_breathes_above_the_set_rate_goes_on_at_his_own() -> None:
    document = without(ventilated(orders=[ordering(respiratory_rate_set=(22, "/min"))]), "respiratory_rate")
    document["measurements"].append(row("respiratory_rate", 27, "/min"))
    found = predicted(document)
    before = found.forecast("no change")
    assert before is not None
    assert middle(drafted(found), "paco2", 3.0) == pytest.approx(middle(before, "paco2", 3.0), rel=0.02)
    assert remarks(found, "respiratory_rate")


def test_a_change_acts_from_its_start() -> None:
    order = {**ordering(peep=(14, CM)), "start": "2026-03-02T13:00:00Z"}
    found = drafted(predicted(ventilated(orders=[order])))
    assert middle(found, "plateau_pressure", 0.75) < middle(found, "plateau_pressure", 1.0) - 1.0


def test_the_copies_and_their_airway_pressure_are_there_for_other_models() -> None:
    scenario = read(ventilated(orders=[ordering(peep=(14, CM))]))
    found = airway(scenario, scenario.orders, np.array([0.5, 1.0]), afresh)
    assert not isinstance(found, CannotPredict)
    assert found.peep == pytest.approx(np.full((2, 1), 14.0))
    assert found.mean == pytest.approx(np.full((2, 1), 18.0))


def test_the_same_scenario_gives_the_same_answer() -> None:
    document = ventilated(orders=[ordering(peep=(14, CM))])
    assert predicted(document) == predicted(document)


def test_an_uncharted_mode_with_set_volume_is_inferred_and_marked() -> None:
    document = without(ventilated(orders=[ordering(peep=(12, CM))]), "ventilator_mode")
    found = predicted(document)
    assert "plateau_pressure" in drafted(found).variables
    assert "inferred" in remarks(found, "ventilator_mode")[0].effect


def test_pressure_control_forecasts_the_volume() -> None:
    document = without(ventilated(orders=[ordering(inspiratory_pressure=(18, CM))]), "ventilator_mode", "tidal_volume_set")
    document["settings"] += [
        {"variable": "ventilator_mode", "category": "pc_cmv", "time": "2026-03-02T09:00:00Z"},
        row("inspiratory_pressure", 14, CM, "2026-03-02T09:00:00Z"),
    ]
    document["measurements"].append(row("tidal_volume", 400, "mL"))
    found = predicted(document)
    before = found.forecast("no change")
    assert before is not None
    ratio = middle(drafted(found), "tidal_volume") / middle(before, "tidal_volume")
    assert ratio == pytest.approx(18 / 14, rel=1e-3)
    assert "PaCO2 is not forecast in pressure control" in reasons(found)
    varied = predicted({**document, "alternatives": "auto"})
    assert not [f.label for f in varied.forecasts if f.changes], "a smaller breath is not offered without its carbon dioxide"
    assert any("no other inspiratory pressure is offered" in q.effect for q in remarks(varied, "ventilator"))


REFUSED: list[tuple[str, dict[str, tuple[float, str]], str]] = [
    ("FiO2 40 as a fraction", {"fio2": (40, "1")}, "as a fraction"),
    ("PEEP 50", {"peep": (50, CM)}, "PEEP 50 cmH2O is outside"),
    ("VT 4 L", {"tidal_volume_set": (4, "L")}, "tidal volume 4000 mL is outside"),
    ("rate 0", {"respiratory_rate_set": (0, "/min")}, "set rate 0 /min is outside"),
    ("I:E longer than the cycle", {"inspiratory_time": (3.5, "s")}, "longer than the cycle"),
    ("unit unknown", {"peep": (10, "psi-ish")}, "cannot be read"),
]


@pytest.mark.parametrize(("settings", "words"), [(s, w) for _, s, w in REFUSED], ids=[n for n, _, _ in REFUSED])
def test_an_order_that_cannot_be_true_is_refused_with_its_reason(settings: dict[str, tuple[float, str]], words: str) -> None:
    found = predicted(ventilated(orders=[ordering(**settings)]))
    assert words in reasons(found)
    assert not drafted(found).variables
    assert not drafted(found).safety.cleared


def test_percent_is_converted_to_a_fraction() -> None:
    percent = predicted(ventilated(orders=[ordering(fio2=(40, "%"))]))
    fraction = predicted(ventilated(orders=[ordering(fio2=(0.4, "1"))]))
    assert middle(drafted(percent), "pao2") == pytest.approx(middle(drafted(fraction), "pao2"))


@pytest.mark.parametrize(
    ("missing", "variable", "words"),
    [
        (("fio2",), "pao2", "FiO2 is not charted"),
        (("fio2",), "spo2", "FiO2 is not charted"),
        (("peep",), None, "PEEP is not charted"),
        (("pao2", "paco2", "ph"), "pao2", "no arterial gas"),
        (("pao2", "paco2", "ph"), "paco2", "no arterial gas"),
        (("spo2",), "spo2", "no saturation"),
    ],
)
def test_what_is_not_charted_is_not_predicted(missing: tuple[str, ...], variable: str | None, words: str) -> None:
    found = predicted(without(ventilated(orders=[ordering(tidal_volume_set=(400, "mL"))]), *missing))
    assert words in reasons(found)
    assert variable not in drafted(found).variables if variable else not drafted(found).variables


def test_without_a_haemoglobin_the_population_stands_in_and_widens_the_effect_on_oxygen() -> None:
    scenario = ventilated(orders=[ordering(fio2=(0.4, "1"))], draws=512)
    known, unknown = predicted(scenario), predicted(without(scenario, "hemoglobin"))
    widths = [drafted(found).metrics["spo2_effect_1h"] for found in (known, unknown)]
    assert widths[1].high - widths[1].low > 1.2 * (widths[0].high - widths[0].low)
    assert {"pao2", "spo2", "ph"} <= drafted(unknown).variables.keys()
    said = [q.effect for q in unknown.data_quality if q.variable == "hemoglobin"]
    assert said == ["haemoglobin not measured in 7 days: population range used (7 to 15 g/dL)"]
    assert not [q for q in known.data_quality if q.variable == "hemoglobin"]


@pytest.mark.parametrize(("hours", "used"), [(167, True), (169, False)])
def test_a_haemoglobin_lasts_a_week(hours: int, used: bool) -> None:
    scenario = without(ventilated(orders=[ordering(peep=(12, CM))]), "hemoglobin")
    when = (datetime.fromisoformat(AT) - timedelta(hours=hours)).isoformat()
    scenario["measurements"].append(row("hemoglobin", 8.0, "g/dL", when))
    assert bool([q for q in predicted(scenario).data_quality if q.effect.startswith("haemoglobin not")]) is not used


def test_auto_peep_is_not_claimed_without_the_times_of_the_breath() -> None:
    assert "auto-PEEP is not known" in reasons(predicted(ventilated(orders=[ordering(peep=(12, CM))])))


@pytest.mark.parametrize("specimen", ["venous", "unknown", "capillary"])
def test_a_gas_not_known_to_be_arterial_is_not_used(specimen: str) -> None:
    document = ventilated(orders=[ordering(fio2=(0.4, "1"))])
    document["measurements"] = [
        {**r, "specimen": specimen} if r["variable"] in {"pao2", "paco2", "ph"} else r for r in document["measurements"]
    ]
    found = predicted(document)
    assert "not known to be arterial" in remarks(found, "pao2")[0].effect
    assert "pao2" not in drafted(found).variables


def test_a_gas_without_the_fio2_of_its_time_is_not_used() -> None:
    document = ventilated(orders=[ordering(fio2=(0.4, "1"))])
    document["settings"] = [
        {**r, "time": "2026-03-02T11:30:00Z"} if r["variable"] == "fio2" else r for r in document["settings"]
    ]
    found = predicted(document)
    assert "without the FiO2 of its time" in remarks(found, "fio2")[0].effect
    assert "pao2" not in drafted(found).variables


def test_a_saturation_that_never_moves_is_that_of_a_probe() -> None:
    document = without(ventilated(orders=[ordering(fio2=(0.4, "1"))]), "spo2")
    document["measurements"] += [row("spo2", 91, "%", f"2026-03-02T{10 + i // 6:02d}:{i % 6 * 10:02d}:00Z") for i in range(12)]
    found = predicted(document)
    assert "probe" in remarks(found, "spo2")[0].effect
    assert "spo2" not in drafted(found).variables


@pytest.mark.parametrize("mode", ["aprv", "hfov", "niv", "hfnc"])
def test_unsupported_modes_are_refused(mode: str) -> None:
    document = without(ventilated(orders=[ordering(fio2=(0.4, "1"))]), "ventilator_mode")
    document["settings"].append({"variable": "ventilator_mode", "category": mode, "time": "2026-03-02T09:00:00Z"})
    assert "is not modelled" in reasons(predicted(document))


@pytest.mark.parametrize("mode", ["psv", "simv", "cpap"])
def test_modes_that_share_work_give_oxygen_only(mode: str) -> None:
    document = without(ventilated(orders=[ordering(fio2=(0.4, "1"))]), "ventilator_mode")
    document["settings"].append({"variable": "ventilator_mode", "category": mode, "time": "2026-03-02T09:00:00Z"})
    found = predicted(document)
    assert "shares work" in reasons(found)
    assert "pao2" in drafted(found).variables
    assert "plateau_pressure" not in drafted(found).variables


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"procedures": [{"procedure": "ecmo", "start": "2026-03-01T00:00:00Z"}]}, "ECMO"),
        ({"conditions": [{"condition": "pregnancy"}]}, "pregnancy"),
        ({"patient": {"birth_date": "2015-01-01", "sex": "male"}}, "adults"),
        ({"patient": {"sex": "male"}}, "age is not known"),
    ],
)
def test_outside_the_population_nothing_is_predicted(change: dict[str, Any], words: str) -> None:
    found = predicted(ventilated(orders=[ordering(peep=(12, CM))], **change))
    assert words in reasons(found)
    assert not drafted(found).variables


def test_a_dosing_order_says_nothing_of_the_lungs() -> None:
    order = {"drug": "vancomycin", "amount": 1000, "unit": "mg", "interval_h": 12, "infusion_h": 1}
    assert "pao2" not in drafted(predicted(ventilated(orders=[order]))).variables


def on_little_oxygen(**settings: tuple[float, str]) -> Prediction:
    """An order where FiO2 0.3 is in force."""
    document = ventilated(orders=[ordering(**settings)])
    document["settings"] = [{**s, "value": 0.3} if s["variable"] == "fio2" else s for s in document["settings"]]
    return predicted(document)


@pytest.mark.parametrize(
    "settings", [{"tidal_volume_set": (250, "mL")}, {"respiratory_rate_set": (8, "/min")}], ids=["volume", "rate"]
)
def test_a_breath_too_small_takes_the_oxygen_out_of_the_alveoli(settings: dict[str, tuple[float, str]]) -> None:
    found = drafted(on_little_oxygen(**settings))
    assert found.metrics["spo2_effect_1h"].high < -4.0
    before = on_little_oxygen(**settings).forecast("no change")
    assert before is not None
    assert middle(found, "spo2") < middle(before, "spo2") - 4.0
    assert middle(found, "spo2", 0.0) > middle(found, "spo2", 0.5) > middle(found, "spo2", 1.0)


def test_the_oxygen_of_another_breath_is_that_of_its_carbon_dioxide_in_every_copy() -> None:
    """Against content mixing written out with the PaCO2 and pH of the copies themselves."""
    scenario = read(ventilated(orders=[ordering(respiratory_rate_set=(12, "/min"))]))
    lungs = lungs_of(scenario, afresh)
    assert not isinstance(lungs, CannotPredict)
    assert lungs.oxygen is not None
    plans = [plan_of(lungs.chart, orders) for orders in (scenario.orders, ())]
    after, before = (p for p in plans if not isinstance(p, CannotPredict))
    known, hour = anchors(lungs, after.final).in_force_alone(), np.array([1.0])
    moved, still = (course(lungs, known, one, hour) for one in (after, before))
    level = oxygen_level(lungs.oxygen, lungs.copies, lungs.chart.now, hour)
    blood, missing = Blood(9.5, 7.34, 44.0), DIFFERENCE[0] * np.exp(level.parts[0].behind)
    own = replace(blood, ph=7.34 + moved["ph"] - still["ph"], pco2=44.0 * moved["paco2"] / still["paco2"])
    expected = tension(end_capillary(np.array(0.5), own) - missing, own) * np.exp(level.shift[:, None])
    assert moved["pao2"] == pytest.approx(expected, abs=0.2)
    assert np.all(moved["spo2"] < still["spo2"])


@pytest.mark.parametrize("taken", ["paco2", "ventilator_mode"])
def test_without_the_carbon_dioxide_of_another_breath_its_oxygen_is_withheld(taken: str) -> None:
    order = {"tidal_volume_set": (300, "mL")}
    document = without(ventilated(orders=[ordering(**order)]), taken)
    if taken == "ventilator_mode":
        document["settings"] += [
            {"variable": "ventilator_mode", "category": "pc_cmv", "time": "2026-03-02T09:00:00Z"},
            row("inspiratory_pressure", 18, CM, "2026-03-02T09:00:00Z"),
        ]
        document["orders"] = [ordering(inspiratory_pressure=(12, CM))]
    found = predicted(document)
    before = found.forecast("no change")
    assert before is not None
    assert not {"pao2", "spo2"} & drafted(found).variables.keys()
    assert {"pao2", "spo2"} <= before.variables.keys()
    assert "the breath changes, and oxygen is not forecast without the carbon dioxide that follows" in reasons(found)


def mean_airway_pressure(document: dict[str, Any]) -> float | None:
    """Half an hour into the order, cm[H2O]."""
    scenario = read(document)
    found = airway(scenario, scenario.orders, np.array([0.5]), afresh)
    assert not isinstance(found, CannotPredict)
    return None if found.mean is None else float(np.median(found.mean))


def test_the_mean_airway_pressure_above_peep_grows_with_the_pressure_of_the_breath() -> None:
    document = without(ventilated(orders=[ordering(inspiratory_pressure=(27, CM))]), "ventilator_mode", "tidal_volume_set")
    document["settings"] += [
        {"variable": "ventilator_mode", "category": "pc_cmv", "time": "2026-03-02T09:00:00Z"},
        row("inspiratory_pressure", 18, CM, "2026-03-02T09:00:00Z"),
    ]
    assert mean_airway_pressure({**document, "orders": []}) == pytest.approx(14.0)
    assert mean_airway_pressure(document) == pytest.approx(10.0 + 4.0 * 27.0 / 18.0)


def test_under_another_inspiratory_time_in_volume_control_the_mean_airway_pressure_is_not_known() -> None:
    document = ventilated(orders=[ordering(inspiratory_time=(1.5, "s"))])
    document["settings"].append(row("inspiratory_time", 0.8, "s", "2026-03-02T09:00:00Z"))
    assert mean_airway_pressure({**document, "orders": []}) == pytest.approx(14.0)
    assert mean_airway_pressure(document) is None
    later = {**document, "orders": [{**document["orders"][0], "start": "2026-03-02T12:15:00Z"}]}
    assert mean_airway_pressure(later) is None
    pressure = [row("map", 70, "mm[Hg]", f"2026-03-02T{h:02}:30:00Z", site="arterial") for h in range(4, 12)]
    answered = predicted({**document, "measurements": document["measurements"] + pressure})
    assert "how far another inspiratory time moves the mean airway pressure is not known" in reasons(answered)
    assert "map_effect_10min" not in drafted(answered).metrics


def test_what_is_a_population_estimate_is_named() -> None:
    found = predicted(without(ventilated(orders=[ordering(peep=(12, CM))]), "plateau_pressure"))
    assert [r.effect for r in remarks(found, "plateau_pressure")] == [
        "no plateau pressure is charted: the stiffness of the lung is a population estimate, and nothing is suggested"
    ]


def test_in_pressure_control_without_the_set_pressure_no_pressure_is_told_or_called_safe() -> None:
    document = without(ventilated(orders=[ordering(fio2=(0.4, "1"))]), "ventilator_mode")
    document["settings"].append({"variable": "ventilator_mode", "category": "pc_cmv", "time": "2026-03-02T09:00:00Z"})
    found = predicted(document)
    assert "the set inspiratory pressure is not charted" in reasons(found)
    assert not {"plateau_pressure_1h", "driving_pressure_1h"} & drafted(found).metrics.keys()
    assert "spo2_1h" in drafted(found).metrics


def test_a_mode_that_cannot_be_read_is_neither_volume_control_nor_the_mode_before_it() -> None:
    document = ventilated(orders=[ordering(tidal_volume_set=(360, "mL"))])
    document["settings"].append({"variable": "ventilator_mode", "category": "ASV", "time": "2026-03-02T10:00:00Z"})
    for settings in (document["settings"], [s for s in document["settings"] if s.get("category") != "vc_cmv"]):
        found = predicted({**document, "settings": settings})
        assert "the mode is not known: pressures and carbon dioxide are not predicted" in reasons(found)
        assert "unknown category" in " ".join(r.effect for r in remarks(found, "ventilator_mode"))


def test_the_driving_pressure_is_above_the_measured_total_peep() -> None:
    document = ventilated(orders=[ordering(tidal_volume_set=(360, "mL"))])
    trapped = [*document["measurements"], row("peep_total", 15, CM)]
    usual, other = (drafted(predicted({**document, "measurements": m})) for m in (document["measurements"], trapped))
    assert middle(usual, "driving_pressure") - middle(other, "driving_pressure") == pytest.approx(5.0 * 360.0 / 420.0)
    assert middle(usual, "plateau_pressure") == middle(other, "plateau_pressure")


@pytest.mark.parametrize(("total", "said"), [(None, True), (18.0, True), (11.0, False)])
def test_what_a_higher_rate_traps_is_named_unless_hardly_any_is(total: float | None, said: bool) -> None:
    document = ventilated(orders=[ordering(respiratory_rate_set=(28, "/min"))])
    if total is not None:
        document["measurements"].append(row("peep_total", total, CM))
    assert bool(remarks(predicted(document), "peep_total")) is said
    assert not remarks(predicted({**document, "orders": [ordering(respiratory_rate_set=(14, "/min"))]}), "peep_total")


@pytest.mark.parametrize(
    ("oximeter", "measured", "contradicted"),
    [
        (94, None, ()),
        (99, {"pao2": 38}, ("pao2",)),
        (84, {"pao2": 90}, ("pao2",)),
        (99, {"sao2": 76}, ("spo2",)),
        (95, {"sao2": 92}, ()),
    ],
)
def test_gas_and_oximeter_that_contradict_each_other_are_named_and_nothing_is_suggested(
    oximeter: float, measured: dict[str, float] | None, contradicted: tuple[str, ...]
) -> None:
    document = without(ventilated(orders=[ordering(fio2=(0.55, "1"))], alternatives="auto"), "spo2", *(measured or {}))
    document["measurements"].append(row("spo2", oximeter, "%", "2026-03-02T11:05:00Z"))
    units = {"pao2": "mm[Hg]", "sao2": "%"}
    document["measurements"] += [row(n, v, units[n], specimen="arterial") for n, v in (measured or {}).items()]
    found = predicted(document)
    assert tuple(r.variable for r in found.data_quality if r.status == "conflicting") == contradicted
    withheld = "blood gas and oximeter contradict each other"
    assert any(withheld in r.effect for r in found.data_quality) is bool(contradicted)


@pytest.mark.parametrize("time", ["2026-02-24T11:00:00Z", "2026-03-02T03:00:00Z", "2026-03-02T13:00:00Z"])
@pytest.mark.parametrize("measured", [{"sao2": (80, "%")}, {"pao2": (40, "mm[Hg]")}], ids=["co-oximetry", "tension"])
def test_a_contradiction_of_long_ago_or_after_now_withholds_nothing(measured: dict[str, tuple[float, str]], time: str) -> None:
    document = ventilated(orders=[ordering(fio2=(0.5, "1"))], alternatives="auto")
    if "pao2" in measured:
        document = without(document, "pao2", "paco2", "ph")
    document["measurements"] += [row("spo2", 97, "%", time)]
    document["measurements"] += [row(n, value, unit, time, specimen="arterial") for n, (value, unit) in measured.items()]
    found = predicted(document)
    assert not [r for r in found.data_quality if r.status == "conflicting" or "contradict" in r.effect]


def test_a_measured_pressure_in_the_skull_bounds_carbon_dioxide() -> None:
    document = ventilated(orders=[ordering(respiratory_rate_set=(14, "/min"))])
    pressures = [row("icp", 28, "mm[Hg]"), row("icp", 26, "mm[Hg]", "2026-03-02T11:30:00Z")]
    raised = {**document, "measurements": [*document["measurements"], *pressures]}
    usual, bounded = (drafted(predicted(d)).metrics["paco2_1h"] for d in (document, raised))
    assert usual.harm_above is None
    assert bounded.harm_above == 45.0
    assert bounded.p_harm > 0.9


@pytest.mark.parametrize("mode", ["simv", "psv", "vc_cmv"])
def test_a_set_rate_of_zero_is_no_set_ventilation(mode: str) -> None:
    """Charts hold it where every breath is the patient's own; nothing is divided by it."""
    document = ventilated()
    for setting in document["settings"]:
        if setting["variable"] == "ventilator_mode":
            setting["category"] = mode
        elif setting["variable"] == "respiratory_rate_set":
            setting["value"] = 0
    ratio = row("ie_ratio", 0.5, "1", "2026-03-02T09:00:00Z")
    found = predicted({**document, "settings": [*document["settings"], ratio]})
    [lungs] = [c for c in found.completeness if c.part == "lungs"]
    assert lungs.grade in "ABCD"


@pytest.mark.parametrize(
    ("variable", "share", "time", "named"),
    [
        ("carboxyhemoglobin", 24.0, "10:00", "COHb 24 %, 2 h ago"),
        ("methemoglobin", 12.0, "10:00", "MetHb 12 %, 2 h ago"),
        ("carboxyhemoglobin", 4.0, "10:00", ""),
        ("methemoglobin", 1.5, "10:00", ""),
    ],
)
def test_an_oximeter_is_not_believed_beside_haemoglobin_that_carries_no_oxygen(
    variable: str, share: float, time: str, named: str
) -> None:
    document = ventilated(orders=[ordering(fio2=(0.4, "1"))])
    document["measurements"].append(row(variable, share, "%", f"2026-03-02T{time}:00Z"))
    found = predicted(document)
    assert ("spo2_1h" in drafted(found).metrics) is not named
    assert named in reasons(found)
    assert any(named in r.effect for r in remarks(found, "spo2")) or not named
    assert "pao2_1h" in drafted(found).metrics


def test_carbon_monoxide_that_has_gone_counts_no_longer() -> None:
    document = ventilated(orders=[ordering(fio2=(0.4, "1"))])
    document["measurements"] += [
        row("carboxyhemoglobin", 24.0, "%", "2026-03-02T06:00:00Z"),
        row("carboxyhemoglobin", 3.0, "%", "2026-03-02T10:00:00Z"),
    ]
    assert "spo2_1h" in drafted(predicted(document)).metrics
    document["measurements"] = [m for m in document["measurements"] if m.get("value") != 3.0]
    document["measurements"][-1]["time"] = "2026-03-01T20:00:00Z"
    assert "spo2_1h" in drafted(predicted(document)).metrics
