"""Scores the released graphs on stays that trained none of them, beside the scores anyone could compute."""

import json
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from training import data_2012, data_2019, data_eicu, events, trained
from training.at_card import at_card, by_the_rule, cut_off
from training.baselines import baseline_scores
from training.calibrate import logistic, logit
from training.discrimination import Ranked, interval, resamples
from training.fitting import run
from training.places import VARIANTS, released
from training.stays import Stays, feature_rows
from training.thresholds import alerts
from training.utility import hourly_values, utility
from twin_engine.risk.features import Feature

READERS: Mapping[str, Callable[[Path], Stays | None]] = {
    "physionet2019": data_2019.read,
    "physionet2012": data_2012.read,
    "eicu_demo": data_eicu.read,
}
DATA_OF: Mapping[str, tuple[str, ...]] = {
    "hypotension": ("physionet2019", "eicu_demo"),
    "sepsis": ("physionet2019", "eicu_demo"),
    "hypoxaemia": ("physionet2019", "eicu_demo"),
    "kidney_injury": ("physionet2019", "eicu_demo", "physionet2012"),
    "death": ("physionet2012", "eicu_demo"),
}
SAME_HOSPITAL = {
    ("kidney_injury", "physionet2012"): "the hospital that trained, perhaps with some of its patients, and 48 h at most: no "
    "external test and not pooled"
}
NOT_POOLED = {
    ("sepsis", "eicu_demo"): "label of YAIB (6 h before to 6 h after onset): not pooled with the label of 2019",
    **SAME_HOSPITAL,
}
LEAST_EVENTS = 20
"""A subgroup with fewer event rows than this gets no number."""
DECISION_THRESHOLDS = (0.01, 0.02, 0.05, 0.1, 0.15, 0.2, 0.3, 0.4)
Rows = NDArray[np.float64]


@dataclass(frozen=True)
class Scored:
    """One model on one data set: probability, label, rows (indices into the stays), stay, hour, baseline scores."""

    stays: Stays
    rows: NDArray[np.int64]
    probability: Rows
    label: Rows
    baselines: Mapping[str, Rows]

    @property
    def patient(self) -> NDArray[np.int64]:
        """A number per stay."""
        return np.unique(self.stays.stay[self.rows].astype(str), return_inverse=True)[1]


def evaluate(
    folder: Path, repeats: int, seed: int, step: Callable[[str], None], only: Collection[str] | None = None
) -> dict[str, Any]:
    """Per variant and event (all, or `only` some) the pooled figures first, then each data set. Absent data sets and models
    are skipped."""
    wanted = [event for event in DATA_OF if only is None or event in only]
    stays = {name: found for name, read in READERS.items() if (found := _untrained(read(folder))) is not None}
    return {
        variant: {event: found for event in wanted if (found := _event(variant, event, stays, repeats, seed, step)) is not None}
        for variant in VARIANTS
    }


def _untrained(stays: Stays | None) -> Stays | None:
    if stays is None:
        return None
    kept = ~trained.took_part(stays.stay)
    return stays.keep(kept) if kept.any() else None


def _event(
    variant: str, event: str, stays: Mapping[str, Stays], repeats: int, seed: int, step: Callable[[str], None]
) -> dict[str, Any] | None:
    graph_path, card_path = released(variant, event)
    if not card_path.exists():
        return None
    card, graph = json.loads(card_path.read_text(encoding="utf-8")), graph_path.read_bytes()
    by_data: dict[str, Scored] = {}
    for name in DATA_OF[event]:
        if name in stays:
            step(f"{variant} {event} {name}")
            by_data[name] = score(event, stays[name], card, graph)
    judged = {name: judge(event, found, card, repeats, seed) for name, found in by_data.items() if found.label.sum() > 0}
    pooled = [found for name, found in by_data.items() if (event, name) not in NOT_POOLED and found.label.sum() > 0]
    if not pooled:
        return None
    judged = {n: {"note": NOT_POOLED[event, n], **j} if (event, n) in NOT_POOLED else j for n, j in judged.items()}
    first = judged[next(n for n in judged if (event, n) not in NOT_POOLED)]
    told = {**(_pooled(pooled, repeats, seed) if len(pooled) > 1 else first), "by_data": judged}
    outside = [found["at_card"] for name, found in judged.items() if "at_card" in found and (event, name) not in SAME_HOSPITAL]
    return {**told, "shown_by_the_rule": by_the_rule(outside)} if outside else told


