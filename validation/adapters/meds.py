"""Medical Event Data Standard (MEDS) parquet into measurements: numeric events whose code a table names.

The codes of the MIMIC-IV demo in MEDS are `<table>//<item>//<unit>`; only items named in the caller's table are read.
"""

from collections.abc import Mapping
from datetime import UTC
from pathlib import Path

import pandas as pd

from twin_engine.patient.quality import plausible
from twin_engine.patient.record import Measurement
from twin_engine.patient.units import UnitError, convert
from twin_engine.patient.variables import VARIABLES


def measurements(path: Path, meaning: Mapping[str, tuple[str, str]]) -> dict[int, list[Measurement]]:
    """Measurements by subject. `meaning`: MEDS code -> (variable, unit); rows that cannot be true are left out."""
    table = pd.read_parquet(path, columns=["subject_id", "time", "code", "value"])
    table = table[table["code"].isin(set(meaning)) & table["value"].notna() & table["time"].notna()]
    found: dict[int, list[Measurement]] = {}
    for subject, time, code, value in table.itertuples(index=False):
        variable, unit = meaning[code]
        try:
            converted = convert(float(value), unit, VARIABLES[variable].unit, substance=variable)
        except UnitError:
            continue
        if plausible(variable, converted):
            row = Measurement(variable, converted, VARIABLES[variable].unit, time.to_pydatetime().replace(tzinfo=UTC))
            found.setdefault(int(subject), []).append(row)
    return {subject: sorted(rows, key=lambda m: m.time) for subject, rows in found.items()}
