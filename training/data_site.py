"""A site's own stays, for recalibration: one Parquet table of hourly rows, `site_hourly.parquet`.

Columns: `stay` (any name), `hour` (whole hours since admission), `age` (years), `female` (1 or 0); the variables that the
models read, by our names and in our units (twin_engine/patient/variables.csv); `vasopressor` (1 while one runs), and where
those risks are to be recalibrated `sepsis` (1 from 6 h before onset) and `renal_replacement` (1 from its start for a week
beyond its end, always in chronic dialysis). An hour that is not charted needs no row.
"""

from pathlib import Path

import numpy as np
import pandas as pd

from training.stays import Stays, implausible_removed
from twin_engine.patient.variables import VARIABLES

PATH = "site_hourly.parquet"
ALWAYS = ("stay", "hour", "age", "female")
MARKS = ("vasopressor", "sepsis", "renal_replacement")
ADULT_Y = 18.0


class UnusableTable(ValueError):
    """The table is not as described; the message says what is wrong."""


def read(folder: Path) -> Stays:
    """Every adult stay, from its first to its last hour. Raises UnusableTable."""
    if not (folder / PATH).exists():
        raise UnusableTable(f"there is no {PATH} in the folder")
    table = pd.read_parquet(folder / PATH)
    missing = [name for name in (*ALWAYS, "map") if name not in table]
    unknown = [name for name in table if name not in (*ALWAYS, *MARKS) and name not in VARIABLES]
    if missing or unknown:
        raise UnusableTable(f"missing columns: {', '.join(missing) or 'none'}; unknown columns: {', '.join(unknown) or 'none'}")
    if "vasopressor" not in table:
        raise UnusableTable(
            "without the column vasopressor nobody knows who had one, and the risk of hypotension is refused then"
        )
    if table.duplicated(["stay", "hour"]).any():
        raise UnusableTable("an hour of a stay has two rows")
    table = table[table["age"] >= ADULT_Y].assign(stay=lambda t: t["stay"].astype(str), hour=lambda t: t["hour"].astype(int))
    whole = [
        pd.DataFrame({"stay": stay, "hour": np.arange(hours.min(), hours.max() + 1)})
        for stay, hours in table.groupby("stay")["hour"]
    ]
    if not whole:
        raise UnusableTable("no adult stay is in the table")
    rows = pd.concat(whole).merge(table, on=["stay", "hour"], how="left")
    fixed = {name: rows.groupby("stay")[name].transform("first").to_numpy(np.float64) for name in ("age", "female")}
    values = {n: implausible_removed(n, rows[n].to_numpy(np.float64)) for n in rows if n in VARIABLES}
    marks = {name: rows[name].to_numpy(np.float64) for name in MARKS if name in rows}
    return Stays("site", rows["stay"].to_numpy(object), values, fixed, {**marks, "hour": rows["hour"].to_numpy(np.float64)})
