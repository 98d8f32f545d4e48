"""The card that says early that a patient may deteriorate: how high among all hours, what became of such hours, since when it
rises, which organs speak for it, and on which data it rests.

Until a site has recalibrated the model no patient gets a percentage of his own: the card gives the rank and what became of
hours like this one in the data of the named hospital.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from cds_cards import whole_twin
from cds_cards.case import About, CardCase, RiskView, Suppressed
from cds_cards.names import name
from cds_cards.override_reasons import OVERRIDE_REASONS
from cds_cards.restraint import locked
from cds_cards.schema import SUMMARY_LENGTH, Card, Indicator
from cds_cards.topics import source
from cds_cards.wording import CLOSING, age, fitted, frequency, listed, number, plain, probability, table, unit_text
from twin_engine.patient.events import EVENTS
from twin_engine.patient.quality import freshness
from twin_engine.patient.record import Measurement
from twin_engine.risk.forecast import RiskCourse, RiskForecast

SHOWN_FROM = 0.95
"""Share of hours that must score lower before a card is worth reading."""
LOUD_FROM = 0.99
LOUD_PPV = 0.30
"""A warning only if also this share of such hours went on to the event: the rank alone is one within a rare event as within a
common one. A working choice of this project."""
LEAST_PPV = 0.10
"""Of such hours this share must have gone on to the event; a cleared device of this kind had 10 to 12 % (FDA K233216)."""
MOST_TERMS = 3
MOST_DRIVERS = 4
MOST_MISSING = 5
LEAST_TERM = 0.1
"""A contribution to the logit below this changes the odds by less than a tenth."""
SPEAKS_FROM = 0.4
"""Contribution of an organ that speaks for the event: only such a one is a new sign, as weaker ones come and go by the hour."""
_ABOUT: Mapping[str, str] = {
    "hypoxaemia": "From patients of whom oxygen and ventilator settings are not known: neither is read",
    "kidney_injury": "By creatinine alone, without urine output; followed up where creatinine was drawn again within 48 h",
}
"""What a reader must know of an event beyond its name."""


@dataclass(frozen=True, slots=True)
class Deterioration:
    """A card on one event, with what the alert policy needs to know."""

    card: Card
    about: About


def of_view(case: CardCase) -> Iterator[Deterioration | Suppressed]:
    """The one card, on the event that is not yet told, loudest, soonest and likeliest, and why there is none on the others.

    A card of an unproven rule comes beside it: the policy counts and withholds it, and it crowds out nothing.
    """
    if not case.risks:
        return
    if case.record.has_condition("limitation_of_treatment") and not case.rules.despite_limits:
        yield Suppressed("deterioration", "treatment is limited")
        return
    worth: list[tuple[RiskView, RiskForecast]] = []
    for view in case.risks:
        found = view.found
        if not isinstance(found, RiskForecast):
            yield Suppressed("deterioration", plain(f"no risk of {found.variable}: {found.reason}"))
        elif found.share_below < SHOWN_FROM:
            yield Suppressed("deterioration", f"{found.event}: not among the highest {_top(SHOWN_FROM)} of hours")
        elif found.ppv < LEAST_PPV:
            yield Suppressed("deterioration", f"{found.event}: of such hours fewer than {frequency(LEAST_PPV)} went on to it")
        else:
            worth.append((view, found))
    told = [found for _, found in worth if _rule(found) not in case.rules.unproven]
    made = [(_made(case, view, found, [other for other in told if other is not found]), found) for view, found in worth]
    made.sort(key=lambda pair: _place(case, *pair))
    taken = False
    for each, _ in made:
        if each.about.rule in case.rules.unproven:
            yield each
        elif not taken:
            taken = True
            yield each
        else:
            about, why = each.about, "another event is louder, sooner or likelier"
            yield Suppressed("deterioration", why, "crowding", about.rule, each.card.indicator, about.event, each.card)


def _place(case: CardCase, made: Deterioration, found: RiskForecast) -> tuple[bool, bool, int, float]:
    """The smallest gets the card: one that was not shown lately, the louder, the sooner, the likelier."""
    waits = locked(made.card, made.about, case.rules, case.past.shown) is not None
    return waits, made.card.indicator == "info", found.horizon_h, -found.ppv


def _rule(found: RiskForecast) -> str:
    return f"deterioration {found.event}"


def _made(case: CardCase, view: RiskView, found: RiskForecast, others: Sequence[RiskForecast]) -> Deterioration:
    indicator: Indicator = "warning" if found.share_below >= LOUD_FROM and found.ppv >= LOUD_PPV else "info"
    card = Card(
        uuid=case.uuid_of(f"card deterioration {found.event}"),
        summary=summary(found, view.course, case.timezone),
        indicator=indicator,
        source=source("deterioration", case.base_url),
        detail=f"{detail(case, view, found, others)}\n\n{CLOSING}",
        override_reasons=OVERRIDE_REASONS,
    )
    organs = frozenset(organ for organ, term in found.terms.items() if term >= SPEAKS_FROM)
    seen_later = found.event if found.event in EVENTS else None
    return Deterioration(card, About("deterioration", _rule(found), organs, seen_later, found.horizon_h))


def summary(found: RiskForecast, course: RiskCourse | None, timezone: str) -> str:
    """One sentence: the event, the rank, what became of such hours, and since when it rises."""
    rank = _rank(found)
    became = f"of such hours {frequency(found.ppv)} went on to it; average hour {frequency(found.base_rate)}"
    rising = _rising(course, timezone)
    return fitted((f"{rank} ({became}){rising}", f"{rank} ({became})", rank), SUMMARY_LENGTH)


def _rank(found: RiskForecast) -> str:
    return f"{found.title}: among the highest {_top(found.share_below)} of hours"


def detail(case: CardCase, view: RiskView, found: RiskForecast, others: Sequence[RiskForecast] = ()) -> str:
    """What speaks for it, on which data, what is stale and missing, the scores beside it, other events whose risk is as high,
    and what it is not."""
    organs = [[name(organ).capitalize(), _words(term)] for organ, term in _organs(found)]
    parts = [table(("Organ", "Speaks"), organs)] if organs else []
    parts += [_ABOUT[found.event]] if found.event in _ABOUT else []
    parts += _oxygen(case, found)
    parts += [_charted(case, found), *_resting_on_old(view), *_doubts(case, found)]
    parts += [f"Also: {_rank(o)}; of such hours {frequency(o.ppv)} went on to it" for o in others]
    parts += [f"Scores: {'; '.join(view.scores)}"] if view.scores else []
    parts += [f"Imaging: {listed(view.imaging)}"] if view.imaging else []
    parts.append(
        f"Ranked and followed up in {plain(found.population)}; not recalibrated here, so no percentage of this patient. "
        "It is an association in past patients, not a cause."
        if found.local_probability is None
        else f"Recalibrated at this site: {probability(found.local_probability)}. An association, not a cause."
    )
    return "\n\n".join(parts)


def _organs(found: RiskForecast) -> list[tuple[str, float]]:
    """Organs that speak for the event, the strongest first."""
    ranked = sorted(found.terms.items(), key=lambda item: -item[1])
    return [(organ, term) for organ, term in ranked if term >= LEAST_TERM][:MOST_TERMS]


def _words(term: float) -> str:
    return "strongly for it" if term >= 1.0 else "for it" if term >= SPEAKS_FROM else "slightly for it"


def _charted(case: CardCase, found: RiskForecast) -> str:
    told = [
        f"{name(variable)} {number(m.value or 0.0)} {unit_text(m.unit)}, {age(_hours(m, found.at))} old {_mark(m, found.at)}"
        for variable, _ in found.drivers[:MOST_DRIVERS]
        if (m := case.record.latest(variable, found.at)) is not None
    ]
    local = found.at.astimezone(ZoneInfo(case.timezone))
    return f"Data at {local:%d %b %H:%M %Z}: " + ("; ".join(told) or "none charted")


def _oxygen(case: CardCase, found: RiskForecast) -> list[str]:
    """The charted FiO2, which the reader must hold beside a risk of low saturation that does not know it."""
    if found.event != "hypoxaemia":
        return []
    known = [s for s in case.record.settings if s.variable == "fio2" and s.value is not None and s.time is not None]
    set_by_now = [(s.time, s.value) for s in known if s.time is not None and s.time <= found.at and s.value is not None]
    if not set_by_now:
        return ["FiO2: not charted"]
    time, value = max(set_by_now)
    return [f"FiO2 {number(100.0 * value)} %, charted {age((found.at - time).total_seconds() / 3600.0)} ago"]


def _resting_on_old(view: RiskView) -> Iterator[str]:
    """What to measure again, where the card would not be there without values that are old."""
    found = view.without_old
    if found is not None and found.share_below < SHOWN_FROM:
        old = listed(map(name, found.variables))
        yield f"⚠ rests on old values, to be measured again: without {old} not among the highest {_top(SHOWN_FROM)} of hours"


def _doubts(case: CardCase, found: RiskForecast) -> Iterator[str]:
    if found.missing:
        more = f" and {len(found.missing) - MOST_MISSING} more" if len(found.missing) > MOST_MISSING else ""
        yield "Not charted: " + ", ".join(name(v) for v in found.missing[:MOST_MISSING]) + more
    if found.outside:
        yield "⚠ outside what the model was made from: " + ", ".join(name(v) for v in found.outside)
    if found.event == "hypotension" and case.record.has_condition("infusion_unnamed"):
        yield "⚠ an infusion whose name is not charted runs: it may act on the pressure"
    if case.incomplete:
        yield "⚠ incomplete: " + listed(plain(each) for each in case.incomplete)
    yield from whole_twin.line(case.prediction)


def _mark(m: Measurement, at: datetime) -> str:
    return "✓" if freshness(m.variable, _hours(m, at)) == "fresh" else "⚠"


def _hours(m: Measurement, at: datetime) -> float:
    return (at - m.time).total_seconds() / 3600.0


def _rising(course: RiskCourse | None, timezone: str) -> str:
    since = None if course is None else course.rising_since
    return "" if since is None else f"; rising since {since.astimezone(ZoneInfo(timezone)):%H:%M}"


def _top(share_below: float) -> str:
    percent = 100.0 * (1.0 - share_below)
    return f"{number(round(max(percent, 0.1), 1))} %"
