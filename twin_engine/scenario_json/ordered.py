"""Orders from JSON. An order that cannot be read stays, without a dose: the core then refuses its option, never half of it."""

from datetime import datetime

from twin_engine.patient.record import Order, Setting
from twin_engine.patient.variables import DRUGS, VARIABLES, Variable
from twin_engine.scenario import AS_ORDERED, NO_CHANGE
from twin_engine.scenario_json.charted import charted_value
from twin_engine.scenario_json.doses import (
    DOSE_FIELDS,
    Quantity,
    composition,
    concentration,
    drug_of,
    in_equivalents,
    readable,
)
from twin_engine.scenario_json.fields import (
    Row,
    ScenarioError,
    Unusable,
    above_zero,
    flag,
    mapping,
    moment,
    number,
    positive,
    rows,
    text,
    whole,
)
from twin_engine.scenario_json.remarks import Reading

ORDER_FIELDS = DOSE_FIELDS | {
    "label", "interval_h", "infusion_h", "count", "start", "until", "settings", "stop", "as_needed", "max_amount",
    "max_rate", "dosing_weight_kg", "prodrug",
}  # fmt: skip

SHORTEST_INTERVAL_H = 1.0 / 60.0
LONGEST_H = 24.0 * 31
MOST_DOSES = 10_000


def orders(reading: Reading, document: Row, name: str, *, proposed: bool) -> tuple[Order, ...]:
    """The orders of one list. A proposed order starts at the time of the prediction at the earliest."""
    found: list[Order] = []
    for path, row in rows(document, name):
        reading.known_fields(row, ORDER_FIELDS, "an order")
        order = _order(reading, row, path, proposed=proposed)
        if proposed and order.label == NO_CHANGE:
            raise ScenarioError(f"{path}.label: {NO_CHANGE!r} is kept for the forecast without any order")
        if order.drug is None and not order.settings and order.carbohydrate_g_per_day is None:
            reading.remark(order.label, "ignored", "an order that names neither a drug nor a setting nor nutrition")
        else:
            found.append(order)
    return tuple(found)


def _order(reading: Reading, row: Row, path: str, *, proposed: bool) -> Order:
    drug, per_day = drug_of(row, path), positive(row, "carbohydrate_g_per_day", path)
    contents = composition(reading, row, path)
    dose = Quantity() if drug is None else readable(reading, row, path, drug, contents)
    if drug is not None and drug not in DRUGS and contents is None and per_day is None:
        reading.remark(drug, "ignored", "unknown drug: neither predicted nor checked")
    what = drug or text(row, "label", path) or AS_ORDERED
    start = _start(reading, row, path, what)
    until, readable_end = _until(reading, row, path, what, start)
    if not readable_end:
        dose = Quantity()
    weight, strength = VARIABLES["weight"], concentration(row, path)
    return Order(
        label=text(row, "label", path) or AS_ORDERED,
        drug=drug,
        amount=dose.amount,
        rate=dose.rate,
        unit=dose.unit,
        interval_h=number(row, "interval_h", path, SHORTEST_INTERVAL_H, LONGEST_H),
        infusion_h=number(row, "infusion_h", path, 0.0, LONGEST_H),
        count=whole(row, "count", path, 1, MOST_DOSES),
        start=max(start or reading.at, reading.at) if proposed else start,
        until=until,
        settings=_settings(reading, row, path),
        carbohydrate_g_per_day=per_day,
        composition=contents,
        concentration=None if strength is None else strength[0],
        concentration_unit=None if strength is None else strength[1],
        stop=flag(row, "stop", path),
        as_needed=flag(row, "as_needed", path),
        max_amount=dose.max_amount,
        max_rate=dose.max_rate,
        route=text(row, "route", path),
        dosing_weight_kg=above_zero(row, "dosing_weight_kg", path, weight.plausible_high),
        prodrug=flag(row, "prodrug", path) or in_equivalents(row, path),
        id=text(row, "id", path),
    )


def _start(reading: Reading, row: Row, path: str, what: str) -> datetime | None:
    try:
        return moment(row, "start", path)
    except Unusable as why:
        reading.remark(what, "assumed", f"the order starts now: {why.words}")
        return None


def _until(reading: Reading, row: Row, path: str, what: str, start: datetime | None) -> tuple[datetime | None, bool]:
    """The end of the order and whether it could be read: an order that ends at an unknown time is not one without end."""
    try:
        until = moment(row, "until", path)
    except Unusable as why:
        reading.remark(what, "ignored", f"an order whose end cannot be read: {why.words}")
        return None, False
    if until is not None and start is not None and until < start:
        raise ScenarioError(f"{path}.until: is before start")
    return until, True


def _settings(reading: Reading, row: Row, path: str) -> tuple[Setting, ...]:
    """Ordered settings as they were ordered: limits, not plausibility, judge them."""
    given = row.get("settings")
    if given is None:
        return ()
    found: list[Setting] = []
    for name, value in mapping(given, f"{path}.settings").items():
        inner = mapping(value, f"{path}.settings.{name}")
        variable = VARIABLES.get(name)
        if variable is None or variable.kind not in {"setting", "category"}:
            reading.remark(str(name), "ignored", "unknown setting")
            continue
        found.append(_setting(reading, inner, f"{path}.settings.{name}", variable))
    return tuple(found)


def _setting(reading: Reading, row: Row, path: str, variable: Variable) -> Setting:
    """One ordered setting; without value or category when they cannot be read."""
    category: str | None = None
    value: float | None = None
    if row.get("value") is not None or row.get("category") is not None:
        try:
            category, value = charted_value(row, path, variable)
        except Unusable as why:
            reading.dropped(variable.name, why)
    return Setting(variable.name, value, variable.unit, None, category)
