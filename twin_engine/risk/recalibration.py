"""A site's own calibration of a risk model: a side-car to the released file, active only on enough local data."""

from collections.abc import Mapping
from dataclasses import dataclass
from math import exp, log
from typing import Any

LEAST_STAYS = 500
LEAST_EVENTS = 50
"""Below these the observed-to-expected ratio of a recalibration is too uncertain: `docs/safety/risk_models.md`."""


@dataclass(frozen=True, slots=True)
class Recalibration:
    """logit of the local probability = slope * logit of the released model + intercept."""

    event: str
    onnx_sha256: str
    slope: float
    intercept: float
    stays: int
    events: int
    window: str
    date: str

    def apply(self, probability: float) -> float:
        """The local probability."""
        inside = min(max(probability, 1e-9), 1.0 - 1e-9)
        return 1.0 / (1.0 + exp(-(self.slope * log(inside / (1.0 - inside)) + self.intercept)))


def read_recalibration(side_car: Mapping[str, Any]) -> Recalibration | str:
    """The recalibration, or why it may not be used."""
    found = Recalibration(
        side_car["event"],
        side_car["onnx_sha256"],
        float(side_car["slope"]),
        float(side_car["intercept"]),
        int(side_car["stays"]),
        int(side_car["events"]),
        side_car["window"],
        side_car["date"],
    )
    if found.stays < LEAST_STAYS or found.events < LEAST_EVENTS:
        return (
            f"needs {LEAST_STAYS} stays and {LEAST_EVENTS} events, has {found.stays} and {found.events}: "
            "rank and local base rate are shown instead"
        )
    if not found.slope > 0.0:
        return "its slope is not positive: it would turn the ranking around"
    return found
