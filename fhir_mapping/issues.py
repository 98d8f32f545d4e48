"""What mapping dropped, converted or assumed, one value per remark; nothing is dropped without one."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from twin_engine.patient.record import DataQuality
from twin_engine.patient.variables import VARIABLES

IssueCode = Literal[
    "unreadable",  # not the shape of the resource it says it is
    "not_final",  # entered in error, cancelled, not done
    "unknown_code",  # no code of ours
    "no_value",  # nothing measured, or a reason why not
    "implausible",  # a number that cannot be true
    "unknown_unit",  # a unit that cannot be read or converted
    "no_exact_time",  # a date without time, or a time without zone
    "no_amount",  # a dose whose amount cannot be known
    "not_intravenous",  # absorbed at a pace that is not modelled
    "duplicate",  # the same thing charted twice
    "conflicting",  # two sources contradict each other where it matters
    "other_encounter",  # measured in another stay
    "assumed",  # read in one of several possible ways
    "other_patient",  # belongs to somebody else
    "incomplete",  # a history that was cut short
]

_STATUS = {
    "assumed": "assumed",
    "conflicting": "conflicting",
    "no_amount": "incomplete_dose_history",
    "not_intravenous": "assumed",
}


@dataclass(frozen=True, slots=True)
class MappingIssue:
    """One remark: the resource ("Type/id"), what kind, in words without patient values, and the variable or drug. `over`: it is
    of so long ago that it matters no more to what is predicted."""

    resource: str
    code: IssueCode
    text: str
    variable: str | None = None
    over: bool = False


_LOST = frozenset({"no_exact_time", "unknown_unit", "implausible"})
"""Why a value that was measured is not used."""


def remarks(issues: Iterable[MappingIssue]) -> tuple[DataQuality, ...]:
    """The issues that concern a known variable or drug and still matter, as data-quality remarks of the scenario; each once."""
    found = [_remark(i, i.variable) for i in issues if i.variable is not None and not i.over and i.code != "duplicate"]
    return tuple(dict.fromkeys(found))


def _remark(issue: MappingIssue, variable: str) -> DataQuality:
    """A drug level that is not used is told where it matters: somebody drew it, and reads the forecast as one that knows it."""
    known = VARIABLES.get(variable)
    if issue.code in _LOST and issue.resource.startswith("Observation/") and known is not None and known.kind == "level":
        status = "implausible" if issue.code == "implausible" else "assumed"
        return DataQuality(variable, status, f"a level is charted and not used: {issue.text}")
    return DataQuality(variable, _STATUS.get(issue.code, "ignored"), issue.text)  # type: ignore[arg-type]
