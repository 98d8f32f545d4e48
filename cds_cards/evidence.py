"""Why the prediction is what it is, and how old the data behind it are."""

from collections.abc import Iterator
from datetime import datetime
from zoneinfo import ZoneInfo

from cds_cards.data_quality import model_and_reason
from cds_cards.subject import Subject
from cds_cards.wording import age, drug_name, listed, model_name, number, plain, probability, unit_text
from twin_engine.circulation.chart import VARIABLE as PRESSURE
from twin_engine.circulation.judge import EFFECT, EFFECT_LATER
from twin_engine.dosing import NOT_USED
from twin_engine.families import needs
from twin_engine.patient.quality import freshness
from twin_engine.patient.record import VENTILATOR, DataQuality, Measurement
from twin_engine.patient.variables import DRUGS
from twin_engine.prediction import ModelSummary, Prediction
from twin_engine.respiratory.answer import READ as LUNGS_READ

_SHOWN = ("creatinine", "weight", "albumin")
MOST_REMARKS = 3
COURSE_H = 48.0
_CLEARING = {"CL": "clearance", "VMAX": "highest rate of elimination"}
HALF_MMHG = 0.5
"""What is less is shown as none: such a fall does not put a low pressure into a headline, nor makes it a warning."""
MOVED_MG_DL = 0.3
"""The change of creatinine that KDIGO calls acute kidney injury (Kidney Int Suppl 2012;2:1-138), within `COURSE_H`."""


def why(subject: Subject, prediction: Prediction) -> tuple[str, ...]:
    """The kidney, where a model of the drug reads it, and the level or that there is none."""
    kidney = (_kidney(subject, prediction.at),) if "creatinine" in needs(subject.drug) else ()
    return *kidney, _level(subject, prediction.at)


def _kidney(subject: Subject, at: datetime) -> str:
    known = [m for m in subject.case.record.of("creatinine") if m.value is not None and m.time <= at]
    if not known:
        return "No creatinine charted"
    last = known[-1]
    first = next(m for m in known if _hours(m.time, last.time) <= COURSE_H)
    course, over = "", ""
    if abs((last.value or 0.0) - (first.value or 0.0)) >= MOVED_MG_DL:
        course, over = f"{_value(first)} → ", f" in {age(_hours(first.time, last.time))}"
    return f"Creatinine {course}{_value(last)} {unit_text(last.unit)}{over}, {age(_hours(last.time, at))} old"


def _level(subject: Subject, at: datetime) -> str:
    leading, best = next(iter(subject.models.items()), ("", None))
    clearance = "" if best is None else _clearance(best)
    if clearance and len(subject.models) > 1:
        # The other models say otherwise: daily dose over this clearance is not the exposure in the table.
        clearance += f" by {model_name(leading, subject.drug)}"
    used = best is not None and best.n_observations > 0
    levels = [m for m in subject.case.record.of(subject.drug) if m.value is not None and m.time <= at]
    if not used or not levels:
        return "Population estimate, no level used yet" + clearance
    last = levels[-1]
    sign = last.comparator or ""
    where = "".join(
        f" (percentile {max(1, min(99, round(p * 100)))} of what was expected)"
        for time, p in (best.level_percentiles if best else ())
        if time == last.time
    )
    return f"Level {sign}{_value(last)} {unit_text(last.unit)}, {age(_hours(last.time, at))} old{where}{clearance}"


def _clearance(model: ModelSummary) -> str:
    name = _clearing(model)
    if name is None:
        return ""
    found = model.parameters[name]
    return f"; {_CLEARING[name]} {number(found.median)} {found.unit}, typical {number(found.typical)}"


def _clearing(model: ModelSummary) -> str | None:
    return next((name for name in _CLEARING if name in model.parameters), None)


def data_line(subject: Subject, prediction: Prediction) -> str:
    """Local time of the prediction and the age of each datum used, with a mark where it is no longer fresh."""
    at = prediction.at
    local = at.astimezone(ZoneInfo(subject.case.timezone))
    read = [name for name in _SHOWN if name in needs(subject.drug)]
    ages = [_aged(m, at) for name in (*read, subject.drug) if (m := subject.case.record.latest(name, at)) is not None]
    return f"Data at {local:%d %b %H:%M %Z}: " + (", ".join(ages) or "none charted") + _graded(subject, prediction)


