"""The words of a card on a pressor or a fluid: the pressure that is expected, and what other rates would do."""

from collections.abc import Iterator
from typing import Final
from zoneinfo import ZoneInfo

from cds_cards import risk_change
from cds_cards.evidence import HALF_MMHG, remarks
from cds_cards.infused import as_ordered, change, flow, infuses, repeats
from cds_cards.pressure import (
    NO_PEAK,
    chart_of,
    dip_of,
    effect_alone,
    is_push,
    judged_in,
    likely_low,
    lowest_told,
    metric_of,
    mmhg,
    movers,
    names,
    together,
    under_floor,
)
from cds_cards.schema import SUMMARY_LENGTH
from cds_cards.subject import LIKELY, Subject
from cds_cards.wording import (
    age,
    amount,
    bounds,
    capital,
    drug_name,
    fitted,
    number,
    plain,
    probability,
    regimen,
    signed,
    table,
)
from twin_engine.blood.hemoglobin import VARIABLE as HEMOGLOBIN
from twin_engine.blood.intake import is_fluid
from twin_engine.circulation.aim import aim_of
from twin_engine.circulation.chart import CirculationChart
from twin_engine.circulation.judge import BY_CHART, BY_EFFECT, EFFECT, EFFECT_LATER, HIGHEST, LATER, SOON, starts_h
from twin_engine.circulation.pressors import PRESSORS
from twin_engine.circulation.summary import MODEL_ID
from twin_engine.patient.quality import freshness
from twin_engine.patient.record import Order
from twin_engine.prediction import Forecast, Metric, Prediction

MOST_ALTERNATIVES: Final = 2
DIFFER_MMHG: Final = 3.0
"""Readings of one option that differ by more are both shown, and a rise without an order by more is explained."""


def concerns(subject: Subject) -> bool:
    """Whether the order is a pressor or a fluid whose pressure is forecast."""
    return (subject.drug in PRESSORS or infuses(subject)) and metric_of(subject.ordered, SOON) is not None


def goes_on(subject: Subject) -> str:
    """Why the rate that runs, ordered again beside nothing that moves the pressure, needs no card: it is not likely out of its
    target; "" where it does, or where the rate is another."""
    found = metric_of(subject.ordered, SOON)
    if found is None or together(subject) or not repeats(subject) or None in found.target:
        return ""
    above = metric_of(subject.ordered, f"{SOON}_{HIGHEST}") or found
    if max(found.p_below, above.p_above) >= LIKELY:
        return ""
    return f"the rate that runs, P({bounds(*found.target)}) {probability(found.p_in_target)} in {judged_in(subject)}"


def on_other_card(subject: Subject) -> str:
    """The pressor on whose card a fluid is told, as both are ordered together; "" where none is."""
    if not infuses(subject):
        return ""
    ordered = () if subject.ordered is None else subject.ordered.orders
    return next((o.drug for o in ordered if o.drug is not None and o.drug in PRESSORS), "")


def pushed(subject: Subject) -> bool:
    """Whether a pressor is ordered as a push."""
    return any(is_push(order) for order in subject.orders)


