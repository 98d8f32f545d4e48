"""PhysioNet/CinC Challenge 2019: hourly stays of two hospitals with a sepsis label.

Reyna MA et al. Crit Care Med 2020;48:210-7, doi:10.1097/CCM.0000000000004145; CC BY 4.0.
"""

from pathlib import Path

import numpy as np
import pandas as pd

from training.stays import Stays, implausible_removed

PATH = "physionet2019/challenge2019_hourly.parquet"

# mg/dL to mmol/L by molar mass: glucose 180.16, magnesium 24.305, phosphate as phosphorus 30.974 g/mol.
COLUMNS: dict[str, tuple[str, float]] = {
    "heart_rate": ("HR", 1.0), "spo2": ("O2Sat", 1.0), "temperature": ("Temp", 1.0), "sbp": ("SBP", 1.0),
    "map": ("MAP", 1.0), "dbp": ("DBP", 1.0), "respiratory_rate": ("Resp", 1.0), "base_excess": ("BaseExcess", 1.0),
    "hco3": ("HCO3", 1.0), "fio2": ("FiO2", 1.0), "ph": ("pH", 1.0), "paco2": ("PaCO2", 1.0),
    "urea_nitrogen": ("BUN", 1.0), "chloride": ("Chloride", 1.0), "creatinine": ("Creatinine", 1.0),
    "glucose": ("Glucose", 10.0 / 180.16), "lactate": ("Lactate", 1.0), "magnesium": ("Magnesium", 10.0 / 24.305),
    "phosphate": ("Phosphate", 10.0 / 30.974), "potassium": ("Potassium", 1.0), "bilirubin": ("Bilirubin_total", 1.0),
    "hematocrit": ("Hct", 1.0), "hemoglobin": ("Hgb", 1.0), "wbc": ("WBC", 1.0), "fibrinogen": ("Fibrinogen", 0.01),
    "platelets": ("Platelets", 1.0),
}  # fmt: skip


def read(folder: Path) -> Stays | None:
    """All stays of adults in the folder, or None without the file. Hospital A trains, B is held out."""
    if not (folder / PATH).exists():
        return None
    table = pd.read_parquet(folder / PATH).sort_values(["hospital", "pid", "ICULOS"], kind="stable")
    table = table[table["Age"] >= 18].reset_index(drop=True)
    values = {
        name: implausible_removed(name, table[column].to_numpy(np.float64) * factor)
        for name, (column, factor) in COLUMNS.items()
    }
    hospital = table["hospital"].astype(str)
    return Stays(
        "physionet2019",
        ("2019-" + hospital + "-" + table["pid"].astype(int).astype(str)).to_numpy(object),
        values,
        {
            "age": table["Age"].to_numpy(np.float64),
            "female": 1.0 - table["Gender"].to_numpy(np.float64),
            "hours_in_icu": table["ICULOS"].to_numpy(np.float64),
            "hours_in_hospital": (table["ICULOS"] - table["HospAdmTime"]).to_numpy(np.float64),
        },
        {
            "held_out": (hospital == "B").to_numpy(np.float64),
            "sepsis": table["SepsisLabel"].to_numpy(np.float64),
            "surgical_unit": table["Unit2"].to_numpy(np.float64),
        },
    )
