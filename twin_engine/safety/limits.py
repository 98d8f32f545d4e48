"""Limits on orders, each with its source: `absolute` ones make a critical card, `recommended` ones a warning.

They live apart from the models so that whoever adds a model does not also set its limits.
"""

from dataclasses import dataclass
from typing import Literal

Quantity = Literal["single_dose", "dose_per_kg", "rate_per_h", "total_24h", "total_24h_without_level"]
Severity = Literal["absolute", "recommended"]

ASHP_2020 = "ASHP/IDSA/PIDS/SIDP vancomycin guideline: Rybak MJ et al. Am J Health Syst Pharm 2020;77:835-64"
IDSA_2011 = "IDSA MRSA guideline: Liu C et al. Clin Infect Dis 2011;52:e18-55"
LABEL_CEFEPIME = "US prescribing information, cefepime injection: at most 2 g per dose, every 8 h"


@dataclass(frozen=True, slots=True)
class Limit:
    """The highest value of one quantity of one drug. `repeating` restricts it to repeated (True) or single (False) doses."""

    drug: str
    quantity: Quantity
    severity: Severity
    highest: float
    unit: str
    source: str
    repeating: bool | None = None


_LOAD = ASHP_2020 + " (loading dose at most 3,000 mg)"
_PER_KG = ASHP_2020 + " (loading dose 20-35 mg/kg)"
_REPEATED = IDSA_2011 + " (15-20 mg/kg, at most 2 g per dose)"
_DAILY = ASHP_2020 + " (maintenance usually at most 4,500 mg a day, obese adults included)"

LIMITS: tuple[Limit, ...] = (
    Limit("vancomycin", "single_dose", "absolute", 3000.0, "mg", _LOAD),
    Limit("vancomycin", "single_dose", "recommended", 2000.0, "mg", _REPEATED, repeating=True),
    Limit("vancomycin", "dose_per_kg", "recommended", 35.0, "mg/kg", _PER_KG),
    Limit("vancomycin", "rate_per_h", "recommended", 1000.0, "mg/h", ASHP_2020 + " (at most 1 g per hour)"),
    Limit("vancomycin", "total_24h_without_level", "absolute", 4500.0, "mg", _DAILY),
    Limit("vancomycin", "total_24h", "recommended", 4500.0, "mg", _DAILY),
    Limit("cefepime", "single_dose", "absolute", 2000.0, "mg", LABEL_CEFEPIME),
    Limit("cefepime", "total_24h", "absolute", 6000.0, "mg", LABEL_CEFEPIME),
)

LEVEL_COUNTS_FOR_H = 72.0
"""A level this recent shows what the patient makes of the dose."""


def limits_of(drug: str) -> tuple[Limit, ...]:
    """The limits of one drug, absolute ones first."""
    return tuple(sorted((x for x in LIMITS if x.drug == drug), key=lambda x: x.severity))
