"""Propofol and remifentanil in the copies of one patient, index by index: fitted once for a chart, kept as plain arrays.

A copy of propofol belongs to one of the two findings on the opioid (`surface`); they share the copies by how well each
explains the charted index, from the numbers of volunteers behind them. Where no opioid was or will be given both say the same,
and one is enough.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import numpy as np

from twin_engine.companions import accompanied, alone
from twin_engine.covariates.charted import CO_MEDICATION
from twin_engine.history import History, history
from twin_engine.kernel.declare import Array, Index, Model
from twin_engine.kernel.linear import Path, State, effect_site
from twin_engine.kernel.observe import SecondDrug
from twin_engine.outcome import CannotPredict
from twin_engine.patient.record import DataQuality, Order, PatientRecord
from twin_engine.sedation.surface import ADDITIVE, INERT, OPIOID, PROPOFOL, REMIFENTANIL
from twin_engine.twin import FittedModel, Twin, refresh, shares

VARIABLE: Final = "bis"
OPIOIDS: Final = CO_MEDICATION["opioid"][0]


@dataclass(frozen=True, slots=True)
class Copies:
    """Some copies of one drug from `at` on, and the posterior mode as one column."""

    path: Path
    state: State
    mode_path: Path
    mode_state: State


@dataclass(frozen=True, slots=True)
class Bodies:
    """Propofol in the first copies, which the opioid leaves alone, and in the rest, to which it adds (None = there are none of
    the kind); the opioid in all copies (None = never given). `seen` measured values were used, with the effective
    sample size `ess`."""

    inert: Copies | None
    additive: Copies | None
    opioid: Copies | None
    propofol_history: History
    opioid_history: History
    additive_share: float
    seen: int
    ess: float
    remarks: tuple[DataQuality, ...]

    @property
    def blocks(self) -> tuple[tuple[Copies, bool], ...]:
        """Propofol's copies in order, and whether the opioid adds to them."""
        found = ((self.inert, False), (self.additive, True))
        return tuple((copies, adds) for copies, adds in found if copies is not None)


@dataclass(frozen=True, slots=True)
class Chart:
    """The copies under what the chart holds, and under an option that gives an opioid though the chart holds none: the opioid
    also slows propofol (`companions`)."""

    as_charted: Bodies
    with_opioid: Bodies

    def under(self, orders: Sequence[Order]) -> Bodies:
        """The copies that these orders act on."""
        return self.with_opioid if any(o.drug in OPIOIDS and not o.stop for o in orders) else self.as_charted


@dataclass(frozen=True, slots=True)
class _Fits:
    record: PatientRecord
    at: datetime
    draws: int
    seed: int

    def of(self, drug: str, model: Model, second: SecondDrug | None = None) -> Twin | CannotPredict:
        """One model of one drug, or why it does not apply."""
        twin, refusals, _ = refresh(self.record, drug, (model,), self.at, draws=self.draws, seed=self.seed, second=second)
        if twin is not None:
            return twin
        why = refusals[0].reason.removeprefix(f"{model.id}: ") if refusals else "no model applies"
        return CannotPredict(VARIABLE, f"{drug}: {why}")


def bodies(record: PatientRecord, at: datetime, *, beside: bool, draws: int, seed: int) -> Chart | CannotPredict:
    """The copies of this chart, or why there are none; `beside` = remifentanil is to be given, whether or not it was."""
    fits, past = _Fits(record, at, draws, seed), history(record, OPIOID, at)
    opioid: Twin | None = None
    if past.given or past.coming or beside:
        found = fits.of(OPIOID, REMIFENTANIL)
        if isinstance(found, CannotPredict):
            return found
        opioid = found
    second = None if opioid is None or not past.given else _middle(opioid.best, past)
    twins: list[Twin] = []
    for model in (INERT,) if opioid is None else (INERT, ADDITIVE):
        found = fits.of(PROPOFOL, model, second)
        if isinstance(found, CannotPredict):
            return found
        twins.append(found)
    ordered = (Order("", drug=OPIOID),)
    slowed = [accompanied(alone(twin), record, ordered).twin for twin in twins]
    return Chart(_joined(twins, opioid, past, draws), _joined(slowed, opioid, past, draws))


def _joined(twins: Sequence[Twin], opioid: Twin | None, past: History, draws: int) -> Bodies:
    fits = [twin.best for twin in twins]
    share = float(shares(fits)[0])
    inert = round(share * draws)
    everyone = np.arange(draws, dtype=np.intp)
    seen = twins if opioid is None else (*twins, opioid)
    return Bodies(
        inert=_copies(fits[0], everyone[:inert]) if inert else None,
        additive=_copies(fits[1], everyone[inert:]) if inert < draws else None,
        opioid=None if opioid is None else _copies(opioid.best, everyone),
        propofol_history=twins[0].history,
        opioid_history=past,
        additive_share=1.0 - share,
        seen=fits[0].n_levels,
        ess=min(fit.posterior.ess for fit in fits),
        remarks=tuple(dict.fromkeys(remark for twin in seen for remark in twin.remarks)),
    )


def _middle(opioid: FittedModel, past: History) -> SecondDrug:
    """The opioid at its effect site in the past, one course for every copy: the median."""

    def concentration(hours_h: Array) -> Array:
        return np.median(effect_site(opioid.past, past.given, hours_h), axis=1)

    return concentration


def _copies(fit: FittedModel, index: Index) -> Copies:
    return Copies(fit.future(index), fit.state.take(index), fit.mode_future(), fit.mode_state)