def summary(subject: Subject) -> str:
    """One sentence: rate, pressure in ten minutes without and with it, the lowest before that where it is likely too low, and
    whether the output of the heart is known."""
    found = metric_of(subject.ordered, SOON)
    if found is None:
        return ""
    still, dip = metric_of(subject.no_change, SOON), dip_of(subject)
    when, span = judged_in(subject), f"{mmhg(found.low)}–{mmhg(found.high)}"
    # Against the last value a rise beside a pressure that falls by itself would read as a fall.
    unchanged = "" if still is None else f"no change {mmhg(still.median)}, with it "
    _, *other = _readings(subject.ordered, SOON)
    also = "".join(f", {mmhg(metric.median)} {name}" for name, metric in other)
    others, moved = names(subject)[1:], metric_of(subject.ordered, EFFECT)
    if not also and not others and not pushed(subject) and moved is not None and abs(moved.median) >= HALF_MMHG:
        also = f", effect {signed(moved.median)}"
    over = f"{NO_PEAK}; later, " if pushed(subject) else ""
    if dip is not None and likely_low(dip[1]):
        lowest = f"MAP {mmhg(dip[1].median)} mmHg ({under_floor(dip[1])}) in {dip[0]} min"
        told = [
            f"{lowest}; in {when} {unchanged}{mmhg(found.median)} ({span})",
            f"{lowest}, {mmhg(found.median)} ({span}) in {when}",
        ]
    else:
        told = [f"{over}MAP in {when}: {unchanged}{mmhg(found.median)} mmHg (90 % {span})"]
    order = f"{capital(drug_name(subject.drug))} {change(subject)}" + (f" with {' and '.join(others)}" if others else "")
    tries = (f"{told[0]}{also}; {flow(subject.case)}", f"{told[0]}{also}", *told)
    return fitted((f"{order}: {one}" for one in tries), SUMMARY_LENGTH)


def detail(subject: Subject, prediction: Prediction, opening: tuple[str, ...] = ()) -> str:
    """GFM: limits first, the table, what the forecast rests on."""
    chart = chart_of(subject.case)
    told = (
        *_waits(subject, prediction),
        *_pushed(subject),
        *_effect(subject),
        *_thins(subject),
        *lowest_told(subject),
        *_rises(subject, chart),
        *risk_change.lines(subject),
        *(() if chart is None else _grounds(subject, prediction, chart)),
        *remarks(subject, prediction),
        *_footing(subject),
    )
    return "\n\n".join((*opening, _options(subject), "\n".join(f"- {line}" for line in told)))


def _options(subject: Subject) -> str:
    ordered = metric_of(subject.ordered, SOON)
    head = ["Option", f"MAP in {judged_in(subject)}, mmHg (90 %)", "in 1 h"]
    head += () if ordered is None else _chances_named(ordered)
    listed = () if subject.findings_of("absolute") else subject.alternatives
    others = [f for f in listed if f.safety.cleared and _toward(f, ordered)][:MOST_ALTERNATIVES]
    rows = [("As ordered: " + as_ordered(subject), subject.ordered)]
    rows += [("Also possible: " + _regimen(subject, f), f) for f in others]
    rows.append(("No change", subject.no_change))
    return table(head, (row for name, option in rows for row in _row(name, option)))


def _toward(option: Forecast, ordered: Metric | None) -> bool:
    """Whether an option is worth listing: not one that leads further from the target than the order, which likely misses it."""
    found = metric_of(option, SOON)
    if found is None or ordered is None:
        return found is not None
    lower, higher = found.median < ordered.median, found.median > ordered.median
    return not (lower and ordered.p_below >= LIKELY) and not (higher and ordered.p_above >= LIKELY)


def _chances_named(metric: Metric) -> list[str]:
    """The columns of `_chances`, of two readings each the one that is worse: a floor alone is not aimed at."""
    low, high = metric.target
    below = [] if low is None else [f"P(< {mmhg(low)}), lower reading"]
    return (
        below
        if high is None
        else [f"P({bounds(low, high)}), less likely reading", *below, f"P(> {mmhg(high)}), higher reading"]
    )


def _chances(soon: Metric, highest: Metric) -> list[str]:
    low, high = soon.target
    below = [] if low is None else [probability(soon.p_below)]
    return (
        below
        if high is None
        else [probability(min(soon.p_in_target, highest.p_in_target)), *below, probability(highest.p_above)]
    )


def _row(name: str, option: Forecast | None) -> Iterator[list[str]]:
    soon = metric_of(option, SOON)
    if soon is not None:
        cells = ["; ".join(_cell(option, when, spread=when == SOON)) for when in (SOON, LATER)]
        chances = _chances(soon, metric_of(option, f"{SOON}_{HIGHEST}") or soon)
        # What is left of a push when it is judged says nothing of its peak.
        peaks = option is not None and any(is_push(order) for order in option.orders)
        yield [name, *cells, *(["–"] * len(chances) if peaks else chances)]


