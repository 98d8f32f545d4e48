"""A changed order back into the full resource it came from: dose, interval and infusion time, in the shape they came in.

Everything else, unknown extensions and the digits of every other number included, stays as it was written.
"""

import copy
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, cast

from fhir_mapping.amounts import hours_of, is_infusion_time, rate_quantity
from fhir_mapping.dosage import dose_and_rate
from fhir_mapping.drafts import Draft
from fhir_mapping.fields import UCUM, Resource, obj, objs, quantity
from fhir_mapping.ventilator import with_settings
from twin_engine.patient.record import Order
from twin_engine.patient.units import UnitError, convert, is_known, is_per_weight, is_volume, unit_code

Json = dict[str, Any]

# The free text would contradict the new dose; doses and rates beside `doseAndRate` stood there before R4.
_REPLACED = ("text", "_text", "patientInstruction", "_patientInstruction", "doseQuantity", "rateQuantity", "rateRatio")
_VALUES = ("doseQuantity", "doseRange", "rateQuantity", "rateRange", "rateRatio")
_INTERVAL = ("frequency", "frequencyMax", "period", "periodMax", "periodUnit", "timeOfDay", "dayOfWeek", "when", "offset")


def rewritten(draft: Draft, order: Order) -> Json:
    """The draft's whole resource with the dose, interval and infusion time (or the rate), or the settings, of `order`.

    Raises ValueError for a draft whose dosage is not one single instruction, that is part of another resource, or an order
    that it cannot state.
    """
    if draft.within is not None:
        raise ValueError("an order inside a group cannot be changed on its own")
    resource = copy.deepcopy(dict(draft.resource))
    if order.settings:
        return with_settings(resource, order.settings)
    dosages = objs(resource.get("dosageInstruction"))
    if len(dosages) != 1 or len(draft.orders) != 1:
        raise ValueError("only an order with one dosage instruction can be changed")
    dosage = cast("Json", dosages[0])
    before = dose_and_rate(dosage)
    if before is None:
        raise ValueError("a dosage with several doses, none of them said to be the ordered one")
    _set_times(resource, dosage, draft.orders[0], order)
    carried = {k: v for k, v in before.items() if k not in _VALUES} if objs(dosage.get("doseAndRate")) else {}
    values = _values(before, _as_written(order, draft), states_time=_states_time(resource, dosage))
    for name in _REPLACED:
        dosage.pop(name, None)
    dosage["doseAndRate"] = [{**carried, **values}]
    resource["dosageInstruction"] = [dosage]
    # The shapes some clients send (an object where R4 has a list, no intent) are mended: what we emit is valid R4.
    if isinstance(resource.get("category"), Mapping):
        resource["category"] = [resource["category"]]
    if resource.get("intent") is None:
        resource["intent"] = "order"
    resource.setdefault("status", "draft")
    return resource


def _as_written(order: Order, draft: Draft) -> Order:
    """The order in the amounts that the draft counts: those of a combination, where it is one."""
    factor = draft.written_per_amount
    if factor == 1.0:
        return order
    amount, rate = order.amount, order.rate
    return replace(order, amount=None if amount is None else amount * factor, rate=None if rate is None else rate * factor)


def _values(before: Resource, order: Order, *, states_time: bool) -> Json:
    """Dose and rate. The infusion time is stated once more as a rate only where nothing else states it."""
    unit = order.unit or ""
    if order.rate is not None:
        return {"rateQuantity": _quantity(order.rate, unit, rate_quantity(before))}
    if order.amount is None:
        raise ValueError("an order without a dose")
    found: Json = {"doseQuantity": _quantity(order.amount, unit, quantity(before.get("doseQuantity")))}
    stated = rate_quantity(before)
    if stated is not None and hours_of(stated) is not None and order.infusion_h is not None:
        found["rateQuantity"] = _quantity(order.infusion_h, "h", stated)
    elif order.infusion_h and (stated is not None or not states_time):
        found["rateQuantity"] = _quantity(order.amount / order.infusion_h, f"{unit}/h", stated)
    return found


def _states_time(resource: Resource, dosage: Resource) -> bool:
    return "duration" in obj(obj(dosage.get("timing")).get("repeat")) or any(
        is_infusion_time(e) for holder in _holders(resource, dosage) for e in objs(holder.get("extension"))
    )


def _holders(resource: Resource, dosage: Resource) -> tuple[Resource, ...]:
    timing = obj(dosage.get("timing"))
    return dosage, timing, obj(timing.get("repeat")), resource


def _set_times(resource: Json, dosage: Json, before: Order, order: Order) -> None:
    """The interval, and the infusion time wherever the draft states one, so that no two places disagree."""
    if order.interval_h is not None and order.interval_h != before.interval_h:
        if before.count is not None and before.count > 1:
            raise ValueError("a course of a counted number of doses cannot be given at another interval")
        _set_interval(dosage, order.interval_h)
    if order.infusion_h is None:
        return
    repeat = obj(obj(dosage.get("timing")).get("repeat"))
    if "duration" in repeat:
        timing = dict(obj(dosage["timing"]))
        new = {k: v for k, v in repeat.items() if k not in {"durationMax", "_duration"}}
        timing["repeat"] = {**new, "duration": _plain(order.infusion_h), "durationUnit": "h"}
        dosage["timing"] = timing
    for holder in _holders(resource, dosage):
        for extension in objs(holder.get("extension")):
            name = "valueDuration" if "valueDuration" in extension else "valueQuantity"
            if is_infusion_time(extension) and name in extension:
                stated = quantity(extension[name])
                cast("Json", extension)[name] = _quantity(order.infusion_h, "h", stated)


def _set_interval(dosage: Json, interval_h: float) -> None:
    timing = dict(obj(dosage.get("timing")))
    repeat = {k: v for k, v in obj(timing.get("repeat")).items() if k not in _INTERVAL}
    timing.pop("code", None)
    timing.pop("event", None)
    dosage["timing"] = {**timing, "repeat": {**repeat, "frequency": 1, "period": _plain(interval_h), "periodUnit": "h"}}


def _quantity(value: float, unit: str, before: tuple[float, str] | None) -> Json:
    """In the unit that the draft used where it measures the same thing; not per weight or volume, which need a factor."""
    if before is not None and not is_known(before[1]):
        raise ValueError("a unit that cannot be written back")
    if before is not None and is_known(before[1]) and not is_per_weight(before[1]) and not is_volume(before[1]):
        try:
            value, unit = convert(value, unit, before[1]), unit_code(before[1])
        except UnitError:
            return {"value": _plain(value), "unit": unit, "system": UCUM, "code": unit}
    return {"value": _plain(value), "unit": unit, "system": UCUM, "code": unit}


def _plain(value: float) -> float | int:
    rounded = round(value, 4)
    return int(rounded) if float(rounded).is_integer() else rounded
