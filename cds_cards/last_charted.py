"""What was charted last of a variable, for the row beside what is forecast."""

from typing import Final

from cds_cards.subject import Subject
from cds_cards.wording import age
from twin_engine.patient.record import Measurement

_GASES: Final = frozenset({"pao2", "paco2", "ph"})


def last_charted(subject: Subject, name: str, digits: int) -> str:
    """A value with its age, "–" where none is charted: "84 (20 min ago)"."""
    prediction, newest = subject.case.prediction, latest(subject, name)
    if prediction is None or newest is None:
        return "–"
    return f"{newest.value:.{digits}f} ({age((prediction.at - newest.time).total_seconds() / 3600.0)} ago)"


def latest(subject: Subject, name: str) -> Measurement | None:
    """The newest charted value of a variable; of a gas the newest that is arterial."""
    known = [m for m in subject.case.record.of(name) if m.value is not None and m.comparator is None]
    return next((m for m in reversed(known) if name not in _GASES or m.specimen == "arterial"), None)
