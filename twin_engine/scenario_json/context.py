"""Who the patient is and what else is known, from JSON: birth date and sex, procedures, conditions, findings."""

from datetime import date, datetime
from typing import Literal, cast

from twin_engine.patient.derived import age_years
from twin_engine.patient.record import Condition, Finding, Procedure, Sex
from twin_engine.patient.variables import CONDITIONS, PROCEDURES, SUPPORT_IN_WORDS
from twin_engine.scenario_json.fields import Row, ScenarioError, Unusable, day, moment, number, positive, rows, text
from twin_engine.scenario_json.remarks import Reading

Support = Literal["ihd", "crrt", "sled", "ecmo", "mechanical_circulatory_support"]

PATIENT_FIELDS = frozenset({"birth_date", "sex"})
PROCEDURE_FIELDS = frozenset({"procedure", "start", "end", "effluent_ml_per_h"})
CONDITION_FIELDS = frozenset({"condition", "onset"})
FINDING_FIELDS = frozenset({"finding", "side", "value", "unit", "time"})

SEXES = frozenset({"male", "female", "unknown"})
OLDEST_YEARS = 125.0


def patient(reading: Reading, row: Row) -> tuple[date | None, Sex]:
    """Birth date and sex; None and "unknown" where not stated or not possible."""
    reading.known_fields(row, PATIENT_FIELDS, "the patient")
    born = day(row, "birth_date", "patient")
    if born is not None and not 0.0 <= age_years(born, reading.at) <= OLDEST_YEARS:
        reading.remark("birth_date", "implausible", f"not used: the age would not be from 0 to {OLDEST_YEARS:g} years")
        born = None
    return born, cast("Sex", reading.word(row, "sex", "patient", SEXES) or "unknown")


def procedures(reading: Reading, document: Row) -> tuple[Procedure, ...]:
    """Organ support up to now, and what is planned."""
    found: list[Procedure] = []
    for path, row in rows(document, "procedures"):
        reading.known_fields(row, PROCEDURE_FIELDS, "a procedure")
        name = _named(reading, row, path, "procedure", PROCEDURES)
        effluent = positive(row, "effluent_ml_per_h", path)
        start, end = _moment(reading, row, path, "start"), _moment(reading, row, path, "end")
        if name is None:
            continue
        if start is not None and start > reading.at:
            words = f"{SUPPORT_IN_WORDS[name]} starts after the time of the prediction: the forecast is without it"
            reading.remark(name, "assumed", words)
        found.append(Procedure(cast("Support", name), start, end, effluent))
    return tuple(found)


def conditions(reading: Reading, document: Row) -> tuple[Condition, ...]:
    """Coded conditions up to now; one with an unreadable onset counts as present."""
    found: list[Condition] = []
    for path, row in rows(document, "conditions"):
        reading.known_fields(row, CONDITION_FIELDS, "a condition")
        name = _named(reading, row, path, "condition", CONDITIONS)
        onset = _moment(reading, row, path, "onset")
        if name is None:
            continue
        if onset is not None and onset > reading.at:
            reading.remark(name, "ignored", "not used: it begins after the time of the prediction")
            continue
        found.append(Condition(name, onset))
    return tuple(found)


def findings(reading: Reading, document: Row) -> tuple[Finding, ...]:
    """Imaging findings up to now, oldest first."""
    found: list[Finding] = []
    for path, row in rows(document, "findings"):
        reading.known_fields(row, FINDING_FIELDS, "a finding")
        name = text(row, "finding", path)
        if name is None:
            raise ScenarioError(f"{path}.finding: is needed")
        value, time = number(row, "value", path), _moment(reading, row, path, "time")
        if time is None or time > reading.at:
            reading.remark(name, "ignored", "not used: it has no time up to the prediction")
            continue
        found.append(Finding(name, time, text(row, "side", path), value, text(row, "unit", path)))
    return tuple(sorted(found, key=lambda f: f.time))


def _named(reading: Reading, row: Row, path: str, field: str, known: frozenset[str]) -> str | None:
    if row.get(field) is None:
        raise ScenarioError(f"{path}.{field}: is needed")
    return reading.word(row, field, path, known)


def _moment(reading: Reading, row: Row, path: str, field: str) -> datetime | None:
    """An instant that the row can do without: unreadable is absent, with a remark."""
    try:
        return moment(row, field, path)
    except Unusable as why:
        reading.remark(path.split("[", maxsplit=1)[0], "ignored", f"{field} not used: {why.words}")
        return None
