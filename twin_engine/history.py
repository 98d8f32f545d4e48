"""What was given, as the kernel reads it, and whether the charted dose history can be believed.

An infusion time that is not charted is assumed (`patient/drugs.csv`) and said so, with half an hour of doubt in the
likelihood.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise

from twin_engine.covariates import hours
from twin_engine.kernel.declare import Array
from twin_engine.kernel.schedule import Dose
from twin_engine.patient.lateness import LONGEST_GAP_H, is_over, late_doses
from twin_engine.patient.record import Administration, DataQuality, PatientRecord
from twin_engine.patient.units import UnitError, convert
from twin_engine.patient.variables import DRUGS, NOT_SWALLOWED_FOR_THE_BLOOD, Drug

INTO_THE_BLOOD = frozenset({"iv", "intravenous"})
ASSUMED_TIME_SD_H = 0.5
RUNNING_AFTER_CHARTING_H = 4.0
LEVEL_ROSE_FACTOR = 1.15
SURPRISING_PERCENTILE = 0.975
LONGEST_INTERMITTENT_H = 5.0
CONTIGUOUS_H = 0.1


@dataclass(frozen=True, slots=True)
class History:
    """Doses up to `at` (hours relative to it, those in progress cut there), what of them is still to come, which
    infusion times were assumed, and remarks."""

    given: tuple[Dose, ...]
    coming: tuple[Dose, ...]
    assumed: bool
    running_rate: float
    running_assumed: bool
    last_start_h: float | None
    remarks: tuple[DataQuality, ...]

    @property
    def first_start_h(self) -> float | None:
        """Hour of the first charted dose."""
        return min((d.start_h for d in self.given), default=None)


def into_the_blood(route: str | None) -> bool:
    """Whether a dose or order goes into a vein; one without a route does."""
    return (route or "iv").lower() in INTO_THE_BLOOD


def history(record: PatientRecord, drug: str, at: datetime) -> History:
    """The dose history of one drug up to `at`."""
    given: list[Dose] = []
    coming: list[Dose] = []
    remarks: list[DataQuality] = []
    assumed, running_rate, running_assumed = False, 0.0, False
    weight = record.latest("weight", at)
    for row in record.given(drug):
        start = hours(row.start, at)
        if start > 0:
            continue
        if not into_the_blood(row.route):
            if drug not in NOT_SWALLOWED_FOR_THE_BLOOD:
                remarks += _hole(
                    row, at, f"a dose that was not intravenous at {row.start:%Y-%m-%d %H:%M}Z is not in the forecast"
                )
            continue
        dose, guessed, rate = _dose(row, drug, start, at, None if weight is None else weight.value)
        if dose is None:
            remarks += _hole(row, at, f"a dose without a usable amount at {row.start:%Y-%m-%d %H:%M}Z")
            continue
        assumed = assumed or guessed
        if rate is not None:
            running_rate += rate
            last = hours(row.last_charted or row.start, at)
            running_assumed = running_assumed or last < -RUNNING_AFTER_CHARTING_H
        if past := dose.until(0.0):
            given.append(past)
        if rate is None and (rest := dose.after(0.0)):
            coming.append(rest)
    remarks += _infused_twice(record.given(drug), at)
    if assumed:
        remarks.append(DataQuality(drug, "assumed", _assumed_words(DRUGS[drug])))
    if running_assumed:
        remarks.append(DataQuality(drug, "assumed", "the last charting of a running infusion is over 4 h old"))
    remarks += late_doses(drug, record.given(drug), at)
    starts = [d.start_h for d in given]
    return History(
        tuple(sorted(given, key=lambda d: d.start_h)),
        tuple(coming),
        assumed,
        running_rate,
        running_assumed,
        max(starts, default=None),
        tuple(remarks),
    )


def _hole(row: Administration, at: datetime, words: str) -> Iterator[DataQuality]:
    """A remark on what is not known of a dose, as old as its end, unless that is longer ago than any interval."""
    if not is_over(row, at):
        yield DataQuality(row.drug, "incomplete_dose_history", words, max(-hours(row.last(at), at), 0.0))


def _infused_twice(rows: Sequence[Administration], at: datetime) -> Iterator[DataQuality]:
    """A remark for each infusion that another row starts at the same time with the same rate."""
    charted = [row for row in rows if row.rate and row.start <= at]
    times = Counter((row.start, row.rate, row.unit) for row in charted)
    latest = {(row.start, row.rate, row.unit): row for row in sorted(charted, key=lambda row: row.last(at))}
    for key, row in latest.items():
        if times[key] > 1:
            yield from _hole(
                row, at, f"two infusions at one rate began together at {row.start:%Y-%m-%d %H:%M}Z: charted twice?"
            )


def _assumed_words(drug: Drug) -> str:
    if drug.assumed_h == 0:
        return "dose without a charted infusion time: a push is assumed"
    least = f"{60 * drug.assumed_h:.0f} min"
    how = f"{60 * drug.assumed_h_per_g:.0f} min per gram, at least {least}," if drug.assumed_h_per_g else least
    return f"infusion time not charted: {how} assumed, +- {60 * ASSUMED_TIME_SD_H:.0f} min"


def _dose(
    row: Administration, drug: str, start: float, at: datetime, weight_kg: float | None
) -> tuple[Dose | None, bool, float | None]:
    """The dose, whether its infusion time was assumed, and the rate of an infusion without a charted end."""
    unit = DRUGS[drug].amount_unit
    try:
        if row.amount is not None:
            amount = convert(row.amount, row.unit, unit, substance=drug, weight_kg=weight_kg)
            if row.end is None:
                return Dose(start, DRUGS[drug].assumed_infusion_h(amount), amount), True, None
            return Dose(start, max(hours(row.end, at) - start, 0.0), amount), False, None
        if row.rate is not None:
            rate = convert(row.rate, row.unit, f"{unit}/h", substance=drug, weight_kg=weight_kg)
            end = 0.0 if row.end is None else hours(row.end, at)
            length = max(end - start, 0.0)
            return Dose(start, length, rate * length), False, rate if row.end is None else None
    except UnitError:
        return None, False, None
    return None, False, None


def gaps_in_history(
    drug: str, past: History, level_times_h: Array, levels: Array, percentiles: Sequence[tuple[float, float]]
) -> tuple[DataQuality, ...]:
    """Signs that doses were given that are not charted: each a remark in words.

    percentiles: (hour, percentile) of the levels after the first dose, each in its own predictive distribution given the
    levels before it and the charted doses.
    """

    def remark(words: str, hour: float) -> DataQuality:
        return DataQuality(drug, "incomplete_dose_history", words, -hour)

    found: list[DataQuality] = []
    first = past.first_start_h
    if first is None:
        if len(levels):
            found.append(remark("levels are charted but no dose", float(level_times_h[-1])))
        return tuple(found)
    for hour, value in zip(level_times_h, levels, strict=True):
        if hour <= first and value > 0:
            found.append(remark("a level was measured before the first charted dose", float(hour)))
    for i in range(1, len(levels)):
        before, after = level_times_h[i - 1], level_times_h[i]
        dosed = any(d.start_h < after and d.end_h > before for d in past.given)
        if not dosed and levels[i] > LEVEL_ROSE_FACTOR * levels[i - 1]:
            found.append(remark("a level rose without a charted dose", float(after)))
    for hour, percentile in percentiles:
        if percentile > SURPRISING_PERCENTILE:
            found.append(remark("a level is higher than the charted doses explain", hour))
    found += [remark("two doses went in at the same time: charted twice?", hour) for hour in _together(past)]
    if past.last_start_h is not None and past.last_start_h < -LONGEST_GAP_H and not past.running_rate:
        found.append(remark(f"the last charted dose is {-past.last_start_h:.0f} h old", past.last_start_h))
    return tuple(found)


def _together(past: History) -> list[float]:
    """Starts of intermittent doses that begin with, or well before the end of, the one before."""
    apart = [d for d in past.given if d.duration_h <= LONGEST_INTERMITTENT_H]
    return [
        later.start_h
        for sooner, later in pairwise(apart)
        if later.start_h == sooner.start_h or later.start_h < sooner.end_h - CONTIGUOUS_H
    ]


def drawn_during_infusion(drug: str, past: History, level_times_h: Array, said: Sequence[bool]) -> tuple[DataQuality, ...]:
    """A remark on each level drawn while an intermittent dose was going in, by the times or because the chart says so (`said`):
    it may come from the infusing line, or the times may be wrong. Segments of a continuous infusion, which meet each other, are
    no such doses."""
    ends = [(d.start_h, d.end_h) for d in past.given if d.duration_h > 0.0]

    def apart(start: float, end: float) -> bool:
        meets = (abs(other - end) < CONTIGUOUS_H or abs(stop - start) < CONTIGUOUS_H for other, stop in ends)
        return end - start <= LONGEST_INTERMITTENT_H and not any(meets)

    words = "a level was drawn while a dose was going in: it may come from the infusing line"
    return tuple(
        DataQuality(drug, "conflicting", words, -float(hour))
        for hour, told in zip(level_times_h, said, strict=True)
        if told or any(start < hour < end and apart(start, end) for start, end in ends)
    )
