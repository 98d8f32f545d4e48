"""What drug models read while creatinine moves, held against made patients whose GFR is known: the charted creatinine and the
one at which the filtered GFR would settle.

A man of 60 years, creatinine printed in tenths of mg/dL with the error of the filter; GFR jumps once.
"""

from dataclasses import dataclass

import numpy as np
from scipy.stats import t as student

from twin_engine.covariates.balance import turnovers
from twin_engine.covariates.creatinine_filter import LIVELINESS, advanced, filtered, read_with
from twin_engine.kernel.declare import Array
from twin_engine.patient.quality import CREATININE_MOVED_MG_DL, LOOKED_BACK

MADE = 1000
BEFORE_H = 48.0
FEW = 30
HEAD = (
    "course", "a value every, h", "hours after", "moved by 0.3", "charted: bias, RMS error of GFR",
    "as read: bias, RMS", "90 % interval covers",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Course:
    """Creatinine at rest before (mg/dL), and where it would settle after GFR has jumped."""

    name: str
    before: float
    after: float


COURSES = (
    Course("GFR halved, from 1 mg/dL", 1.0, 2.0),
    Course("GFR halved, from 3 mg/dL", 3.0, 6.0),
    Course("GFR doubled, from 2 mg/dL", 2.0, 1.0),
    Course("GFR doubled, from 4 mg/dL", 4.0, 2.0),
    Course("steady at 1 mg/dL", 1.0, 1.0),
    Course("steady at 3 mg/dL", 3.0, 3.0),
)


def lines() -> list[str]:
    """The table as Markdown."""
    rng = np.random.default_rng(1)
    rows = [
        _row(c, every, after, rng) for c in COURSES for every, after in ((12.0, 12.0), (12.0, 24.0), (24.0, 24.0), (24.0, 48.0))
    ]
    return ["| " + " | ".join(HEAD) + " |", "|" + "---|" * len(HEAD), *rows]


def _row(course: Course, every_h: float, after_h: float, rng: np.random.Generator) -> str:
    turnover, hours = turnovers(np.array([60.0]), np.array([False])), np.arange(-BEFORE_H, after_h + 0.1, every_h)
    before, after = float(np.log(course.before)), float(np.log(course.after))
    true = advanced(np.full(len(hours), before), np.full(len(hours), after), turnover, np.maximum(hours, 0.0))
    error = rng.standard_normal((MADE, len(hours))) * read_with(true, LIVELINESS)
    values = np.maximum(np.round(np.exp(true + error), 1), 0.1)
    many = np.repeat(turnover, MADE)
    last = filtered(np.tile(hours, (MADE, 1)), np.log(values), many, np.zeros(MADE, dtype=bool), LIVELINESS).last
    compared = (hours >= hours[-1] - LOOKED_BACK.total_seconds() / 3600.0) & (hours < hours[-1])
    changes = np.round(values[:, -1:] - values[:, compared], 6)
    moved, rose = (np.abs(changes) >= CREATININE_MOVED_MG_DL).any(axis=1), (changes >= CREATININE_MOVED_MG_DL).any(axis=1)
    newest = np.log(values[:, -1])
    charted, settled = after - newest, after - np.where(rose, np.maximum(last.mean[:, 1], newest), last.mean[:, 1])
    half = np.asarray(student.ppf(0.95, last.freedom)) * np.sqrt(last.scale * last.covariance[:, 1, 1])
    covered = f"{100.0 * float(np.mean(np.abs(settled[moved]) <= half[moved])):.0f} %" if moved.sum() >= FEW else ""
    read = _error(np.where(moved, settled, charted))
    cells = (course.name, f"{every_h:.0f}", f"{after_h:.0f}", f"{100 * moved.mean():.0f} %", _error(charted), read, covered)
    return "| " + " | ".join(cells) + " |"


def _error(of_log_gfr: Array) -> str:
    return f"{100 * np.expm1(of_log_gfr.mean()):+.0f} %, {100 * np.sqrt((of_log_gfr**2).mean()):.0f} %"
