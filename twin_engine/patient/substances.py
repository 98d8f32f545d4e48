"""What converts mass, amount, equivalents and units of one substance into each other.

Molar masses in g/mol are those of the species that laboratories and pharmacies report (PubChem, computed by PubChem 2.2).
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Substance:
    """molar_mass g/mol; valence = equivalents per mole; plain_units = U, [iU] and [USP'U] mean the same for it."""

    molar_mass: float | None = None
    valence: int | None = None
    plain_units: bool = False


SUBSTANCES: dict[str, Substance] = {
    "creatinine": Substance(113.12),  # PubChem CID 588
    "urea_nitrogen": Substance(28.014),  # two nitrogen atoms of urea
    "glucose": Substance(180.16),  # PubChem CID 5793
    "bilirubin": Substance(584.66),  # PubChem CID 5280352
    "lactate": Substance(90.08, 1),  # as lactic acid, PubChem CID 612
    "sodium": Substance(22.990, 1),
    "potassium": Substance(39.098, 1),
    "chloride": Substance(35.45, 1),
    "hco3": Substance(61.017, 1),
    "base_excess": Substance(None, 1),
    "calcium": Substance(40.078, 2),
    "magnesium": Substance(24.305, 2),
    "potassium_chloride": Substance(74.55, 1),  # PubChem CID 4873
    "vancomycin": Substance(1449.3),  # PubChem CID 14969
    "tobramycin": Substance(467.5),  # PubChem CID 36294
    "amikacin": Substance(585.6),  # PubChem CID 37768
    "insulin": Substance(None, None, plain_units=True),
    "heparin": Substance(None, None, plain_units=True),
    "vasopressin": Substance(None, None, plain_units=True),
}
