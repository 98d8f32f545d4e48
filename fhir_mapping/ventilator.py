"""A drafted DeviceRequest into an order of ventilator settings.

No standard FHIR profile of a ventilator order exists. Ours is R4 DeviceRequest with one `parameter` per setting: a LOINC code
(those under which the settings are charted, see `codes/variables.csv`) and a Quantity in UCUM; the mode is a coded concept, as
where it is charted. What of it cannot be read with certainty is a problem of the whole order, never half of it.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any, Final

from fhir_mapping.codes import LOINC, SiteCodes, standard
from fhir_mapping.fields import UCUM, Resource, codings, moment, name_of, number, obj, objs, text
from fhir_mapping.issues import MappingIssue
from twin_engine.patient.record import VENTILATOR, Order, Setting
from twin_engine.patient.units import UnitError, convert
from twin_engine.patient.variables import CATEGORIES, VARIABLES

STOPPED = frozenset({"revoked", "completed", "on-hold"})
SETTINGS = frozenset(
    {
        "fio2", "peep", "tidal_volume_set", "respiratory_rate_set", "inspiratory_pressure", "inspiratory_time", "ie_ratio",
        "pressure_support",
    }
)  # fmt: skip

MODE: Final = "ventilator_mode"

WRITTEN: Final = {
    "fio2": "19994-3", "peep": "20077-4", "tidal_volume_set": "20112-9", "respiratory_rate_set": "19834-1",
    "inspiratory_time": "76334-2",
}  # fmt: skip
"""LOINC codes of settings that a suggestion may add to a draft."""


def read_settings(resource: Resource, codes: SiteCodes, *, label: str, at: datetime) -> tuple[Order | MappingIssue, ...]:
    """The order of one DeviceRequest, or why it cannot be read; empty when it sets nothing of a ventilator."""
    reference = name_of(resource)
    found = [one for row in objs(resource.get("parameter")) for one in _parameter(row, codes, reference)]
    settings = tuple(one for one in found if isinstance(one, Setting))
    problems = tuple(one for one in found if isinstance(one, MappingIssue))
    if not settings:
        # Without a setting of ours it is the order of another device, whatever else it says.
        return ()
    if text(resource.get("status")) in STOPPED:
        return (MappingIssue(reference, "conflicting", "an order to stop the ventilator is not predicted", VENTILATOR),)
    if problems:
        return problems
    named = [s.variable for s in settings]
    if len(set(named)) < len(named):
        return (MappingIssue(reference, "conflicting", "the same setting is ordered twice", VENTILATOR),)
    begins = moment(resource.get("occurrenceDateTime")) or moment(obj(resource.get("occurrencePeriod")).get("start"))
    ends = moment(obj(resource.get("occurrencePeriod")).get("end"))
    start = at if begins is None else max(begins, at)
    return (Order(label, start=start, until=ends, settings=settings, id=reference),)


def _parameter(row: Resource, codes: SiteCodes, reference: str) -> Iterator[Setting | MappingIssue]:
    meant = [codes.variables[c] for c in codings(row.get("code")) if c in codes.variables]
    names = list(dict.fromkeys(m.name for m in meant if m.name in SETTINGS or m.name == MODE))
    if len(names) != 1:
        if objs(obj(row.get("code")).get("coding")):
            yield MappingIssue(reference, "unknown_code", "a parameter of the order is no setting that we know", VENTILATOR)
        return
    name = names[0]
    if name == MODE:
        written = [code.lower() for _, code in codings(row.get("valueCodeableConcept"))]
        known = CATEGORIES[MODE] - {"unknown"}
        yield Setting(MODE, None, "", None, category=next((code for code in written if code in known), None))
        return
    quantity = obj(row.get("valueQuantity"))
    value, unit = number(quantity.get("value")), text(quantity.get("code"))
    words = f"the ordered {name.replace('_', ' ')} cannot be read"
    if value is None or unit is None or quantity.get("comparator"):
        yield Setting(name, None, VARIABLES[name].unit, None)
        yield MappingIssue(reference, "unknown_unit", words, VENTILATOR)
        return
    try:
        yield Setting(name, convert(value, unit, VARIABLES[name].unit, substance=name), VARIABLES[name].unit, None)
    except UnitError:
        yield Setting(name, None, VARIABLES[name].unit, None)
        yield MappingIssue(reference, "unknown_unit", words, VENTILATOR)


def with_settings(resource: Resource, settings: Sequence[Setting]) -> dict[str, Any]:
    """The whole DeviceRequest with these settings: each value in the unit that the draft uses, what the draft does not set as
    a further parameter of our profile. Everything else stays as it was written.

    Raises ValueError for a setting that cannot be written.
    """
    codes, left = standard(), {s.variable: s.value for s in settings if s.variable != MODE}
    rows: list[Resource] = []
    for row in objs(resource.get("parameter")):
        names = list({codes.variables[c].name for c in codings(row.get("code")) if c in codes.variables} & left.keys())
        rows.append(_with_value(row, names[0], left.pop(names[0])) if len(names) == 1 else row)
    for name, value in left.items():
        if name not in WRITTEN:
            raise ValueError("a setting without a code of our profile")
        code = {"coding": [{"system": LOINC, "code": WRITTEN[name]}]}
        bare = {"code": code, "valueQuantity": {"system": UCUM, "code": VARIABLES[name].unit}}
        rows.append(_with_value(bare, name, value))
    return {**resource, "parameter": rows}


def _with_value(row: Resource, name: str, value: float | None) -> Resource:
    quantity = obj(row.get("valueQuantity"))
    unit = text(quantity.get("code"))
    if value is None or unit is None:
        raise ValueError("a setting without a value or a unit")
    try:
        written = round(convert(value, VARIABLES[name].unit, unit, substance=name), 4)
    except UnitError as error:
        raise ValueError("a unit that cannot be written back") from error
    plain = int(written) if float(written).is_integer() else written
    return {**row, "valueQuantity": {**quantity, "value": plain}}
