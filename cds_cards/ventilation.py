"""The words of a card on a ventilator order: pressures, oxygen and carbon dioxide under it and without it."""

from collections.abc import Iterator
from typing import Final
from zoneinfo import ZoneInfo

from cds_cards.evidence import remarks
from cds_cards.infusion import side_effect
from cds_cards.schema import SUMMARY_LENGTH
from cds_cards.subject import Subject
from cds_cards.wording import fitted, plain, probability, table
from twin_engine.patient.record import VENTILATOR
from twin_engine.prediction import Forecast, Metric, Prediction

UNLIKELY: Final = 0.05
_SHOWN: Final = (
    ("plateau_pressure_1h", "plateau", "cmH2O", 0),
    ("driving_pressure_1h", "driving pressure", "cmH2O", 0),
    ("spo2_1h", "SpO2", "%", 0),
    ("pao2_1h", "PaO2", "mmHg", 0),
    ("paco2_1h", "PaCO2", "mmHg", 0),
    ("ph_1h", "pH", "", 2),
)
_CHANGES_GAS: Final = frozenset({"fio2", "tidal_volume_set", "respiratory_rate_set", "inspiratory_pressure"})


def concerns(subject: Subject) -> bool:
    """Whether the order sets a ventilator and something of the lungs is forecast."""
    return subject.drug == VENTILATOR and any(_metric(subject.ordered, name) for name, *_ in _SHOWN)


def summary(subject: Subject) -> str:
    """One sentence: the change, the plateau with its interval and chance above the limit, then what else is forecast."""
    parts = list(_moves(subject))
    return fitted([f"{subject.name()}: {', '.join(parts[:n])}" for n in range(len(parts), 0, -1)], SUMMARY_LENGTH)


def detail(subject: Subject, prediction: Prediction, opening: tuple[str, ...] = ()) -> str:
    """GFM: limits first, the table, then what holds for every ventilator card and what the forecast rests on."""
    told = (*_told(subject), *side_effect(subject), *remarks(subject, prediction), *_footing(subject, prediction))
    return "\n\n".join((*opening, _options(subject), "\n".join(f"- {line}" for line in told)))


def _moves(subject: Subject) -> Iterator[str]:
    for name, words, unit, digits in _SHOWN:
        after, before = _metric(subject.ordered, name), _metric(subject.no_change, name)
        if after is None:
            continue
        then = "" if before is None else f"{before.median:.{digits}f}→"
        interval = f"90 % {after.low:.{digits}f}–{after.high:.{digits}f}"
        risk = f"; P(>{after.harm_above:g}) {probability(after.p_harm)}" if after.harm_above is not None else ""
        yield f"{words} {then}{after.median:.{digits}f} {unit}".rstrip() + f" ({interval}{risk})"


def _options(subject: Subject) -> str:
    shown = [row for row in _SHOWN if _metric(subject.ordered, row[0])]
    head = ["Option", *(f"{words}, {unit}".rstrip(", ") + " in 1 h (90 %)" for _, words, unit, _ in shown)]
    options = (("As ordered: " + subject.name(), subject.ordered), ("No change", subject.no_change))
    return table(head, ([label, *(_cell(option, row) for row in shown)] for label, option in options))


def _cell(option: Forecast | None, row: tuple[str, str, str, int]) -> str:
    found, digits = _metric(option, row[0]), row[3]
    return "–" if found is None else f"{found.median:.{digits}f} ({found.low:.{digits}f}–{found.high:.{digits}f})"


def _told(subject: Subject) -> Iterator[str]:
    limited = [m for name, *_ in _SHOWN if (m := _metric(subject.ordered, name)) is not None and m.harm_above is not None]
    if limited and all(m.p_harm < UNLIKELY for m in limited):
        yield "Stays below the limits of plateau and driving pressure (each P(exceeded) < 5 %)"
    if _metric(subject.ordered, "driving_pressure_1h"):
        yield "Plateau − total PEEP = driving pressure; auto-PEEP that is not measured is part of it"
    changed = {s.variable for o in subject.orders for s in o.settings}
    if "peep" in changed:
        yield "PEEP may raise or lower oxygen: it is never advised on oxygenation alone"
    if changed & _CHANGES_GAS:
        yield "Check a blood gas in 30 min"


def _footing(subject: Subject, prediction: Prediction) -> Iterator[str]:
    missing = [
        plain(g.reason) for g in prediction.cannot_predict if g.variable in {"pao2", "paco2", "spo2", "plateau_pressure"}
    ]
    if missing:
        yield "Not predicted: " + "; ".join(dict.fromkeys(missing))
    local = prediction.at.astimezone(ZoneInfo(subject.case.timezone))
    yield f"Experimental: for information, no suggestion is made. Data at {local:%d %b %H:%M %Z}"


def _metric(forecast: Forecast | None, name: str) -> Metric | None:
    return None if forecast is None else forecast.metrics.get(name)
