"""Prefetch templates: what the EHR should send along, within what CDS Hooks 2.0 clients can resolve.

Only 2.0 tokens; at most ten keys, 40 codes and 1,500 characters a template; newest first, 200 a key (100 for laboratory).
"""

from collections.abc import Iterable

from fhir_mapping.codes import LOINC, standard
from twin_engine.patient.variables import VARIABLES

MOST_KEYS = 10
MOST_CODES = 40
MOST_CHARACTERS = 1500
_NEWEST = "_sort=-date&_count=200"
_NEWEST_LABORATORY = "_sort=-date&_count=100"

BODY = ("weight", "height")
VITALS = ("heart_rate", "map", "sbp", "dbp", "respiratory_rate", "spo2", "temperature")
GASES = ("ph", "pao2", "paco2", "hco3", "base_excess", "sao2", "lactate")
VENTILATOR = ("fio2", "peep", "plateau_pressure", "peak_pressure", "tidal_volume_set", "tidal_volume", "respiratory_rate_set")

_MEDICATION_ADMINISTRATIONS = "MedicationAdministration?patient={{context.patientId}}&_sort=-effective-time&_count=200"
_REQUESTS = "MedicationRequest?patient={{context.patientId}}&status=active&_count=100"
_CONDITIONS = "Condition?patient={{context.patientId}}&_count=100"
_PROCEDURES = "Procedure?patient={{context.patientId}}&_sort=-date&_count=100"


def templates(drugs: Iterable[str], needs: Iterable[str], hook: str) -> dict[str, str]:
    """Templates by key for one hook. `drugs` are those we model, `needs` the variables their models read."""
    drugs, wanted = tuple(drugs), set(needs)
    levels = [d for d in drugs if VARIABLES.get(d) is not None]
    laboratory = sorted(v for v in wanted if v not in {*BODY, *VITALS, *GASES, *VENTILATOR} and v not in levels)
    found = {"patient": "Patient/{{context.patientId}}"}
    found["body"] = _observations(BODY, _NEWEST)
    if laboratory:
        found["laboratory"] = _observations(laboratory, _NEWEST_LABORATORY)
    if levels:
        found["levels"] = _observations(levels, _NEWEST_LABORATORY)
    if wanted & set(VITALS) or hook == "patient-view":
        found["vitals"] = _observations(VITALS, _NEWEST)
    if wanted & set(GASES):
        found["gases"] = _observations(GASES, _NEWEST_LABORATORY)
    if wanted & set(VENTILATOR):
        found["ventilator"] = _observations(VENTILATOR, _NEWEST)
    found["administrations"] = _MEDICATION_ADMINISTRATIONS
    found["requests"] = _REQUESTS
    found["procedures"] = _PROCEDURES
    found["conditions"] = _CONDITIONS
    if len(found) > MOST_KEYS:
        # Weight and height ride with the vital signs: every other key holds something that would be cut by them.
        found["vitals"] = _observations((*BODY, *VITALS), _NEWEST)
        del found["body"]
    return {key: template for key, template in found.items() if template}


def required_keys(hook: str) -> frozenset[str]:
    """Keys without which a drug order cannot be predicted: absent and not to be fetched, the answer is 412."""
    if hook == "patient-view":
        return frozenset({"patient"})
    return frozenset({"patient", "body", "laboratory", "levels", "administrations"})


def _observations(variables: Iterable[str], tail: str) -> str:
    wanted = set(variables)
    codes = [code for (system, code), meaning in standard().variables.items() if system == LOINC and meaning.name in wanted]
    listed = ",".join(f"{LOINC}|{code}" for code in codes[:MOST_CODES])
    return f"Observation?patient={{{{context.patientId}}}}&code={listed}&{tail}" if codes else ""
