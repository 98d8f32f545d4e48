"""The one serialised shape: everything the core needs for one prediction, and nothing else.

A scenario is the audit entry, the bug report, the golden-test input, the state of the what-if page and the input of
`icu-twin predict`. Reading and writing JSON is in `scenario_json.py`; this module holds the values.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from twin_engine.patient.record import DataQuality, Order, PatientRecord

DEFAULT_DRAWS = 512
DEFAULT_HORIZON_H = 24.0
AS_ORDERED = "as ordered"
NO_CHANGE = "no change"
GRID_H = 0.25


@dataclass(frozen=True, slots=True)
class Scenario:
    """Inputs of one prediction. `orders` without a label read "as ordered"; empty = forecast under what is running now."""

    at: datetime
    seed: int
    record: PatientRecord
    orders: tuple[Order, ...] = ()
    models: tuple[str, ...] | None = None
    horizon_h: float = DEFAULT_HORIZON_H
    draws: int = DEFAULT_DRAWS
    alternatives: Literal["auto", "none"] = "auto"
    report_times: tuple[datetime, ...] = ()
    curves: Literal["all", "drafted"] = "all"
    """Credible curves that are wanted. Who reads an answer wants all; cards read the concentration of a drafted drug and no
    other. No part of the written scenario."""
    remarks: tuple[DataQuality, ...] = ()
    """Data-quality remarks made while reading (ignored fields, unknown units, mapping assumptions)."""

    @property
    def as_published(self) -> bool:
        """Whether one model is named alone: it runs as it was published."""
        return self.models is not None and len(self.models) == 1

    def foretells(self, label: str) -> bool:
        """Whether what is forecast of this option may be held against its outcome."""
        return self.curves == "all" or any(o.label == label for o in self.orders)

    @property
    def draws_effects(self) -> bool:
        """Whether the credible curves of what drugs, fluids and the ventilator do are wanted."""
        return self.curves == "all"

    @property
    def asked_h(self) -> float:
        """Hours to forecast: the horizon, extended to the last report time."""
        return max([self.horizon_h, *((t - self.at).total_seconds() / 3600.0 for t in self.report_times)])


def grid(horizon_h: float) -> NDArray[np.float64]:
    """Forecast hours, every 15 minutes up to the horizon."""
    return np.arange(0.0, horizon_h + 1e-9, GRID_H)
