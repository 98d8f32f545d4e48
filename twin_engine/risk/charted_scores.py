"""The reference scores of a patient record: newest values for NEWS2 and qSOFA, the worst of 24 h for SOFA."""

from datetime import datetime, timedelta

from twin_engine.patient.quality import plausible
from twin_engine.patient.record import Administration, PatientRecord, was_known
from twin_engine.patient.units import UnitError, convert
from twin_engine.risk.eligibility import runs
from twin_engine.risk.scores import CATECHOLAMINES, NotComputable, Score, news2, qsofa, sofa

VITALS_H, SETTING_H, DAY_H, LIVER_H = 4.0, 12.0, 24.0, 48.0
"""Older values do not count: vital signs, ventilator and oxygen settings, the worst of a day; bilirubin is drawn rarely."""

AIR_FIO2 = 0.21
SEDATIVES = frozenset({"propofol", "midazolam", "dexmedetomidine", "ketamine", "remifentanil", "sufentanil"})
INVASIVE = frozenset({"vc_cmv", "pc_cmv", "prvc", "simv", "psv", "aprv", "hfov"})
SUPPORTED = INVASIVE | {"cpap", "niv"}


def charted_news2(record: PatientRecord, at: datetime) -> Score:
    """NEWS2 from the newest values of the last 4 h; scale 2 with charted chronic hypercapnia."""
    gcs = _gcs(record, at, VITALS_H)
    fio2 = _fio2(record, at)
    return news2(
        _newest(record, "respiratory_rate", at, VITALS_H),
        _newest(record, "spo2", at, VITALS_H),
        None if fio2 is None else fio2 > AIR_FIO2,
        _newest(record, "sbp", at, VITALS_H),
        _newest(record, "heart_rate", at, VITALS_H),
        _newest(record, "temperature", at, VITALS_H * 2),
        gcs if gcs is None or isinstance(gcs, NotComputable) else gcs >= 15.0,
        record.has_condition("chronic_hypercapnia"),
    )


def charted_qsofa(record: PatientRecord, at: datetime) -> Score:
    """qSOFA from the newest values of the last 4 h."""
    breaths, systolic = _newest(record, "respiratory_rate", at, VITALS_H), _newest(record, "sbp", at, VITALS_H)
    return qsofa(breaths, systolic, _gcs(record, at, VITALS_H))


def charted_sofa(record: PatientRecord, at: datetime) -> Score:
    """SOFA from the worst values of the last 24 h."""
    return sofa(
        _worst_ratio(record, at),
        _ventilated(record, at),
        min(_values(record, "platelets", at, DAY_H), default=None),
        max(_values(record, "bilirubin", at, LIVER_H), default=None),
        min(_values(record, "map", at, DAY_H), default=None),
        _catecholamine(record, at),
        _gcs(record, at, DAY_H, worst=True),
        max(_values(record, "creatinine", at, DAY_H), default=None),
        _urine(record, at),
    )


def _rows(record: PatientRecord, name: str, at: datetime, hours: float) -> list[tuple[datetime, float]]:
    since = at - timedelta(hours=hours)
    known = [m for m in record.of(name) if m.value is not None and since < m.time <= at and was_known(m, at)]
    return [(m.time, m.value) for m in known if m.value is not None and plausible(name, m.value)]


def _values(record: PatientRecord, name: str, at: datetime, hours: float) -> list[float]:
    return [value for _, value in _rows(record, name, at, hours)]


def _newest(record: PatientRecord, name: str, at: datetime, hours: float) -> float | None:
    rows = _rows(record, name, at, hours)
    return max(rows)[1] if rows else None


def _gcs(record: PatientRecord, at: datetime, hours: float, worst: bool = False) -> float | NotComputable | None:
    if any(a.drug in SEDATIVES and runs(a, at) for a in record.administrations):
        return NotComputable("sedated")
    values = _values(record, "gcs", at, hours)
    return None if not values else min(values) if worst else _newest(record, "gcs", at, hours)


def _fio2_rows(record: PatientRecord, at: datetime, hours: float) -> list[tuple[datetime, float]]:
    since = at - timedelta(hours=hours)
    charted = [s for s in record.settings if s.variable == "fio2" and s.value is not None and s.time is not None]
    set_ = [(s.time, s.value) for s in charted if s.time is not None and s.value is not None and since < s.time <= at]
    return sorted([*set_, *_rows(record, "fio2", at, hours)])


def _fio2(record: PatientRecord, at: datetime) -> float | None:
    rows = _fio2_rows(record, at, SETTING_H)
    return rows[-1][1] if rows else None


def _worst_ratio(record: PatientRecord, at: datetime) -> float | None:
    ratios = _values(record, "pao2_fio2", at, DAY_H)
    settings = _fio2_rows(record, at, DAY_H + SETTING_H)
    arterial = [m for m in record.of("pao2") if m.specimen in {"arterial", "unknown"} and m.value is not None]
    since = at - timedelta(hours=DAY_H)
    for gas in arterial:
        before = [v for t, v in settings if t <= gas.time and gas.time - t <= timedelta(hours=VITALS_H)]
        if before and gas.value is not None and since < gas.time <= at and was_known(gas, at) and plausible("pao2", gas.value):
            ratios.append(gas.value / before[-1])
    return min(ratios, default=None)


def _ventilated(record: PatientRecord, at: datetime) -> bool | None:
    since = at - timedelta(hours=DAY_H)
    rows = (*record.settings, *record.measurements)
    modes = [r.category for r in rows if r.variable == "ventilator_mode" and r.time is not None and since < r.time <= at]
    known = [mode for mode in modes if mode not in {None, "unknown"}]
    return any(mode in SUPPORTED for mode in known) if known else None


def _catecholamine(record: PatientRecord, at: datetime) -> float | NotComputable:
    since = at - timedelta(hours=DAY_H)
    weight = record.latest("weight", at)
    highest = 0.0
    for row in record.administrations:
        if row.drug not in CATECHOLAMINES or row.start > at or (row.end is not None and row.end <= since):
            continue
        rate = _per_kg_and_minute(row, None if weight is None else weight.value)
        if rate is None:
            return NotComputable(f"the rate of {row.drug} cannot be read per kilogram")
        highest = max(highest, rate)
    return highest


def _per_kg_and_minute(row: Administration, weight_kg: float | None) -> float | None:
    if row.rate is None:
        return 0.0 if row.amount is not None and row.end is None else None
    try:
        return convert(row.rate, row.unit, "ug/kg/min", substance=row.drug, weight_kg=weight_kg)
    except UnitError:
        return None


def _urine(record: PatientRecord, at: datetime) -> float | None:
    """The sum of 24 h, if urine was charted in at least 18 of its hours or in periods that span it."""
    rows = [m for m in record.of("urine_output") if m.value is not None and at - timedelta(hours=DAY_H) < m.time <= at]
    hours = {int((at - m.time).total_seconds() // 3600) for m in rows}
    spans = sum((m.time - m.start).total_seconds() / 3600.0 for m in rows if m.start is not None)
    return sum(m.value for m in rows if m.value is not None) if len(hours) >= 18 or spans >= 22.0 else None
