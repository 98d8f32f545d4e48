"""The copies of one circulation and their pressures under every option.

The level is forecast for the order as drafted (that it was drafted says something of the patient), by the states filtered
from the chart. Every other option differs by paired differences with the published gain
(`effects`); "no change" is the level of what runs. Where the two ways to an option differ, the lower pressure is judged and
shown: charts understate what stopping a pressor takes, publications may overstate what raising it gives. Propofol, fluids and
the ventilator move the circulation of each copy from that level together with the pressors (`loop`), so that what acts at once
is not simply added up.
"""

import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import ndtr

from twin_engine.circulation import effects, hypnotic
from twin_engine.circulation.acting import EVERY_H, STILL, Acting, volume_ml
from twin_engine.circulation.chart import CirculationChart
from twin_engine.circulation.loop import Heart, Inputs, resistance_for, solve
from twin_engine.circulation.pressors import load
from twin_engine.circulation.tone import TONE, Filtered, Tone, filtered, loading
from twin_engine.kernel.declare import Array
from twin_engine.kernel.even import evenly
from twin_engine.kernel.schedule import Dose
from twin_engine.scenario import NO_CHANGE

STATES = 5
NO_PULSE = 10.0
"""mmHg; lower than any pressure of a beating heart is written as this."""
LOWEST = 30.0
"""mmHg; copies further down are moved as if they stood here."""
MMHG_PER_CMH2O = 0.7356
STARLING_LOG_SD, REFLEX_LEFT, REFLEX_LOG_SD = 0.4, 0.3, 0.4
STARLING_MEDIAN = 0.44
"""Between the two fits to the same curves, 0.34 and 0.56 /mmHg; the spread is assumed."""
PLEURAL = (0.3, 0.5)
"""Share of airway pressure that reaches the pleura: stiff lung to normal lung."""
TRANSMITTED = (0.5, 1.0)
BURDENED_MEDIAN, BURDENED_LOG_SD = 0.035, 0.75
"""Per mmHg of pleural pressure; makes the falls of output in `loop`, the spread from those who respond to volume to those who
do not."""


@dataclass(frozen=True, slots=True)
class Copies:
    """N virtual circulations: where each stands beside the filtered mean (N, 5), what the future adds to it (N, 5), the
    error of a charted value (N), standard normal; the published gain (N), mmHg, and the concentration of propofol that halves
    its effect on resistance (N), mg/L."""

    state: Filtered
    offset: Array
    future: Array
    error: Array
    gain: Array
    cuff: float
    tone: Tone
    heart: Heart
    pleural: Array
    half: Array
    weight_kg: float | None
    age_y: float | None

    @property
    def draws(self) -> int:
        """Number of copies."""
        return len(self.gain)


def copies(chart: CirculationChart, draws: int, seed: int, tone: Tone = TONE) -> Copies:
    """Filter the chart and draw the copies."""
    state = filtered(chart.hours_h, chart.values, chart.cuff, load(chart.past, chart.hours_h), tone)
    rng = np.random.default_rng([seed & 0xFFFFFFFF, seed >> 32, zlib.crc32(b"circulation")])
    normal = evenly(rng, draws, 2 * STATES + 8)
    # The offset is drawn in the eigenvectors of the covariance, which may be flat in some direction.
    values, vectors = np.linalg.eigh(state.covariance)
    offset = normal[:, :STATES] * np.sqrt(np.maximum(values, 0.0)) @ vectors.T
    gain = effects.gains(normal[:, -2])
    starling, reflex, transmitted, pleural, half = normal[:, 2 * STATES : 2 * STATES + 5].T
    heart = Heart(
        STARLING_MEDIAN * np.exp(STARLING_LOG_SD * starling),
        REFLEX_LEFT * np.exp(REFLEX_LOG_SD * reflex),
        _between(TRANSMITTED, transmitted),
        BURDENED_MEDIAN * np.exp(BURDENED_LOG_SD * normal[:, -1]),
    )
    future, error = normal[:, STATES : 2 * STATES], normal[:, -3]
    half = hypnotic.RESISTANCE_HALF * np.exp(hypnotic.RESISTANCE_HALF_LOG_SD * half)
    share = _between(PLEURAL, pleural)
    shown = float(chart.by_cuff)
    return Copies(state, offset, future, error, gain, shown, tone, heart, share, half, chart.weight_kg, chart.age_y)


def _between(ends: tuple[float, float], normal: Array) -> Array:
    """Evenly spread between the ends, from standard normal draws."""
    return ends[0] + (ends[1] - ends[0]) * ndtr(normal)


@dataclass(frozen=True, slots=True)
class Pressures:
    """Pressures of one option at its times: of each copy (times, copies), as they would be charted, and the mode; what is
    shown and judged (`cautious`: of two readings the lower pressure, copy by copy); the readings themselves; and the published
    effect against no change. `by_effect` is no change and that effect."""

    values: Array
    charted: Array
    mode: Array
    cautious: Array
    by_chart: Array
    by_effect: Array
    effect: Array


@dataclass(frozen=True, slots=True)
class Course:
    """One option over some hours: pressor load (ug/L), and what else acts."""

    load: Array
    acting: Acting = STILL


