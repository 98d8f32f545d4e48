"""What each risk model reads, by organ, and where physiology allows only one direction."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from training.boost import Shape
from twin_engine.risk.features import DERIVED, Feature, Statistic

Direction = Mapping[str, int]

VITALS: dict[str, tuple[str, tuple[tuple[Statistic, int], ...]]] = {
    "map": ("circulation", (("newest", 6), ("lowest", 6), ("lowest", 24), ("mean", 3), ("mean", 12), ("change", 6))),
    "sbp": ("circulation", (("newest", 6), ("lowest", 6), ("mean", 12))),
    "dbp": ("circulation", (("newest", 6), ("lowest", 6))),
    "pulse_pressure": ("circulation", (("newest", 6), ("mean", 6))),
    "heart_rate": ("circulation", (("newest", 6), ("highest", 6), ("mean", 12), ("lowest", 24), ("change", 6), ("spread", 6))),
    "shock_index": ("circulation", (("newest", 6), ("mean", 6))),
    "respiratory_rate": ("lungs", (("newest", 6), ("highest", 6), ("mean", 12), ("change", 6))),
    "spo2": ("lungs", (("newest", 6), ("lowest", 6), ("mean", 12))),
    "temperature": ("inflammation", (("newest", 8), ("highest", 12), ("highest", 24), ("lowest", 24), ("change", 12))),
}  # fmt: skip

LABORATORY: dict[str, str] = {
    "lactate": "acid_base", "ph": "acid_base", "hco3": "acid_base", "base_excess": "acid_base", "paco2": "lungs",
    "creatinine": "kidney", "urea_nitrogen": "kidney", "potassium": "kidney", "chloride": "kidney",
    "magnesium": "kidney", "phosphate": "kidney", "glucose": "metabolism", "bilirubin": "metabolism",
    "wbc": "inflammation", "platelets": "blood", "hemoglobin": "blood", "fibrinogen": "blood",
}  # fmt: skip
LABORATORY_H, BLOOD_GAS_H, CHANGE_H, COUNT_H = 168, 72, 48, 36
"""A value counts for so many hours, older ones are unknown. Chosen by inner cross-validation in hospital A: shorter look-backs
make the trees learn who was measured."""
BLOOD_GAS = frozenset({"lactate", "ph", "hco3", "base_excess", "paco2"})
CHANGES = ("lactate", "creatinine", "urea_nitrogen", "hemoglobin", "wbc", "platelets", "hco3")

AGE_AND_SEX = (Feature("age", "context", 0, "context"), Feature("female", "context", 0, "context"))


def _counts_for(name: str) -> int:
    return BLOOD_GAS_H if name in BLOOD_GAS else LABORATORY_H


OF_LUNGS = tuple(Feature("spo2", statistic, hours, "lungs") for statistic, hours in (("mean", 3), ("lowest", 24)))
OF_KIDNEY = (
    *(Feature("creatinine", statistic, LABORATORY_H, "kidney") for statistic in ("lowest", "highest")),
    Feature("creatinine", "change", 24, "kidney"),
)
"""What one event reads beside the inputs of all; of the kidney: where the stage starts from."""


def _hourly(*more: Feature) -> tuple[Feature, ...]:
    vitals = tuple(Feature(name, s, h, organ) for name, (organ, wanted) in VITALS.items() for s, h in wanted)
    values = tuple(Feature(name, "newest", _counts_for(name), organ) for name, organ in LABORATORY.items())
    changes = tuple(Feature(name, "change", CHANGE_H, LABORATORY[name]) for name in CHANGES)
    return (*vitals, *values, *changes, *more, *AGE_AND_SEX)


def _process() -> tuple[Feature, ...]:
    counted = tuple(Feature(name, "count", COUNT_H, "process") for name in (*VITALS, *LABORATORY) if name not in DERIVED)
    ages = tuple(Feature(name, "age", COUNT_H, "process") for name in LABORATORY)
    stay = tuple(Feature(name, "context", 0, "process") for name in ("hours_in_icu", "hours_in_hospital"))
    return (*counted, *ages, *stay, Feature("fio2", "newest", 12, "process"))


FIRST_DAYS: dict[str, str] = {
    "gcs": "brain", "heart_rate": "circulation", "map": "circulation", "sbp": "circulation", "shock_index": "circulation",
    "respiratory_rate": "lungs", "sao2": "lungs", "pao2": "lungs", "paco2": "lungs", "temperature": "inflammation",
    "wbc": "inflammation", "platelets": "blood", "hematocrit": "blood", "ph": "acid_base", "hco3": "acid_base",
    "lactate": "acid_base", "creatinine": "kidney", "urea_nitrogen": "kidney", "potassium": "kidney",
    "sodium": "kidney", "magnesium": "kidney", "glucose": "metabolism", "albumin": "metabolism", "bilirubin": "metabolism",
}  # fmt: skip
FIRST_DAYS_H = 48


def _first_days() -> tuple[Feature, ...]:
    wanted: tuple[tuple[Statistic, int, int], ...] = (
        ("newest", 48, 0), ("lowest", 24, 0), ("highest", 24, 0), ("mean", 24, 0), ("mean", 24, 24), ("change", 48, 0),
    )  # fmt: skip
    values = tuple(Feature(n, s, h, organ, offset_hours=o) for n, organ in FIRST_DAYS.items() for s, h, o in wanted)
    urine = tuple(Feature("urine_output", "total", 24, "kidney", offset_hours=o) for o in (0, 24))
    return (*values, *urine, *AGE_AND_SEX)


def _first_days_process() -> tuple[Feature, ...]:
    counted = (n for n in FIRST_DAYS if n not in DERIVED)
    return (*(Feature(n, "count", FIRST_DAYS_H, "process") for n in counted), Feature("fio2", "newest", 24, "process"))


def _directed(features: tuple[Feature, ...], directions: Direction) -> tuple[Feature, ...]:
    return tuple(
        replace(f, direction=directions.get(f.variable, 0) if f.statistic not in {"spread", "count", "age"} else 0)
        for f in features
    )


@dataclass(frozen=True)
class Specification:
    """One event: its name in words, the hours it looks ahead, its features and the variables it cannot do without."""

    event: str
    title: str
    definition: str
    horizon_h: int
    features: tuple[Feature, ...]
    process: tuple[Feature, ...]
    core: tuple[str, ...]
    shape: Shape


HYPOTENSION = Specification(
    "hypotension",
    "New hypotension within 6 h",
    "MAP < 65 mm[Hg] in two or more of the next six hourly values; asked where MAP is at least 65 now and the hour "
    "before and no vasopressor runs",
    6,
    _directed(_hourly(), {"map": -1, "sbp": -1, "dbp": -1, "shock_index": 1, "lactate": 1}),
    _process(),
    ("map", "heart_rate"),
    Shape(),
)
SEPSIS = Specification(
    "sepsis",
    "Onset of sepsis within 6 h",
    "Sepsis-3 onset (suspected infection and a SOFA rise of two or more) within the next six hours or just begun, as "
    "labelled by the PhysioNet/CinC Challenge 2019",
    6,
    _directed(_hourly(), {"lactate": 1}),
    _process(),
    ("heart_rate", "respiratory_rate", "map"),
    Shape(trees=100, leaves=10, learning_rate=0.08),
)
HYPOXAEMIA = Specification(
    "hypoxaemia",
    "Low oxygen saturation within 6 h",
    "SpO2 < 90 % in two consecutive hourly values of the next six; asked where SpO2 is at least 90 % now and the hour before",
    6,
    _directed(_hourly(*OF_LUNGS), {"spo2": -1}),
    _process(),
    ("spo2", "respiratory_rate"),
    Shape(),
)
KIDNEY_INJURY = Specification(
    "kidney_injury",
    "Acute kidney injury or its next stage within 48 h",
    "A KDIGO stage by creatinine, within the next 48 hours, above that of the newest creatinine (baseline: the lowest of the "
    "week so far); asked where that is at most 36 h old, below 4 mg/dL and not of stage 3, and judged only where creatinine "
    "was drawn again within 48 h",
    48,
    _directed(_hourly(*OF_KIDNEY), {"lactate": 1}),
    _process(),
    ("map", "heart_rate"),
    Shape(),
)
DEATH = Specification(
    "death",
    "Death in hospital",
    "Death before hospital discharge, asked once from the first 48 h in the ICU; for validation pages only",
    48,
    _first_days(),
    _first_days_process(),
    ("heart_rate", "gcs"),
    Shape(trees=100, leaves=8, learning_rate=0.1, least_rows=20, ridge=10.0),
)
SPECIFICATIONS: dict[str, Specification] = {s.event: s for s in (HYPOTENSION, SEPSIS, HYPOXAEMIA, KIDNEY_INJURY, DEATH)}
