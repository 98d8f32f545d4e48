"""The card that says why there is no prediction, and the card that asks to check data."""

import re

from cds_cards.case import CardCase
from cds_cards.names import name
from cds_cards.schema import SUMMARY_LENGTH
from cds_cards.subject import Subject
from cds_cards.wording import age, drug_name, fitted, listed, model_name, plain
from twin_engine.circulation.chart import VARIABLE
from twin_engine.circulation.pressors import PRESSORS
from twin_engine.outcome import CannotPredict
from twin_engine.patient import artefact
from twin_engine.patient.blocking import Blocked, blocking
from twin_engine.patient.clash import UNIT_DOUBTED
from twin_engine.patient.derived import age_years
from twin_engine.patient.record import DataQuality
from twin_engine.prediction import Prediction
from twin_engine.readiness import HOLES
from twin_engine.registry import MODELS, needs
from twin_engine.risk import lone_saturation

TO_CHECK = ("implausible", "conflicting", "incomplete_dose_history")
_STATUS = {
    "implausible": "implausible value",
    "conflicting": "conflicting values",
    "incomplete_dose_history": "dose history incomplete",
    "missing": "not charted",
    "stale": "too old",
}
MOST_ROWS = 6
ADULT_YEARS = 18.0


def reasons(subject: Subject) -> tuple[str, ...]:
    """Why the drug could not be predicted, each reason once, with the models it holds for where models differ; never
    empty."""
    prediction = subject.case.prediction
    if prediction is None:
        return ("not ready in time",)
    models_by_reason: dict[str, list[str]] = {}
    for gap in _gaps(subject, prediction):
        model, reason = model_and_reason(gap.reason.removeprefix(f"{subject.drug}: "))
        models_by_reason.setdefault(plain(_or_unusable(reason, prediction)), []).extend(
            [] if model is None else [model_name(model, subject.drug)]
        )
    differ = len(models_by_reason) > 1 and len({name for names in models_by_reason.values() for name in names}) > 1
    found = tuple(
        f"{reason} ({', '.join(names)})" if differ and names else reason for reason, names in models_by_reason.items()
    )
    return found or ("no model applies to this patient",)


def _or_unusable(reason: str, prediction: Prediction) -> str:
    """The reason, or why what is charted of a variable that seems missing is not used."""
    lost = (q for q in prediction.data_quality if q.status in {"ignored", "conflicting"})
    return next(
        (f"no usable {name(q.variable)} is charted: {q.effect}" for q in lost if reason == f"no {name(q.variable)} is charted"),
        reason,
    )


def _gaps(subject: Subject, prediction: Prediction) -> list[CannotPredict]:
    """What could not be predicted of this drug: of a pressor the pressure first, which is what it is given for."""
    found = prediction.cannot_predict
    pressure = [gap for gap in found if gap.variable == VARIABLE] if subject.drug in PRESSORS else []
    return pressure + [gap for gap in found if gap.variable.split("_")[0] == subject.drug.split("_")[0]]


def model_and_reason(text: str) -> tuple[str | None, str]:
    """A refusal of one model starts with its id."""
    model, colon, reason = text.partition(": ")
    return (model, reason) if colon and model in MODELS else (None, text)


def no_prediction_summary(subject: Subject) -> str:
    """One sentence with all reasons, or as many as fit."""
    told, start = reasons(subject), f"No prediction for {drug_name(subject.drug)}: "
    return fitted([start + "; ".join(told[:n]) for n in range(len(told), 0, -1)], SUMMARY_LENGTH)


def no_prediction_detail(subject: Subject, opening: tuple[str, ...] = ()) -> str:
    """All reasons, what could not be had, and that the order was still checked against the limits."""
    told = [*(f"- {reason}" for reason in reasons(subject))]
    told += [f"- incomplete: {plain(each)}" for each in subject.case.incomplete]
    checked = "" if opening else f"The order as written is within the limits that could be checked{_blind_to(subject)}."
    return "\n\n".join(part for part in (*opening, "No prediction:", "\n".join(told), checked) if part)


def _blind_to(subject: Subject) -> str:
    """What of this patient the limits do not see, where it matters for the drug."""
    born, prediction = subject.case.record.birth_date, subject.case.prediction
    child = born is not None and prediction is not None and age_years(born, prediction.at) < ADULT_YEARS
    kidneys = "creatinine" in needs(subject.drug)
    told = [*(["they are those of adults"] if child else []), *(["they do not see the kidneys"] if kidneys else [])]
    return "; " + ", and ".join(told) if told else ""


def once_a_day_key(subject: Subject) -> str:
    """Topic and reasons without the numbers that change while the reasons stay."""
    return f"{subject.drug}: {re.sub(r'[0-9][0-9.,:-]*', '#', '; '.join(reasons(subject)))}"


def doubtful(case: CardCase) -> tuple[DataQuality, ...]:
    """What somebody at the bedside can settle: doubtful values, and data whose absence blocks something that matters."""
    if case.prediction is None:
        return ()
    at = case.prediction.at
    # That a history with holes forbids a suggestion is no further item: the holes themselves are.
    charted = [q for q in case.prediction.data_quality if q.status in TO_CHECK and q.effect != HOLES]
    doubts = (*artefact.remarks(case.record, at), *lone_saturation.remarks(case.record, at))
    return (*charted, *doubts, *map(_blocked, blocking(case.record, at, needs)))


def _blocked(found: Blocked) -> DataQuality:
    if found.age_h is None:
        return DataQuality(found.variable, "missing", f"blocks {found.blocks}")
    return DataQuality(found.variable, "stale", f"{age(found.age_h)} old, blocks {found.blocks}", found.age_h)


def _word(found: DataQuality) -> str:
    return UNIT_DOUBTED if UNIT_DOUBTED in found.effect else _STATUS[found.status]


def to_check_summary(found: tuple[DataQuality, ...]) -> str:
    """One sentence naming what to check, each once."""
    items = tuple(dict.fromkeys(f"{name(q.variable)}: {_word(q)}" for q in found))
    return fitted([f"Please check {len(items)} item{'s' if len(items) > 1 else ''}: {plain(listed(items))}"], SUMMARY_LENGTH)


def to_check_detail(found: tuple[DataQuality, ...]) -> str:
    """What each remark means for the predictions; remarks that differ in their numbers alone are told by the first."""
    alike: dict[tuple[str, str, str], list[DataQuality]] = {}
    for q in found:
        alike.setdefault((q.variable, _word(q), _without_numbers(q.effect)), []).append(q)
    rows = [f"- **{plain(name(q.variable))}** ({_word(q)}): {plain(q.effect)}{_more(rest)}" for q, *rest in alike.values()]
    return "\n\n".join(("\n".join(rows[:MOST_ROWS]), "Until then predictions are wider or withheld."))


def _more(rest: list[DataQuality]) -> str:
    return f" (and {len(rest)} more like it)" if rest else ""


def _without_numbers(words: str) -> str:
    return re.sub(r"[0-9][0-9.,:-]*", "#", words)