def pressures(made: Copies, hours_h: Array, courses: Mapping[str, Course], drafted: str) -> dict[str, Pressures]:
    """Pressures by option; `courses` at these hours, `drafted` = the option whose level is forecast. There are two readings
    of an option: the level of what was drafted, moved by the published difference to it (that it was drafted says something
    of the patient), and the level if nothing changes, moved by the published effect. No change is its own level."""
    of_draft, error, mode = _level(made, hours_h, courses[drafted].load)
    unchanged = courses.get(NO_CHANGE, courses[drafted])
    still, _, still_mode = _level(made, hours_h, unchanged.load)
    each = list(courses.values())
    (rest,) = _moved(made, hours_h, still, unchanged.load, [unchanged])
    from_still = _moved(made, hours_h, still, unchanged.load, each)
    from_draft = _moved(made, hours_h, of_draft, courses[drafted].load, each)
    found: dict[str, Pressures] = {}
    for label, moved, by_draft in zip(courses, from_still, from_draft, strict=True):
        values, middle = of_draft + by_draft, mode + np.median(by_draft, axis=1)
        by_chart, by_effect = np.maximum(values, NO_PULSE), np.maximum(still + moved, NO_PULSE)
        cautious = np.minimum(by_chart, by_effect)
        if label == NO_CHANGE and label != drafted:
            values = cautious = by_chart = by_effect = still + rest
            middle = still_mode + np.median(rest, axis=1)
        elif label != drafted:
            values, middle = cautious, np.median(cautious, axis=1)
        found[label] = Pressures(values, values + error, middle, cautious, by_chart, by_effect, moved - rest)
    return found


def effects_of(made: Copies, hours_h: Array, courses: Sequence[Course], unchanged: Course) -> list[Array]:
    """The published effect of each course against no change at these hours, mmHg (times, copies)."""
    still = _level(made, hours_h, unchanged.load)[0]
    rest, *moved = _moved(made, hours_h, still, unchanged.load, [unchanged, *courses])
    return [one - rest for one in moved]


def _moved(made: Copies, hours_h: Array, level: Array, drafted: Array, courses: Sequence[Course]) -> list[Array]:
    """By how much each option differs from the level of the drafted pressors, mmHg (times, copies); those beside whose pressor
    something else acts are solved together."""
    found = [effects.change(made.gain, drafted, own.load) for own in courses]
    acting = [i for i, own in enumerate(courses) if not own.acting.still]
    if not acting or not len(hours_h):
        return found
    before = np.maximum(level, LOWEST)
    pressor = np.stack([found[i] for i in acting])
    resistance = resistance_for(before, np.maximum(pressor, LOWEST - before), made.heart)
    kinds, kind = _distinct([courses[i].acting for i in acting])
    beside = [_beside(made, hours_h, before, own) for own in kinds]
    factor, volume, pleural = (np.stack(one)[kind] for one in zip(*beside, strict=True))
    solved = solve(before, Inputs(resistance * factor, volume, pleural), made.heart)[0] - before
    return [solved[acting.index(i)] if i in acting else one for i, one in enumerate(found)]


def _distinct(acting: Sequence[Acting]) -> tuple[list[Acting], list[int]]:
    """What differs beside pressors, and which of it each option has: options share what they leave as drafted."""
    kinds: list[Acting] = []
    for one in acting:
        if not any(one is other for other in kinds):
            kinds.append(one)
    return kinds, [next(i for i, other in enumerate(kinds) if one is other) for one in acting]


def _beside(made: Copies, hours_h: Array, before: Array, own: Acting) -> tuple[Array, Array, Array]:
    """What acts beside pressors, as factor on resistance, added volume (mL/kg) and change of pleural pressure (mmHg), each
    (times, copies)."""
    minute = np.clip(np.rint(hours_h / EVERY_H).astype(int), 0, hypnotic.MINUTES)
    factor, volume, pleural = np.ones_like(before), np.zeros_like(before), np.zeros_like(before)
    if own.propofol is not None:
        factor = resistance_for(before, before * own.propofol[minute], made.heart)
    if own.volume and made.weight_kg is not None and made.age_y is not None:
        added = volume_ml(own, hours_h, float(np.median(before)), made.age_y)
        volume = volume + added[:, None] / made.weight_kg
    if own.airway is not None:
        pleural = pleural + MMHG_PER_CMH2O * own.airway[minute] * made.pleural
    return factor, volume, pleural


def _level(made: Copies, hours_h: Array, own: Array) -> tuple[Array, Array, Array]:
    tone = made.tone
    kept = np.exp(-(hours_h - made.state.hour)[:, None] / tone.tau_h)
    row = loading(tone.effect(own), np.full_like(own, made.cuff))
    mode = (row * (tone.mean + kept * (made.state.mean - tone.mean))).sum(-1)
    scale = float(made.state.width) * tone.width
    spread = (row * kept) @ made.offset.T + (row * tone.sd * np.sqrt(1.0 - kept**2)) @ made.future.T
    noise = scale * float(tone.noise(np.array(made.cuff))) * made.error
    return mode[:, None] + scale * spread, noise, mode


def load_at(chart: CirculationChart, doses: Sequence[Dose], hours_h: Array) -> Array:
    """Load at `hours_h`, with `doses` in ug of norepinephrine equivalents from `at` on."""
    return load((*chart.past, *doses), hours_h)