def _cell(option: Forecast | None, when: str, *, spread: bool) -> Iterator[str]:
    for name, metric in _readings(option, when):
        interval = f" ({mmhg(metric.low)}–{mmhg(metric.high)})" if spread else ""
        yield f"{mmhg(metric.median)}{interval} {name}".rstrip()


def _readings(option: Forecast | None, when: str) -> Iterator[tuple[str, Metric]]:
    """The lower reading of an option, which is judged, and where the other differs from it, both with their names."""
    judged = metric_of(option, when)
    chart, effect = (metric_of(option, f"{when}_{reading}") for reading in (BY_CHART, BY_EFFECT))
    if judged is None:
        return
    if chart is not None and effect is None and chart.median - judged.median > DIFFER_MMHG:
        yield "at the last value", judged
        yield "by chart", chart
        return
    if chart is None or effect is None or abs(chart.median - effect.median) <= DIFFER_MMHG:
        yield "", judged
        return
    first, second = ("by chart", chart), ("by effect", effect)
    (lower, _), other = (first, second) if chart.median < effect.median else (second, first)
    yield lower, judged
    yield other


def _effect(subject: Subject) -> Iterator[str]:
    """The effect apart from the level: what the published gain makes of the change, and what each order would do alone."""
    found, later = metric_of(subject.ordered, EFFECT), metric_of(subject.ordered, EFFECT_LATER)
    # What is left of a push when it is judged would read as all that it does.
    if found is not None and not (pushed(subject) and not names(subject)[1:]):
        whose = "all orders together" if names(subject)[1:] else "the order"
        span = f"{signed(found.low)} to {signed(found.high)}"
        alone = infuses(subject) and not names(subject)[1:]
        told = "by the model of the circulation" if alone else "published gain"
        ahead = f" in {judged_in(subject)}" if alone and later is not None else ""
        then = f", {signed(later.median)} ({signed(later.low)} to {signed(later.high)}) in 1 h" if ahead and later else ""
        yield f"**Effect of {whose}** against no change: {signed(found.median)} mmHg (90 % {span}){ahead}{then}, {told}"
        yield from _by_charts(subject)
        named = zip(names(subject), movers(subject), strict=True)
        each = [f"{name} {effect_alone(subject, what)}" for name, what in named]
        if each[1:]:
            yield f"**Each alone**, in {judged_in(subject)}: {', '.join(each)}; what acts at once does not simply add up"


def _thins(subject: Subject) -> Iterator[str]:
    """What a fluid does to haemoglobin, or why that is not told."""
    if subject.ordered is None or not any(is_fluid(order) for order in subject.ordered.orders):
        return
    ends = [metric_of(subject.ordered, f"{HEMOGLOBIN}_{when}") for when in ("1h", "6h")]
    moved = [metric_of(subject.ordered, f"{HEMOGLOBIN}_effect_{when}") for when in ("1h", "6h")]
    if all(m is not None for m in (*ends, *moved)):
        told = [
            f"{m.median:.1f} ({m.low:.1f}–{m.high:.1f}) g/dL in {hours}, {e.median:+.1f} against no change".replace("-", "−")
            for hours, m, e in zip(("1 h", "6 h"), ends, moved, strict=True)
            if m is not None and e is not None
        ]
        yield f"**Haemoglobin:** {'; '.join(told)}"
        return
    gaps = () if subject.case.prediction is None else subject.case.prediction.cannot_predict
    yield from (f"No prediction of haemoglobin: {plain(gap.reason)}" for gap in gaps if gap.variable == HEMOGLOBIN)


