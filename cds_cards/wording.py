"""Numbers, times and orders in the words of a card.

Every word on a card is ours: names come from the tables of the core, never from the EHR. `plain` is the last gate for
sentences made elsewhere in the product: what could be markup, a link or an invisible character does not pass it.
"""

import re
from collections.abc import Iterable, Sequence

from twin_engine.patient.record import Order, PatientRecord, Setting

CLOSING = "icu-twin predicts; the clinician decides. Research use only."
"""The last line of every card."""
_NAMES = {
    "piperacillin_tazobactam": "piperacillin/tazobactam",
    "sodium_chloride": "sodium chloride 0.9 %",
    "ringer_lactate": "lactated Ringer's",
    "albumin_5": "albumin 5 %",
}
_UNITS = {"ug": "mcg", "mg.h/L": "mg·h/L", "U": "units", "mm[Hg]": "mmHg", "cm[H2O]": "cmH2O", "1": ""}
_RATES = {"vasopressin": ("U/h", 1.0 / 60.0, "U/min")}
"""Rates that the core keeps per hour and orders state per minute: 0.04 units/min, not 2.4 units/h."""
_NOT_PLAIN = re.compile(r"[^A-Za-z0-9 .,:;()%+/·µ°≤≥<>=×±–−'-]|<(?![ 0-9])")
_LINK = re.compile(r"://|www\.|@", re.IGNORECASE)

_SETTINGS = {
    "fio2": ("FiO2", "%", 100.0),
    "peep": ("PEEP", "cmH2O", 1.0),
    "tidal_volume_set": ("VT", "mL", 1.0),
    "respiratory_rate_set": ("set rate", "/min", 1.0),
    "inspiratory_pressure": ("inspiratory pressure", "cmH2O", 1.0),
    "inspiratory_time": ("inspiratory time", "s", 1.0),
    "ie_ratio": ("I:E", "", 1.0),
    "pressure_support": ("pressure support", "cmH2O", 1.0),
    "ventilator_mode": ("mode", "", 1.0),
}


def drug_name(drug: str) -> str:
    """The drug as clinicians write it, in lower case."""
    return _NAMES.get(drug, drug.replace("_", " "))


def model_name(model: str, drug: str) -> str:
    """A model of one drug by author and year: "Goti 2018"."""
    return model.removeprefix(f"{drug}_").replace("_", " ").title()


def capital(text: str) -> str:
    """The text with its first letter in capitals."""
    return text[:1].upper() + text[1:]


def unit_text(unit: str) -> str:
    """A UCUM unit as clinicians write it."""
    return _UNITS.get(unit, "/".join(_UNITS.get(part, part) for part in unit.split("/")))


def number(value: float) -> str:
    """Three significant digits, thousands with a comma, no trailing zeros."""
    if abs(value) >= 100:
        return f"{value:,.0f}"
    text = f"{value:.1f}" if abs(value) >= 10 else f"{value:.2f}" if abs(value) >= 0.1 else f"{value:.3g}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def amount(value: float) -> str:
    """A dose: every digit that was ordered, thousands with a comma."""
    return f"{value:,.4f}".rstrip("0").rstrip(".")


def signed(value: float, digits: int = 0) -> str:
    """A change with its sign, plain 0 where it rounds to it."""
    text = f"{value:+.{digits}f}"
    return "0" if not text.strip("+-0.") else text.replace("-", "−")


def span(low: float, high: float) -> str:
    """An interval, as in 390–650."""
    return f"{number(low)}–{number(high)}"


def bounds(low: float | None, high: float | None) -> str:
    """A target range that may be open on one side: "400–600", "≥ 100"."""
    if low is None or high is None:
        return f"≥ {number(low)}" if low is not None else f"≤ {number(high)}" if high is not None else "any"
    return span(low, high)


def probability(p: float) -> str:
    """A probability in steps of 5 %, never 0 or 100."""
    percent = _in_steps(p)
    return "< 5 %" if percent == 0 else "> 95 %" if percent == 100 else f"{percent} %"


def frequency(share: float) -> str:
    """How often it came in many cases that were counted: whole percent, below that one figure; not a patient's probability."""
    percent = 100.0 * share
    return f"{percent:.0f} %" if percent >= 0.95 else f"{percent:.1g} %"


def probability_in_words(p: float) -> str:
    """As `probability`, readable after a comparison: "> 600 in over 95 %"."""
    return probability(p).replace("<", "under").replace(">", "over")


