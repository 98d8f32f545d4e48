"""How long a dose matters, and doses that came into the chart long after they were given: what was said before did not know
of them.

Two hours and one day are working choices of this project: charting within a round of care is no delay, and a dose older than a
day moves the next one little. A vital sign charted so late has no remark of its own: for every forecast it is already too old.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Final

from twin_engine.patient.record import Administration, DataQuality

LATE = timedelta(hours=2)
MATTERS_FOR = timedelta(hours=24)
LONGEST_GAP_H: Final = 60.0
"""Half a day beyond the longest regular interval (48 h): later, either therapy ended or doses are not charted."""


def is_over(given: Administration, at: datetime) -> bool:
    """Whether it ended so long ago that what is not known of it matters no more."""
    return at - given.last(at) >= timedelta(hours=LONGEST_GAP_H)


def delay(given: Administration) -> timedelta | None:
    """How long after it was given a dose was charted, from its end where it was charted as a whole; None = not known."""
    if given.available is None:
        return None
    whole = given.end is not None and given.end <= given.available
    return given.available - (given.end if whole and given.end is not None else given.start)


def late_doses(drug: str, given: Iterable[Administration], at: datetime) -> tuple[DataQuality, ...]:
    """One remark on the doses of one drug in the day before `at` that were charted late; none = no remark."""
    delays = [late for row in given if at - MATTERS_FOR <= row.start <= at and (late := delay(row)) is not None and late > LATE]
    if not delays:
        return ()
    what = "a dose was" if len(delays) == 1 else f"{len(delays)} doses were"
    longest = f"{'' if len(delays) == 1 else 'up to '}{max(delays) / timedelta(hours=1):.0f} h"
    words = f"{what} charted {longest} after being given: taken as given at the charted time; earlier forecasts did not know"
    return (DataQuality(drug, "assumed", words),)
