"""The words of a card on a ventilator order: pressures, oxygen and carbon dioxide under it and without it."""

from collections.abc import Iterator
from typing import Final
from zoneinfo import ZoneInfo

from cds_cards import pressure as arterial
from cds_cards.evidence import HALF_MMHG, remarks
from cds_cards.infusion import DIFFER_MMHG
from cds_cards.last_charted import last_charted, latest
from cds_cards.policy import HARM_CERTAIN
from cds_cards.pressure import judged_in, side_effect
from cds_cards.profiles import Change, Profile
from cds_cards.schema import SUMMARY_LENGTH, Suggestion
from cds_cards.subject import LIKELY, Subject
from cds_cards.wording import age, ahead, fitted, plain, probability, settings, signed, table
from twin_engine.circulation.chart import VARIABLE as MAP
from twin_engine.circulation.judge import EFFECT, SOON, starts_h
from twin_engine.patient.record import VENTILATOR
from twin_engine.prediction import Forecast, Metric, Prediction
from twin_engine.respiratory.bounds import BREATH, BY_CHART, SETTLED_H
from twin_engine.respiratory.chart import PEEP_TOTAL
from twin_engine.respiratory.envelope import peep_range, within
from twin_engine.safety.settings import PNEUMOTHORAX, PRESSES

SUGGESTION_LENGTH: Final = 60
MOST_ALTERNATIVES: Final = 2
UNLIKELY: Final = 0.05
_SHOWN: Final = (
    ("plateau_pressure_1h", "plateau", "cmH2O", 0),
    ("driving_pressure_1h", "driving pressure", "cmH2O", 0),
    ("spo2_1h", "SpO2", "%", 0),
    ("pao2_1h", "PaO2", "mmHg", 0),
    ("paco2_1h", "PaCO2", "mmHg", 0),
    ("ph_1h", "pH", "", 2),
)
_AIRWAYS: Final = frozenset({"plateau_pressure_1h", "driving_pressure_1h"})
_CMH2O: Final = "cmH2O"
_AS_SET: Final = "as set"
_READINGS: Final = {
    "spo2_1h": ", lower reading",
    "pao2_1h": ", lower reading",
    "paco2_1h": ", worse reading",
    "ph_1h": ", worse reading",
}
_HARMS_BELOW: Final = frozenset({"spo2_1h", "paco2_1h", "ph_1h"})
_OXYGEN: Final = frozenset({"spo2_1h", "pao2_1h"})
_BREATH: Final = frozenset({"tidal_volume_set", "respiratory_rate_set", "inspiratory_pressure", "inspiratory_time", "ie_ratio"})
_MISSED: Final = frozenset({"pao2", "paco2", "spo2", "plateau_pressure", MAP})
_CHANGES_GAS: Final = frozenset({"fio2", "tidal_volume_set", "respiratory_rate_set", "inspiratory_pressure"})


def concerns(subject: Subject) -> bool:
    """Whether the order sets a ventilator and something of the lungs is forecast."""
    return subject.drug == VENTILATOR and any(_metric(subject.ordered, name) for name, *_ in _SHOWN)


def summary(subject: Subject) -> str:
    """One sentence: the change, the bound that it likely leaves and what it moves first, with intervals and chances beyond a
    limit, then what else is forecast."""
    better = "" if subject.suggested is None else f"; safer: {_settings(subject, subject.suggested)}"
    whole, short = list(_moves(subject)), list(_moves(subject, short=True))
    air = f"{found}; " if (found := pneumothorax(subject)) else ""
    tries = [f"{subject.name()}: {air}{', '.join(one[:n])}" for n in range(len(whole), 0, -1) for one in (whole, short)]
    return fitted([*(each + better for each in tries), *tries] if better else tries, SUMMARY_LENGTH)


def first(subject: Subject) -> str:
    """What the headline of the order names first, in short."""
    return next(_moves(subject, short=True), "")


def pneumothorax(subject: Subject) -> str:
    """That one is charted, where the order raises a pressure or sets one where none was charted; "" elsewhere."""
    if all(finding.reason != PNEUMOTHORAX for finding in subject.findings_of("unknown")):
        return ""
    charted = {s.variable: s.value for s in subject.case.record.settings if s.value is not None}
    ordered = [s for o in subject.orders for s in o.settings if s.variable in PRESSES and s.value is not None]
    return "pneumothorax charted" if any((s.value or 0.0) > charted.get(s.variable, 0.0) for s in ordered) else ""


