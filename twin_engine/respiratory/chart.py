"""What the chart says of lungs and ventilator up to now, and why no forecast can rest on it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from twin_engine.blood.hemoglobin import measured, not_measured
from twin_engine.covariates import hours
from twin_engine.covariates.support import running
from twin_engine.outcome import CannotPredict
from twin_engine.patient.derived import age_years
from twin_engine.patient.oximetry import deceived
from twin_engine.patient.quality import freshness
from twin_engine.patient.record import DataQuality, Measurement, PatientRecord
from twin_engine.patient.variables import PRESSURE_MODES, SUPPORT_IN_WORDS
from twin_engine.respiratory.contradicting import contradicting
from twin_engine.respiratory.oxygen import Blood
from twin_engine.respiratory.settings import OXYGEN_ONLY, SUBJECT, UNSUPPORTED, VOLUME_MODES, VentilatorSettings

PEEP_TOTAL: Final = "peep_total"
ADULT_YEARS: Final = 18.0
WINDOW_H: Final = 48.0
MOST_VALUES: Final = 12
SETTING_LASTS_H: Final = 12.0
TOTAL_PEEP_LASTS_H: Final = 4.0
TRIGGERED_BY: Final = 2.0
FLAT_VALUES, FLAT_H, NORMAL_SPO2 = 10, 1.0, 97.0
"""A saturation below 97 % that does not move in ten values over an hour is that of a probe, not of a patient."""
_SET: Final = (
    "fio2", "peep", "tidal_volume_set", "respiratory_rate_set", "inspiratory_pressure", "inspiratory_time", "ie_ratio",
    "pressure_support",
)  # fmt: skip

MISREAD: Final = "SpO2 is not used, and the blood carries less than PaO2 says"


@dataclass(frozen=True, slots=True)
class Gas:
    """One arterial gas: hours before now (<= 0), mm[Hg], with the settings in force; None = not measured."""

    hour: float
    pao2: float | None
    paco2: float | None
    ph: float | None
    settings: VentilatorSettings


@dataclass(frozen=True, slots=True)
class Reading:
    """One measured value with the settings in force."""

    hour: float
    value: float
    settings: VentilatorSettings


@dataclass(frozen=True, slots=True)
class LungChart:
    """Everything the models read. `inferred`: the mode was not charted; `triggering`: breaths above the set rate."""

    at: datetime
    now: VentilatorSettings
    inferred: bool
    triggering: bool
    total_rate: float | None
    gases: tuple[Gas, ...]
    saturations: tuple[Reading, ...]
    plateau: tuple[Reading, ...]
    peak: tuple[Reading, ...]
    mean_airway: Reading | None
    total_peep: Reading | None
    volume: Reading | None
    hemoglobin: float | None
    hemoglobin_age_h: float | None
    temperature: float | None
    cardiac_output: float | None
    remarks: tuple[DataQuality, ...]

    def latest_gas(self, what: str) -> Gas | None:
        """The newest gas that holds `pao2`, `paco2` or `ph`."""
        return next((g for g in reversed(self.gases) if getattr(g, what) is not None), None)


def read(record: PatientRecord, at: datetime) -> LungChart | CannotPredict:
    """The chart of a ventilated adult, or why there is none."""
    refused = _refused(record, at)
    if refused is not None:
        return CannotPredict(SUBJECT, refused)
    history = _History(record, at)
    now, remarks = history.at(0.0), list[DataQuality]()
    for variable, name in (("fio2", "FiO2"), ("peep", "PEEP")):
        age = history.age(variable)
        if age is None or freshness(variable, age) == "beyond":
            words = f"{name} is {'not charted' if age is None else f'charted {age:.0f} h ago'}"
            if variable == "peep":
                return CannotPredict(SUBJECT, f"{words}: nothing is predicted")
            remarks.append(DataQuality(variable, "missing", f"{words}: oxygen is not predicted", age))
            now = replace(now, fio2=None)
        elif freshness(variable, age) == "usable":
            remarks.append(DataQuality(variable, "stale", "carried forward: no suggestion", age))
    mode = now.mode
    if mode in UNSUPPORTED:
        return CannotPredict(SUBJECT, f"{UNSUPPORTED[mode]} is not modelled")
    total = _newest(record, "respiratory_rate", at, 4.0)
    rate = now.respiratory_rate_set
    triggering = total is not None and rate is not None and total > rate + TRIGGERED_BY
    inferred = history.charted_mode is None and now.tidal_volume_set is not None and rate is not None
    if inferred:
        now = replace(now, mode="vc_cmv")
        remarks.append(DataQuality("ventilator_mode", "assumed", "mode not charted: volume control inferred"))
    if triggering:
        words = f"the patient breathes {total:g} /min at {rate:g} set: pressures and CO2 are uncertain"
        remarks.append(DataQuality("respiratory_rate", "assumed", words))
    gases, told = _gases(record, at, history)
    saturations, flat = _saturations(record, at, history)
    hemoglobin, hemoglobin_age_h = measured(record, at) or (None, None)
    if hemoglobin is None:
        remarks.append(not_measured())
    return LungChart(
        at=at,
        now=now,
        inferred=inferred,
        triggering=triggering,
        total_rate=total,
        gases=gases,
        saturations=saturations,
        plateau=_readings(record, "plateau_pressure", at, history),
        peak=_readings(record, "peak_pressure", at, history),
        mean_airway=next(reversed(_readings(record, "mean_airway_pressure", at, history, SETTING_LASTS_H)), None),
        total_peep=next(reversed(_readings(record, PEEP_TOTAL, at, history, TOTAL_PEEP_LASTS_H)), None),
        volume=next(reversed(_readings(record, "tidal_volume", at, history, SETTING_LASTS_H)), None),
        hemoglobin=hemoglobin,
        hemoglobin_age_h=hemoglobin_age_h,
        temperature=_newest(record, "temperature", at, 12.0),
        cardiac_output=_newest(record, "cardiac_output", at, 4.0),
        remarks=(*remarks, *told, *flat, *_contradicting(record, at, gases)),
    )


def mechanical(chart: LungChart) -> CannotPredict | None:
    """Why pressures and carbon dioxide cannot be forecast; None = they can."""
    if chart.now.mode in OXYGEN_ONLY and not chart.inferred:
        words = (
            "the mode is not known" if chart.now.mode == "unknown" else f"{chart.now.mode.upper()} shares work with the patient"
        )
        return CannotPredict("plateau_pressure", f"{words}: pressures and carbon dioxide are not predicted")
    if chart.now.mode in VOLUME_MODES and (chart.now.tidal_volume_set is None or chart.now.respiratory_rate_set is None):
        return CannotPredict("plateau_pressure", "the set volume or rate is not charted")
    if chart.now.mode in PRESSURE_MODES and chart.now.inspiratory_pressure is None:
        words = "the set inspiratory pressure is not charted: pressures and carbon dioxide are not predicted"
        return CannotPredict("plateau_pressure", words)
    return None


def _refused(record: PatientRecord, at: datetime) -> str | None:
    if record.birth_date is None:
        return "the age is not known: nothing is predicted"
    if age_years(record.birth_date, at) < ADULT_YEARS:
        return "the models describe adults"
    support = running(record, ("ecmo", "mechanical_circulatory_support"), at)
    if support is not None:
        return f"{SUPPORT_IN_WORDS[support]} adds or moves blood in a way the models do not describe"
    return "pregnancy is outside the population of the models" if record.has_condition("pregnancy") else None


class _History:
    """Settings over time."""

    def __init__(self, record: PatientRecord, at: datetime) -> None:
        rows = [(hours(s.time, at), s) for s in record.settings if s.time is not None and s.time <= at]
        self._rows = sorted(rows, key=lambda row: row[0])
        modes = [s.category for _, s in self._rows if s.variable == "ventilator_mode" and s.category]
        self.charted_mode: str | None = modes[-1] if modes else None

    def at(self, hour: float) -> VentilatorSettings:
        """Settings in force at an hour (<= 0): the newest ones charted up to then, none older than they last."""
        values: dict[str, float] = {}
        mode = "unknown"
        for when, one in self._rows:
            if when > hour + 1e-9:
                break
            if one.variable == "ventilator_mode":
                mode = one.category or mode
            elif one.variable in _SET and one.value is not None and when >= hour - SETTING_LASTS_H:
                values[one.variable] = one.value
        return VentilatorSettings(mode, **values)

    def age(self, variable: str) -> float | None:
        """Hours since the newest value; None = never charted."""
        return next((-when for when, s in reversed(self._rows) if s.variable == variable and s.value is not None), None)


def _newest(record: PatientRecord, variable: str, at: datetime, within_h: float) -> float | None:
    found = record.latest(variable, at)
    return None if found is None or -hours(found.time, at) > within_h else found.value


def _rows(record: PatientRecord, variable: str, at: datetime, within_h: float = WINDOW_H) -> Iterator[Measurement]:
    for one in record.of(variable):
        if one.value is not None and one.comparator is None and one.time <= at and hours(one.time, at) >= -within_h:
            yield one


def _readings(
    record: PatientRecord, variable: str, at: datetime, history: _History, within_h: float = WINDOW_H
) -> tuple[Reading, ...]:
    found: list[Reading] = []
    for one in _rows(record, variable, at, within_h):
        hour = hours(one.time, at)
        found.append(Reading(hour, float(one.value or 0.0), history.at(hour)))
    return tuple(found[-MOST_VALUES:])


def _gases(record: PatientRecord, at: datetime, history: _History) -> tuple[tuple[Gas, ...], tuple[DataQuality, ...]]:
    """Arterial gases, one per instant. A gas whose specimen is not known to be arterial is none."""
    found: dict[datetime, dict[str, float]] = {}
    other = False
    for variable in ("pao2", "paco2", "ph"):
        for one in _rows(record, variable, at):
            if one.specimen == "arterial":
                found.setdefault(one.time, {})[variable] = float(one.value or 0.0)
            else:
                other = True
    gases = [
        Gas(hour, v.get("pao2"), v.get("paco2"), v.get("ph"), history.at(hour))
        for time, v in sorted(found.items())
        for hour in [hours(time, at)]
    ]
    told: list[DataQuality] = []
    if other:
        told.append(DataQuality("pao2", "ignored", "a gas that is not known to be arterial is not used"))
    if any(g.pao2 is not None and g.settings.fio2 is None for g in gases):
        told.append(DataQuality("fio2", "missing", "an oxygen tension without the FiO2 of its time is not used"))
    return tuple(gases[-MOST_VALUES:]), tuple(told)


def _saturations(record: PatientRecord, at: datetime, history: _History) -> tuple[tuple[Reading, ...], tuple[DataQuality, ...]]:
    rows = list(_rows(record, "spo2", at, SETTING_LASTS_H))
    why = deceived(record, at)
    if why is not None:
        return (), (DataQuality("spo2", "implausible", f"{why}; {MISREAD}"),)
    if _flat(rows):
        words = f"{rows[-1].value:g} % without any change for over an hour: a probe, not a patient"
        return (), (DataQuality("spo2", "implausible", words),)
    readings = [Reading(hours(r.time, at), float(r.value or 0.0), history.at(hours(r.time, at))) for r in rows]
    return tuple(readings[-2 * MOST_VALUES :]), ()


def _contradicting(record: PatientRecord, at: datetime, gases: Sequence[Gas]) -> Iterator[DataQuality]:
    """Whether the newest gas and the oximeter, or the oximeter and co-oximetry, cannot both be right."""
    tensions = [one for one in _rows(record, "pao2", at) if one.specimen == "arterial"]
    newest = tensions[-1] if tensions else None
    acid = next((g for g in reversed(gases) if newest is not None and g.hour == hours(newest.time, at)), None)
    degrees = _newest(record, "temperature", at, 12.0)
    blood = Blood(
        hemoglobin=1.0,  # of no weight for a saturation
        ph=7.4 if acid is None or acid.ph is None else acid.ph,
        pco2=40.0 if acid is None or acid.paco2 is None else acid.paco2,
        temperature=37.0 if degrees is None else degrees,
    )
    yield from contradicting(record, at, newest, blood)


def _flat(rows: Sequence[Measurement]) -> bool:
    last = rows[-FLAT_VALUES:]
    if len(last) < FLAT_VALUES or (last[-1].value or 100.0) >= NORMAL_SPO2:
        return False
    return len({r.value for r in last}) == 1 and hours(last[-1].time, last[0].time) >= FLAT_H
