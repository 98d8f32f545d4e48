"""The discovery document: one id on three hooks, so that a later card replaces an earlier one of the same id."""

from collections.abc import Mapping

from service.call import HOOKS, ORDER_SELECT, ORDER_SIGN, PATIENT_VIEW, SERVICE_ID, VENT_CHANGE
from service.templates import offered, subjects_of

SPECIFICATION = "2.0.1"
HOOK_VERSION = "1.0"
TITLE = "Digital twin of the ICU patient"
DESCRIPTIONS: Mapping[str, str] = {
    PATIENT_VIEW: "Warns early of new hypotension, and asks to check data on which predictions rest.",
    ORDER_SELECT: "Predicts what a selected drug order will do to this patient, and checks it against dose limits.",
    ORDER_SIGN: "Predicts what a drug order will do to this patient, checks it against dose limits, and offers a better "
    "dose where there is one.",
    VENT_CHANGE: "Tries ventilator settings before they are made. A hook of this service: no health record sends it today.",
}
USAGE = "For research use; not cleared as a medical device. Adults in intensive care."


def document() -> dict[str, object]:
    """The answer to GET /cds-services."""
    return {
        "services": [
            {
                "hook": hook,
                "title": TITLE,
                "description": DESCRIPTIONS[hook],
                "id": SERVICE_ID,
                "prefetch": offered(subjects_of(hook), hook),
                "usageRequirements": USAGE,
                "version": SPECIFICATION,
                "hookVersion": HOOK_VERSION,
            }
            for hook in HOOKS
        ]
    }