def detail(subject: Subject, prediction: Prediction, opening: tuple[str, ...] = ()) -> str:
    """GFM: limits first, the table, then what holds for every ventilator card and what the forecast rests on."""
    told = (*_told(subject), *side_effect(subject), *remarks(subject, prediction), *_footing(subject, prediction))
    return "\n\n".join((*opening, _options(subject), "\n".join(f"- {line}" for line in told)))


def endangers(subject: Subject) -> bool:
    """Whether the order all but certainly leaves a bound of lung or gas, or the floor of the arterial pressure, and moves
    towards it."""
    return arterial.endangers(subject) or any(_leaves(subject, row) >= HARM_CERTAIN for row in _SHOWN)


def _leaves(subject: Subject, row: tuple[str, str, str, int]) -> float:
    """How likely a bound is left that the order moves towards; 0 where it moves towards none."""
    after, before = _metric(subject.ordered, row[0]), _metric(subject.no_change, row[0])
    if after is None or before is None:
        return 0.0
    effect, shown = _metric(subject.ordered, row[0].replace("_1h", "_effect_1h")), 0.5 * 10.0 ** -row[3]
    moved = after.median - before.median if effect is None else effect.median
    return after.p_harm if moved >= shown else after.p_below if moved <= -shown else 0.0


def _moves(subject: Subject, *, short: bool = False) -> Iterator[str]:
    """Bounds that the order likely leaves, what it moves, then what else is forecast, each in words; the pressure of the
    arteries after those of the airways.
    `short`: what the part before says already, and a chance that reads "< 5 %", is left out."""
    likely = {row[0] for row in _SHOWN if _leaves(subject, row) >= LIKELY}
    rows = sorted(_SHOWN, key=lambda row: (row[0] not in likely, _moved_by(subject, row) is None))
    first, pressure = True, _by_ventilator(subject)
    if pressure is not None and pressure.median <= -HALF_MMHG and (level := arterial.falls(subject)):
        yield level + (" with all orders" if arterial.together(subject) else "")
        first, pressure = False, None
    for row in rows:
        if _only_by_breath(subject, row):
            continue
        if pressure is not None and row[0] not in _AIRWAYS | likely:
            yield _arterial(pressure, first=first, short=short)
            pressure, first = None, False
        told = _move(subject, row, first=first, short=short)
        if told is not None:
            yield told
            first = False
    if pressure is not None:
        yield _arterial(pressure, first=first, short=short)


def _only_by_breath(subject: Subject, row: tuple[str, str, str, int]) -> bool:
    """Whether oxygen gains by nothing but another breath: at a fixed shunt carbon dioxide shifts it, and must not reassure."""
    effect = _effect(subject, row[0], row[3])
    changed = {s.variable for o in subject.orders for s in o.settings}
    return row[0] in _OXYGEN and effect is not None and effect.median > 0.0 and changed <= _BREATH


def _move(subject: Subject, row: tuple[str, str, str, int], *, first: bool, short: bool) -> str | None:
    name, words, unit, digits = row
    after, before = _metric(subject.ordered, name), _metric(subject.no_change, name)
    if after is None:
        return None
    then = "" if before is None else f"{before.median:.{digits}f}→"
    again = short and not first
    span = f"{after.low:.{digits}f}–{after.high:.{digits}f}"
    told = [_AS_SET if _fixed(after) else span if again else f"90 % {span}"]
    if name in _HARMS_BELOW and after.target[0] is not None:
        told.append(_chance(f"<{after.target[0]:g}", after.p_below, short=short))
    if after.harm_above is not None:
        told.append(_chance(f">{after.harm_above:g}", after.p_harm, short=short))
    value = f"{words} {then}{after.median:.{digits}f}" + ("" if again and unit == _CMH2O else f" {unit}")
    return f"{value.rstrip()} ({'; '.join(one for one in told if one)})"


def _chance(of: str, p: float, *, short: bool) -> str:
    told = probability(p)
    return "" if short and told == probability(0.0) else f"P({of}) {told}"


