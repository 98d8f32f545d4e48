"""What an order does to the arterial pressure, in words for the card of whatever drug or setting moves it."""

from collections.abc import Iterator
from typing import Final

from cds_cards import risk_change
from cds_cards.case import CardCase
from cds_cards.evidence import HALF_MMHG, is_felt
from cds_cards.policy import HARM_CERTAIN
from cds_cards.subject import LIKELY, Subject
from cds_cards.wording import age, drug_name, plain, probability, signed
from twin_engine.circulation.acting import PROPOFOL
from twin_engine.circulation.answer import judged_h
from twin_engine.circulation.chart import VARIABLE, CirculationChart, read
from twin_engine.circulation.judge import EFFECT, EFFECT_LATER, SOON, lowest_of
from twin_engine.circulation.pressors import PRESSORS
from twin_engine.outcome import CannotPredict
from twin_engine.patient.record import Order
from twin_engine.prediction import Forecast, Metric

NO_PEAK: Final = "peak in 1–2 min not forecast"
"""Of a push: the course of the load is that of infusions in septic shock, no time course of a push was published for it."""


def judged_in(subject: Subject) -> str:
    """How far ahead the options are judged: "10 min", and more where the first order starts later or is a fluid."""
    prediction = subject.case.prediction
    orders = () if prediction is None else (o for f in prediction.forecasts for o in f.orders)
    return "10 min" if prediction is None else age(float(judged_h(orders, prediction.at)[0]))


def endangers(subject: Subject) -> bool:
    """Whether what is ordered lowers the pressure, which is then all but certainly below its floor."""
    soon, moved = metric_of(subject.ordered, SOON), metric_of(subject.ordered, EFFECT)
    own = metric_of(subject.ordered, f"{EFFECT}_{subject.drug}") or moved
    lowest = None if subject.ordered is None else lowest_of(subject.ordered.metrics)
    reached = ((soon, moved), lowest[1:] if lowest else (None, None))
    return (own is not None and own.median <= -HALF_MMHG) and any(
        effect.median <= -HALF_MMHG and found.target[0] is not None and found.p_below >= HARM_CERTAIN
        for found, effect in reached
        if found is not None and effect is not None
    )


def together(subject: Subject) -> bool:
    """Whether several orders of the option move the pressure."""
    return len(movers(subject)) > 1


def falls(subject: Subject) -> str:
    """The pressure that another drug likely leads below its floor, in a few words; "" where it does not."""
    found, moved, dip = metric_of(subject.ordered, SOON), metric_of(subject.ordered, EFFECT), dip_of(subject)
    when = judged_in(subject)
    if dip is not None:
        when, found, moved = f"{dip[0]} min", *dip[1:]
    if found is None or moved is None or moved.median > -HALF_MMHG or not likely_low(found):
        return ""
    chart = chart_of(subject.case)
    now = "" if chart is None else f"{mmhg(chart.last)}→"
    return f"MAP {now}{mmhg(found.median)} mmHg ({under_floor(found)}) in {when}"


def dips(subject: Subject) -> str:
    """How far propofol takes the pressure down before it is judged, for a headline: "MAP −6 (−11 to −3) in 4 min"."""
    found = dip_of(subject)
    if found is None or names(subject)[1:]:
        return ""
    minute, _, effect = found
    return f"MAP {signed(effect.median)} ({signed(effect.low)} to {signed(effect.high)}) in {minute} min"


def side_effect(subject: Subject) -> Iterator[str]:
    """What the order of another drug does to the pressure, where that is forecast, and to the risks that follow; or why a
    pressor has no forecast of it."""
    soon, later = metric_of(subject.ordered, EFFECT), metric_of(subject.ordered, EFFECT_LATER)
    if soon is not None and later is not None and is_felt(subject) and subject.drug not in PRESSORS:
        own, *others = names(subject)
        ahead = judged_in(subject)
        what = f"MAP by this and {' and '.join(others)} together" if others else "MAP"
        alone = f"; {own} alone {effect_alone(subject, subject.drug)} in {ahead}" if others else ""
        effect, later_effect = (f"{signed(m.median)} ({signed(m.low)} to {signed(m.high)})" for m in (soon, later))
        yield f"{what} against no change: {effect} mmHg in {ahead}, {later_effect} in 1 h{alone}; experimental"
        lowest = tuple(lowest_told(subject)) if subject.drug == PROPOFOL else ()
        yield from lowest or _level(subject)
    if soon is None and subject.drug in PRESSORS and subject.case.prediction is not None:
        gaps = [gap.reason for gap in subject.case.prediction.cannot_predict if gap.variable == VARIABLE]
        yield from (f"**No prediction of MAP:** {plain(reason)}" for reason in gaps[:1])
    yield from risk_change.lines(subject)


