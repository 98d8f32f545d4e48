"""A drafted DeviceRequest into an order of ventilator settings.

No standard FHIR profile of a ventilator order exists. Ours is R4 DeviceRequest with one `parameter` per setting: a LOINC code
(those under which the settings are charted, see `codes/variables.csv`) and a Quantity in UCUM; the mode is a coded concept.
What of it cannot be read with certainty is a problem of the whole order, never half of it.
"""

from collections.abc import Iterator
from datetime import datetime

from fhir_mapping.codes import SiteCodes
from fhir_mapping.fields import Resource, codings, moment, name_of, number, obj, objs, text
from fhir_mapping.issues import MappingIssue
from twin_engine.patient.record import VENTILATOR, Order, Setting
from twin_engine.patient.units import UnitError, convert
from twin_engine.patient.variables import VARIABLES

STOPPED = frozenset({"revoked", "completed", "on-hold"})
SETTINGS = frozenset(
    {
        "fio2", "peep", "tidal_volume_set", "respiratory_rate_set", "inspiratory_pressure", "inspiratory_time", "ie_ratio",
        "pressure_support",
    }
)  # fmt: skip


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
    names = list(dict.fromkeys(m.name for m in meant if m.name in SETTINGS))
    if len(names) != 1:
        if objs(obj(row.get("code")).get("coding")):
            yield MappingIssue(reference, "unknown_code", "a parameter of the order is no setting that we know", VENTILATOR)
        return
    name = names[0]
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
