"""Organ support: what is charted as a procedure or a device in use, and what only its parameters give away."""

from datetime import timedelta
from typing import Any

import pytest

from fhir_mapping.codes import SNOMED, read_codes
from fhir_mapping.issues import remarks
from fhir_mapping.record import map_chart
from tests.unit.mapping.test_context import procedure
from tests.unit.mapping.test_medications import AT, time
from twin_engine.patient.record import Procedure

SITE = read_codes(
    "kind,system,code,name,display,specimen,site,unit,source\n"
    "sign,urn:site,EFF,crrt,Effluent rate,,,,site\n"
    "procedure,urn:site,PUMP,mechanical_circulatory_support,Axial pump,,,,site\n".splitlines()
)


def parameter(code: str, hours: float, value: float, unit: str, system: str = "urn:site", **other: Any) -> dict[str, Any]:
    return {
        "resourceType": "Observation",
        "id": f"{code}{hours}",
        "status": "final",
        "subject": {"reference": "Patient/1"},
        "code": {"coding": [{"system": system, "code": code}]},
        "effectiveDateTime": time(hours),
        "valueQuantity": {"value": value, "unit": unit, "code": unit},
        **other,
    }


def effluent(hours: float, value: float = 2000, unit: str = "mL/h") -> dict[str, Any]:
    return parameter("EFF", hours, value, unit)


def found(*resources: dict[str, Any]) -> list[tuple[str, float | None, float | None, float | None]]:
    """(procedure, start h, end h, effluent) of the record."""

    def h(moment: Any) -> float | None:
        return None if moment is None else (moment - AT) / timedelta(hours=1)

    rows = map_chart(resources, at=AT, site=SITE).record.procedures
    return [(p.procedure, h(p.start), h(p.end), p.effluent_ml_per_h) for p in rows]


@pytest.mark.parametrize(
    ("code", "name"),
    [
        ("233585000", "crrt"),
        ("233575001", "ihd"),
        ("698074000", "sled"),
        ("786453001", "ecmo"),
        ("700151002", "mechanical_circulatory_support"),
    ],
)
def test_kinds_of_support(code: str, name: str) -> None:
    assert found(procedure(code, status="in-progress", performedPeriod={"start": time(-5)})) == [(name, -5.0, None, None)]


@pytest.mark.parametrize("code", ["265764009", "71192002", "108241001"])
def test_dialysis_of_another_or_no_stated_kind_is_not_ignored(code: str) -> None:
    chart = map_chart([procedure(code, status="in-progress", performedPeriod={"start": time(-5)})], at=AT)
    assert [p.procedure for p in chart.record.procedures] == ["ihd"]
    assert [i.code for i in chart.issues] == ["assumed"]


CRRT = procedure("714749008", status="in-progress", performedPeriod={"start": time(-10)})


def test_charted_effluent_belongs_to_the_treatment_it_was_charted_in() -> None:
    assert found(CRRT, effluent(-9), effluent(-6), effluent(-3, 2.5, "L/h")) == [
        ("crrt", -10.0, -3.0, 2000.0),
        ("crrt", -3.0, None, 2500.0),
    ]


def test_a_rate_that_cannot_be_read_or_is_absurd_is_no_rate_but_still_a_sign() -> None:
    for value, unit in ((2000, "mL"), (1e7, "mL/h")):
        assert found(CRRT, effluent(-9, value, unit)) == [("crrt", -10.0, None, None)]
        assert found(effluent(-1, value, unit)) == [("crrt", -1.0, None, None)]


def test_effluent_without_a_procedure_is_a_treatment_that_nobody_charted() -> None:
    assert found(effluent(-30), effluent(-28), effluent(-2), effluent(-1)) == [
        ("crrt", -30.0, -28.0, 2000.0),
        ("crrt", -2.0, None, 2000.0),
    ]
    chart = map_chart([effluent(-1)], at=AT, site=SITE)
    assert [(i.code, i.resource) for i in chart.issues] == [("assumed", "Observation/crrt")]


def test_a_circuit_at_rest_is_no_treatment() -> None:
    assert found(effluent(-1, 0)) == []
    assert found(effluent(1)) == [], "charted after the call"


def test_the_flow_of_a_gas_exchange_circuit_shows_that_it_runs() -> None:
    """As the German intensive care profiles chart it."""
    assert found(parameter("251288004", -2, 4.2, "L/min", SNOMED)) == [("ecmo", -2.0, None, None)]


def test_a_parameter_without_value_is_remarked() -> None:
    broken = {**effluent(-1), "valueQuantity": {"value": 5}}
    chart = map_chart([broken], at=AT, site=SITE)
    assert chart.record.procedures == ()
    assert [i.code for i in chart.issues] == ["no_value"]


def test_a_device_in_use_is_support_from_its_period() -> None:
    device = {"resourceType": "Device", "id": "d", "type": {"coding": [{"system": "urn:site", "code": "PUMP"}]}}
    use = {
        "resourceType": "DeviceUseStatement",
        "id": "u",
        "status": "active",
        "subject": {"reference": "Patient/1"},
        "device": {"reference": "Device/d"},
        "timingPeriod": {"start": time(-5)},
    }
    assert found(use, device) == [("mechanical_circulatory_support", -5.0, None, None)]
    assert found(use) == [], "an unknown device"
    assert found({**use, "status": "intended"}, device) == []


def test_support_that_is_planned_does_not_run_and_is_told_on_the_cards() -> None:
    planned = procedure("714749008", status="preparation", performedPeriod={"start": time(4)})
    chart = map_chart([planned], at=AT)
    assert chart.record.procedures == (Procedure("crrt", AT + timedelta(hours=4)),)
    earlier = map_chart([{**planned, "performedPeriod": {"start": time(-4)}}], at=AT)
    assert earlier.record.procedures == (), "planned, and not charted to have begun"
    (remark,) = remarks(chart.issues)
    assert (remark.variable, remark.status) == ("crrt", "assumed")
    assert remark.effect == "continuous renal replacement is planned for 2026-01-03 12:00Z: the forecast is without it"
    assert remarks(map_chart([procedure("714749008", status="not-done")], at=AT).issues) == ()
