"""Doses from JSON: amounts in the drug's unit, rates in that per hour, per-weight doses as given, volumes by concentration."""

from contextlib import suppress
from dataclasses import dataclass
from typing import Literal, cast

from twin_engine.patient.prodrugs import NOT_EQUIVALENTS, PRODRUGS, in_plain_units
from twin_engine.patient.record import Administration, Composition
from twin_engine.patient.substances import GRAMS, SALT_UNCLEAR
from twin_engine.patient.units import UnitError, convert, is_per_time, is_per_weight, is_volume, unit_code
from twin_engine.patient.variables import DRUGS, Drug
from twin_engine.scenario_json.fields import Row, ScenarioError, Unusable, mapping, moment, number, positive, rows, text
from twin_engine.scenario_json.remarks import Reading

FluidKind = Literal["crystalloid", "colloid", "red_cells", "feed"]
FLUID_KINDS = frozenset({"crystalloid", "colloid", "red_cells", "feed"})


CONTENT_FIELDS = frozenset({"carbohydrate_g_per_l", "sodium_mmol_per_l", "potassium_mmol_per_l", "protein_g_per_l", "kind"})
DOSE_FIELDS = CONTENT_FIELDS | {
    "drug", "amount", "rate", "unit", "route", "concentration", "concentration_unit", "carbohydrate_g_per_day", "id",
}  # fmt: skip
ADMINISTRATION_FIELDS = DOSE_FIELDS | {"start", "end", "last_charted", "available"}


@dataclass(frozen=True, slots=True)
class Quantity:
    """A dose: amounts and rates (with the upper ends of a range) in one unit; all None = it could not be read."""

    unit: str | None = None
    amount: float | None = None
    rate: float | None = None
    max_amount: float | None = None
    max_rate: float | None = None


def administrations(reading: Reading, document: Row) -> tuple[Administration, ...]:
    """What was given up to now, oldest first. A dose that cannot be read stays, without amount: it was given."""
    found: list[Administration] = []
    for path, row in rows(document, "administrations"):
        reading.known_fields(row, ADMINISTRATION_FIELDS, "an administration")
        name = drug_of(row, path)
        if name is None:
            raise ScenarioError(f"{path}.drug: is needed")
        contents = composition(reading, row, path)
        per_day = positive(row, "carbohydrate_g_per_day", path)
        if name not in DRUGS and contents is None and per_day is None:
            with suppress(UnitError):  # its numbers are checked all the same
                quantity(row, path, None, None)
            reading.remark(name, "ignored", "unknown drug")
            continue
        try:
            found.append(_administration(reading, row, path, name, contents, per_day))
        except Unusable as why:
            reading.dropped(name, why)
    return tuple(sorted(found, key=lambda a: a.start))


def _administration(
    reading: Reading, row: Row, path: str, name: str, contents: Composition | None, per_day: float | None
) -> Administration:
    try:
        start, end, last, available = (moment(row, field, path) for field in ("start", "end", "last_charted", "available"))
    except Unusable as why:
        raise Unusable(why.words, "incomplete_dose_history") from None
    if start is None:
        raise Unusable("a dose without a time", "incomplete_dose_history")
    if start > reading.at:
        raise Unusable("it was given after the time of the prediction")
    if available is not None and available > reading.at:
        raise Unusable("it was not known at the time of the prediction")
    dose = readable(reading, row, path, name, contents)
    if end is not None and end < start:
        reading.remark(name, "implausible", "a dose that ends before it starts is not read")
        dose, end = Quantity(), None
    strength = concentration(row, path)
    return Administration(
        drug=name,
        start=start,
        unit=dose.unit or "",
        amount=dose.amount,
        rate=dose.rate,
        end=end,
        route=text(row, "route", path),
        carbohydrate_g_per_day=per_day,
        composition=contents,
        concentration=None if strength is None else strength[0],
        concentration_unit=None if strength is None else strength[1],
        last_charted=last,
        available=available,
        id=text(row, "id", path),
    )


def drug_of(row: Row, path: str) -> str | None:
    """The drug of a row, of a prodrug the one that it becomes."""
    name = text(row, "drug", path)
    return PRODRUGS.get(name or "", name)


def in_equivalents(row: Row, path: str) -> bool:
    """Whether a row is of a prodrug, by its name or by what its unit counts."""
    unit, drug = text(row, "unit", path), text(row, "drug", path)
    return drug in PRODRUGS or (drug in PRODRUGS.values() and unit is not None and in_plain_units(unit) is not None)


