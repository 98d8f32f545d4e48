"""What a clinician called wrong stays in the prediction, but nothing is suggested on it until it is charted anew.

The answer to a card says that its data are wrong, not which: all newest values that the card rested on are in doubt together,
and one of them charted anew settles it.
"""

from collections.abc import Iterable
from dataclasses import replace

from service.store.questioned import Mark, mark_of
from twin_engine.patient.record import DataQuality, PatientRecord
from twin_engine.prediction import Prediction
from twin_engine.registry import needs


def doubted(prediction: Prediction, record: PatientRecord, called_wrong: Iterable[frozenset[Mark]]) -> Prediction:
    """The prediction with a remark on each value in doubt, and without the suggestions that rest on one. `called_wrong` = the
    marks of each card that was answered so."""
    wrong = {mark.variable for marks in called_wrong if _all_newest(marks, prediction, record) for mark in marks}
    if not wrong:
        return prediction
    remarks = tuple(DataQuality(name, "conflicting", _words(name)) for name in sorted(wrong))
    suggestions, overshooting = (
        {drug: label for drug, label in made.items() if not wrong & {drug, *needs(drug)}}
        for made in (prediction.suggestions, prediction.overshooting)
    )
    told = (*remarks, *prediction.data_quality)
    return replace(prediction, suggestions=suggestions, overshooting=overshooting, data_quality=told)


def _all_newest(marks: frozenset[Mark], prediction: Prediction, record: PatientRecord) -> bool:
    newest = ((mark, record.latest(mark.variable, prediction.at)) for mark in marks)
    return all(measured is not None and mark_of(measured) == mark for mark, measured in newest)


def _words(name: str) -> str:
    return f"a clinician called the data wrong; {name.replace('_', ' ')} was not charted again since, so nothing is suggested"
