"""Doses of a beta-lactam with its inhibitor, which are written as the beta-lactam in them or as the whole: ours count the
beta-lactam. Of piperacillin with tazobactam the amounts of the products on the market tell the two apart; any other amount is
not read, and of other combinations (meropenem with vaborbactam) none is, but a volume whose strength is stated for each part.
"""

from collections.abc import Iterable
from math import isclose

from fhir_mapping.codes import ATC, RXNORM

COMBINED = "piperacillin_tazobactam"
ALONE = frozenset({(RXNORM, "8339"), (ATC, "J01CA12")})
"""Codes of piperacillin itself: their amounts are piperacillin already."""
PRODUCTS_MG = ((2000.0, 2250.0), (3000.0, 3375.0), (4000.0, 4500.0))
"""Piperacillin and the whole, 8 : 1 in each: RxNorm 1659131, 1659137 and 1659149 (see `codes/drugs.csv`)."""
MOST_VIALS = 4
"""A day's amount of four vials may hang as one infusion."""
AS_PIPERACILLIN = "written as piperacillin with tazobactam: counted as the piperacillin in it"
AMBIGUOUS = "it cannot be told whether the amount counts piperacillin alone or with its tazobactam"
PARTNERS = ("bactam", "clavulan", "cilastatin", "betamipron")
"""Parts of the names of what is given with a beta-lactam so that it is not broken down."""
WITH_A_PARTNER = "it cannot be told whether the amount counts the drug alone or with what it is combined with"


def names_a_partner(said: Iterable[str | None]) -> bool:
    """Whether words of a product name an inhibitor beside the drug."""
    return any(partner in words.lower() for words in said if words for partner in PARTNERS)


def piperacillin(amount_mg: float, *, alone: bool = False) -> tuple[float, float] | None:
    """(mg of piperacillin, written amount per mg of it), or None where the amount may mean either.

    alone: the code names piperacillin itself; only an amount of the whole product casts doubt on that.
    """
    vials = [(n * part, n * whole) for part, whole in PRODUCTS_MG for n in range(1, MOST_VIALS + 1)]
    as_whole = {part: whole / part for part, whole in vials if isclose(amount_mg, whole, rel_tol=0.005)}
    as_part = amount_mg == 0 or any(isclose(amount_mg, part, rel_tol=0.005) for part, _ in vials)
    if alone:
        return None if as_whole and not as_part else (amount_mg, 1.0)
    if as_part == bool(as_whole):
        return None
    return (amount_mg, 1.0) if as_part else next(iter(as_whole.items()))
