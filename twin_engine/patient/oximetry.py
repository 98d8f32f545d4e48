"""Whether an oximeter can be believed: carbon monoxide and methaemoglobin deceive it.

An oximeter reads carboxyhaemoglobin as oxygen: SpO2 is the sum of both (Barker SJ, Tremper KK. Anesthesiology 1987;66:677-9);
methaemoglobin draws it towards 85 % (Jubran A. Crit Care 1999;3:R11-7). The shares from which it is not believed, and for how
long, are choices of this project: at 10 % of the one it is 10 too high.
"""

from datetime import datetime, timedelta
from typing import Final

from twin_engine.patient.record import PatientRecord

DYSHEMOGLOBINS: Final = {"carboxyhemoglobin": ("COHb", 10.0), "methemoglobin": ("MetHb", 5.0)}
"""Name on a card, and the % of haemoglobin above which an oximeter is not believed."""
BOUND_LASTS: Final = timedelta(hours=12)


def deceived(record: PatientRecord, at: datetime) -> str | None:
    """Why the oximeter of this patient is not believed, in words: the newest share of haemoglobin that carries no oxygen."""
    for variable, (name, most) in DYSHEMOGLOBINS.items():
        found = record.latest(variable, at)
        if found is not None and found.value is not None and found.value > most and at - found.time <= BOUND_LASTS:
            return f"{name} {found.value:.0f} %, {(at - found.time) / timedelta(hours=1):.0f} h ago: an oximeter misreads it"
    return None
