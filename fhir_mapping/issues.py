"""What mapping dropped, converted or assumed, one value per remark; nothing is dropped without one."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from twin_engine.patient.record import DataQuality

IssueCode = Literal[
    "unreadable",  # not the shape of the resource it says it is
    "not_final",  # entered in error, cancelled, not done
    "unknown_code",  # no code of ours
    "no_value",  # nothing measured, or a reason why not
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
    """One remark: the resource ("Type/id"), what kind, in words without patient values, and the variable or drug."""

    resource: str
    code: IssueCode
    text: str
    variable: str | None = None


def remarks(issues: Iterable[MappingIssue]) -> tuple[DataQuality, ...]:
    """The issues that concern a known variable or drug, as data-quality remarks of the scenario; each once."""
    found = [
        DataQuality(i.variable, _STATUS.get(i.code, "ignored"), i.text)  # type: ignore[arg-type]
        for i in issues
        if i.variable is not None and i.code != "duplicate"
    ]
    return tuple(dict.fromkeys(found))
