"""A drug known by its RxNorm name: its code is none of ours, but the name that RxNorm gives to every product is.

Names are built by rule: quantity, ingredients with strengths apart by " / ", dose form, brand in brackets (RxNorm
Technical Documentation, section on normalized names): "10 ML norepinephrine 1 MG/ML Injection".
"""

import re

from fhir_mapping.amounts import Medication
from fhir_mapping.codes import RXNORM
from fhir_mapping.combinations import COMBINED
from fhir_mapping.fields import Resource, obj, objs, text
from fhir_mapping.routes import way_of_words
from twin_engine.patient.prodrugs import PRODRUGS
from twin_engine.patient.variables import DRUGS

_BRAND = re.compile(r"\s*\[[^\]]*\]\s*$")
_QUANTITY = re.compile(r"^\d+(\.\d+)?\s+(ml|hr|actuat)\s+")
_FIRST_STRENGTH = re.compile(r"\s\d")
_FORM = re.compile(
    r"\s(injection|injectable|oral|topical|ophthalmic|otic|inhalation|nasal|transdermal|prefilled|cartridge|buccal)\b"
)
_OTHER_NAMES = {
    "insulin, regular, human": "insulin",
    "vasopressin (usp)": "vasopressin",
    "potassium chloride": "potassium_chloride",
    "piperacillin": COMBINED,
    "mivacurium chloride": "mivacurium",
    "succinylcholine chloride": "succinylcholine",
}
_NOT_BY_NAME = frozenset({"insulin", "potassium_chloride", COMBINED})
_SALTS = frozenset(
    {
        "hydrochloride", "sulfate", "sodium", "bitartrate", "citrate", "acetate", "bromide", "phosphate", "anhydrous",
        "trihydrate", "besylate",
    }
)  # fmt: skip


def by_rxnorm_name(concept: object) -> Medication | None:
    """The drug that the display of an RxNorm coding names; None for others, and for mixtures with drugs that are not ours."""
    for coding in objs(obj(concept).get("coding")):
        found = _named(coding) if text(coding.get("system")) == RXNORM else None
        if found is not None:
            return found
    return None


def _named(coding: Resource) -> Medication | None:
    name = _QUANTITY.sub("", _BRAND.sub("", (text(coding.get("display")) or "").lower()))
    drugs = {_ingredient(part) for part in name.split(" / ")}
    if drugs == {COMBINED, "tazobactam"}:
        return Medication(COMBINED, way=way_of_words([name]))
    drug = drugs.pop() if len(drugs) == 1 else None
    if drug in PRODRUGS:
        return Medication(PRODRUGS[drug], way=way_of_words([name]), prodrug=True)
    return None if drug is None or drug not in DRUGS else Medication(drug, way=way_of_words([name]))


def _ingredient(part: str) -> str | None:
    """The drug of ours that one ingredient of a name is, tazobactam, a prodrug, or None."""
    bare = part.strip()
    for end in (_FIRST_STRENGTH.search(bare), _FORM.search(bare)):
        bare = bare if end is None else bare[: end.start()]
    words = bare.split()
    while len(words) > 1 and words[-1] in _SALTS:
        words.pop()
    known = " ".join(words)
    if known in _OTHER_NAMES:
        return _OTHER_NAMES[known]
    return known if known == "tazobactam" or known in PRODRUGS or (known in DRUGS and known not in _NOT_BY_NAME) else None
