"""What of a risk rests on values that are no longer fresh: the same hour scored again as if they had never been charted."""

from dataclasses import dataclass
from datetime import datetime

import numpy as np

from twin_engine.patient.quality import states
from twin_engine.patient.record import PatientRecord
from twin_engine.risk.eligibility import VITALS
from twin_engine.risk.features import matrix
from twin_engine.risk.forecast import at_rank, context
from twin_engine.risk.hourly import hourly_windows
from twin_engine.risk.model import RiskModel


@dataclass(frozen=True, slots=True)
class WithoutOld:
    """Variables that the model reads and whose newest value is no longer fresh, and the share of reference hours that would
    score lower than this one without them."""

    variables: tuple[str, ...]
    share_below: float


def without_old(model: RiskModel, record: PatientRecord, at: datetime) -> WithoutOld | None:
    """The rank without old values; None where nothing old is read, or the model gives no number without it. Vital signs stay:
    the model is refused where they are too old for it."""
    windows = hourly_windows(record, model.reach, at)
    charted = [name for name, hourly in windows.items() if np.isfinite(hourly).any() and name not in VITALS]
    old = tuple(name for name, state in states(record, charted, at).items() if state in ("usable", "beyond"))
    if not old:
        return None
    left = {name: np.full_like(hourly, np.nan) if name in old else hourly for name, hourly in windows.items()}
    probability = float(model.score(matrix(model.features, left, context(record, at))).probability[0])
    return WithoutOld(old, at_rank(model.rank, probability)[0]) if np.isfinite(probability) else None
