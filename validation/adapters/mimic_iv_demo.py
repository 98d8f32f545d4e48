"""MIMIC-IV demo on FHIR (Bennett AM et al. JAMIA 2023;30:718-25; ODbL 1.0): the charts of its patients, mapped.

Local codes come from the site table `mimic_iv_demo`. The charts are de-identified; their years lie in the future.
"""

from datetime import UTC, datetime
from pathlib import Path

from fhir_mapping.codes import site
from fhir_mapping.record import MappedChart, map_chart
from validation.adapters import data_folder
from validation.adapters.fhir_ndjson import charts

FILES = (
    "fhir_original/MimicPatient.ndjson.gz",
    "fhir_original/MimicEncounterICU.ndjson.gz",
    "fhir_original/MimicMedication.ndjson.gz",
    "fhir_original/MimicMedicationMix.ndjson.gz",
    "fhir_original/MimicMedicationAdministration.ndjson.gz",
    "fhir_original/MimicMedicationAdministrationICU.ndjson.gz",
    "fhir_original/MimicMedicationRequest.ndjson.gz",
    "fhir_original/MimicProcedureICU.ndjson.gz",
    "fhir_original/MimicCondition.ndjson.gz",
    "fhir_original/MimicObservationOutputevents.ndjson.gz",
    "derived/ObservationLabevents_numeric.ndjson.gz",
    "derived/ObservationChartevents_numeric_loinc.ndjson.gz",
)
AFTER_EVERYTHING = datetime(2300, 1, 1, tzinfo=UTC)


def folder() -> Path:
    """Where the data set is looked for."""
    return data_folder() / "mimic_iv_demo_fhir"


def mapped() -> dict[str, MappedChart]:
    """Every patient's whole chart by patient id. Raises FileNotFoundError when the data are absent."""
    found = charts(*(folder() / name for name in FILES))
    return {key: map_chart(chart, at=AFTER_EVERYTHING, site=site("mimic_iv_demo")) for key, chart in found.items()}
