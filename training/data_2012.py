"""PhysioNet/CinC Challenge 2012: the first 48 hours of ICU stays, and death in hospital.

Silva I et al. Comput Cardiol 2012;39:245-8; ODC-BY 1.0.
"""

from pathlib import Path

import numpy as np
import pandas as pd

from training.stays import Stays, implausible_removed

EVENTS, RECORDS = "physionet2012/events.parquet", "physionet2012/records.csv"
HOURS = 48

# mg/dL to mmol/L by molar mass: glucose 180.16, magnesium 24.305 g/mol; albumin g/dL to g/L.
PARAMETERS: dict[str, tuple[tuple[str, ...], float]] = {
    "heart_rate": (("HR",), 1.0), "map": (("MAP", "NIMAP"), 1.0), "sbp": (("SysABP", "NISysABP"), 1.0),
    "dbp": (("DiasABP", "NIDiasABP"), 1.0), "respiratory_rate": (("RespRate",), 1.0), "temperature": (("Temp",), 1.0),
    "sao2": (("SaO2",), 1.0), "gcs": (("GCS",), 1.0), "fio2": (("FiO2",), 1.0), "pao2": (("PaO2",), 1.0),
    "paco2": (("PaCO2",), 1.0), "ph": (("pH",), 1.0), "hco3": (("HCO3",), 1.0), "lactate": (("Lactate",), 1.0),
    "creatinine": (("Creatinine",), 1.0), "urea_nitrogen": (("BUN",), 1.0), "sodium": (("Na",), 1.0),
    "potassium": (("K",), 1.0), "glucose": (("Glucose",), 10.0 / 180.16), "magnesium": (("Mg",), 10.0 / 24.305),
    "albumin": (("Albumin",), 10.0), "bilirubin": (("Bilirubin",), 1.0), "hematocrit": (("HCT",), 1.0),
    "platelets": (("Platelets",), 1.0), "wbc": (("WBC",), 1.0), "urine_output": (("Urine",), 1.0),
}  # fmt: skip


def read(folder: Path) -> Stays | None:
    """48 hourly rows of every adult stay, or None without the files. The arterial pressure goes before the cuff."""
    if not (folder / EVENTS).exists():
        return None
    records = pd.read_csv(folder / RECORDS)
    records = records[records["Age"] >= 18].sort_values("record_id").reset_index(drop=True)
    place = {record: i for i, record in enumerate(records["record_id"])}
    table = pd.read_parquet(folder / EVENTS)
    table = table[table["record_id"].isin(place) & (table["minute"] < HOURS * 60)]
    row = table["record_id"].map(place).to_numpy() * HOURS + table["minute"].to_numpy() // 60
    rows = len(records) * HOURS
    values: dict[str, np.ndarray] = {}
    for name, (sources, factor) in PARAMETERS.items():
        values[name] = np.full(rows, np.nan)
        for source in sources:
            chosen = (table["param"] == source).to_numpy()
            clean = implausible_removed(name, table["value"].to_numpy(np.float64)[chosen] * factor)
            hourly = pd.Series(clean).groupby(row[chosen])
            found = hourly.sum(min_count=1) if name == "urine_output" else hourly.median()
            merged = np.full(rows, np.nan)
            merged[found.index.to_numpy()] = found.to_numpy()
            values[name] = np.where(np.isnan(values[name]), merged, values[name])

    def spread(column: pd.Series) -> np.ndarray:
        return np.repeat(column.to_numpy(np.float64), HOURS)

    gender = spread(records["Gender"].where(records["Gender"] >= 0))
    return Stays(
        "physionet2012",
        np.repeat(("2012-" + records["record_id"].astype(str)).to_numpy(object), HOURS),
        values,
        {
            "age": spread(records["Age"]),
            "female": 1.0 - gender,
            "hours_in_icu": np.tile(np.arange(1.0, HOURS + 1.0), len(records)),
            "hours_in_hospital": np.full(rows, np.nan),
        },
        {
            "held_out": spread(records["set"] != "a"),
            "death": spread(records["in_hospital_death"]),
            "saps_i": spread(records["SAPS_I"].where(records["SAPS_I"] >= 0)),
            "sofa": spread(records["SOFA"].where(records["SOFA"] >= 0)),
            "unit": spread(records["ICUType"]),
        },
    )
