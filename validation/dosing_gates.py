"""The goals that were set before the forecasts were made, and whether they are met on the open cases."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from validation.bootstrap import patient_bootstrap
from validation.dosing_cases import Row, Said

Array = NDArray[np.float64]
Reference = Mapping[tuple[str, str], Said]
WITHIN = 0.02


@dataclass(frozen=True, slots=True)
class Gate:
    """One goal: what was found (a number, or with its interval over patients in words) and whether it meets the goal."""

    name: str
    goal: str
    found: str
    met: bool


def log_errors(truth: Array, point: Array) -> Array:
    """|ln(forecast / level)|."""
    return np.abs(np.log(np.maximum(point, 0.1) / truth))


def interval_scores(truth: Array, low: Array, high: Array) -> Array:
    """Width of the 90 % interval plus 20 times by how much it misses, mg/L (Gneiting T, Raftery AE. J Am Stat Assoc
    2007;102:359-78)."""
    return high - low + 20.0 * np.maximum(low - truth, 0.0) + 20.0 * np.maximum(truth - high, 0.0)


def column(rows: Sequence[Row], of: Callable[[Row], float | None]) -> Array:
    """One value per row."""
    return np.array([of(r) for r in rows], dtype=float)


def said(reference: Reference, rows: Sequence[Row], method: str) -> list[Said]:
    """The reference's forecasts of these rows (`method` with `{}` for prior or all), none if any is missing."""
    keys = [(r.id, method.format("all" if r.n_prior else "prior")) for r in rows]
    return [reference[k] for k in keys] if all(k in reference for k in keys) else []


def gates(rows: Sequence[Row], reference: Reference, constant: float) -> list[Gate]:
    """Every goal that can be judged with these rows."""
    clean = [r for r in rows if r.kind == "clean" and r.median is not None]
    known, unknown = [r for r in clean if r.n_prior], [r for r in clean if not r.n_prior]
    found = [*_with_levels(known, reference, constant), *_without(unknown, reference)]
    found += _many([r for r in clean if r.n_prior >= 2])
    found += _flags(rows, reference)
    return found + _alone(clean, reference)


def _ratio(name: str, goal: float, rows: Sequence[Row], point: Array, other: Array) -> Gate:
    truth = column(rows, lambda r: r.truth)
    ours, theirs = log_errors(truth, point), log_errors(truth, other)
    ratio = patient_bootstrap(lambda i: float(ours[i].mean() / theirs[i].mean()), [r.patient for r in rows])
    return Gate(name, f"at most {goal:.2f}", f"{ratio[0]:.2f} ({ratio[1]:.2f} to {ratio[2]:.2f})", ratio[0] <= goal)


def _with_levels(rows: Sequence[Row], reference: Reference, constant: float) -> list[Gate]:
    if not rows:
        return []
    truth, point = column(rows, lambda r: r.truth), column(rows, lambda r: r.median)
    low, high = column(rows, lambda r: r.low), column(rows, lambda r: r.high)
    other = said(reference, rows, "average/{}")
    relative = 100.0 * (point - truth) / truth
    found: list[Gate] = []
    if other:
        name = "A1 with a level: error relative to the reference average"
        found.append(_ratio(name, 1.05, rows, point, np.array([s.median for s in other])))
    found.append(_ratio("A1 relative to the last level", 0.50, rows, point, column(rows, lambda r: r.last)))
    found.append(_ratio("A1 relative to a constant level", 0.60, rows, point, np.full(len(rows), constant)))
    median, middle = float(np.median(np.abs(relative))), float(np.median(relative))
    within, rmse = 100.0 * float(np.mean(np.abs(relative) <= 30)), float(np.sqrt(np.mean((point - truth) ** 2)))
    covered = 100.0 * float(np.mean((truth >= low) & (truth <= high)))
    found += [
        Gate("A2 median absolute error", "at most 18 %", f"{median:.1f} %", median <= 18),
        Gate("A2 median error", "at most 12 % either way", f"{middle:.1f} %", abs(middle) <= 12),
        Gate("A2 within 30 %", "at least 85 %", f"{within:.0f} %", within >= 85),
        Gate("A2 root mean square error", "at most 5.0 mg/L", f"{rmse:.1f} mg/L", rmse <= 5.0),
        Gate("A3 coverage of the 90 % interval", "84 to 99 %", f"{covered:.0f} %", 84 <= covered <= 99),
    ]
    if other and all(s.low is not None for s in other):
        theirs = np.array([(s.low, s.high) for s in other], dtype=float)
        score = float(interval_scores(truth, low, high).mean() / interval_scores(truth, *theirs.T).mean())
        found.append(Gate("A3 interval score relative to the reference", "at most 1.20", f"{score:.2f}", score <= 1.20))
    return found


