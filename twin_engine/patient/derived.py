"""Derived body and kidney measures, each with its source. Inputs are scalars or arrays in canonical units."""

from datetime import date, datetime

import numpy as np
from numpy.typing import NDArray

Number = float | NDArray[np.float64]

DAYS_PER_YEAR = 365.25
CREATININE_UMOL_PER_MG_DL = 88.4


def age_years(birth_date: date, at: datetime) -> float:
    """Age in years at `at`."""
    return (at.date() - birth_date).days / DAYS_PER_YEAR


def cockcroft_gault(age_y: Number, weight_kg: float, creatinine_mg_dl: Number, female: bool) -> Number:
    """Creatinine clearance, mL/min: (140 - age) weight / (72 creatinine), times 0.85 for women.

    Cockcroft DW, Gault MH. Nephron 1976;16:31-41, doi:10.1159/000180580.
    """
    return (140.0 - age_y) * weight_kg / (72.0 * np.asarray(creatinine_mg_dl)) * (0.85 if female else 1.0)


def body_surface_area(weight_kg: float, height_cm: float) -> float:
    """Body surface area, m2: sqrt(height * weight / 3600).

    Mosteller RD. N Engl J Med 1987;317:1098, doi:10.1056/NEJM198710223171717.
    """
    return float(np.sqrt(height_cm * weight_kg / 3600.0))


def body_mass_index(weight_kg: float, height_cm: float) -> float:
    """Body mass index, kg/m2."""
    return weight_kg / (height_cm / 100.0) ** 2


def predicted_body_weight(height_cm: float, female: bool) -> float:
    """Predicted body weight, kg: 50 (women 45.5) + 0.91 (height - 152.4).

    The Acute Respiratory Distress Syndrome Network. N Engl J Med 2000;342:1301-8, doi:10.1056/NEJM200005043421801.
    """
    return (45.5 if female else 50.0) + 0.91 * (height_cm - 152.4)


def fat_free_mass(weight_kg: float, height_cm: float, female: bool) -> float:
    """Fat-free mass of adults, kg: 9270 W / (6680 + 216 BMI) for men, 9270 W / (8780 + 244 BMI) for women.

    Janmahasatian S et al. Clin Pharmacokinet 2005;44:1051-65, doi:10.2165/00003088-200544100-00004.
    """
    bmi = body_mass_index(weight_kg, height_cm)
    return 9270.0 * weight_kg / ((8780.0 + 244.0 * bmi) if female else (6680.0 + 216.0 * bmi))


def fat_free_mass_at_age(age_y: float, weight_kg: float, height_cm: float, female: bool) -> float:
    """Fat-free mass from birth to old age, kg: that of adults times a maturation of age.

    0.88 + 0.12 / (1 + (age/13.4)^-12.7) for men, 1.11 - 0.11 / (1 + (age/7.1)^-1.1) for women.
    Al-Sallami HS et al. Clin Pharmacokinet 2015;54:1169-78, doi:10.1007/s40262-015-0277-z.
    """
    women, men = 1.11 - 0.11 / (1.0 + (age_y / 7.1) ** -1.1), 0.88 + 0.12 / (1.0 + (age_y / 13.4) ** -12.7)
    return (women if female else men) * fat_free_mass(weight_kg, height_cm, female)
