"""Covariates that stand in the chart as they are: body measures, laboratory values, scores, conditions, other drugs.

The newest value counts, if it is not too old (`patient/quality.csv`); what is missing is a reason in words.
"""

from datetime import datetime, timedelta

from twin_engine.covariates.steps import Found, Steps, hours
from twin_engine.patient.derived import age_years
from twin_engine.patient.quality import freshness, rule
from twin_engine.patient.record import DataQuality, Measurement, PatientRecord

CO_MEDICATION: dict[str, tuple[frozenset[str], timedelta]] = {
    "opioid": (frozenset({"fentanyl", "remifentanil", "morphine", "sufentanil", "hydromorphone"}), timedelta(hours=24)),
    "valproate": (frozenset({"valproate"}), timedelta(hours=80)),
}
"""Covariates that are 1 when one of these drugs was given within this time, else 0. Valproate: five of the longest
half-lives of its label (9-16 h)."""

FIO2_HOLDS = timedelta(hours=4)
"""An inspired oxygen charted this long before a blood gas is taken as that of the gas."""

NOT_ARTERIAL = frozenset({"venous", "mixed_venous", "capillary"})
UNUSABLE_WHEN_OLD = frozenset({"refuse", "no_forecast", "prior"})
"""What `quality.csv` says of values beyond their age that leaves no value for a model that needs one."""

IN_WORDS = {
    "female": "sex",
    "pao2_fio2": "PaO2/FiO2",
    "apache_ii": "APACHE II",
    "saps_ii": "SAPS II",
    "creatinine_clearance": "creatinine clearance",
    "fio2": "FiO2",
}


def in_words(name: str) -> str:
    """A covariate's name as a clinician reads it."""
    return IN_WORDS.get(name, name.replace("_", " "))


def age(record: PatientRecord, at: datetime) -> Found | str:
    """Age, years."""
    return "no age is charted" if record.birth_date is None else Found(Steps.constant(age_years(record.birth_date, at)))


def female(record: PatientRecord) -> Found | str:
    """1 for women, 0 for men."""
    return "no sex is charted" if record.sex == "unknown" else Found(Steps.constant(record.sex == "female"))


def condition(name: str, record: PatientRecord) -> Found:
    """1 when the condition is charted; not listed counts as absent."""
    return Found(Steps.constant(record.has_condition(name)))


def co_medication(name: str, record: PatientRecord, at: datetime) -> Found:
    """1 when one of the drugs was given lately, ran lately or runs still."""
    drugs, within = CO_MEDICATION[name]
    since = at - within
    given = any(
        a.drug in drugs and a.start <= at and max(a.start, a.end or a.last_charted or a.start) > since
        for a in record.administrations
    )
    return Found(Steps.constant(given))


def latest(name: str, record: PatientRecord, at: datetime) -> Found | str:
    """The newest value of a variable, measured or set."""
    rows = [(m.time, m.value) for m in record.of(name) if m.value is not None]
    rows += [(s.time, s.value) for s in record.settings if s.variable == name and s.value is not None and s.time is not None]
    known = [row for row in rows if row[0] <= at]
    if not known:
        return f"no {in_words(name)} is charted"
    time, value = max(known, key=lambda row: row[0])
    return aged(name, value, -hours(time, at))


def pao2_fio2(record: PatientRecord, at: datetime) -> Found | str:
    """PaO2/FiO2 of the newest gas, mmHg: as charted, or from the gas and the FiO2 charted at most 4 h before it."""
    charted = record.latest("pao2_fio2", at)
    gas = next((m for m in reversed(record.of("pao2")) if m.time <= at and m.value and m.specimen not in NOT_ARTERIAL), None)
    if charted is not None and charted.value is not None and (gas is None or charted.time >= gas.time):
        return aged("pao2_fio2", charted.value, -hours(charted.time, at))
    if gas is None or gas.value is None:
        return "no PaO2/FiO2 is charted"
    inspired = _inspired(record, gas)
    if inspired is None:
        return "no FiO2 is charted in the 4 h before the newest arterial gas"
    return aged("pao2_fio2", gas.value / inspired, -hours(gas.time, at))


def _inspired(record: PatientRecord, gas: Measurement) -> float | None:
    rows = [(m.time, m.value) for m in record.of("fio2")]
    rows += [(s.time, s.value) for s in record.settings if s.variable == "fio2" and s.time is not None]
    known = [(time, value) for time, value in rows if value and gas.time - FIO2_HOLDS <= time <= gas.time]
    return max(known, key=lambda row: row[0])[1] if known else None


def aged(name: str, value: float, age_h: float) -> Found | str:
    """The value with a remark when it is no longer fresh, or in words that it is too old."""
    state, found = freshness(name, age_h), rule(name)
    if found is None or state == "fresh" or name in {"weight", "height"}:
        return Found(Steps.constant(value))
    old = f"{in_words(name)} is {age_h:.0f} h old" if age_h < 96.0 else f"{in_words(name)} is {age_h / 24.0:.0f} days old"
    if state == "beyond" and found.beyond in UNUSABLE_WHEN_OLD:
        return f"{old}, too old to be used"
    return Found(Steps.constant(value), (DataQuality(name, "stale", f"{old}: no suggestion", age_h),))
