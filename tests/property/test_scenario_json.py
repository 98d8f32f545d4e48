"""Scenarios: any JSON is a scenario or a ScenarioError; what is read is canonical, known at `at`, and writes back."""

import json
from contextlib import suppress
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.unit.scenario_json.documents import dose, measurement, order, scenario
from twin_engine.patient.quality import plausible
from twin_engine.patient.variables import DRUGS, VARIABLES
from twin_engine.scenario_json import ScenarioError, read, write

numbers = st.integers() | st.floats() | st.integers(10**300, 10**310)
leaves = st.none() | st.booleans() | numbers | st.text(max_size=20)
anything = st.recursive(
    leaves, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3)
)

times = st.sampled_from(
    [
        "2026-01-03T08:00:00Z",
        "2026-01-02T23:00:00-05:00",
        "2026-01-01",
        "2026-01-03T07:59:59",
        "2027-01-01T00:00:00Z",
        "now",
        "",
    ]
)
units = st.sampled_from(["mg", "mg/dL", "ug/kg/min", "mL/h", "mL", "%", "1", "mmol/L", "tablet", "", "U/h", "kPa", "mg/kg"])
names = st.sampled_from([*VARIABLES, *DRUGS, "aura"])
kinds = st.sampled_from(["arterial", "laboratory", "feed", "<", "psv", "crrt", "dka", "ihd", "zzz"])
magnitudes = st.floats(-2.0, 500.0) | st.integers(-1, 2000)
field = {
    "variable": names, "drug": names, "procedure": kinds, "condition": kinds, "finding": names, "label": names,
    "value": magnitudes, "amount": magnitudes, "rate": magnitudes, "max_rate": magnitudes, "concentration": magnitudes,
    "unit": units, "concentration_unit": units, "time": times, "start": times, "end": times, "until": times, "available": times,
    "onset": times, "specimen": kinds, "source": kinds, "comparator": kinds, "category": kinds, "kind": kinds,
    "interval_h": magnitudes, "infusion_h": magnitudes, "count": st.integers(-1, 9), "stop": st.booleans(),
    "sodium_mmol_per_l": magnitudes, "carbohydrate_g_per_day": magnitudes, "id": names,
}  # fmt: skip
likely = st.fixed_dictionaries({}, optional=field)
row = likely | st.fixed_dictionaries({}, optional=dict.fromkeys(field, anything))
LISTS = (
    "measurements", "administrations", "settings", "procedures", "conditions", "findings", "orders", "current_orders",
)  # fmt: skip
wild = st.fixed_dictionaries(
    {},
    optional={
        **dict.fromkeys(LISTS, st.lists(row, max_size=3)),
        "patient": anything, "at": times | leaves, "seed": leaves, "horizon_h": numbers, "draws": leaves, "models": anything,
        "report_times": st.lists(times, max_size=2) | anything, "alternatives": leaves, "remarks": anything,
    },
)  # fmt: skip


@given(anything)
def test_any_json_is_a_scenario_or_a_scenario_error(document: Any) -> None:
    with suppress(ScenarioError):
        read(document)


REQUIRED = {
    "measurements": "variable", "settings": "variable", "administrations": "drug", "procedures": "procedure",
    "conditions": "condition", "findings": "finding", "orders": "drug", "current_orders": "drug",
}  # fmt: skip
instants = st.sampled_from(
    ["2026-01-03T08:00:00Z", "2026-01-02T23:00:00-05:00", "2026-01-01", "2026-01-03T07:59:59", "2026-02-01T00:00Z"]
)
readable = {
    **{name: instants if values is times else values for name, values in field.items() if name not in {"rate", "max_rate"}},
    **dict.fromkeys(("value", "amount", "concentration", "interval_h", "infusion_h"), st.floats(0.5, 500.0)),
    **dict.fromkeys(("sodium_mmol_per_l", "carbohydrate_g_per_day"), st.floats(0.0, 500.0)),
    "until": st.just("2026-03-01T00:00:00Z"), "count": st.integers(1, 9), "end": instants,
}  # fmt: skip
by_rate = {("rate" if name == "amount" else name): values for name, values in readable.items()}


def rows_of(required: str) -> st.SearchStrategy[list[dict[str, Any]]]:
    """Up to four rows that mostly can be read, each an amount or a rate."""
    optional = [{name: values for name, values in fields.items() if name != required} for fields in (readable, by_rate)]
    return st.lists(st.one_of(*(st.fixed_dictionaries({required: field[required]}, optional=o) for o in optional)), max_size=4)


rich = st.fixed_dictionaries({}, optional={name: rows_of(required) for name, required in REQUIRED.items()})


@settings(suppress_health_check=[HealthCheck.too_slow])
@given(wild)
def test_a_scenario_with_anything_in_it_is_read_or_refused(changes: dict[str, Any]) -> None:
    with suppress(ScenarioError):
        read(scenario(**changes))


@settings(suppress_health_check=[HealthCheck.too_slow])
@given(rich)
def test_what_is_read_is_canonical_known_in_time_and_writes_back(changes: dict[str, Any]) -> None:
    found = read(scenario(**changes))
    assert read(json.loads(json.dumps(write(found), allow_nan=False))) == found
    for measured in found.record.measurements:
        assert measured.time <= found.at
        assert measured.unit == VARIABLES[measured.variable].unit
        assert measured.value is None or plausible(measured.variable, measured.value)
    for given_ in found.record.administrations:
        assert given_.start <= found.at
        assert given_.amount is None or given_.rate is None
    for drafted in found.orders:
        assert drafted.start is not None
        assert drafted.start >= found.at


@given(
    st.lists(
        st.builds(
            lambda value, minute, source, specimen: measurement(
                variable="potassium",
                unit="mmol/L",
                value=value,
                time=f"2026-01-03T05:{minute:02d}:00Z",
                source=source,
                specimen=specimen,
            ),
            st.floats(1.0, 12.0),
            st.integers(0, 5),
            st.sampled_from(["laboratory", "device", None]),
            st.sampled_from(["arterial", "venous"]),
        ),
        max_size=12,
    ),
    st.randoms(use_true_random=False),
)
def test_the_order_of_the_rows_does_not_matter(rows: list[dict[str, Any]], random) -> None:
    shuffled = list(rows)
    random.shuffle(shuffled)
    one, two = read(scenario(measurements=rows)), read(scenario(measurements=shuffled))
    assert set(one.record.measurements) == set(two.record.measurements)
    assert set(one.remarks) == set(two.remarks)


@given(st.floats(0.0, 1e6), st.sampled_from(["mg", "g", "ug", "mg/kg"]))
def test_a_dose_given_and_the_same_dose_ordered_are_read_alike(amount: float, unit: str) -> None:
    found = read(scenario(administrations=[dose(amount=amount, unit=unit)], orders=[order(amount=amount, unit=unit)]))
    given_, drafted = found.record.administrations[0], found.orders[0]
    assert (given_.amount, given_.unit) == (drafted.amount, drafted.unit)


@given(st.dictionaries(st.sampled_from(["birth_date", "sex", "orders", "models", "seed", "draws"]), st.none()))
def test_null_is_absent(nulls: dict[str, None]) -> None:
    with_nulls = scenario(seed=..., patient={}) | {
        name: value for name, value in nulls.items() if name not in {"birth_date", "sex"}
    }
    with_nulls["patient"] = {name: None for name in nulls if name in {"birth_date", "sex"}}
    without = {name: value for name, value in with_nulls.items() if value is not None}
    without["patient"] = {}
    one, two = read(with_nulls | {"seed": 1}), read(without | {"seed": 1})
    assert one == two
