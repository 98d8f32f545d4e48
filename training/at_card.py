"""What stands above the cut-off of a card, beside the plain score that does best at equally many hours.

A rank over all hours says nothing of the few at which a card comes. So an event is shown only where its model, in every
outside data set, ranks better than each plain score (interval of the difference above 0) and, at the cut-off of the card, has
the better PPV at equally many hours (interval above 0, too), the lower bound of which is not below what a card needs.
"""

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cds_cards.deterioration import LEAST_PPV, SHOWN_FROM
from training.discrimination import interval

Rows = NDArray[np.float64]


def cut_off(rank: Mapping[str, Any]) -> float | None:
    """The lowest probability with a card: of the ranks high enough the first whose PPV is; None where none is."""
    steps = zip(rank["share_below"], rank["ppv"], rank["scores"], strict=True)
    return next((float(score) for share, ppv, score in steps if share >= SHOWN_FROM and ppv >= LEAST_PPV), None)


def highest(score: Rows, hours: int) -> Rows:
    """1 for the `hours` highest rows, 0 below, and for those tied at the edge an equal part each."""
    edge = np.partition(score, len(score) - hours)[len(score) - hours]
    above, tied = score > edge, score == edge
    return above + tied * ((hours - above.sum()) / tied.sum())


def at_card(
    probability: Rows,
    label: Rows,
    patient: NDArray[np.int64],
    plain: Mapping[str, Rows],
    gains: Mapping[str, Any],
    threshold: float | None,
    again: list[Rows],
) -> dict[str, Any]:
    """PPV at the cut-off, by resampled stays, and the three parts of the rule. `plain` = baseline scores by name, `gains` =
    their figures with `auroc_gain_interval`; nothing where no hour comes as high."""
    ranks_better = all(each["auroc_gain_interval"][0] > 0 for each in gains.values())
    chosen = np.zeros(len(label)) if threshold is None else (probability >= threshold).astype(float)
    hours = int(chosen.sum())
    if not hours or hours == len(label):
        return {"threshold": threshold, "hours": hours, "ranks_better": ranks_better, "ppv_better": False, "ppv_enough": False}
    model = _ppvs(chosen, label, patient, again)
    beside = {name: _ppvs(highest(score, hours), label, patient, again) for name, score in plain.items()}
    best = max(beside, key=lambda name: float(beside[name][0]))
    low, high = interval((model - beside[best])[1:].tolist())
    bounds = interval(model[1:].tolist())
    first = np.unique(patient[chosen > 0], return_index=True)[1]
    return {
        "threshold": threshold,
        "hours": hours,
        "stays": len(first),
        "ppv": round(float(model[0]), 4),
        "ppv_interval": [round(v, 4) for v in bounds],
        "ppv_first_of_stay": round(float(label[chosen > 0][first].mean()), 4),
        "best_plain_score": best,
        "best_plain_ppv": round(float(beside[best][0]), 4),
        "ppv_gain_interval": [round(low, 4), round(high, 4)],
        "ranks_better": ranks_better,
        "ppv_better": low > 0,
        "ppv_enough": bounds[0] >= LEAST_PPV,
    }


def by_the_rule(at_cards: Iterable[Mapping[str, Any]]) -> bool:
    """Whether the rule would show the event: all three parts in every outside data set."""
    return all(each[part] for each in at_cards for part in ("ranks_better", "ppv_better", "ppv_enough"))


def _ppvs(chosen: Rows, label: Rows, patient: NDArray[np.int64], again: list[Rows]) -> Rows:
    """PPV of the rows as they are, then in every resample; NaN in one that has none of them."""
    every, true = (np.bincount(patient, weights=v) for v in (chosen, chosen * label))
    found = [(float(w @ true), float(w @ every)) for w in (np.ones(len(every)), *again)]
    return np.array([events / hours if hours else np.nan for events, hours in found])