def _level(subject: Subject) -> Iterator[str]:
    """Where the pressure stands then, where it is likely below its floor."""
    found, unchanged = metric_of(subject.ordered, SOON), metric_of(subject.no_change, SOON)
    if found is None or unchanged is None or found.target[0] is None or found.p_below < LIKELY:
        return
    floor, (then, still) = f"P(< {mmhg(found.target[0])})", (_spread(m) for m in (found, unchanged))
    yield f"MAP in {judged_in(subject)}: {then}, {floor} {probability(found.p_below)}; no change {still}"


def _spread(metric: Metric) -> str:
    return f"{mmhg(metric.median)} mmHg ({mmhg(metric.low)}–{mmhg(metric.high)})"


def dip_of(subject: Subject) -> tuple[int, Metric, Metric] | None:
    """Where an order is lowest before it is judged, unless it lowers nothing, as a stop does."""
    found = None if subject.ordered is None else lowest_of(subject.ordered.metrics)
    return found if found is not None and found[2].median <= -HALF_MMHG else None


def lowest_told(subject: Subject) -> Iterator[str]:
    """Where the pressure is lower before the options are judged than then: propofol is over sooner."""
    found = dip_of(subject)
    if found is not None:
        minute, pressure, effect = found
        floor = pressure.target[0]
        risk = "" if floor is None else f", P(< {mmhg(floor)}) {probability(pressure.p_below)}"
        moved = f"{signed(effect.median)} ({signed(effect.low)} to {signed(effect.high)}) mmHg against no change"
        yield (
            f"**Lowest in {minute} min**, as propofol acts: MAP {mmhg(pressure.median)} "
            f"(90 % {mmhg(pressure.low)}–{mmhg(pressure.high)}){risk}, {moved}"
        )


def likely_low(pressure: Metric) -> bool:
    """Whether a pressure is likely below its floor."""
    return pressure.target[0] is not None and pressure.p_below >= LIKELY


def under_floor(pressure: Metric) -> str:
    """Interval and chance below the floor: "90 % 42–57; P(<65) > 95 %"."""
    chance = f"P(<{pressure.target[0] or 0.0:.0f}) {probability(pressure.p_below)}"
    return f"90 % {mmhg(pressure.low)}–{mmhg(pressure.high)}; {chance}"


def movers(subject: Subject) -> list[str]:
    """What the option orders that moves the pressure, the subject of the card first."""
    metrics = {} if subject.ordered is None else subject.ordered.metrics
    found = [name.removeprefix(f"{EFFECT}_") for name in metrics if name.startswith(f"{EFFECT}_")]
    return sorted(found, key=lambda name: name != subject.drug) or [subject.drug]


def names(subject: Subject) -> list[str]:
    """The words for what moves the pressure, the subject of the card first."""
    return [drug_name(name) for name in movers(subject)]


def effect_alone(subject: Subject, what: str) -> str:
    """What one of the orders would do alone, mmHg; of a push that its peak is not forecast."""
    if subject.ordered is not None and any(is_push(o) for o in subject.ordered.orders if o.drug == what):
        return NO_PEAK
    found = metric_of(subject.ordered, f"{EFFECT}_{what}")
    return "–" if found is None else f"{signed(found.median)} ({signed(found.low)} to {signed(found.high)}) mmHg"


def is_push(order: Order) -> bool:
    """Whether an order is a push of a pressor."""
    return order.drug in PRESSORS and order.amount is not None and not order.infusion_h


def chart_of(case: CardCase) -> CirculationChart | None:
    """The pressures of the chart; None where it cannot be read."""
    if case.prediction is None:
        return None
    found = read(case.record, case.prediction.at)
    return None if isinstance(found, CannotPredict) else found


def metric_of(forecast: Forecast | None, name: str) -> Metric | None:
    """A metric of an option, None where there is none."""
    return None if forecast is None else forecast.metrics.get(name)


def mmhg(value: float) -> str:
    """A pressure in whole mmHg."""
    return f"{value:.0f}"
