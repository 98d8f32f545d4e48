"""What the reader could not use, collected while it reads: one remark per kind of loss, however many rows it struck."""

from dataclasses import dataclass, field
from datetime import datetime

from twin_engine.patient.record import DataQuality, QualityStatus
from twin_engine.scenario_json.fields import Row, Unusable, text

LONGEST_NAME = 60


@dataclass(slots=True)
class Reading:
    """The instant of the scenario and the remarks made on the way to it."""

    at: datetime
    _made: dict[DataQuality, None] = field(default_factory=dict[DataQuality, None])

    def remark(self, variable: str, status: QualityStatus, effect: str) -> None:
        """Note a loss once."""
        self._made[DataQuality(variable[:LONGEST_NAME] or "unnamed", status, effect)] = None

    def keep(self, remark: DataQuality) -> None:
        """Take over a remark that was made before."""
        self._made[remark] = None

    def dropped(self, variable: str, why: Unusable) -> None:
        """Note that a row was dropped."""
        self.remark(variable, why.status, f"not used: {why.words}")

    def known_fields(self, row: Row, known: frozenset[str], what: str) -> None:
        """Note the fields that nobody reads."""
        if row.keys() <= known:
            return
        for name in row:
            if name not in known:
                self.remark(str(name), "ignored", f"unknown field of {what}")

    def word(self, row: Row, name: str, path: str, allowed: frozenset[str]) -> str | None:
        """A word of the vocabulary; None when absent or, with a remark, when the word is not in it."""
        value = text(row, name, path)
        if value is None or value in allowed:
            return value
        self.remark(value, "ignored", f"unknown {name}")
        return None

    def all(self) -> tuple[DataQuality, ...]:
        """Every remark, in the order made."""
        return tuple(self._made)
