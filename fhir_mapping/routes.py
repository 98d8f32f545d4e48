"""By which way a drug goes into the body: into a vein, by any other way, or said in a manner that cannot be read.

Only what goes into the bloodstream feeds kinetics: a route that cannot be read is never taken for a vein.
"""

from typing import Literal

from fhir_mapping.codes import SNOMED
from fhir_mapping.fields import Resource, codings, obj, objs, text

Route = Literal["iv", "other", "unreadable"]

INTRAVENOUS = frozenset({"47625008", "418114005", "419993007"})
"""SNOMED CT: intravenous, intravenous central, intravenous peripheral route (HL7 FHIR value set route-codes)."""
_VEIN = frozenset({"iv", "ivpb", "ivp", "ivpush", "ivdrip", "ivinj", "ivpca", "intravenous", "intravenously", "picc", "cvc"})
_ELSEWHERE = (
    "oral", "buccal", "sublingual", "enteral", "gastr", "nasogastr", "orogastr", "jejun", "peg", "tube", "rect", "topic",
    "cutaneous", "transderm", "inhal", "nebul", "aerosol", "ophthalm", "ocular", "eye", "otic", "ear", "nas", "vagin",
    "intrathec", "intraventric", "epidural", "spinal", "subcut", "subq", "intramusc", "intraderm", "intraperiton",
    "intravitr", "intravesic", "intrapleur", "intraartic", "irrig", "dwell", "lock", "instil", "mouth", "swish", "perineur",
)  # fmt: skip
_ELSEWHERE_WHOLE = frozenset(
    {"po", "ng", "og", "gt", "pr", "sl", "sc", "sq", "im", "ih", "neb", "tp", "td", "id", "it", "ip", "pv", "ou", "os", "od"}
)


def route(dosage: Resource) -> Route | None:
    """iv, other (not into the bloodstream), unreadable, or None when not said."""
    if any("non iv" in word or "non-iv" in word for word in _method(dosage)):
        return "other"
    concept = obj(dosage.get("route"))
    coded = [code for system, code in codings(concept) if system == SNOMED]
    if coded:
        return "iv" if set(coded) & INTRAVENOUS else "other"
    said = [text(concept.get("text")), *(text(c.get("display")) for c in objs(concept.get("coding")))]
    said += [code for _, code in codings(concept)]
    words = [w for s in said if s for w in s.lower().replace(".", "").replace("-", " ").replace("/", " ").split()]
    if not words:
        return None
    if any(w in _ELSEWHERE_WHOLE or w.startswith(_ELSEWHERE) for w in words):
        return "other"
    central = "central" in words and bool({"line", "venous", "catheter"} & set(words))
    return "iv" if central or set(words) & _VEIN else "unreadable"


def _method(dosage: Resource) -> list[str]:
    """Words of the method, in which some flowsheets chart that a drug did not go into a vein."""
    concept = obj(dosage.get("method"))
    said = [text(concept.get("text")), *(text(c.get("display")) for c in objs(concept.get("coding")))]
    return [s.lower() for s in (*said, *(code for _, code in codings(concept))) if s]


def route_of_order(request: Resource) -> Route | None:
    """The one route that all dosages of an order state; None where they state none, or several."""
    ways: set[Route | None] = {route(dosage) for dosage in objs(request.get("dosageInstruction"))}
    return ways.pop() if len(ways) == 1 else None
