"""The twin's own states along hourly stays, for the question whether they would add to a risk; only what was charted by each
hour is read.

GFR: the creatinine balance of the twin (`twin_engine.covariates.balance`) after each creatinine, per kg of body weight: made
and diluted creatinine are both in proportion to weight, so it is needed for neither. Shunt: content mixing of the twin
(`twin_engine.respiratory.oxygen`) with its usual arteriovenous difference, from PaO2, or from a saturation of at most 96 %
(above, a saturation tells nothing of PaO2); FiO2 carried forward 4 h, haemoglobin a day, pH and PaCO2 8 h, else 7.40 and 40.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from training.stays import Stays
from twin_engine.covariates.balance import turnovers
from twin_engine.covariates.creatinine_filter import LIVELINESS, filtered
from twin_engine.patient.derived import cockcroft_gault
from twin_engine.respiratory.copies import DIFFERENCE
from twin_engine.respiratory.oxygen import Blood, effective_shunt, standard_saturation
from twin_engine.risk.features import Feature

Rows = NDArray[np.float64]
TELLS_UP_TO = 96.0
FIO2_H, HEMOGLOBIN_H, GAS_H = 4, 24, 8
GFR_H, SHUNT_H, CHANGE_H = 168, 12, 48
STATES: dict[str, tuple[Feature, ...]] = {
    "gfr": (Feature("gfr", "newest", GFR_H, "kidney"), Feature("gfr", "change", CHANGE_H, "kidney")),
    "shunt": (Feature("shunt", "newest", SHUNT_H, "lungs"), Feature("shunt", "change", CHANGE_H, "lungs")),
}


def with_states(stays: Stays) -> Stays:
    """The stays with the hourly variables `gfr` (mL/min/kg) and `shunt` (fraction), where they can be computed."""
    found = {"gfr": _gfr(stays)} | ({} if (shunt := _shunt(stays)) is None else {"shunt": shunt})
    return Stays(stays.name, stays.stay, {**stays.values, **found}, stays.context, stays.marks)


def _gfr(stays: Stays) -> Rows:
    out = np.full(stays.rows, np.nan)
    known = np.flatnonzero(~np.isnan(stays.values["creatinine"]) & ~np.isnan(stays.context["female"]))
    for rows in np.split(known, np.flatnonzero(np.diff(stays.first[known])) + 1):
        if len(rows):
            out[rows] = _along(stays, rows)
    return out


def _along(stays: Stays, rows: NDArray[np.int64]) -> Rows:
    """Of one stay, after each of its creatinine values, from those up to it."""
    years, female = stays.context["age"][rows[:1]], stays.context["female"][rows[:1]] > 0
    made = float(np.asarray(cockcroft_gault(float(years[0]), 1.0, 1.0, bool(female[0]))))
    hours, logs = rows.astype(np.float64), np.log(stays.values["creatinine"][rows])
    seen = filtered(hours[None], logs[None], turnovers(years, female), female, LIVELINESS)
    return made / np.exp(seen.means[:, 0, 1])


def _shunt(stays: Stays) -> Rows | None:
    values = stays.values
    if "hemoglobin" not in values or "fio2" not in values:
        return None
    carried = {name: _carried(values[name], stays.first, hours) for name, hours in _CARRIED if name in values}
    ph, pco2 = (np.where(np.isnan(carried[n]), usual, carried[n]) for n, usual in (("ph", 7.40), ("paco2", 40.0)))
    blood = Blood(carried["hemoglobin"], ph, pco2)
    points = np.geomspace(10.0, 300.0, 2000)
    tells = np.where((values["spo2"] >= 60.0) & (values["spo2"] <= TELLS_UP_TO), values["spo2"] / 100.0, np.nan)
    by_saturation = np.interp(tells, standard_saturation(points), points) / blood.shift
    pao2 = np.where(np.isnan(tells), np.nan, by_saturation)
    if "pao2" in values:
        pao2 = np.where(np.isnan(values["pao2"]), pao2, values["pao2"])
    return np.clip(effective_shunt(pao2, carried["fio2"], blood, np.asarray(DIFFERENCE[0])), -0.2, 0.9)


_CARRIED: Sequence[tuple[str, int]] = (("fio2", FIO2_H), ("hemoglobin", HEMOGLOBIN_H), ("ph", GAS_H), ("paco2", GAS_H))


def _carried(values: Rows, first: NDArray[np.int64], hours: int) -> Rows:
    """The last known value of the same stay, for so many hours."""
    index = np.arange(len(values))
    last = np.maximum.accumulate(np.where(np.isnan(values), -1, index))
    counts = (last >= first) & (index - last <= hours)
    return np.where(counts, values[np.maximum(last, 0)], np.nan)
