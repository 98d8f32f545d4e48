"""Why a clinician keeps the order: codes of the HL7 value set `non-adherence-reason-clinical`, and one of our own.

The displays are ours: short, in the words of a ward. Source of the codes: terminology.hl7.org, code system
non-adherence-reason-codes.
"""

from cds_cards.schema import Coding

HL7 = "http://terminology.hl7.org/CodeSystem/non-adherence-reason-codes"
OWN = "urn:icu-twin:override-reason"

OVERRIDE_REASONS = (
    Coding("patient-contraindication", HL7, "Contraindicated in this patient"),
    Coding("recipient-disagrees-evidence", HL7, "I judge the evidence otherwise"),
    Coding("recipient-concerns-outcomes", HL7, "I expect a worse outcome from the change"),
    Coding("cds-not-applicable", HL7, "Does not apply to this patient or indication"),
    Coding("cds-suboptimal-context", HL7, "Not the right moment"),
    Coding("action-completed", HL7, "Already handled"),
    Coding("data-wrong", OWN, "The data used are wrong"),
)
