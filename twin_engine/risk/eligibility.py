"""Who a risk model may be asked about: the reasons, in words, why it would not answer for this patient now."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

import numpy as np

from twin_engine.patient.derived import age_years
from twin_engine.patient.record import Administration, Order, PatientRecord
from twin_engine.risk.features import Windows, newest
from twin_engine.risk.model import RiskModel

ADULT_Y = 18.0
CORE_FRESH_H = 2
"""A core variable must be charted within this time; in the training data vitals are hourly."""
LEAST_VITALS = 3
VITALS = ("heart_rate", "map", "respiratory_rate", "spo2", "temperature")
VITALS_FRESH_H = 4
LOW_MAP = 65.0

VASOPRESSORS = frozenset({"norepinephrine", "epinephrine", "phenylephrine", "vasopressin", "dopamine", "angiotensin_ii"})
RUNNING_AFTER_CHARTING_H = 4
PERIOD_FOLLOWS_H = 1
"""Where infusions are charted as the amount of each period, the next period is charted after it has passed."""
IN_WORDS = {"map": "mean arterial pressure", "spo2": "oxygen saturation"}


def reason_against(model: RiskModel, record: PatientRecord, at: datetime, windows: Windows) -> str | None:
    """Why the model cannot be asked, or None. windows: of one patient, as `hourly_windows` gives them."""
    if record.birth_date is None:
        return "the date of birth is not known"
    if age_years(record.birth_date, at) < ADULT_Y:
        return "the model was made from adults only"
    if record.sex == "unknown":
        return "the sex is not known"
    stale = [n for n in model.core if not _charted(windows, n, CORE_FRESH_H)]
    if stale:
        return f"no {' and no '.join(map(in_words, stale))} charted in the last {CORE_FRESH_H} h"
    fresh = [n for n in VITALS if n in windows and _charted(windows, n, VITALS_FRESH_H)]
    if len(fresh) < LEAST_VITALS:
        listed = ", ".join(map(in_words, fresh))
        return f"only {listed} charted in the last {VITALS_FRESH_H} h, {LEAST_VITALS} vital signs are needed"
    against = OF_EVENT[model.event](record, at, windows) if model.event in OF_EVENT else None
    return against or _outside_training(model, windows)


def _outside_training(model: RiskModel, windows: Windows) -> str | None:
    for name in model.core:
        value, (low, high) = float(newest(windows[name])[0]), model.support[name]
        if not low <= value <= high:
            return f"{in_words(name)} {value:.3g} is outside the {low:.3g} to {high:.3g} that the model was made from"
    return None


def _charted(windows: Windows, name: str, hours: int) -> bool:
    return bool(np.isfinite(windows[name][0, -hours:]).any())


def in_words(variable: str) -> str:
    """The variable as a clinician reads it."""
    return IN_WORDS.get(variable, variable.replace("_", " "))


def running_vasopressor(record: PatientRecord, at: datetime) -> str | None:
    """A vasopressor that runs at `at`, or may: one without an end counts for 4 h after its last charting."""
    running = [a.drug for a in record.administrations if a.drug in VASOPRESSORS and runs(a, at)]
    return running[-1] if running else None


def runs(given: Administration, at: datetime) -> bool:
    """Whether an infusion runs at `at`; one without an end counts for 4 h after its last charting, and one that is charted as
    the amount of a period for 1 h after that period."""
    if given.start > at:
        return False
    if given.rate is None:
        spread = (given.amount or 0.0) > 0.0 and given.end is not None and given.end > given.start
        return spread and given.end is not None and at - given.end < timedelta(hours=PERIOD_FOLLOWS_H)
    if given.rate <= 0.0:
        return False
    if given.end is not None:
        return given.end > at
    return at - (given.last_charted or given.start) <= timedelta(hours=RUNNING_AFTER_CHARTING_H)


def _hypotension(record: PatientRecord, at: datetime, windows: Windows) -> str | None:
    drug = running_vasopressor(record, at)
    if drug:
        return f"{in_words(drug)} is running, and the model was made from patients whose vasopressors are not known"
    if _on_support(record, at):
        return "mechanical circulatory support or ECMO carries the circulation"
    before, now = (float(v) for v in windows["map"][0, -2:])
    if np.isnan(now) or np.isnan(before):
        return "mean arterial pressure is not charted in each of the last two hours"
    if min(now, before) < LOW_MAP:
        return f"mean arterial pressure is already below {LOW_MAP:.0f} mm[Hg]"
    return None


def _on_support(record: PatientRecord, at: datetime) -> bool:
    carrying = [p for p in record.procedures if p.procedure in {"ecmo", "mechanical_circulatory_support"}]
    return any((p.start is None or p.start <= at) and (p.end is None or p.end > at) for p in carrying)


def reason_against_orders(model: RiskModel, orders: Sequence[Order]) -> str | None:
    """Why no risk may be told of what these orders lead to: they would put the patient where the model is refused."""
    started = [in_words(o.drug) for o in orders if o.drug in VASOPRESSORS and not o.stop]
    if model.event == "hypotension" and started:
        return f"{started[0]} is ordered, and the model was made from patients whose vasopressors are not known"
    return None


OF_EVENT: dict[str, Callable[[PatientRecord, datetime, Windows], str | None]] = {"hypotension": _hypotension}