def _without(rows: Sequence[Row], reference: Reference) -> list[Gate]:
    colin = said(reference, rows, "colin/{}")
    truth = column(rows, lambda r: r.truth)
    inside = int(((truth >= column(rows, lambda r: r.low)) & (truth <= column(rows, lambda r: r.high))).sum())
    share = 100.0 * inside / max(len(rows), 1)
    coverage = Gate("A4 coverage before any level", "at least 82 %", f"{share:.0f} % ({inside} of {len(rows)})", share >= 82)
    if not colin:
        return [coverage]
    name, other = "A4 before any level: error relative to Colin alone", np.array([s.median for s in colin])
    return [_ratio(name, 1.10, rows, column(rows, lambda r: r.median), other), coverage]


def _many(rows: Sequence[Row]) -> list[Gate]:
    if not rows:
        return []
    truth = column(rows, lambda r: r.truth)
    error = 100.0 * float(log_errors(truth, column(rows, lambda r: r.median)).mean())
    blind = 100.0 * float(log_errors(truth, column(rows, lambda r: r.population)).mean())
    met = error <= 20 or error <= 0.45 * blind
    goal = "at most 20 %, or 0.45 of the error without levels"
    return [Gate("A5 error after two levels or more", goal, f"{error:.1f} % ({error / blind:.2f})", met)]


def _flags(rows: Sequence[Row], reference: Reference) -> list[Gate]:
    def share(kind: str, of: Callable[[Row], bool]) -> tuple[float, str]:
        own = [r for r in rows if r.kind == kind]
        yes = sum(of(r) for r in own)
        return yes / max(len(own), 1), f"{yes} of {len(own)}"

    spoken: Callable[[Row], bool] = lambda r: r.flagged or r.refusal is not None  # noqa: E731
    dialysis = _dialysis([r for r in rows if r.kind == "dialysis"], reference)
    incomplete, flagged = share("incomplete", spoken)
    clean, wrongly = share("clean", spoken)
    return [
        dialysis,
        Gate("A7 incomplete history: flagged or refused", "at least 80 %", flagged, incomplete >= 0.80),
        Gate("A7 complete history: flagged or refused", "at most 15 %", wrongly, clean <= 0.15),
    ]


def _dialysis(rows: Sequence[Row], reference: Reference) -> Gate:
    """Refused, or else forecast better than by the average of the other program, with intervals that hold."""
    forecast = [r for r in rows if r.median is not None]
    told, goal = f"{len(rows) - len(forecast)} of {len(rows)} refused", "all refused, or the others at most 0.90, 85 % held"
    other = said(reference, forecast, "average/{}")
    if not forecast or not other:
        return Gate("A6 dialysis", goal, told, not forecast)
    truth = column(forecast, lambda r: r.truth)
    ours = log_errors(truth, column(forecast, lambda r: r.median)).mean()
    ratio = float(ours / log_errors(truth, np.array([s.median for s in other])).mean())
    inside = (truth >= column(forecast, lambda r: r.low)) & (truth <= column(forecast, lambda r: r.high))
    found = f"{told}; the others: error {ratio:.2f} of the reference average, {inside.sum()} of {len(forecast)} intervals hold"
    return Gate("A6 dialysis", goal, found, ratio <= 0.90 and float(inside.mean()) >= 0.85)


def _alone(rows: Sequence[Row], reference: Reference) -> list[Gate]:
    """Each model alone against the same model of the reference program: modes within 2 %; refused cases do not count."""
    found: list[Gate] = []
    for model in sorted({name for r in rows for name in r.alone}):
        for place, mode, what in ((0, "prior", "without levels"), (1, "all", "with levels")):
            method = f"{model.split('_')[1]}/{mode}"
            pairs = [
                (value, reference[r.id, method].mode)
                for r in rows
                if (value := r.alone[model][place]) is not None and (r.id, method) in reference and (r.n_prior or not place)
            ]
            if pairs:
                near = sum(abs(a / b - 1.0) <= WITHIN for a, b in pairs)
                name, goal = f"C1 {model} alone {what}: mode within 2 %", "at least 95 %"
                found.append(Gate(name, goal, f"{near} of {len(pairs)}", near >= 0.95 * len(pairs)))
    return found