def _arterial(pressure: Metric, *, first: bool, short: bool) -> str:
    unit, share = (" mmHg", "90 % ") if first or not short else ("", "")
    return f"MAP {signed(pressure.median)}{unit} ({share}{signed(pressure.low)} to {signed(pressure.high)})"


def _by_ventilator(subject: Subject) -> Metric | None:
    """What this order alone does to the pressure of the arteries, where that is worth a place in the headline."""
    found = _metric(subject.ordered, f"{EFFECT}_{VENTILATOR}") or _metric(subject.ordered, EFFECT)
    return found if found is not None and (abs(found.median) >= HALF_MMHG or found.low <= -DIFFER_MMHG) else None


def _options(subject: Subject) -> str:
    shown = [row for row in _SHOWN if _metric(subject.ordered, row[0])]
    others = list(_others(subject))
    # The pressure of the arteries is told where a setting moves it, or where it is likely too low.
    pressure = _metric(subject.ordered, SOON)
    if pressure is not None and not any(_metric(option, SOON) for _, option in others) and not _presses(subject, pressure):
        pressure = None
    readings = [_READINGS.get(row[0], "") if _effect(subject, row[0], row[3]) else "" for row in shown]
    head = ["Option"]
    for (_, words, unit, _), reading in zip(shown, readings, strict=True):
        head.append(f"{words}, {unit}".rstrip(", ") + f" in {_judged_in(subject)} (90 %){reading}")
    if pressure is not None:
        floor = "" if pressure.target[0] is None else f"; P(< {pressure.target[0]:.0f})"
        head.append(f"MAP, mmHg in {judged_in(subject)} (90 %){floor}")
    rows = [("As ordered: " + subject.name(), subject.ordered), *others, ("No change", subject.no_change)]
    cells = [[label, *(_cell(option, row) for row in shown), _pressure(option)] for label, option in rows]
    cells.append(["Charted last", *(_charted(subject, row) for row in shown), last_charted(subject, MAP, 0)])
    return table(head, (row[: len(head)] for row in cells))


def _charted(subject: Subject, row: tuple[str, str, str, int]) -> str:
    """The newest value from which this row is forecast, and its age: what follows may be nearer to that of most patients."""
    return last_charted(subject, row[0].removesuffix("_1h"), row[3])


def _judged_in(subject: Subject) -> str:
    """How far ahead the options are judged: "1 h", and more where a setting starts later."""
    return ahead(SETTLED_H + max(_starts(subject), default=0.0))


def _starts(subject: Subject) -> Iterator[float]:
    """Hours to the start of what sets the ventilator in any option."""
    prediction = subject.case.prediction
    if prediction is not None:
        yield from (starts_h(o, prediction.at) for f in prediction.forecasts for o in f.orders if o.settings)


def _presses(subject: Subject, pressure: Metric) -> bool:
    """Whether what is ordered moves the pressure of the arteries, or it is likely below its floor."""
    moved = _metric(subject.ordered, EFFECT)
    felt = moved is not None and max(abs(moved.low), abs(moved.high)) >= HALF_MMHG
    return felt or (pressure.target[0] is not None and pressure.p_below >= LIKELY)


def _pressure(option: Forecast | None) -> str:
    """The pressure of the arteries under an option, of two readings the lower, and how likely it is below its floor."""
    found = _metric(option, SOON)
    if found is None:
        return "–"
    risk = "" if found.target[0] is None else f"; {probability(found.p_below)}"
    return f"{found.median:.0f} ({found.low:.0f}–{found.high:.0f}){risk}"


def _others(subject: Subject) -> Iterator[tuple[str, Forecast]]:
    """The suggestion, and what else keeps the bounds better than the order does and than leaving the setting."""
    suggested = subject.suggested
    worst = min((rank for rank in map(_rank, (subject.ordered, subject.no_change)) if rank > 0), default=0)
    if suggested is not None:
        yield "**Suggested:** " + _settings(subject, suggested), suggested
    left = [f for f in subject.alternatives if f is not suggested and f.safety.cleared and 0 < _rank(f) < worst]
    for other in left[: MOST_ALTERNATIVES - (suggested is not None)]:
        yield "Also possible: " + _settings(subject, other), other