def _pushed(subject: Subject) -> Iterator[str]:
    """That a push has had its peak by the time when the options are judged."""
    if pushed(subject):
        yield "⚠ A push acts within a minute or two: its peak is higher, over when the pressure is judged, and not forecast"


def _waits(subject: Subject, prediction: Prediction) -> Iterator[str]:
    """That an order which starts later is judged after its start, and when."""
    start = min((starts_h(order, prediction.at) for order in subject.orders), default=0.0)
    if age(start) != age(0.0):
        yield f"**Starts in {age(start)}**: judged in {judged_in(subject)}; no change until then"


def _rises(subject: Subject, chart: CirculationChart | None) -> Iterator[str]:
    """That no change is judged at the last value where charts rise from it, as they do from a low one that was treated."""
    ahead = [m.median for when in (SOON, LATER) if (m := metric_of(subject.no_change, f"{when}_{BY_CHART}")) is not None]
    if chart is not None and ahead and max(ahead) > chart.last + DIFFER_MMHG:
        to = f"rose in charts, to {mmhg(max(ahead))} mmHg"
        found = metric_of(subject.no_change, SOON)
        low = found is not None and found.target[0] is not None and chart.last < found.target[0]
        why = f"pressures this low {to}, because they were treated" if low else f"pressures like this {to}"
        yield f"{'⚠ ' if low else ''}**No change**, and with it the reading by effect, starts from the last value: {why}"


def _by_charts(subject: Subject) -> Iterator[str]:
    """Why the pressure that is judged falls further than the effect."""
    lower, *other = _readings(subject.ordered, SOON)
    if other and lower[0] == "by chart":
        told = f"{mmhg(lower[1].median)} mmHg is what followed such orders in charts"
        yield f"{told}, {mmhg(other[0][1].median)} mmHg what no change and this effect give; the lower is judged"


def _grounds(subject: Subject, prediction: Prediction, chart: CirculationChart) -> Iterator[str]:
    site = "cuff" if chart.by_cuff else "arterial line"
    mark = "✓" if freshness("map", chart.age_h) == "fresh" else "⚠"
    yield f"**Why:** MAP {mmhg(chart.last)} mmHg ({site}), {age(chart.age_h)} old {mark}, {len(chart.values)} values in 12 h"
    gain = prediction.twin[MODEL_ID].parameters.get("pressor_gain") if MODEL_ID in prediction.twin else None
    if infuses(subject):
        yield (
            "⚠ What stays of a fluid is known from volunteers and anaesthetised patients: capillary leak is not described, and "
            "whether this heart responds to filling is not known"
        )
        gain = None
    if gain is not None:
        own = f"{number(gain.median)} ({number(gain.low)}–{number(gain.high)})"
        yield f"**Why:** own response in this chart {own}, usual {number(gain.typical)} mmHg per e-fold rise of pressor load"
    weight = next((o.dosing_weight_kg for o in subject.orders if o.dosing_weight_kg), None) or chart.weight_kg
    if weight is not None:
        yield f"{'Weight' if infuses(subject) else 'Dosing weight'} {amount(round(weight, 1))} kg; " + flow(subject.case)
    else:
        yield capital(flow(subject.case))
    local = prediction.at.astimezone(ZoneInfo(subject.case.timezone))
    yield f"Data at {local:%d %b %H:%M %Z}"


def _footing(subject: Subject) -> Iterator[str]:
    prediction = subject.case.prediction
    if prediction is not None:
        yield plain(aim_of(subject.case.record, prediction.at).note)
    readings = "by chart (what followed in charts) and by effect (no change plus the published effect)"
    yield f"Two readings of an order: {readings}; the lower is judged, both are shown if over {mmhg(DIFFER_MMHG)} mmHg apart"
    yield "Experimental: for information, no suggestion is made"


def _regimen(subject: Subject, option: Forecast) -> str:
    own: list[Order] = [o for o in option.orders if o.drug == subject.drug]
    return regimen(own, short=True)