def readable(reading: Reading, row: Row, path: str, name: str, contents: Composition | None) -> Quantity:
    """The dose of a row, or an empty one with a remark when its unit cannot be used."""
    try:
        found = quantity(row, path, DRUGS.get(name), contents)
        strength = concentration(row, path)
        units = (text(row, "unit", path) or "", "" if strength is None else strength[1])
        if name in SALT_UNCLEAR and any(GRAMS.search(unit_code(unit)) for unit in units):
            reading.remark(name, "assumed", SALT_UNCLEAR[name])
        return found
    except UnitError as error:
        reading.remark(name, "ignored", f"a dose that cannot be read: {error}")
        return Quantity()


def quantity(row: Row, path: str, drug: Drug | None, contents: Composition | None) -> Quantity:
    """The dose of a row. Raises UnitError when its unit cannot be used; empty when the row states no dose."""
    amount, rate = positive(row, "amount", path), positive(row, "rate", path)
    most, fastest = positive(row, "max_amount", path), positive(row, "max_rate", path)
    if (amount is not None or most is not None) and (rate is not None or fastest is not None):
        raise ScenarioError(f"{path}: give either an amount or a rate")
    if amount is None and rate is None and most is None and fastest is None:
        return Quantity()
    given = _plain_unit(row, path, text(row, "unit", path))
    if given is None:
        raise UnitError("a dose without a unit")
    if is_per_time(given) is (rate is None and fastest is None):
        raise UnitError(f"{given[:40]} is not a unit of this dose: an amount or a rate is needed")
    strength = concentration(row, path)
    if strength is not None and is_volume(given):
        strength = (strength[0], _plain_unit(row, path, strength[1]) or strength[1])
    factor, unit = _factor(given, drug, strength, contents)

    def scaled(value: float | None) -> float | None:
        return None if value is None else value * factor

    return Quantity(unit, scaled(amount), scaled(rate), scaled(most), scaled(fastest))


def _plain_unit(row: Row, path: str, unit: str | None) -> str | None:
    """The unit of a row or of its concentration; of a prodrug only what counts equivalents or is a volume."""
    if unit is None or not in_equivalents(row, path):
        return unit
    plain = in_plain_units(unit)
    if plain is None and not is_volume(unit):
        raise UnitError(NOT_EQUIVALENTS)
    return plain or unit


def _factor(
    given: str, drug: Drug | None, strength: tuple[float, str] | None, contents: Composition | None
) -> tuple[float, str]:
    """What a dose is multiplied by, and its unit then."""
    per_weight, per_time = is_per_weight(given), is_per_time(given)
    ending = ("/kg" if per_weight else "") + ("/h" if per_time else "")
    if is_volume(given) and (drug is None or (strength is None and contents is not None)):
        return convert(1.0, given, f"mL{ending}"), f"mL{ending}"
    if drug is None:
        return 1.0, unit_code(given)
    if is_volume(given):
        if strength is None:
            raise UnitError(f"{given[:40]} needs a concentration")
        per_ml = convert(*strength, f"{drug.amount_unit}/mL", substance=drug.name)
        return convert(1.0, given, f"mL{ending}") * per_ml, f"{drug.amount_unit}{ending}"
    factor = convert(1.0, given, f"{drug.amount_unit}{ending}", substance=drug.name)
    # The weight that a per-weight dose meant is the models' to choose: it is kept as the pump shows it.
    return (1.0, unit_code(given)) if per_weight else (factor, f"{drug.amount_unit}{ending}")


def concentration(row: Row, path: str) -> tuple[float, str] | None:
    """Concentration and its unit, from `concentration` and `concentration_unit` or from an object of value and unit."""
    value = row.get("concentration")
    if isinstance(value, dict):
        inner = mapping(cast("object", value), f"{path}.concentration")
        found, unit = number(inner, "value", f"{path}.concentration", low=0.0), text(inner, "unit", f"{path}.concentration")
    else:
        found, unit = positive(row, "concentration", path), text(row, "concentration_unit", path)
    return None if found is None or unit is None else (found, unit)


def composition(reading: Reading, row: Row, path: str) -> Composition | None:
    """What a fluid or feed contains, or None when the row does not say."""
    if CONTENT_FIELDS.isdisjoint(row):
        return None
    found = Composition(
        carbohydrate_g_per_l=positive(row, "carbohydrate_g_per_l", path),
        sodium_mmol_per_l=positive(row, "sodium_mmol_per_l", path),
        potassium_mmol_per_l=positive(row, "potassium_mmol_per_l", path),
        protein_g_per_l=positive(row, "protein_g_per_l", path),
        kind=cast("FluidKind | None", reading.word(row, "kind", path, FLUID_KINDS)),
    )
    return None if found == Composition() else found
