"""What was tried on the forecast of the pressure, judged as the forecast itself: on patients whose charts estimated nothing.

Where a part of the states is left out or changed, the other numbers of the fold are kept. Where something is added, its
coefficients are least squares on the other folds.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from twin_engine.circulation.tone import CUFF, FAST, GAIN, SLOW, Tone
from validation.pressure_cases import FOLDS, PressureCase
from validation.pressure_fit import Array, Batch, batch

HEAD = ("tried", "MAE ratio", "RMSE ratio", "bias up / down", "stacked on the fitted rule")
TARGET = 65.0
"""mmHg; the pressure that is aimed at in septic shock (Evans L et al. Intensive Care Med 2021;47:1181-247)."""
Changed = Callable[[Tone], Tone]


def attempts(cases: Sequence[PressureCase], tones: Sequence[Tone], shown: Array, rule: Array) -> list[str]:
    """Lines of the section; `tones` by fold, `shown` the out-of-fold forecast, `rule` that of the fitted rule."""
    data, kept = batch(cases)
    fold = np.array([c.fold for c in cases])

    def by_states(change: Changed, of: Callable[[Batch], Batch] = lambda b: b) -> Array:
        """Forecasts of every case by changed states, the last value where there is none."""
        found, own = np.array([c.last for c in cases]), np.array(kept)
        for k, tone in enumerate(tones):
            rows = np.flatnonzero(fold[own] == k)
            found[own[rows]] = of(data.rows(rows)).forecast(change(tone))[0]
        return found

    up = np.array([c.strata["direction"] == "up" for c in cases], dtype=np.float64)
    away = np.array([c.last for c in cases]) - TARGET
    rate = np.array([_heart_rate(c) for c in cases])
    tried = {
        "shown": shown,
        "shown, averaged with the fitted rule": 0.5 * (shown + rule),
        "no value counts less": by_states(lambda t: replace(t, far=np.inf)),
        "a value counts less from two noises off": by_states(lambda t: replace(t, far=2.0)),
        "the newest value only": by_states(lambda t: t, lambda b: newest(b, 1)),
        "the newest 12 values": by_states(lambda t: t, lambda b: newest(b, 12)),
        "no fast state": by_states(lambda t: without(t, FAST)),
        "no slow state": by_states(lambda t: without(t, SLOW)),
        "a cuff errs as an arterial line": by_states(lambda t: replace(without(t, CUFF), noise_cuff=t.noise_arterial)),
        "no effect of the dose": by_states(lambda t: replace(without(t, GAIN), mean=t.mean * (np.arange(5) != GAIN))),
        "the same gain in every patient": by_states(lambda t: without(t, GAIN)),
        "with direction and distance of the last value from 65 mmHg": added(cases, shown, [up, away, up * away]),
        "with heart rate and its change over 6 h": added(cases, shown, list(rate.T)),
    }
    lines = ["## What was tried", "", *(x or "" for x in (__doc__ or "").splitlines()[2:]), ""]
    lines += ["| " + " | ".join(HEAD) + " |", "|" + "---|" * len(HEAD)]
    return lines + [_line(name, cases, median, rule) for name, median in tried.items()]


def newest(data: Batch, most: int) -> Batch:
    """The cases with their newest values only."""
    kept = np.cumsum(~np.isnan(data.values)[:, ::-1], axis=1)[:, ::-1] <= most
    return replace(data, values=np.where(kept, data.values, np.nan))


def without(tone: Tone, state: int) -> Tone:
    """States of which one is the same in every patient."""
    return replace(tone, sd=tone.sd * (np.arange(len(tone.sd)) != state))


def fitted_rule(cases: Sequence[PressureCase], extra: Array | None = None) -> Array:
    """Least squares on last value, mean of 6 h and change of the logarithm of the dose, out of fold (`extra` = one more
    column)."""
    step = [np.log1p(c.strata["ne_eq_after"] / 0.1) - np.log1p(c.strata["ne_eq_before"] / 0.1) for c in cases]
    columns = [np.array([c.last for c in cases]), np.array([c.mean_6h for c in cases]), np.array(step)]
    return least_squares(cases, [*columns, *([] if extra is None else [extra])], np.zeros(len(cases)))


def added(cases: Sequence[PressureCase], median: Array, columns: list[Array]) -> Array:
    """A forecast with a correction linear in some columns, out of fold."""
    return least_squares(cases, columns, median)


def least_squares(cases: Sequence[PressureCase], columns: list[Array], base: Array) -> Array:
    """`base` and what a constant and the columns say of the rest of the truth, out of fold."""
    table = np.stack([np.ones(len(cases)), *columns], axis=1)
    rest, fold = np.array([c.truth for c in cases]) - base, np.array([c.fold for c in cases])
    found = base.copy()
    for k in range(FOLDS):
        found[fold == k] += table[fold == k] @ np.linalg.lstsq(table[fold != k], rest[fold != k], rcond=None)[0]
    return found


def _heart_rate(case: PressureCase) -> tuple[float, float]:
    """Newest heart rate over 90 /min, and over the mean of 6 h; 0 where none is charted."""
    at = case.scenario.at
    charted = [(m.time, m.value) for m in case.scenario.record.of("heart_rate") if m.value is not None and m.time <= at]
    recent = [v for t, v in charted if (at - t).total_seconds() <= 6.0 * 3600.0]
    return (recent[-1] - 90.0, recent[-1] - float(np.mean(recent))) if recent else (0.0, 0.0)


def _line(name: str, cases: Sequence[PressureCase], median: Array, rule: Array) -> str:
    truth, last = np.array([c.truth for c in cases]), np.array([c.last for c in cases])
    error, up = median - truth, np.array([c.strata["direction"] == "up" for c in cases])
    cells = [
        name,
        f"{np.abs(error).mean() / np.abs(last - truth).mean():.3f}",
        f"{np.sqrt((error**2).mean() / ((last - truth) ** 2).mean()):.3f}",
        f"{error[up].mean():+.2f} / {error[~up].mean():+.2f}",
        f"{np.abs(fitted_rule(cases, median) - truth).mean() / np.abs(rule - truth).mean():.3f}",
    ]
    return "| " + " | ".join(cells) + " |"
