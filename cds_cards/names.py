"""Variables, organs and parts of the twin as a clinician writes them."""

from collections.abc import Mapping

from cds_cards.wording import drug_name

_NAMES: Mapping[str, str] = {
    "map": "MAP", "sbp": "systolic pressure", "dbp": "diastolic pressure", "spo2": "SpO2", "fio2": "FiO2", "peep": "PEEP",
    "ph": "pH", "pao2": "PaO2", "paco2": "PaCO2", "hco3": "bicarbonate", "hemoglobin": "haemoglobin", "wbc": "leukocytes",
    "inr": "INR", "bis": "BIS", "urea_nitrogen": "urea nitrogen", "acid_base": "acid and base", "context": "age and sex",
}  # fmt: skip


def name(variable: str) -> str:
    """A variable or organ as a clinician writes it."""
    return _NAMES.get(variable, drug_name(variable))
