"""The circulation from scenario to prediction: a rate of norepinephrine with its neighbours, and three orders at once."""

from collections.abc import Callable, Iterator
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


def jobs() -> Iterator[tuple[str, Callable[[], object]]]:
    """Whole predictions: every family, every option, bands."""
    for words, orders in (
        ("norepinephrine step with its neighbours", [STEP]),
        ("norepinephrine step, propofol bolus and PEEP at once", [STEP, PUSH, PEEP]),
    ):
        for pressures in (12, 150):
            yield f"{words}, {pressures} pressures", partial(predict, read(chart(pressures, orders)))
