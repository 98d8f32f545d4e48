"""Stage of acute kidney injury by creatinine, from the values of one stay up to each of them."""

import numpy as np
from numpy.typing import NDArray

RISE_WITHIN_H, BASELINE_H = 48, 168
RISE_MG_DL, TIMES_BASELINE, SEVERE_MG_DL = 0.3, (1.5, 2.0, 3.0), 4.0
"""mg/dL within 48 h, times the lowest of a week, mg/dL: KDIGO Clinical Practice Guideline for Acute Kidney Injury. Kidney Int
Suppl 2012;2:1-138."""
HIGHEST = 3
COUNTS_H = 36
"""A creatinine older than this does not tell the stage of now: it is drawn daily, with half a day of grace."""


def stages(hours: NDArray[np.float64], creatinine: NDArray[np.float64]) -> NDArray[np.int64]:
    """KDIGO stage by creatinine (mg/dL) at each of its values, (n,) and rising hours (n,) to (n,).

    The baseline is the lowest value of the week up to each: a chart that begins in the ICU knows no earlier one. Urine output
    and renal replacement have no part in it.
    """
    found = np.zeros(len(hours), dtype=np.int64)
    for i, (hour, value) in enumerate(zip(hours, creatinine, strict=True)):
        week = creatinine[: i + 1][hours[: i + 1] >= hour - BASELINE_H]
        two_days = creatinine[: i + 1][hours[: i + 1] >= hour - RISE_WITHIN_H]
        # Rounded: in binary 1.2 - 0.9 falls short of 0.3.
        rose = round(float(value - two_days.min()), 6) >= RISE_MG_DL
        stage = sum(round(float(value / week.min()), 6) >= times for times in TIMES_BASELINE)
        found[i] = HIGHEST if value >= SEVERE_MG_DL and (rose or stage) else max(stage, int(rose))
    return found
