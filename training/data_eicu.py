"""eICU demo: hourly stays of many hospitals, none of which trained anything here.

Pollard TJ et al. Sci Data 2018;5:180178; hourly tables as made for YAIB (van de Water R et al. ICLR 2024); ODbL 1.0.
"""

from pathlib import Path

import numpy as np
import pandas as pd

from training.stays import Stays, implausible_removed

HOURLY, PATIENTS, INFUSIONS = (
    "eicu_demo/yaib_hourly/los_dyn.parquet", "eicu_demo/tables/patient.parquet", "eicu_demo/tables/infusiondrug.parquet",
)  # fmt: skip
TREATMENTS, DIAGNOSES, APACHE = (f"eicu_demo/tables/{name}.parquet" for name in ("treatment", "diagnosis", "apacheapsvar"))
DIALYSIS, KIDNEY_FAILURE = r"renal\|dialysis", "ESRD"
SEPSIS = "eicu_demo/yaib_hourly/sepsis_outc.parquet"
VASOPRESSOR = r"norepi|levophed|epinephrine|phenyleph|neosynep|vasopressin|dopamine"
RUNNING_AFTER_CHARTING_H = 4

COLUMNS: dict[str, tuple[str, float]] = {
    "heart_rate": ("hr", 1.0), "spo2": ("o2sat", 1.0), "temperature": ("temp", 1.0), "sbp": ("sbp", 1.0), "map": ("map", 1.0),
    "dbp": ("dbp", 1.0), "respiratory_rate": ("resp", 1.0), "base_excess": ("be", 1.0), "hco3": ("bicar", 1.0),
    "fio2": ("fio2", 0.01), "ph": ("ph", 1.0), "paco2": ("pco2", 1.0), "pao2": ("po2", 1.0), "urea_nitrogen": ("bun", 1.0),
    "chloride": ("cl", 1.0), "creatinine": ("crea", 1.0), "glucose": ("glu", 10.0 / 180.16), "lactate": ("lact", 1.0),
    "magnesium": ("mg", 10.0 / 24.305), "phosphate": ("phos", 10.0 / 30.974), "potassium": ("k", 1.0), "sodium": ("na", 1.0),
    "bilirubin": ("bili", 1.0), "hemoglobin": ("hgb", 1.0), "wbc": ("wbc", 1.0), "fibrinogen": ("fgn", 0.01),
    "platelets": ("plt", 1.0), "albumin": ("alb", 10.0), "urine_output": ("urine", 1.0),
}  # fmt: skip


def read(folder: Path) -> Stays | None:
    """All adult stays with hourly rows, each from its first to its last charted hour, or None without the files."""
    if not (folder / HOURLY).exists():
        return None
    patients = pd.read_parquet(folder / PATIENTS).set_index("patientunitstayid")
    patients["years"] = pd.to_numeric(patients["age"].replace("> 89", "90"), errors="coerce")
    table = pd.read_parquet(folder / HOURLY)
    table["hour"] = (table["time"] / pd.Timedelta(hours=1)).astype(int)
    table = table[table["stay_id"].isin(patients.index[patients["years"] >= 18])]
    ends = table.groupby("stay_id")["hour"].agg(["min", "max"])
    every = [
        (stay, hour) for stay, (low, high) in zip(ends.index, ends.to_numpy(), strict=True) for hour in range(low, high + 1)
    ]
    grid = (
        table.set_index(["stay_id", "hour"]).reindex(pd.MultiIndex.from_tuples(every, names=["stay_id", "hour"])).reset_index()
    )
    of = patients.loc[grid["stay_id"]]
    values = {n: implausible_removed(n, grid[c].to_numpy(np.float64) * factor) for n, (c, factor) in COLUMNS.items()}
    gender = of["gender"].map({"Female": 1.0, "Male": 0.0}).to_numpy(np.float64)
    hour = grid["hour"].to_numpy(np.float64)
    return Stays(
        "eicu_demo",
        ("eicu-" + grid["stay_id"].astype(int).astype(str)).to_numpy(object),
        values,
        {
            "age": of["years"].to_numpy(np.float64),
            "female": gender,
            "hours_in_icu": hour,
            "hours_in_hospital": hour - of["hospitaladmitoffset"].to_numpy(np.float64) / 60.0,
        },
        {
            "held_out": np.ones(len(grid)),
            "hour": hour,
            "vasopressor": _vasopressor(folder, grid),
            "renal_replacement": _renal_replacement(folder, grid),
            "sepsis": _sepsis(folder, grid),
            "death": of["hospitaldischargestatus"].map({"Expired": 1.0, "Alive": 0.0}).to_numpy(np.float64),
        },
    )


def _vasopressor(folder: Path, grid: pd.DataFrame) -> np.ndarray:
    drugs = pd.read_parquet(folder / INFUSIONS)
    rate = pd.to_numeric(drugs["drugrate"], errors="coerce")
    drugs = drugs[drugs["drugname"].str.contains(VASOPRESSOR, case=False, na=False) & (rate > 0)]
    starts = drugs["infusionoffset"].to_numpy() // 60
    running = {
        (s, h + k) for s, h in zip(drugs["patientunitstayid"], starts, strict=True) for k in range(RUNNING_AFTER_CHARTING_H + 1)
    }
    return np.array([(s, h) in running for s, h in zip(grid["stay_id"], grid["hour"], strict=True)], dtype=np.float64)


def _renal_replacement(folder: Path, grid: pd.DataFrame) -> np.ndarray:
    """1 from the first hour at which dialysis or end-stage kidney failure is charted; in all hours of who came with it."""
    treatments, diagnoses = (pd.read_parquet(folder / path) for path in (TREATMENTS, DIAGNOSES))
    dialysed = treatments[treatments["treatmentstring"].str.contains(DIALYSIS, case=False, na=False)]
    failed = diagnoses[diagnoses["diagnosisstring"].str.contains(KIDNEY_FAILURE, na=False)]
    rows = pd.concat(
        [
            dialysed[["patientunitstayid", "treatmentoffset"]].set_axis(["stay", "minute"], axis=1),
            failed[["patientunitstayid", "diagnosisoffset"]].set_axis(["stay", "minute"], axis=1),
        ]
    )
    since = rows.groupby("stay")["minute"].min() // 60
    came = pd.read_parquet(folder / APACHE).query("dialysis == 1")["patientunitstayid"]
    begins = grid["stay_id"].map(since).where(~grid["stay_id"].isin(came), -np.inf)
    return (grid["hour"] >= begins).to_numpy(np.float64)


def _sepsis(folder: Path, grid: pd.DataFrame) -> np.ndarray:
    label = pd.read_parquet(folder / SEPSIS)
    label["hour"] = (label["time"] / pd.Timedelta(hours=1)).astype(int)
    joined = grid[["stay_id", "hour"]].merge(label[["stay_id", "hour", "label"]], on=["stay_id", "hour"], how="left")
    return joined["label"].astype("float64").to_numpy()
