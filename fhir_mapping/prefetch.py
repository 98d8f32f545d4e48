"""Prefetch templates: what the EHR should send along, within what CDS Hooks 2.0 clients can resolve.

Only 2.0 tokens; at most ten keys, 40 codes and 1,500 characters a template; newest first, 200 a key (100 for levels and
blood gases).
"""

from collections.abc import Iterable

from fhir_mapping.codes import LOINC, standard
from fhir_mapping.observations import PRESSURES
from fhir_mapping.selection import MIC
from twin_engine.patient.variables import VARIABLES

MOST_KEYS = 10
MOST_CODES = 40
MOST_CHARACTERS = 1500
_NEWEST = "_sort=-date&_count=200"
_NEWEST_RARE = "_sort=-date&_count=100"

BODY = ("weight", "height")
VITALS = ("heart_rate", "map", "sbp", "dbp", "respiratory_rate", "spo2", "temperature")
BEDSIDE = (
    "cvp", "cardiac_output", "cardiac_index", "stroke_volume", "icp", "cpp", "gcs", "rass", "bis", "urine_output",
    "fluid_output", "blood_loss",
)  # fmt: skip
"""Charted with the vital signs, asked for only where a model reads them."""
GASES = ("ph", "pao2", "paco2", "hco3", "base_excess", "sao2", "lactate", "carboxyhemoglobin", "methemoglobin")
VENTILATOR = ("fio2", "peep", "plateau_pressure", "peak_pressure", "tidal_volume_set", "tidal_volume", "respiratory_rate_set")
BREATHS = (
    "etco2", "driving_pressure", "mean_airway_pressure", "peep_total", "minute_volume", "respiratory_rate_spontaneous",
    "ventilator_mode", "pressure_support", "inspiratory_time", "ie_ratio",
)  # fmt: skip
"""Charted with the ventilator, asked for only where a model reads them."""

IMAGING = "DiagnosticReport?category=RAD,RX,XRC,CT,NMR,RUS,CUS,IMG&_include=DiagnosticReport:result&_sort=-date&_count=20"
"""Reports of imaging (categories of HL7 table 0074) with the Observations that they rest on."""
_MEDICATION_ADMINISTRATIONS = "MedicationAdministration?patient={{context.patientId}}&_sort=-effective-time&_count=200"
_REQUESTS = "MedicationRequest?patient={{context.patientId}}&status=active&_count=100"
_CONDITIONS = "Condition?patient={{context.patientId}}&_count=100"
_PROCEDURES = "Procedure?patient={{context.patientId}}&_sort=-date&_count=100"


def templates(drugs: Iterable[str], needs: Iterable[str], hook: str) -> dict[str, str]:
    """Templates by key for one hook. `drugs` are those we model, `needs` the variables their models read.

    Raises ValueError when these cannot be asked for within the limits: nothing needed is left out in silence.
    """
    drugs, wanted = tuple(drugs), set(needs)
    # Susceptibilities come as rarely as drug levels, from the same laboratory, and for the same drugs.
    concentrations = [f"{d}{MIC}" for d in drugs if f"{d}{MIC}" in VARIABLES]
    concentrations += sorted(v for v in wanted if v.endswith(MIC) and v not in concentrations)
    levels = [*(d for d in drugs if VARIABLES.get(d) is not None), *concentrations]
    laboratory = sorted(wanted - {*BODY, *VITALS, *BEDSIDE, *GASES, *VENTILATOR, *BREATHS, *levels})
    found = {"patient": "Patient/{{context.patientId}}"}
    found["body"] = _observations(BODY, _NEWEST)
    if laboratory:
        # It holds what is drawn many times a day, which must not push out the creatinine of yesterday.
        found["laboratory"] = _observations(laboratory, _NEWEST)
    if levels:
        found["levels"] = _observations(levels, _NEWEST_RARE)
    if wanted & {*VITALS, *BEDSIDE} or hook == "patient-view":
        found["vitals"] = _observations({*VITALS, *wanted.intersection(BEDSIDE)}, _NEWEST)
    if wanted & set(GASES):
        found["gases"] = _observations(GASES, _NEWEST_RARE)
    if wanted & {*VENTILATOR, *BREATHS}:
        found["ventilator"] = _observations({*VENTILATOR, *wanted.intersection(BREATHS)}, _NEWEST)
    found["administrations"] = _MEDICATION_ADMINISTRATIONS
    found["requests"] = _REQUESTS
    found["procedures"] = _PROCEDURES
    found["conditions"] = _CONDITIONS
    if len(found) > MOST_KEYS and "levels" in found:
        # Weight and height ride with the drug levels, which are as rare: among vital signs they would be cut off.
        found["levels"] = _observations((*BODY, *levels), _NEWEST)
        del found["body"]
    found = {key: template for key, template in found.items() if template}
    if len(found) > MOST_KEYS:
        raise ValueError(f"{len(found)} prefetch keys; clients resolve {MOST_KEYS}")
    return found


def required_keys(hook: str) -> frozenset[str]:
    """Keys without which a drug order cannot be predicted: absent and not to be fetched, the answer is 412."""
    if hook == "patient-view":
        return frozenset({"patient"})
    if hook == "org.icutwin.vent-change":
        return frozenset({"patient", "ventilator"})
    return frozenset({"patient", "body", "laboratory", "levels", "administrations"})


def _observations(variables: Iterable[str], tail: str) -> str:
    wanted = set(variables)
    codes = [code for (system, code), meaning in standard().variables.items() if system == LOINC and meaning.name in wanted]
    if wanted & PRESSURES:
        # Some servers know the parts of a blood pressure by the code of the whole only.
        codes += [code for system, code in standard().panels if system == LOINC]
    if not codes:
        return ""
    listed = ",".join(f"{LOINC}|{code}" for code in codes)
    template = f"Observation?patient={{{{context.patientId}}}}&code={listed}&{tail}"
    if len(codes) > MOST_CODES or len(template) > MOST_CHARACTERS:
        raise ValueError(f"{len(codes)} codes in one template; clients resolve {MOST_CODES}")
    return template
