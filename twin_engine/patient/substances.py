"""What converts mass, amount and equivalents of one substance into each other, and for which drugs all units are one.

Molar masses (g/mol) are of the species that laboratories and pharmacies count. Sources: PubChem (National Library of
Medicine), compound number beside the value; IUPAC = standard atomic weights, Prohaska T et al. Pure Appl Chem
2022;94:573-600, doi:10.1515/pac-2019-0603. The valence is that of the ion.
"""

import re
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Substance:
    """molar_mass in g/mol; valence = equivalents per mole; plain_units = U, [iU] and [USP'U] mean the same for it."""

    molar_mass: float | None = None
    valence: int | None = None
    plain_units: bool = False


SUBSTANCES: dict[str, Substance] = {
    "creatinine": Substance(113.12),  # PubChem 588
    "urea_nitrogen": Substance(28.014),  # IUPAC: the two nitrogen atoms of one urea
    "glucose": Substance(180.16),  # PubChem 5793
    "bilirubin": Substance(584.7),  # PubChem 5280352
    "lactate": Substance(90.08, 1),  # PubChem 612: reported as lactic acid
    # Haemoglobin in mmol/L counts the monomer: Zwart A et al. J Clin Pathol 1996;49:271-4, doi:10.1136/jcp.49.4.271
    "hemoglobin": Substance(16114.5),
    "sodium": Substance(22.990, 1),  # IUPAC
    "potassium": Substance(39.098, 1),  # IUPAC
    "chloride": Substance(35.45, 1),  # IUPAC
    "hco3": Substance(61.017, 1),  # PubChem 769
    "base_excess": Substance(None, 1),
    "calcium": Substance(40.078, 2),  # IUPAC
    "ionized_calcium": Substance(40.078, 2),  # IUPAC
    "magnesium": Substance(24.305, 2),  # IUPAC
    "phosphate": Substance(30.974),  # IUPAC: reported as phosphorus
    "potassium_chloride": Substance(74.55, 1),  # PubChem 4873
    "vancomycin": Substance(1449.3),  # PubChem 14969
    "tobramycin": Substance(467.5),  # PubChem 36294
    "amikacin": Substance(585.6),  # PubChem 37768
    "phenytoin": Substance(252.27),  # PubChem 1775
    # Insulin and vasopressin are prescribed in one unit that charts spell U, IU or USP units.
    "insulin": Substance(plain_units=True),
    "vasopressin": Substance(plain_units=True),
}


SALT_UNCLEAR = {"norepinephrine": "in milligrams: base or tartrate is not stated"}
"""Drugs whose ampoules state the weight of the base or of a salt, and the remark that a dose in mg gets. Limits read it as the
base, which is the larger dose; no effect is forecast from it. Rates in micrograms are those of the base by convention."""
RUNS_UNREAD = "an infusion runs whose rate cannot be read"
"""The remark on a drug that is running at an unknown rate: what another rate of it would change cannot be known."""
GRAMS = re.compile(r"(?<![A-Za-z])m?g(?![A-Za-z])")
"""Milligrams or grams in the code of a unit."""