def _graded(subject: Subject, prediction: Prediction) -> str:
    """Grade of the chart for this drug, and how wide the interval of clearance is beside that of the population."""
    found = next((c for c in prediction.completeness if c.part == subject.drug), None)
    if found is None or found.width is None:
        return ""
    worst = (
        f" ({listed('doses' if name == subject.drug else drug_name(name) for name in found.because)})" if found.because else ""
    )
    best = next(iter(subject.models.values()), None)
    clearing = _CLEARING[(best and _clearing(best)) or "CL"]
    return f"; completeness {found.grade}{worst}, {clearing} {found.width:.1f} × as uncertain as without levels"


def _aged(measurement: Measurement, at: datetime) -> str:
    hours = _hours(measurement.time, at)
    name = "level" if measurement.variable not in _SHOWN else measurement.variable
    mark = "✓" if freshness(measurement.variable, hours) == "fresh" else "⚠"
    return f"{name} {age(hours)} {mark}"


def is_felt(subject: Subject) -> bool:
    """Whether the order is forecast to move the arterial pressure by as much as a card can show."""
    found = {} if subject.ordered is None else subject.ordered.metrics
    moved = (found[name] for name in (EFFECT, EFFECT_LATER) if name in found)
    return any(abs(x) >= HALF_MMHG for m in moved for x in (m.low, m.high))


def relevant(subject: Subject, prediction: Prediction) -> tuple[DataQuality, ...]:
    """Remarks on the data of this drug's prediction: not those on other drugs, nor on fields that were not read, nor on the
    pressure where its card tells of none."""
    others = DRUGS.keys() - {subject.drug}
    if not is_felt(subject):
        others = others | {PRESSURE} - needs(subject.drug)
    if subject.drug != VENTILATOR:
        others = others | ({VENTILATOR} | LUNGS_READ) - needs(subject.drug)
    return tuple(q for q in prediction.data_quality if q.status != "ignored" and q.variable not in others)


def remarks(subject: Subject, prediction: Prediction) -> Iterator[str]:
    """What makes the data doubtful or the interval wide, and what could not be had."""
    # Of many the contradictions must be seen.
    found = sorted(relevant(subject, prediction), key=lambda q: q.status != "conflicting")
    told = [plain(q.effect) for q in found]
    if told:
        more = f"; {len(told) - MOST_REMARKS} more" if len(told) > MOST_REMARKS else ""
        yield "⚠ " + listed(told[:MOST_REMARKS]) + more
    if subject.case.incomplete:
        yield "⚠ incomplete: " + listed(plain(each) for each in subject.case.incomplete)


def model_names(subject: Subject) -> str:
    """The models with their share of the copies: "Goti 2018 (60 %), Colin 2019 (40 %)"."""
    several = len(subject.models) > 1
    return ", ".join(
        model_name(name, subject.drug)
        + (f" ({probability(m.weight)})" if several else "")
        + ("" if m.status == "verified" else f", {m.status}")
        for name, m in subject.models.items()
    )


def models_not_used(subject: Subject, prediction: Prediction) -> str:
    """Models of the drug that refused while others answer, and why: "Li 2024 (SAPS II not charted)"; empty if none did."""
    own = [q.effect for q in prediction.data_quality if q.variable == subject.drug]
    told = [effect.removeprefix(NOT_USED) for effect in own if effect.startswith(NOT_USED)]
    by_reason: dict[str, list[str]] = {}
    for model, reason in map(model_and_reason, told):
        by_reason.setdefault(plain(reason), []).extend([] if model is None else [model_name(model, subject.drug)])
    return "; ".join(f"{', '.join(names)} ({reason})" for reason, names in by_reason.items())


def _value(measurement: Measurement) -> str:
    return number(measurement.value or 0.0)


def _hours(earlier: datetime, later: datetime) -> float:
    return (later - earlier).total_seconds() / 3600.0