def _in_steps(p: float) -> int:
    return int(p * 20 + 0.5) * 5


def age(hours: float) -> str:
    """How long ago, in the unit a clinician would say."""
    if hours < 1:
        return f"{max(round(hours * 60), 0)} min"
    return f"{round(hours)} h" if hours < 48 else f"{round(hours / 24)} d"


def ahead(hours: float) -> str:
    """How far ahead, to the minute: "10 min", "1 h", "90 min"."""
    minutes = round(60.0 * hours)
    return f"{minutes // 60} h" if minutes % 60 == 0 else f"{minutes} min"


def regimen(orders: Sequence[Order], *, short: bool = False, timed: bool = False) -> str:
    """What the orders give: "1,500 mg every 12 h over 1.5 h"; short: "1,500 mg q12h"; short and timed: "1,500 mg q12h over
    1.5 h"."""
    return " + ".join(_one(order, short=short, timed=timed or not short) for order in orders) or "dose not readable"


def shown_rate(drug: str | None, unit: str) -> tuple[float, str]:
    """The unit in which clinicians write a rate of the drug that stands in `unit`, and the factor into it."""
    usual = _RATES.get(drug or "")
    return (1.0, unit) if usual is None or unit != usual[0] else usual[1:]


def settings(orders: Sequence[Order], record: PatientRecord) -> str:
    """What the orders set, with the values that they change: "PEEP 10→14 cmH2O, FiO2 60→50 %"; the mode if it is another."""
    ordered = [one for order in orders for one in order.settings if one.category is None or one.category != _mode(record)]
    return ", ".join(_set(one, record) for one in ordered) or "Ventilator setting"


def _mode(record: PatientRecord) -> str | None:
    return next((s.category for s in reversed(record.settings) if s.category is not None), None)


def _set(one: Setting, record: PatientRecord) -> str:
    name, unit, factor = _SETTINGS.get(one.variable, (one.variable.replace("_", " "), "", 1.0))
    if one.value is None:
        return name if one.category is None else f"{name} {one.category.upper().replace('_', '-')}"
    known = [s.value for s in record.settings if s.variable == one.variable and s.value is not None]
    before = f"{amount(round(known[-1] * factor, 2))}→" if known and known[-1] != one.value else ""
    return f"{name} {before}{amount(round(one.value * factor, 2))} {unit}".rstrip()


def _one(order: Order, *, short: bool, timed: bool) -> str:
    if order.stop:
        return "stop"
    if order.rate is not None and order.unit:
        factor, unit = shown_rate(order.drug, order.unit)
        top = None if order.max_rate is None else order.max_rate * factor
        return f"{_range(order.rate * factor, top)} {unit_text(unit)}" + ("" if short else " continuously")
    if order.amount is None or not order.unit:
        return "dose not readable"
    dose = f"{_range(order.amount, order.max_amount)} {unit_text(order.unit)}" + (" PE" if order.prodrug else "")
    if order.interval_h is None:
        when = " once"
    else:
        when = f" q{amount(order.interval_h)}h" if short else f" every {amount(order.interval_h)} h"
    over = "" if not timed or not order.infusion_h else f" over {_length(order.infusion_h)}"
    return dose + when + over + (" as needed" if order.as_needed else "")


def _length(hours: float) -> str:
    return f"{amount(round(hours * 60, 1))} min" if hours < 1 else f"{amount(hours)} h"


def _range(low: float, high: float | None) -> str:
    return amount(low) if high is None or high == low else f"{amount(low)}–{amount(high)}"


def plain(text: str) -> str:
    """The sentence without any character or link that a client could take for markup."""
    return " ".join(_NOT_PLAIN.sub(" ", _LINK.sub(" ", text)).split())


def fitted(tries: Iterable[str], length: int) -> str:
    """The first text that fits; else the last one, cut at a word."""
    last = ""
    for last in tries:
        if len(last) <= length:
            return last
    return last[: length - 1].rsplit(" ", 1)[0].rstrip(",;:") + "…"


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A GFM table; the bars that separate cells cannot occur in a cell."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(cell.replace("|", "/") for cell in line) + " |" for line in lines)


def listed(texts: Iterable[str]) -> str:
    """Texts one after the other without repetition, as in "a; b; c"."""
    return "; ".join(dict.fromkeys(texts))
