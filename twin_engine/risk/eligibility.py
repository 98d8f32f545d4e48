"""Who a risk model may be asked about: the reasons, in words, why it would not answer for this patient now."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

import numpy as np

from twin_engine.covariates.support import RENAL_REPLACEMENT, SUPPORT_LINGERS, running
from twin_engine.patient.derived import age_years
from twin_engine.patient.kdigo import BASELINE_H, COUNTS_H, HIGHEST, SEVERE_MG_DL, stages
from twin_engine.patient.oximetry import deceived
from twin_engine.patient.record import Administration, Order, PatientRecord
from twin_engine.patient.variables import SUPPORT_IN_WORDS
from twin_engine.risk.features import Windows, newest
from twin_engine.risk.hourly import hourly_windows
from twin_engine.risk.lone_saturation import lone_fall
from twin_engine.risk.model import RiskModel

ADULT_Y = 18.0
CORE_FRESH_H = 2
"""A core variable must be charted within this time; in the training data vitals are hourly."""
LEAST_VITALS = 3
VITALS = ("heart_rate", "map", "respiratory_rate", "spo2", "temperature")
VITALS_FRESH_H = 4
LOW_MAP = 65.0
LOW_SPO2 = 90.0

VASOPRESSORS = frozenset({"norepinephrine", "epinephrine", "phenylephrine", "vasopressin", "dopamine"})
RUNNING_AFTER_CHARTING_H = 4
PERIOD_FOLLOWS_H = 1
"""Where infusions are charted as the amount of each period, the next period is charted after it has passed."""
COPD = "in chronic obstructive pulmonary disease 88 to 92 % may be the target"
"""O'Driscoll BR et al. Thorax 2017;72(Suppl 1):i1-90 and BMJ Open Respir Res 2017;4:e000170: 88 to 92 % at risk of hypercapnic
failure, 94 to 98 % where the gas shows none; which holds here is not read."""
IN_WORDS = {"map": "mean arterial pressure", "spo2": "oxygen saturation"}


def reason_against(model: RiskModel, record: PatientRecord, at: datetime, windows: Windows) -> str | None:
    """Why the model cannot be asked, or None. windows: of one patient, as `hourly_windows` gives them."""
    if record.birth_date is None:
        return "the date of birth is not known"
    if age_years(record.birth_date, at) < ADULT_Y:
        return "the model was made from adults only"
    if record.sex == "unknown":
        return "the sex is not known"
    misread = deceived(record, at) if "spo2" in model.reach else None
    if misread:
        return f"{misread}, and the model reads oxygen saturation"
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
    unread = "a vasopressor without a readable dose may run" if record.has_condition("vasopressor_unread") else None
    runs_now = f"{in_words(drug)} is running" if drug else unread
    if runs_now:
        return f"{runs_now}, and the model was made from patients whose vasopressors are not known"
    if running(record, ("ecmo", "mechanical_circulatory_support"), at):
        return "mechanical circulatory support or ECMO carries the circulation"
    return _not_above("map", LOW_MAP, "mm[Hg]", windows)


def _hypoxaemia(record: PatientRecord, at: datetime, windows: Windows) -> str | None:
    if record.has_condition("chronic_hypercapnia"):
        return "in chronic hypercapnia a saturation below 90 % may be what is wanted"
    if record.has_condition("copd"):
        return COPD
    if running(record, ("ecmo",), at):
        return "ECMO carries the gas exchange"
    fall = lone_fall(windows)
    if fall:
        around = f"between {fall.before:.0f} % and {fall.after:.0f} %"
        return (
            f"oxygen saturation was {fall.value:.0f} % for one hour {around}: the probe or the patient, the chart does not tell"
        )
    return _not_above("spo2", LOW_SPO2, "%", windows)


def _not_above(variable: str, limit: float, unit: str, windows: Windows) -> str | None:
    """Why an event of falling below a limit cannot be new: each of the last two hours must show a value at or above it."""
    before, now = (float(v) for v in windows[variable][0, -2:])
    if np.isnan(now) or np.isnan(before):
        return f"{in_words(variable)} is not charted in each of the last two hours"
    return f"{in_words(variable)} is already below {limit:.0f} {unit}" if min(now, before) < limit else None


def _kidney_injury(record: PatientRecord, at: datetime, windows: Windows) -> str | None:
    support = running(record, RENAL_REPLACEMENT, at, SUPPORT_LINGERS)
    if support:
        when = f"runs or ran in the last {SUPPORT_LINGERS.days} days"
        return f"{SUPPORT_IN_WORDS[support]} {when}: creatinine does not tell how the kidneys do"
    if record.has_condition("kidney_failure"):
        return "end-stage kidney failure or chronic dialysis is charted"
    if not _charted(windows, "creatinine", COUNTS_H):
        return f"no creatinine charted in the last {COUNTS_H} h"
    # The stage of the newest value looks back a week from when that value was drawn.
    hourly = hourly_windows(record, {"creatinine": BASELINE_H + COUNTS_H}, at)["creatinine"][0]
    known = np.flatnonzero(~np.isnan(hourly))
    if hourly[known[-1]] >= SEVERE_MG_DL:
        return f"creatinine is {SEVERE_MG_DL:.0f} mg/dL or more: kidney failure of stage 3 or of long standing"
    if stages(known.astype(np.float64), hourly[known])[-1] == HIGHEST:
        return "kidney injury is already of stage 3"
    return None


def reason_against_orders(model: RiskModel, orders: Sequence[Order]) -> str | None:
    """Why no risk may be told of what these orders lead to: they would put the patient where the model is refused."""
    started = [in_words(o.drug) for o in orders if o.drug in VASOPRESSORS and not o.stop]
    if model.event == "hypotension" and started:
        return f"{started[0]} is ordered, and the model was made from patients whose vasopressors are not known"
    return None


OF_EVENT: dict[str, Callable[[PatientRecord, datetime, Windows], str | None]] = {
    "hypotension": _hypotension,
    "hypoxaemia": _hypoxaemia,
    "kidney_injury": _kidney_injury,
}