def score(event: str, stays: Stays, card: Mapping[str, Any], graph: bytes) -> Scored:
    """One graph on the rows at which its event may be asked."""
    eligible, label = events.EVENTS[event](stays)
    rows = np.flatnonzero(eligible)
    features = [Feature(**f) for f in card["features"]]
    probability = run(graph, feature_rows(stays, rows, features), "probability").ravel()
    return Scored(stays, rows, probability, label[rows], baseline_scores(event, stays, rows))


def _pooled(parts: list[Scored], repeats: int, seed: int) -> dict[str, Any]:
    offset, patients = 0, []
    for part in parts:
        patients.append(part.patient + offset)
        offset += int(part.patient.max()) + 1
    patient = np.concatenate(patients)
    probability, label = (np.concatenate([getattr(p, n) for p in parts]) for n in ("probability", "label"))
    return _discrimination(probability, label, patient, resamples(offset, repeats, seed))


def _discrimination(probability: Rows, label: Rows, patient: NDArray[np.int64], again: list[Rows]) -> dict[str, Any]:
    ranked = Ranked(probability, label, patient)
    return {
        "auroc": round(ranked.auroc(), 4),
        "auroc_interval": _rounded(interval([ranked.auroc(w) for w in again])),
        "auprc": round(ranked.auprc(), 4),
        "auprc_interval": _rounded(interval([ranked.auprc(w) for w in again])),
        "rows": len(label),
        "events": int(label.sum()),
        "stays": int(patient.max()) + 1,
        "base_rate": round(float(label.mean()), 5),
    }


def _rounded(pair: tuple[float, float]) -> list[float]:
    return [round(v, 4) for v in pair]


def judge(event: str, found: Scored, card: Mapping[str, Any], repeats: int, seed: int) -> dict[str, Any]:
    """Every figure of one model on one data set."""
    patient = found.patient
    again = resamples(int(patient.max()) + 1, repeats, seed)
    figures = _discrimination(found.probability, found.label, patient, again)
    figures["calibration"] = _calibration(found, patient, again)
    if event != "death":
        figures["alerts"] = _alerts(found, card["thresholds"]["alert"])
    if event == "sepsis":
        figures |= _utility(found, card["thresholds"]["utility"], patient, again)
    figures["calibration_curve"] = _curve(found)
    figures["net_benefit"] = _net_benefit(found)
    figures["baselines"] = _baselines(found, patient, again)
    if event != "death":
        plain, gains, threshold = found.baselines, figures["baselines"], cut_off(card["rank"])
        figures["at_card"] = at_card(found.probability, found.label, patient, plain, gains, threshold, again)
    figures["subgroups"] = _subgroups(event, found)
    return figures


def _calibration(found: Scored, patient: NDArray[np.int64], again: list[Rows]) -> dict[str, Any]:
    intercept, slope = logistic(logit(found.probability)[:, None], found.label)
    observed, expected = (np.bincount(patient, weights=v) for v in (found.label, found.probability))
    ratios = [float((w @ observed) / (w @ expected)) for w in again]
    return {
        "slope": round(float(slope), 3),
        "intercept": round(float(intercept), 3),
        "observed_to_expected": round(float(observed.sum() / expected.sum()), 3),
        "observed_to_expected_interval": _rounded(interval(ratios)),
        "brier": round(float(np.mean((found.probability - found.label) ** 2)), 5),
    }


def _curve(found: Scored) -> list[dict[str, float]]:
    """Ten groups of equal size by predicted probability: mean prediction and observed share."""
    groups = np.array_split(np.argsort(found.probability, kind="stable"), 10)
    pairs = [(float(found.probability[g].mean()), float(found.label[g].mean())) for g in groups]
    return [{"predicted": round(p, 5), "observed": round(o, 5)} for p, o in pairs]


