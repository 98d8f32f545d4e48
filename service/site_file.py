"""The file by which a site sets its own targets, deliverable doses and limits, read strictly: what is not understood, has
another unit or would loosen an absolute limit stops the start."""

import hashlib
import tomllib
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Annotated, TypeVar

from pydantic import BaseModel, ConfigDict, Field, StrictBool, ValidationError

from twin_engine.patient.variables import DRUGS
from twin_engine.proposals.catalogue import Catalogue
from twin_engine.proposals.targets import Target
from twin_engine.safety.limits import Limit, Quantity, Severity
from twin_engine.site import STANDARD, Site

T = TypeVar("T")
Number = Annotated[float, Field(strict=True, gt=0, allow_inf_nan=False)]
Numbers = Annotated[tuple[Number, ...], Field(min_length=1, max_length=100)]
Words = Annotated[str, Field(min_length=3, max_length=300)]
NOTE = "as set by this site"


class SiteFileError(ValueError):
    """The file cannot be used; the message says why."""


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    source: Words


class _Harm(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    above: Number
    unit: str


class _Mic(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    breakpoint: Number
    organisms: Words


class _Target(_Part):
    unit: str
    low: Number | None = None
    high: Number | None = None
    harm: _Harm | None = None
    harm_weight: Number | None = None
    mic: _Mic | None = None
    note: Words = NOTE


class _Catalogue(_Part):
    unit: str
    loads: Numbers | None = None
    doses: Numbers | None = None
    intervals_h: Numbers | None = None
    infusions_h: Numbers | None = None
    daily: Numbers | None = None
    fastest_per_h: Number | None = None
    shortest_h: Number | None = None


class _Limit(_Part):
    drug: str
    quantity: Quantity
    severity: Severity
    highest: Number
    unit: str
    repeating: StrictBool | None = None
    prodrug: StrictBool | None = None


class _File(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    targets: dict[str, _Target] = {}
    catalogue: dict[str, _Catalogue] = {}
    limits: tuple[_Limit, ...] = ()
    policy: dict[str, object] = {}
    units: dict[str, object] = {}
    """The alert policy, read by `policy_file`."""


def read(path: Path) -> Site:
    """The standard with what the file changes. Raises SiteFileError."""
    try:
        content = path.read_bytes()
        found = _File.model_validate(tomllib.loads(content.decode()))
    except ValidationError as error:
        told = (f"{'.'.join(str(part) for part in one['loc'])}: {one['msg']}" for one in error.errors())
        raise SiteFileError("; ".join(told)) from error
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise SiteFileError(f"cannot be read: {error}") from error
    targets = {drug: _target(drug, change) for drug, change in found.targets.items()}
    catalogue = {drug: _catalogue(drug, change) for drug, change in found.catalogue.items()}
    try:
        return Site(
            {**STANDARD.targets, **targets},
            {**STANDARD.catalogue, **catalogue},
            _limits(found.limits),
            f"sha256 {hashlib.sha256(content).hexdigest()[:16]}",
        )
    except ValueError as error:
        raise SiteFileError(str(error)) from error


def _target(drug: str, change: _Target) -> Target:
    known = _known(drug, "target", STANDARD.targets)
    _same_unit(f"target of {drug}", change.unit, known.unit)
    low, high = change.low or known.low, change.high or known.high
    if low is not None and high is not None and low >= high:
        raise SiteFileError(f"target of {drug}: low {low:g} is not below high {high:g}")
    harm, mic = known.harm, known.mic
    if change.harm is not None:
        if harm is None:
            raise SiteFileError(f"target of {drug}: no metric of harm is known")
        _same_unit(f"harm of {drug}", change.harm.unit, harm.unit)
        harm = replace(harm, above=change.harm.above, source=change.source)
    if harm is not None and harm.metric == known.metric and low is not None and harm.above <= low:
        raise SiteFileError(f"target of {drug}: harm above {harm.above:g} begins below the target")
    if change.mic is not None:
        if mic is None:
            raise SiteFileError(f"target of {drug}: it does not depend on the MIC")
        mic = replace(mic, breakpoint=change.mic.breakpoint, organisms=change.mic.organisms, source=change.source)
    weight = change.harm_weight or known.harm_weight
    return replace(known, low=low, high=high, harm=harm, mic=mic, harm_weight=weight, note=change.note, source=change.source)


def _catalogue(drug: str, change: _Catalogue) -> Catalogue:
    known = _known(drug, "catalogue", STANDARD.catalogue)
    _same_unit(f"catalogue of {drug}", change.unit, DRUGS[drug].amount_unit)
    given = change.model_dump(exclude={"unit"}, exclude_none=True)
    return replace(known, **given)


def _limits(changes: tuple[_Limit, ...]) -> tuple[Limit, ...]:
    """The standard limits, those of the file in the place of the ones of the same key, and new keys after them. Only a
    quantity that is limited for the drug can be limited otherwise: its unit and meaning are known."""
    own: dict[tuple[object, ...], Limit] = {}
    for change in changes:
        like = [x for x in STANDARD.limits if (x.drug, x.quantity) == (change.drug, change.quantity)]
        if not like:
            raise SiteFileError(f"limit: {change.quantity} of {change.drug} has no published limit to change")
        _same_unit(f"limit {change.quantity} of {change.drug}", change.unit, like[0].unit)
        limit = Limit(**change.model_dump())
        for same in (x for x in like if x.key == limit.key):
            limit = replace(limit, into_a_vein=same.into_a_vein, beside_load=same.beside_load)
        if limit.key in own:
            raise SiteFileError(f"limit {change.quantity} of {change.drug}: stated twice")
        own[limit.key] = limit
    return tuple(({limit.key: limit for limit in STANDARD.limits} | own).values())


def _known(drug: str, what: str, table: Mapping[str, T]) -> T:
    if drug not in table:
        raise SiteFileError(f"{what} of {drug}: there is none to change")
    return table[drug]


def _same_unit(what: str, given: str, known: str) -> None:
    if given != known:
        raise SiteFileError(f"{what}: the unit must be {known}, not {given}")