def suggestions(subject: Subject, profile: Profile) -> tuple[Suggestion, ...]:
    """The suggested settings as one click, if the whole changed order could be written."""
    option = subject.suggested
    if option is None or option.label not in subject.case.resources:
        return ()
    after = _settings(subject, option)
    own = tuple(o for o in option.orders if o.settings)
    change = Change(f"Ventilator: {after}", subject.name(), subject.case.resources[option.label], own)
    actions = profile.actions(change, subject.case.preference_list)
    if not actions:
        return ()
    label = fitted((f"Change to {after}",), SUGGESTION_LENGTH)
    name = subject.case.uuid_of(f"suggestion {subject.topic} {option.label}")
    return (Suggestion(label=label, uuid=name, actions=actions, is_recommended=profile.recommends),)


def _cell(option: Forecast | None, row: tuple[str, str, str, int]) -> str:
    found, digits = _metric(option, row[0]), row[3]
    if found is None:
        return "–"
    interval = _AS_SET if _fixed(found) else f"{found.low:.{digits}f}–{found.high:.{digits}f}"
    return f"{found.median:.{digits}f} ({interval})"


def _fixed(metric: Metric) -> bool:
    """Whether a value is the sum of settings and no forecast, as the plateau of pressure control is."""
    return metric.low == metric.high


def _told(subject: Subject) -> Iterator[str]:
    found = [m for name, *_ in _SHOWN if (m := _metric(subject.ordered, name)) is not None]
    limited = [m for m in found if m.harm_above is not None]
    # Beside a bound that is likely missed this would reassure.
    trapping = subject.case.prediction is not None and any(
        q.variable == PEEP_TOTAL for q in subject.case.prediction.data_quality
    )
    if limited and not trapping and all(m.p_harm < UNLIKELY for m in limited) and all(m.p_below < LIKELY for m in found):
        yield "Stays below the limits of plateau and driving pressure (each P(exceeded) < 5 %)"
    plateau = _metric(subject.ordered, "plateau_pressure_1h")
    if plateau is not None and _fixed(plateau):
        yield "Pressure control: plateau is PEEP plus the set pressure; a measured one may be lower where flow has not stopped"
        yield from _breath(subject)
    elif _metric(subject.ordered, "driving_pressure_1h"):
        yield "Plateau − total PEEP = driving pressure; auto-PEEP that is not measured is part of it"
    start = max(_starts(subject), default=0.0)
    if age(start) != age(0.0):
        yield f"**Starts in {age(start)}**: judged 1 h after the last change, in {_judged_in(subject)}"
    changed = {s.variable for o in subject.orders for s in o.settings}
    moved = ", ".join(_moved(subject))
    if moved:
        yield f"**Effect of the order** against no change, by mechanism: {moved}"
        yield "Oxygen, PaCO2, pH: the worse of what charts show after such orders and of the present level moved by mechanism"
    by_breath = [row[1] for row in _SHOWN if _only_by_breath(subject, row)]
    if by_breath:
        yield f"{' and '.join(by_breath)} higher by carbon dioxide alone, at an unchanged shunt: no gain of oxygen to count on"
    yield from _low_oxygen(subject)
    held = ", ".join(_in_charts(subject))
    if held:
        words = "starts from the last values, for those in charts were treated"
        yield f"⚠ **No change**, and with it the reading by mechanism, {words}; charts lead to {held}"
    if any(_left_by_itself(subject, row) for row in _SHOWN if row[0] not in _AIRWAYS):
        yield "⚠ **No change** leaves the charted value: such gases were treated in charts, what is done next is part of it"
    if "peep" in changed:
        yield "PEEP may raise or lower oxygen: it is never advised on oxygenation alone"
    yield from _envelope(subject)
    if changed & _CHANGES_GAS:
        yield "Check a blood gas in 30 min"


def _low_oxygen(subject: Subject) -> Iterator[str]:
    """The chance of a low PaO2 beside a saturation that the order likely takes below its bound, or where it is likely."""
    after, before = (_metric(option, "pao2_1h") for option in (subject.ordered, subject.no_change))
    if after is None or before is None or after.target[0] is None:
        return
    if any(row[0] in _OXYGEN and _leaves(subject, row) >= LIKELY for row in _SHOWN):
        chances = f"{probability(after.p_below)}, no change {probability(before.p_below)}"
        yield f"PaO2: P(< {after.target[0]:g} mmHg) {chances}"


