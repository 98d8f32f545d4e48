"""The alert policy of a site and of its units, from the tables `policy` and `units` of the site file, read strictly."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StrictBool, ValidationError

from cds_cards.override_reasons import OVERRIDE_REASONS
from cds_cards.rules import STANDARD_RULES, UNPROVEN, Role, Rule, Rules, SignedOff, Window
from cds_cards.topics import TOPICS, Topic

Hours = Annotated[float, Field(strict=True, ge=0, le=168, allow_inf_nan=False)]
Words = Annotated[str, Field(min_length=3, max_length=300)]


class PolicyFileError(ValueError):
    """The policy cannot be used; the message says why."""


class Part(BaseModel):
    """What a site or unit states otherwise; None = as standing. `windows_h`: hours by override reason; `show_unproven`:
    rules that are shown although they are silent as released."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    budget: Annotated[int, Field(strict=True, ge=0, le=100)] | None = None
    lockout_h: Hours | None = None
    windows_h: dict[str, Hours] = {}
    audience: dict[Topic, tuple[Role, ...]] = {}
    silent: StrictBool | tuple[Topic, ...] | None = None
    show_unproven: tuple[Rule, ...] | None = None
    despite_limits: StrictBool | None = None


class _SignedOff(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    rule: Words
    signed_by: Words
    on: Words


class SitePart(Part):
    """As a unit's, with what holds for the whole site: roles by "system|code", and rules signed off for demotion."""

    roles: dict[str, Role] = {}
    demote: tuple[_SignedOff, ...] = ()


class _File(BaseModel):
    policy: SitePart = SitePart()
    units: dict[str, Part] = {}


@dataclass(frozen=True, slots=True)
class Policies:
    """The rules of the site and of its units (by id of their Location), and the site's own codes of roles."""

    standing: Rules = STANDARD_RULES
    by_unit: Mapping[str, Rules] = field(default_factory=dict[str, Rules])
    roles: Mapping[str, Role] = field(default_factory=dict[str, Role])

    def of(self, unit: str | None) -> Rules:
        """The rules of a unit; those of the site where the unit is not known or has none."""
        return self.by_unit.get(unit or "", self.standing)

    def silenced(self) -> "Policies":
        """The same with nothing shown anywhere."""
        everything = frozenset(TOPICS)
        units = {name: replace(rules, silent=everything) for name, rules in self.by_unit.items()}
        return replace(self, standing=replace(self.standing, silent=everything), by_unit=units)


def read(path: Path) -> Policies:
    """The policies in a site file. Raises PolicyFileError."""
    try:
        found = _File.model_validate(tomllib.loads(path.read_bytes().decode()))
    except ValidationError as error:
        told = (f"{'.'.join(str(part) for part in one['loc'])}: {one['msg']}" for one in error.errors())
        raise PolicyFileError("; ".join(told)) from error
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise PolicyFileError(f"cannot be read: {error}") from error
    site = found.policy
    signed = {one.rule: SignedOff(one.signed_by, one.on) for one in site.demote}
    standing = replace(_changed(STANDARD_RULES, site), signed_off=signed)
    return Policies(standing, {name: _changed(standing, part) for name, part in found.units.items()}, site.roles)


def _changed(rules: Rules, part: Part) -> Rules:
    unknown = part.windows_h.keys() - {reason.code for reason in OVERRIDE_REASONS}
    if unknown:
        raise PolicyFileError(f"windows_h: not an override reason: {', '.join(sorted(unknown))}")
    windows = {**rules.windows, **{code: Window(hours) for code, hours in part.windows_h.items()}}
    audience = {**rules.audience, **{topic: frozenset(roles) for topic, roles in part.audience.items()}}
    return replace(
        rules,
        budget=rules.budget if part.budget is None else part.budget,
        lockout_h=rules.lockout_h if part.lockout_h is None else part.lockout_h,
        windows=windows if part.windows_h else rules.windows,
        audience=audience if part.audience else rules.audience,
        silent=_silent(rules, part),
        unproven=rules.unproven if part.show_unproven is None else UNPROVEN - frozenset(part.show_unproven),
        despite_limits=rules.despite_limits if part.despite_limits is None else part.despite_limits,
    )


def _silent(rules: Rules, part: Part) -> frozenset[Topic]:
    if part.silent is None:
        return rules.silent
    if isinstance(part.silent, bool):
        return frozenset(TOPICS) if part.silent else frozenset()
    return frozenset(part.silent)