def _net_benefit(found: Scored) -> list[dict[str, float]]:
    """Decision curve: true alarms less false ones weighted by the odds of the threshold, per row; beside alarm for all.

    Vickers AJ, Elkin EB. Med Decis Making 2006;26:565-74, doi:10.1177/0272989X06295361.
    """
    rows, base = len(found.label), float(found.label.mean())
    told: list[dict[str, float]] = []
    for threshold in DECISION_THRESHOLDS:
        above, odds = found.probability >= threshold, threshold / (1.0 - threshold)
        true = float(found.label[above].sum())
        model = (true - (float(above.sum()) - true) * odds) / rows
        told.append({"threshold": threshold, "model": round(model, 5), "all": round(base - (1.0 - base) * odds, 5)})
    return told


def _alerts(found: Scored, threshold: float) -> dict[str, Any]:
    fired = alerts(found.probability, found.rows, found.stays.stay[found.rows], threshold)
    ppv = float(found.label[fired].mean()) if len(fired) else float("nan")
    above = found.probability >= threshold
    return {
        "threshold": threshold,
        "per_patient_day_at_risk": round(len(fired) / (len(found.label) / 24.0), 3),
        "ppv": round(ppv, 4),
        "number_needed_to_evaluate": round(1.0 / ppv, 2) if ppv > 0 else None,
        "row_sensitivity": round(float(found.label[above].sum() / found.label.sum()), 4),
    }


def _utility(found: Scored, threshold: float, patient: NDArray[np.int64], again: list[Rows]) -> dict[str, Any]:
    stay = found.stays.stay[found.rows]
    alarmed = found.probability >= threshold
    alarm, silence = hourly_values(found.label, stay)
    gained = np.bincount(patient, weights=np.where(alarmed, alarm, silence) - silence)
    best = np.bincount(patient, weights=np.maximum(alarm, silence) - silence)
    return {
        "utility": round(utility(alarmed, found.label, stay), 4),
        "utility_interval": _rounded(interval([float((w @ gained) / (w @ best)) for w in again])),
        "utility_threshold": threshold,
    }


def _baselines(found: Scored, patient: NDArray[np.int64], again: list[Rows]) -> dict[str, Any]:
    mine = Ranked(found.probability, found.label, patient)
    own = [mine.auroc(w) for w in again]
    out: dict[str, Any] = {}
    for name, values in found.baselines.items():
        other = Ranked(values, found.label, patient)
        differences = [a - other.auroc(w) for a, w in zip(own, again, strict=True)]
        out[name] = {
            "auroc": round(other.auroc(), 4),
            "auprc": round(other.auprc(), 4),
            "auroc_gain_interval": _rounded(interval(differences)),
        }
    return out


def _subgroups(event: str, found: Scored) -> dict[str, Any]:
    age, female = (found.stays.context[n][found.rows] for n in ("age", "female"))
    groups = {"age_below_65": age < 65, "age_65_to_79": (age >= 65) & (age < 80), "age_80_and_more": age >= 80,
              "women": female == 1.0, "men": female == 0.0}  # fmt: skip
    if "surgical_unit" in found.stays.marks:
        unit = found.stays.marks["surgical_unit"][found.rows]
        groups |= {"medical_unit": unit == 0.0, "surgical_unit": unit == 1.0}
    if event == "kidney_injury":
        # Of the hours between two draws many are alike; here each value counts once, and none knows when the next comes.
        groups["hour_of_a_new_creatinine"] = ~np.isnan(found.stays.values["creatinine"][found.rows])
    return {name: _subgroup(found, chosen) for name, chosen in groups.items() if chosen.any()}


def _subgroup(found: Scored, chosen: NDArray[np.bool_]) -> dict[str, Any]:
    label, probability = found.label[chosen], found.probability[chosen]
    told: dict[str, Any] = {"rows": int(chosen.sum()), "events": int(label.sum())}
    if LEAST_EVENTS <= label.sum() < len(label):
        ranked = Ranked(probability, label, np.zeros(len(label), dtype=np.int64))
        told |= {"auroc": round(ranked.auroc(), 4), "observed_to_expected": round(float(label.sum() / probability.sum()), 3)}
    return told