def _breath(subject: Subject) -> Iterator[str]:
    """The breath that follows a set pressure, which stands for what cannot be told of carbon dioxide."""
    after, before = (_metric(option, f"{BREATH}_1h") for option in (subject.ordered, subject.no_change))
    if after is not None and before is not None:
        span = f"90 % {after.low:.0f}–{after.high:.0f}"
        told = f"{before.median:.0f}→{after.median:.0f} mL ({span}) in {_judged_in(subject)}"
        yield f"**Breath** by the stiffness of the lung: {told}; what the patient adds is not in it"


def _in_charts(subject: Subject) -> Iterator[str]:
    """What charts show of no change, where the last value lies outside it."""
    for name, words, unit, digits in _SHOWN:
        by_chart, found = (_metric(subject.no_change, key) for key in (f"{name}_{BY_CHART}", name))
        if by_chart is not None and found is not None and not by_chart.low <= found.median <= by_chart.high:
            yield f"{words} {by_chart.median:.{digits}f} {unit}".rstrip()


def _left_by_itself(subject: Subject, row: tuple[str, str, str, int]) -> bool:
    """Whether the newest charted value lies outside the interval of no change, as no order explains."""
    found, newest = _metric(subject.no_change, row[0]), latest(subject, row[0].removesuffix("_1h"))
    return found is not None and newest is not None and not found.low <= (newest.value or 0.0) <= found.high


def _moved(subject: Subject) -> Iterator[str]:
    for row in _SHOWN:
        _, words, unit, digits = row
        found = _effect(subject, row[0], digits)
        if found is not None:
            low, middle, high = (signed(x, digits) for x in (found.low, found.median, found.high))
            yield f"{words} {middle} ({low} to {high}) {unit}".rstrip()


def _moved_by(subject: Subject, row: tuple[str, str, str, int]) -> Metric | None:
    """The effect that puts a row into the headline before others: both pressures go together."""
    return _effect(subject, "plateau_pressure_1h" if row[0] == "driving_pressure_1h" else row[0], row[3])


def _effect(subject: Subject, name: str, digits: int) -> Metric | None:
    """What the order moves of a metric, unless it rounds to nothing."""
    found = _metric(subject.ordered, name.replace("_1h", "_effect_1h"))
    return found if found is not None and max(abs(found.low), abs(found.high)) >= 0.5 * 10.0**-digits else None


def _envelope(subject: Subject) -> Iterator[str]:
    """Where the ordered PEEP and FiO2 stand outside the tables of the ARDS Network."""
    peep, fio2 = (_in_force(subject, name) for name in ("peep", "fio2"))
    if peep is None or fio2 is None or not {"peep", "fio2"} & {s.variable for o in subject.orders for s in o.settings}:
        return
    if not within(fio2, peep):
        low, high = peep_range(fio2)
        yield f"PEEP {peep:g} at FiO2 {100 * fio2:.0f} % is outside the ARDSNet tables ({low:g}–{high:g} cmH2O)"


def _in_force(subject: Subject, name: str) -> float | None:
    """The value as ordered, else as charted last."""
    ordered = [s.value for o in subject.orders for s in o.settings if s.variable == name and s.value is not None]
    charted = [s.value for s in subject.case.record.settings if s.variable == name and s.value is not None]
    return next(iter((*ordered[-1:], *charted[-1:])), None)


def _footing(subject: Subject, prediction: Prediction) -> Iterator[str]:
    missing = [plain(g.reason) for g in prediction.cannot_predict if g.variable in _MISSED]
    if missing:
        yield "Not predicted: " + "; ".join(dict.fromkeys(missing))
    local = prediction.at.astimezone(ZoneInfo(subject.case.timezone))
    rests = "the suggestion rests on published bounds" if subject.suggested else "for information, no suggestion is made"
    yield f"Experimental forecasts: {rests}. Data at {local:%d %b %H:%M %Z}"


def _settings(subject: Subject, option: Forecast) -> str:
    return settings([o for o in option.orders if o.settings], subject.case.record)


def _rank(option: Forecast | None) -> int:
    place = None if option is None else option.places.get(VENTILATOR)
    return 0 if place is None else place.rank


def _metric(forecast: Forecast | None, name: str) -> Metric | None:
    return None if forecast is None else forecast.metrics.get(name)
