"""eICU Collaborative Research Database demo (Pollard TJ et al. Sci Data 2018;5:180178; ODbL 1.0) into patient records.

Stays have no calendar: minutes since unit admission are counted from 2000-01-01T00:00Z. Ages above 89 are masked and stay
unknown. Infusion rates are used only where the drug's name states a unit of ours.
"""

import re
from collections import defaultdict
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pandas as pd

from twin_engine.patient.quality import plausible
from twin_engine.patient.record import Administration, Measurement, PatientRecord, sorted_by_time
from twin_engine.patient.units import is_known, unit_code
from twin_engine.patient.variables import DRUGS, VARIABLES
from validation.adapters import data_folder

ADMITTED = datetime(2000, 1, 1, tzinfo=UTC)
_PRESSURES = {"noninvasivesystolic": "sbp", "noninvasivediastolic": "dbp", "noninvasivemean": "map"}
_NAMED = re.compile(r"^\s*([A-Za-z]+)[^(]*\(([^)]+)\)\s*$")
_MOST_YEARS = 89


def folder() -> Path:
    """Where the data set is looked for."""
    return data_folder() / "eicu_demo" / "tables"


def records() -> dict[int, PatientRecord]:
    """Every stay by its id. Raises FileNotFoundError when the data are absent."""
    stays = pd.read_parquet(folder() / "patient.parquet")
    pressures = _measurements(pd.read_parquet(folder() / "vitalaperiodic.parquet"))
    infusions = _infusions(pd.read_parquet(folder() / "infusiondrug.parquet"))
    found: dict[int, PatientRecord] = {}
    for row in stays.itertuples(index=False):
        stay = int(row.patientunitstayid)
        body = [*_body("weight", row.admissionweight, "kg"), *_body("height", row.admissionheight, "cm")]
        age = str(row.age)
        born = (ADMITTED - timedelta(days=365.25 * int(age))).date() if age.isdigit() and int(age) <= _MOST_YEARS else None
        sex = {"Male": "male", "Female": "female"}.get(str(row.gender), "unknown")
        found[stay] = PatientRecord(
            birth_date=born,
            sex=sex,  # type: ignore[arg-type]
            measurements=sorted_by_time([*body, *pressures.get(stay, [])]),
            administrations=tuple(sorted(infusions.get(stay, []), key=lambda a: a.start)),
        )
    return found


def _body(variable: str, value: float, unit: str) -> Iterator[Measurement]:
    if pd.notna(value) and plausible(variable, float(value)):
        yield Measurement(variable, float(value), unit, ADMITTED)


def _measurements(table: pd.DataFrame) -> dict[int, list[Measurement]]:
    found: dict[int, list[Measurement]] = defaultdict(list)
    for column, variable in _PRESSURES.items():
        charted = table[table[column].notna()]
        for stay, minutes, value in zip(
            charted["patientunitstayid"], charted["observationoffset"], charted[column], strict=True
        ):
            if plausible(variable, float(value)):
                time = ADMITTED + timedelta(minutes=int(minutes))
                unit = VARIABLES[variable].unit
                found[int(stay)].append(Measurement(variable, float(value), unit, time, site="noninvasive"))
    return found


def _infusions(table: pd.DataFrame) -> dict[int, list[Administration]]:
    """Rates hold until the next charted rate of the same drug; the last one has no end."""
    changes: dict[tuple[int, str, str], list[tuple[int, float]]] = defaultdict(list)
    for row in table.itertuples(index=False):
        named = _NAMED.match(str(row.drugname))
        rate = pd.to_numeric(row.drugrate, errors="coerce")
        if named is None or pd.isna(rate) or rate < 0:
            continue
        drug, unit = named.group(1).lower(), unit_code(named.group(2).strip())
        if drug in DRUGS and is_known(unit):
            changes[(int(row.patientunitstayid), drug, unit)].append((int(row.infusionoffset), float(rate)))
    found: dict[int, list[Administration]] = defaultdict(list)
    for (stay, drug, unit), steps in changes.items():
        steps.sort()
        for i, (minutes, rate) in enumerate(steps):
            start = ADMITTED + timedelta(minutes=minutes)
            end = ADMITTED + timedelta(minutes=steps[i + 1][0]) if i + 1 < len(steps) else None
            if rate > 0 and (end is None or end > start):
                found[stay].append(Administration(drug, start, unit, rate=rate, end=end, last_charted=start, route="iv"))
    return found
