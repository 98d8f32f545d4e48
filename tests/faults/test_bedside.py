"""Bad bedside data and orders through the whole engine: converted where that is certain, else refused with the reason."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from fhir_mapping.issues import remarks
from fhir_mapping.orders import read_drafts
from tests.adult import row
from tests.calls import ROUTE, RXNORM, UCUM, bundle
from tests.calls import order as drafted_order
from tests.unit.circulation.charts import after, chart, scenario, step
from tests.unit.respiratory.scenarios import drafted, middle, ordering, predicted, reasons, ventilated, without
from twin_engine.patient.record import Procedure
from twin_engine.predict import predict
from twin_engine.prediction import Prediction

CM = "cm[H2O]"


def said(prediction: Prediction) -> str:
    """Everything that the answer gives as a reason."""
    safety = [f.reason for o in prediction.forecasts for f in o.safety.findings]
    return " | ".join([reasons(prediction), *(q.effect for q in prediction.data_quality), *safety])


def ordered(**settings: tuple[float, str]) -> Prediction:
    return predicted(ventilated(orders=[ordering(**settings)]))


def test_oxygen_in_percent_is_the_fraction_and_a_fraction_above_1_is_refused() -> None:
    percent, fraction = ordered(fio2=(40, "%")), ordered(fio2=(0.4, "1"))
    assert middle(drafted(percent), "pao2") == middle(drafted(fraction), "pao2")
    assert "FiO2 40" in said(ordered(fio2=(40, "1")))
    assert not drafted(ordered(fio2=(40, "1"))).variables


def replaced(variable: str, value: float, unit: str) -> dict[str, Any]:
    """The chart with another value of one setting, and an order of PEEP."""
    document = without(ventilated(orders=[ordering(peep=(12, CM))]), variable)
    document["settings"].append(row(variable, value, unit, "2026-03-02T09:00:00Z"))
    return document


CASES: dict[str, tuple[Callable[[], Prediction], str]] = {
    "PEEP 50": (lambda: ordered(peep=(50, CM)), "PEEP 50 cm[H2O] is above the absolute limit"),
    "volume 4 L": (lambda: ordered(tidal_volume_set=(4, "L")), "above the absolute limit"),
    "rate 0": (lambda: ordered(respiratory_rate_set=(0, "/min")), "a set rate of 0 is no ventilation"),
    "neither I:E nor inspiratory time": (lambda: ordered(peep=(12, CM)), "auto-PEEP is not known"),
    "charted FiO2 40 without percent": (lambda: predicted(replaced("fio2", 40, "1")), "fio2"),
    "gas without FiO2": (
        lambda: predicted(without(ventilated(orders=[ordering(peep=(12, CM))]), "fio2")),
        "without the FiO2 of its time is not used",
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_a_setting_that_cannot_be_is_refused_with_the_reason(case: str) -> None:
    run, reason = CASES[case]
    assert reason.lower() in said(run()).lower()


def test_a_mode_that_is_not_known_gives_no_pressures() -> None:
    document = without(ventilated(orders=[ordering(peep=(12, CM))]), "ventilator_mode", "tidal_volume_set")
    found = predicted(document)
    assert "the mode is not known" in reasons(found)
    assert "plateau_pressure" not in drafted(found).variables


def test_blood_that_is_not_known_to_be_arterial_is_no_gas() -> None:
    document = ventilated(orders=[ordering(peep=(12, CM))])
    for one in document["measurements"]:
        one.pop("specimen", None)
    found = predicted(document)
    assert "not known to be arterial" in said(found)
    assert "pao2" not in drafted(found).variables


def test_a_saturation_that_never_moves_is_that_of_a_probe() -> None:
    document = without(ventilated(orders=[ordering(peep=(12, CM))]), "spo2")
    document["measurements"] += [row("spo2", 88, "%", f"2026-03-02T1{h}:{m:02d}:00Z") for h in (0, 1) for m in range(0, 60, 10)]
    found = predicted(document)
    assert "a probe, not a patient" in said(found)
    assert "spo2" not in drafted(found).variables


@pytest.mark.parametrize("value", [0.0, 300.0])
def test_a_pressure_of_the_line_is_not_that_of_the_patient(value: float) -> None:
    record = chart(pressures=[(-5.0, value)])
    found = predict(scenario(record, step(0.25)))
    assert "map_10min" not in found.forecasts[0].metrics
    assert "shows the line, not the patient" in said(found)


def test_micrograms_per_kg_need_a_weight() -> None:
    assert "no weight" in said(predict(scenario(chart(weight=None), step(0.25)))).lower()


def test_a_pump_rate_without_its_concentration_is_not_read() -> None:
    found = predict(scenario(chart(), step(8.0, unit="mL/h")))
    assert "map_10min" not in found.forecasts[0].metrics
    assert "mL" in said(found)


def norepinephrine(rate: float, unit: str, name: str) -> dict[str, Any]:
    """A draft of an infusion, by the name of base or salt."""
    quantity = {"value": rate, "unit": unit, "system": UCUM, "code": unit}
    concept = {"coding": [{"system": RXNORM, "code": "7512"}], "text": name}
    return {
        **drafted_order(),
        "medicationCodeableConcept": concept,
        "dosageInstruction": [{"route": ROUTE, "doseAndRate": [{"rateQuantity": quantity}]}],
    }


@pytest.mark.parametrize("name", ["norepinephrine", "norepinephrine bitartrate"])
def test_milligrams_of_norepinephrine_may_be_base_or_tartrate_and_move_no_forecast(name: str) -> None:
    """Nobody states which: neither the name of the salt nor that of the base says what the milligrams weigh."""

    def found(rate: float, unit: str) -> Prediction:
        (draft,) = read_drafts(bundle([norepinephrine(rate, unit, name)]), at=after(0.0))
        asked = scenario(chart(), *draft.orders)
        return predict(replace(asked, remarks=remarks(draft.remarks)))

    assert "map_10min" in found(10.0, "ug/min").forecasts[0].metrics
    assert "base or tartrate" in reasons(found(1.0, "mg/h"))
    assert "map_10min" not in found(1.0, "mg/h").forecasts[0].metrics


@pytest.mark.parametrize(
    ("record", "reason"),
    [
        (chart(conditions=["arrhythmia"]), "arrhythmia"),
        (chart(procedures=[Procedure("mechanical_circulatory_support", after(-600.0))]), "mechanical circulatory support"),
        (chart(procedures=[Procedure("ecmo", after(-600.0))]), "ECMO"),
    ],
    ids=["arrhythmia", "mechanical support", "ECMO"],
)
def test_a_heart_that_is_not_its_own_master_is_not_forecast(record: Any, reason: str) -> None:
    found = predict(scenario(record, step(0.25)))
    assert "map_10min" not in found.forecasts[0].metrics
    assert reason in said(found)
