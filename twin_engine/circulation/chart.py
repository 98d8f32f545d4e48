"""What the chart says of the circulation: pressures with their site, pressors given, and why no forecast can rest on it."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import numpy as np

from twin_engine.blood.loss import lost_ml, too_much
from twin_engine.circulation.pressors import PRESSORS, equivalent
from twin_engine.circulation.tone import WINDOW_H
from twin_engine.covariates import hours
from twin_engine.covariates.support import running
from twin_engine.history import History, history
from twin_engine.kernel.declare import Array
from twin_engine.kernel.schedule import Dose
from twin_engine.outcome import CannotPredict
from twin_engine.patient.derived import age_years
from twin_engine.patient.quality import freshness
from twin_engine.patient.record import DataQuality, Measurement, PatientRecord
from twin_engine.patient.variables import SUPPORT_IN_WORDS

VARIABLE = "map"
READABLE = (20.0, 200.0)
"""mmHg; a mean pressure outside is a flushed, open or kinked line: bounds of this project."""
DESCRIBED = (35.0, 130.0)
"""mmHg; the range of pressures that the model is meant for, from the cases it was estimated on."""
ADULT_YEARS = 18.0
REFUSED_CONDITIONS = {"arrhythmia": "an arrhythmia", "pregnancy": "pregnancy"}
ARTERIAL = "arterial"
TOGETHER, APART_MMHG = timedelta(minutes=15), 15.0
"""Line and cuff within that time that differ by more contradict each other: choices of this project."""
LOSS_LASTS_H = 4.0
"""How long a loss of blood counts as going on: an assumption. The level is read from pressures of before it, too."""


@dataclass(frozen=True, slots=True)
class CirculationChart:
    """Pressures of the last 12 h (hours from `at`, mmHg, 1 where not from an arterial line), which site is forecast, the
    history of each pressor, and the weight by which doses per kg count."""

    hours_h: Array
    values: Array
    cuff: Array
    by_cuff: bool
    given: Mapping[str, History]
    weight_kg: float | None
    age_y: float | None
    age_h: float
    remarks: tuple[DataQuality, ...]

    @property
    def last(self) -> float:
        """The newest pressure of the site that is forecast, mmHg."""
        return float(self.values[self.cuff == float(self.by_cuff)][-1])

    @property
    def past(self) -> tuple[Dose, ...]:
        """Everything given up to `at`, in ug of norepinephrine equivalents."""
        return tuple(d for drug, found in self.given.items() for d in self.equivalents(drug, found.given))

    def equivalents(self, drug: str, doses: tuple[Dose, ...]) -> tuple[Dose, ...]:
        """Doses of a drug as ug of norepinephrine. Its weight is known where doses are: `read` refuses otherwise."""
        factor = equivalent(drug, self.weight_kg)
        return () if factor is None else tuple(replace(d, amount=d.amount * factor) for d in doses)


def read(record: PatientRecord, at: datetime) -> CirculationChart | CannotPredict:
    """The chart of the circulation, or why there is no forecast."""
    refused = _outside(record, at)
    if refused is not None:
        return CannotPredict(VARIABLE, refused)
    charted, remarks = _pressures(record, at)
    if not charted:
        dropped = "; ".join(r.effect for r in remarks)
        return CannotPredict(VARIABLE, dropped or "no mean arterial pressure is charted in the last 12 h")
    if freshness(VARIABLE, -hours(charted[-1].time, at)) == "beyond":
        old = -60.0 * hours(charted[-1].time, at)
        newer = "; ".join(r.effect for r in remarks if (r.age_h or 0.0) < old / 60.0)
        words = f"the last mean arterial pressure is {old:.0f} min old"
        return CannotPredict(VARIABLE, f"{words}; a newer one is {newer}" if newer else words)
    shown = _shown(charted, at)
    newest = [m for m in charted if (m.site == ARTERIAL) is not shown][-1]
    age = -hours(newest.time, at)
    state = freshness(VARIABLE, age)
    low, high = DESCRIBED
    if not low <= (newest.value or 0.0) <= high:
        return CannotPredict(VARIABLE, f"a mean pressure of {newest.value:.0f} mmHg is outside {low:.0f} to {high:.0f}")
    given = {drug: history(record, drug, at) for drug in PRESSORS}
    weight = record.latest("weight", at)
    kg = None if weight is None else weight.value
    for drug, found in given.items():
        holes = (r for r in found.remarks if r.status == "incomplete_dose_history" and (r.age_h or 0.0) <= WINDOW_H)
        if hole := next(holes, None):
            return CannotPredict(VARIABLE, f"{drug}: {hole.effect}" + _without_weight(kg))
        if found.given and equivalent(drug, kg) is None:
            return CannotPredict(VARIABLE, f"the effect of {drug} depends on weight, and none is charted")
    remarks += _apart(charted)
    if state == "usable":
        remarks.append(DataQuality(VARIABLE, "stale", f"the pressure is {60 * age:.0f} min old: no suggestion", age))
    remarks += [r for found in given.values() for r in found.remarks if r.status == "assumed"]
    times, values = [hours(m.time, at) for m in charted], [m.value or 0.0 for m in charted]
    cuff = np.array([0.0 if m.site == ARTERIAL else 1.0 for m in charted])
    years = None if record.birth_date is None else age_years(record.birth_date, at)
    return CirculationChart(np.array(times), np.array(values), cuff, shown, given, kg, years, age, tuple(remarks))


def _outside(record: PatientRecord, at: datetime) -> str | None:
    """Why this patient is none of those that the model describes."""
    if record.birth_date is not None and age_years(record.birth_date, at) < ADULT_YEARS:
        return "the model is for adults"
    support = running(record, ("ecmo", "mechanical_circulatory_support"), at)
    if support is not None:
        return f"{SUPPORT_IN_WORDS[support]} supports the circulation: not described by the model"
    bled = too_much(record, at, lost_ml(record, at, -LOSS_LASTS_H))
    if bled is not None:
        return f"{bled}, in the last {LOSS_LASTS_H:g} h: what bleeding does to the pressure is not described by the model"
    present = [words for condition, words in REFUSED_CONDITIONS.items() if record.has_condition(condition)]
    return f"{present[0]} is charted: not described by the model" if present else None


def _pressures(record: PatientRecord, at: datetime) -> tuple[list[Measurement], list[DataQuality]]:
    """Readable pressures of the window, oldest first, and what was left out."""
    recent = [m for m in record.of(VARIABLE) if m.value is not None and -WINDOW_H < hours(m.time, at) <= 0.0]
    low, high = READABLE
    left = [m for m in recent if not low <= (m.value or 0.0) <= high]
    words = "not used: a mean pressure of {:.0f} mmHg shows the line, not the patient"
    remarks = [DataQuality(VARIABLE, "implausible", words.format(m.value), -hours(m.time, at)) for m in left[-1:]]
    kept = [m for m in recent if m not in left and m.comparator is None]
    return sorted(kept, key=lambda m: m.time), remarks


def _apart(charted: list[Measurement]) -> list[DataQuality]:
    """Whether the newest pressures of line and cuff, of about one time, differ by more than either is off."""
    of = [[m for m in charted if (m.site == ARTERIAL) is line and m.comparator is None] for line in (True, False)]
    if not all(of):
        return []
    line, cuff = (rows[-1] for rows in of)
    if abs(line.time - cuff.time) > TOGETHER or abs((line.value or 0.0) - (cuff.value or 0.0)) <= APART_MMHG:
        return []
    words = f"arterial line {line.value:.0f} and cuff {cuff.value:.0f} mmHg at about one time: check the line and its zero"
    return [DataQuality(VARIABLE, "conflicting", words)]


def _shown(charted: list[Measurement], at: datetime) -> bool:
    """Whether the cuff is forecast: unless an arterial line still shows a usable value."""
    lines = [m for m in charted if m.site == ARTERIAL and freshness(VARIABLE, -hours(m.time, at)) != "beyond"]
    return not lines


def _without_weight(kg: float | None) -> str:
    return "" if kg is not None else ": no weight is charted"
