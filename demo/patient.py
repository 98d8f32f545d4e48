"""The synthetic patients: what is charted, relative to now, and what is hidden in them."""

import json
from dataclasses import dataclass
from functools import cache
from importlib.resources import files


@dataclass(frozen=True, slots=True)
class Regimen:
    """A vancomycin order as the form holds it; `interval_h` None = a single dose."""

    amount_mg: float
    interval_h: float | None
    infusion_h: float


@dataclass(frozen=True, slots=True)
class Given:
    """One dose that was given, hours before now."""

    hours_ago: float
    amount_mg: float
    infusion_h: float


@dataclass(frozen=True, slots=True)
class Truth:
    """The kinetics hidden in the patient; `clearance` = (hours ago, L/h), straight lines between."""

    clearance: tuple[tuple[float, float], ...]
    v1_l: float
    q_l_per_h: float
    v2_l: float
    error_cv: float


@dataclass(frozen=True, slots=True)
class DemoPatient:
    """One patient of the demo. `measurements` = variable -> (hours ago, value) in the unit of `fhir.CODES`."""

    id: str
    given: str
    family: str
    sex: str
    age_years: int
    mrn: str
    bed: str
    story: str
    seed: int
    admitted_h: float
    conditions: tuple[tuple[str, str], ...]
    measurements: dict[str, tuple[tuple[float, float], ...]]
    doses: tuple[Given, ...]
    levels_h: tuple[float, ...]
    truth: Truth
    draft: Regimen
    slip: Regimen | None


@cache
def patients() -> tuple[DemoPatient, ...]:
    """Every patient of the demo, in the order of the bed board."""
    folder = files("demo").joinpath("patients")
    found = sorted((entry for entry in folder.iterdir() if entry.name.endswith(".json")), key=lambda e: e.name)
    return tuple(_read(json.loads(entry.read_text(encoding="utf-8"))) for entry in found)


def _read(row: dict) -> DemoPatient:
    truth = row.pop("truth")
    slip = row.pop("slip", None)
    return DemoPatient(
        **{
            **row,
            "conditions": tuple((c["snomed"], c["display"]) for c in row["conditions"]),
            "measurements": {name: tuple(map(tuple, series)) for name, series in row["measurements"].items()},
            "doses": tuple(Given(**dose) for dose in row["doses"]),
            "levels_h": tuple(row["levels_h"]),
            "truth": Truth(
                tuple(map(tuple, truth["clearance_l_per_h"])),
                truth["v1_l"],
                truth["q_l_per_h"],
                truth["v2_l"],
                truth["error_cv"],
            ),
            "draft": Regimen(**row["draft"]),
            "slip": None if slip is None else Regimen(**slip),
        }
    )
