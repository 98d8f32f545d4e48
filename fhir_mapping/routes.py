"""By which way a drug goes into the body: into a vein, absorbed whole by mouth or tube, by any other way, or said in a manner
that cannot be read.

Only what goes into the bloodstream feeds kinetics: a route that cannot be read is never taken for a vein, and one that is
not stated is taken for one only where the product, an infusion or the drug itself leaves nothing else.
"""

from collections.abc import Iterable
from math import inf
from typing import Literal

from fhir_mapping.codes import SNOMED
from fhir_mapping.fields import Resource, codings, obj, objs, text
from twin_engine.patient.fluids import FLUIDS
from twin_engine.patient.variables import SWALLOWED_FOR_THE_BLOOD

Route = Literal["iv", "absorbed", "other", "unreadable"]

ONLY_PARENTERAL = frozenset(
    {
        "gentamicin", "meropenem", "piperacillin_tazobactam", "cefepime", "ceftriaxone", "propofol", "rocuronium",
        "cisatracurium", "atracurium", "vecuronium", "pancuronium", "mivacurium", "succinylcholine",
        "remifentanil", "sufentanil", "dexmedetomidine", "norepinephrine", "phenylephrine", "vasopressin",
        "dopamine",
    }
)  # fmt: skip
"""Drugs with no systemic use by mouth, patch, nose or lung: the WHO ATC index (2026) gives their defined daily dose for
parenteral use alone, or none (anaesthetics, muscle relaxants)."""

MOST_SWALLOWED_MG = {"vancomycin": 700.0}
"""Single doses by mouth end below: vancomycin capsules, US label: 500 mg to 2 g a day in 3 or 4 doses."""

UNKNOWN_ROUTE = "the route is not stated, and the drug is not only given into a vein"
INFUSED = "the route is not stated: what is infused is taken to go into a vein"
TOO_MUCH = "the route is not stated: the dose is more than is given by mouth, and taken to go into a vein"
INJECTED = "the route is not stated: what is injected is taken to go into a vein"
_INJECTED_FORMS = frozenset({"385219001"})
"""SNOMED CT: solution for injection, as in HL7's Medication examples."""
_PARENTERAL_WORDS = ("inject", "infus", "intraven", "parenteral", "premix")
_OTHER_FORMS = (
    "oral", "tablet", "capsule", "syrup", "elixir", "lozenge", "buccal", "sublingual", "patch", "transderm", "spray", "nasal",
    "inhal", "nebul", "rectal", "suppositor", "enema", "topical", "ointment", "cream", "ophthalm", "otic", "drops", "irrigat",
    "subcut", "intramusc", "intrathec", "epidural", "intraperiton",
)  # fmt: skip

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


def way_of_words(said: Iterable[str | None]) -> Route | None:
    """The way that the words of a product or dose form name, or None: "Oral Capsule", "Injection", "Inhalation Solution"."""
    words = [w for s in said if s for w in s.lower().replace("-", " ").replace("/", " ").replace("(", " ").split()]
    if any(w.startswith(_OTHER_FORMS) for w in words):
        return "other"
    return "iv" if any(w.startswith(_PARENTERAL_WORDS) for w in words) else None


def way_of_form(medication: Resource) -> Route | None:
    """The way that the dose form of a Medication resource leaves open, or None."""
    form = obj(medication.get("form"))
    if any(system == SNOMED and code in _INJECTED_FORMS for system, code in codings(form)):
        return "iv"
    return way_of_words([text(form.get("text")), *(text(c.get("display")) for c in objs(form.get("coding")))])


def settled(
    stated: Route | None, product: Route | None, drug: str, *, infused: bool, amount_mg: float | None = None
) -> tuple[Route | None, str | None]:
    """The way that counts, and in words what was taken for granted; None = it is not known.

    stated: by the dose or its order; product: by the code, name or form of what was given; infused: it ran over a time.
    """
    if stated == "iv" and product == "other":
        return "unreadable", None
    if stated is not None or product == "other":
        way = stated or product
        return "absorbed" if way == "other" and drug in SWALLOWED_FOR_THE_BLOOD else way, None
    if drug in ONLY_PARENTERAL or drug in FLUIDS:
        return "iv", None
    if infused:
        return "iv", INFUSED
    if amount_mg is not None and amount_mg > MOST_SWALLOWED_MG.get(drug, inf):
        return "iv", TOO_MUCH
    return ("iv", INJECTED) if product == "iv" else (None, None)


def _method(dosage: Resource) -> list[str]:
    """Words of the method, in which some flowsheets chart that a drug did not go into a vein."""
    concept = obj(dosage.get("method"))
    said = [text(concept.get("text")), *(text(c.get("display")) for c in objs(concept.get("coding")))]
    return [s.lower() for s in (*said, *(code for _, code in codings(concept))) if s]


def route_of_order(request: Resource) -> Route | None:
    """The one route that all dosages of an order state; None where they state none, or several."""
    ways: set[Route | None] = {route(dosage) for dosage in objs(request.get("dosageInstruction"))}
    return ways.pop() if len(ways) == 1 else None
