"""Reference scores with their parts. What is not charted, or cannot be judged under sedation, is "not computable", never 0."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class NotComputable:
    """Why a part of a score has no points."""

    reason: str


Part = int | NotComputable


@dataclass(frozen=True, slots=True)
class Score:
    """A score with its parts. `total` exists only if every part does; `at_least` sums the parts that do."""

    name: str
    parts: Mapping[str, Part]

    @property
    def total(self) -> int | None:
        """The score, or None if any part is not computable."""
        points = [p for p in self.parts.values() if isinstance(p, int)]
        return sum(points) if len(points) == len(self.parts) else None

    @property
    def at_least(self) -> int:
        """Points of the computable parts; the score is this or more."""
        return sum(p for p in self.parts.values() if isinstance(p, int))

    @property
    def not_computable(self) -> Mapping[str, str]:
        """The parts without points, and why."""
        return {name: p.reason for name, p in self.parts.items() if isinstance(p, NotComputable)}


Steps = Sequence[tuple[float, int]]
"""(up to and including, points), rising; a value beyond the last step gets the points of infinity."""

INF = float("inf")
NOT_CHARTED = NotComputable("not charted")


def points(value: float | None, steps: Steps) -> Part:
    """Points of a value by a table."""
    return NOT_CHARTED if value is None else next(p for upper, p in steps if value <= upper)


NEWS2_RESPIRATION: Steps = ((8, 3), (11, 1), (20, 0), (24, 2), (INF, 3))
NEWS2_SPO2: Steps = ((91, 3), (93, 2), (95, 1), (INF, 0))
NEWS2_SPO2_HYPERCAPNIC_AIR: Steps = ((83, 3), (85, 2), (87, 1), (INF, 0))
NEWS2_SPO2_HYPERCAPNIC_OXYGEN: Steps = ((83, 3), (85, 2), (87, 1), (92, 0), (94, 1), (96, 2), (INF, 3))
NEWS2_SYSTOLIC: Steps = ((90, 3), (100, 2), (110, 1), (219, 0), (INF, 3))
NEWS2_PULSE: Steps = ((40, 3), (50, 1), (90, 0), (110, 1), (130, 2), (INF, 3))
NEWS2_TEMPERATURE: Steps = ((35.0, 3), (36.0, 1), (38.0, 0), (39.0, 1), (INF, 2))


def news2(
    respiratory_rate: float | None,
    spo2: float | None,
    on_oxygen: bool | None,
    sbp: float | None,
    heart_rate: float | None,
    temperature: float | None,
    alert: bool | NotComputable | None,
    hypercapnic: bool = False,
) -> Score:
    """National Early Warning Score 2: /min, %, mm[Hg], /min, Cel; `alert` = GCS 15, not newly confused.

    Royal College of Physicians. National Early Warning Score (NEWS) 2. London: RCP, 2017, chart 1. Values between two
    charted steps (0.1 Cel, 1 otherwise) are rounded to the step first.
    """
    if hypercapnic and on_oxygen is None:
        saturation: Part = NotComputable("on air or on oxygen is not charted")
    elif hypercapnic:
        table = NEWS2_SPO2_HYPERCAPNIC_OXYGEN if on_oxygen else NEWS2_SPO2_HYPERCAPNIC_AIR
        saturation = points(_rounded(spo2), table)
    else:
        saturation = points(_rounded(spo2), NEWS2_SPO2)
    consciousness = NOT_CHARTED if alert is None else alert if isinstance(alert, NotComputable) else 0 if alert else 3
    return Score(
        "NEWS2",
        {
            "respiratory_rate": points(_rounded(respiratory_rate), NEWS2_RESPIRATION),
            "spo2": saturation,
            "oxygen": NOT_CHARTED if on_oxygen is None else 2 if on_oxygen else 0,
            "sbp": points(_rounded(sbp), NEWS2_SYSTOLIC),
            "heart_rate": points(_rounded(heart_rate), NEWS2_PULSE),
            "consciousness": consciousness,
            "temperature": points(None if temperature is None else round(temperature, 1), NEWS2_TEMPERATURE),
        },
    )


def _rounded(value: float | None) -> float | None:
    return None if value is None else float(round(value))


def qsofa(respiratory_rate: float | None, sbp: float | None, gcs: float | NotComputable | None) -> Score:
    """Quick SOFA: 22 breaths a minute or more, systolic 100 mm[Hg] or less, GCS below 15.

    Singer M et al. JAMA 2016;315:801-10, doi:10.1001/jama.2016.0287, box 4.
    """
    return Score(
        "qSOFA",
        {
            "respiratory_rate": NOT_CHARTED if respiratory_rate is None else int(respiratory_rate >= 22),
            "sbp": NOT_CHARTED if sbp is None else int(sbp <= 100),
            "consciousness": NOT_CHARTED if gcs is None else gcs if isinstance(gcs, NotComputable) else int(gcs < 15),
        },
    )


def below(value: float | None, steps: Sequence[tuple[float, int]]) -> Part:
    """Points of the first limit that the value lies below, 0 beyond them all."""
    return NOT_CHARTED if value is None else next((p for limit, p in steps if value < limit), 0)


def from_(value: float | None, steps: Sequence[tuple[float, int]]) -> Part:
    """Points of the first limit that the value reaches, limits falling; 0 beneath them all."""
    return NOT_CHARTED if value is None else next((p for limit, p in steps if value >= limit), 0)


SOFA_PLATELETS = ((20.0, 4), (50.0, 3), (100.0, 2), (150.0, 1))
SOFA_BILIRUBIN = ((12.0, 4), (6.0, 3), (2.0, 2), (1.2, 1))
SOFA_CREATININE = ((5.0, 4), (3.5, 3), (2.0, 2), (1.2, 1))
SOFA_URINE_ML_PER_DAY = ((200.0, 4), (500.0, 3))
SOFA_GCS = ((6.0, 4), (10.0, 3), (13.0, 2), (15.0, 1))
CATECHOLAMINES = ("norepinephrine", "epinephrine")


def sofa(
    pao2_fio2: float | None,
    ventilated: bool | None,
    platelets: float | None,
    bilirubin: float | None,
    map_lowest: float | None,
    catecholamine_ug_kg_min: float | NotComputable,
    gcs: float | NotComputable | None,
    creatinine: float | None,
    urine_ml_per_day: float | None,
) -> Score:
    """Sequential Organ Failure Assessment from the worst values of 24 h: mm[Hg], 10*9/L, mg/dL, mm[Hg], mL/day.

    catecholamine: the highest rate of norepinephrine or epinephrine, 0 = none given; dopamine and dobutamine are not
    mapped. Vincent JL et al. Intensive Care Med 1996;22:707-10, doi:10.1007/BF01709751, table 3.
    """
    return Score(
        "SOFA",
        {
            "respiration": _respiration(pao2_fio2, ventilated),
            "coagulation": below(platelets, SOFA_PLATELETS),
            "liver": from_(bilirubin, SOFA_BILIRUBIN),
            "circulation": _circulation(map_lowest, catecholamine_ug_kg_min),
            "brain": gcs if isinstance(gcs, NotComputable) else below(gcs, SOFA_GCS),
            "kidney": _kidney(creatinine, urine_ml_per_day),
        },
    )


def _respiration(ratio: float | None, ventilated: bool | None) -> Part:
    if ratio is None:
        return NotComputable("no PaO2 with an FiO2 charted")
    if ratio < 200.0 and ventilated is None:
        return NotComputable("PaO2/FiO2 is below 200 and respiratory support is not charted")
    if ratio < 200.0 and ventilated:
        return 4 if ratio < 100.0 else 3
    return 2 if ratio < 300.0 else 1 if ratio < 400.0 else 0


def _circulation(map_lowest: float | None, rate: float | NotComputable) -> Part:
    if isinstance(rate, NotComputable):
        return rate
    if rate > 0.0:
        return 3 if rate <= 0.1 else 4
    return NOT_CHARTED if map_lowest is None else int(map_lowest < 70.0)


def _kidney(creatinine: float | None, urine: float | None) -> Part:
    parts = [p for p in (from_(creatinine, SOFA_CREATININE), below(urine, SOFA_URINE_ML_PER_DAY)) if isinstance(p, int)]
    return max(parts) if creatinine is not None else NOT_CHARTED if not parts or max(parts) == 0 else max(parts)
