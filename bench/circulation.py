"""The circulation from scenario to prediction: a rate of norepinephrine with its neighbours, and three orders at once."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from typing import Any

from bench.charts import stamp
from twin_engine.predict import predict
from twin_engine.scenario_json import read

STEP = {"drug": "norepinephrine", "rate": 0.25, "unit": "ug/kg/min", "start": stamp(0)}
PUSH = {"drug": "propofol", "amount": 100, "unit": "mg", "infusion_h": 0, "start": stamp(0)}
PEEP = {"settings": {"peep": {"value": 14, "unit": "cm[H2O]"}}, "start": stamp(0)}


def chart(pressures: int, orders: list[dict[str, Any]]) -> dict[str, Any]:
    """A patient on norepinephrine and propofol with this many pressures in 12 h."""
    body = [("weight", 82, "kg"), ("height", 175, "cm"), ("saps_ii", 45, "1")]
    measured = [{"variable": v, "value": x, "unit": u, "time": stamp(-20)} for v, x, u in body]
    for i in range(pressures):
        hour = -11.9 + 11.85 * i / max(pressures - 1, 1)
        measured.append({"variable": "map", "value": 64 + i % 7, "unit": "mm[Hg]", "site": "arterial", "time": stamp(hour)})
    given = [
        {"drug": "norepinephrine", "rate": rate, "unit": "ug/kg/min", "start": stamp(begin), "end": stamp(end)}
        for rate, begin, end in ((0.1, -10, -6), (0.2, -6, -3))
    ]
    given.append({"drug": "norepinephrine", "rate": 0.15, "unit": "ug/kg/min", "start": stamp(-3), "last_charted": stamp(-0.5)})
    given.append({"drug": "propofol", "rate": 100, "unit": "mg/h", "start": stamp(-8), "last_charted": stamp(-0.5)})
    return {
        "at": stamp(0),
        "seed": 1,
        "patient": {"birth_date": "1966-05-04", "sex": "male"},
        "measurements": measured,
        "administrations": given,
        "settings": [{"variable": "peep", "value": 10, "unit": "cm[H2O]", "time": stamp(-2)}],
        "orders": orders,
    }


def ventilated(document: dict[str, Any]) -> dict[str, Any]:
    """The same patient with everything charted that lungs and a suggestion read."""
    values = [
        ("hemoglobin", 9.5, "g/dL"), ("pao2", 72, "mm[Hg]"), ("paco2", 44, "mm[Hg]"), ("ph", 7.34, "1"),
        ("plateau_pressure", 24, "cm[H2O]"), ("peak_pressure", 31, "cm[H2O]"), ("mean_airway_pressure", 14, "cm[H2O]"),
        ("respiratory_rate", 20, "/min"),
    ]  # fmt: skip
    rows = [{"variable": v, "value": x, "unit": u, "time": stamp(-1), "specimen": "arterial"} for v, x, u in values]
    rows += [{"variable": "spo2", "value": 97, "unit": "%", "time": stamp(-h)} for h in (2, 1, 0.75, 0.5, 0.25, 0.1)]
    settings = [
        ("fio2", 0.5, "1"),
        ("peep", 10, "cm[H2O]"),
        ("tidal_volume_set", 420, "mL"),
        ("respiratory_rate_set", 20, "/min"),
    ]
    return {
        **document,
        "measurements": [*document["measurements"], *rows],
        "settings": [
            {"variable": "ventilator_mode", "category": "vc_cmv", "time": stamp(-2)},
            *({"variable": v, "value": x, "unit": u, "time": stamp(-2)} for v, x, u in settings),
        ],
    }


def jobs() -> Iterator[tuple[str, Callable[[], object]]]:
    """Whole predictions: every family, every option, bands."""
    for words, orders in (
        ("norepinephrine step with its neighbours", [STEP]),
        ("norepinephrine step, propofol bolus and PEEP at once", [STEP, PUSH, PEEP]),
    ):
        for pressures in (12, 150):
            yield f"{words}, {pressures} pressures", partial(predict, read(chart(pressures, orders)))
    everything = read(ventilated(chart(60, [STEP, PUSH, PEEP])))
    yield "the same with lungs charted: pressures, gases, other settings", partial(predict, everything)
    yield "the same as a hook asks for it", partial(predict, replace(everything, curves="drafted"))
