"""Prefetch templates as queries: the tokens of CDS Hooks 2.0 replaced by what the call says."""

import re
from collections.abc import Mapping
from functools import lru_cache

from fhir_mapping import prefetch
from service.call import PATIENT_VIEW, VENT_CHANGE, HookCall
from service.policy_file import Policies
from twin_engine.families import needs
from twin_engine.patient.record import VENTILATOR
from twin_engine.registry import drugs

READ_BY_RISK = frozenset(
    {
        "base_excess", "bilirubin", "chloride", "creatinine", "dbp", "fibrinogen", "glucose", "hco3", "heart_rate",
        "hemoglobin", "lactate", "magnesium", "map", "paco2", "ph", "phosphate", "platelets", "potassium",
        "respiratory_rate", "sbp", "spo2", "temperature", "urea_nitrogen", "wbc",
    }
)  # fmt: skip
"""What the released risk models read, which discovery names without loading them."""
_TOKEN = re.compile(r"\{\{([^{}]*)\}\}")


def subjects_of(hook: str) -> tuple[str, ...]:
    """What a hook may ask about: the ventilator alone, or every drug."""
    return (VENTILATOR,) if hook == VENT_CHANGE else drugs()


@lru_cache(256)
def offered(of: tuple[str, ...], hook: str) -> Mapping[str, str]:
    """The templates of one hook: what the models of these drugs read, and of every drug what the risk models read, too. So an
    opened chart and an order on it bring the same, of which an order reads what its drug needs."""
    read = frozenset[str]().union(*(needs(drug) for drug in of), READ_BY_RISK if of == drugs() else ())
    return prefetch.templates(of, read, hook)


def asked(wanted: tuple[str, ...], call: HookCall) -> Mapping[str, str]:
    """The templates that a call about these drugs is answered from. Where weight and height are announced to come with the
    drug levels, a call that brings levels and no key of its own for them has brought them."""
    found, announced = offered(wanted, call.hook), offered(subjects_of(call.hook), call.hook)
    if "body" not in announced and "body" not in call.prefetch and "levels" in call.prefetch:
        return {key: template for key, template in found.items() if key != "body"} | {"levels": announced["levels"]}
    return found


def filled(templates: Mapping[str, str], call: HookCall) -> dict[str, str]:
    """The queries that this call can fill; a template whose token the call does not carry is left out."""
    values = {"context.patientId": call.patient_id, "context.userId": call.user_id}
    if call.encounter_id is not None:
        values["context.encounterId"] = call.encounter_id
    queries: dict[str, str] = {}
    for key, template in templates.items():
        if all(name.strip() in values for name in _TOKEN.findall(template)):
            queries[key] = _TOKEN.sub(lambda token: values[token[1].strip()], template)
    return queries


def further(call: HookCall, policies: Policies) -> dict[str, str]:
    """Queries beyond what discovery offers, by prefetch key: what the user is, where the patient lies if units differ, and
    reports of imaging. Read when sent, fetched where that can be of use, and never missed."""
    queries: dict[str, str] = {}
    if call.user_id.startswith("PractitionerRole/"):
        queries["user"] = call.user_id
    if call.encounter_id is not None and policies.by_unit:
        queries["encounter"] = f"Encounter/{call.encounter_id}"
    if call.hook == PATIENT_VIEW:
        queries["imaging"] = f"{prefetch.IMAGING}&patient={call.patient_id}"
    return queries


FURTHER = ("user", "encounter", "imaging", "body")
"""Keys that a site may send with its calls although discovery does not offer them. Weight and height are announced among the
drug levels where ten keys would not do; a site may send them apart all the same."""
