"""A site's own calibration of a risk model: a side-car to the released file, active only on enough local data."""

from dataclasses import dataclass
from math import exp, log

LEAST_STAYS = 500
LEAST_EVENTS = 50
"""Below these the observed-to-expected ratio of a recalibration is too uncertain: `docs/safety/risk_models.md`."""


@dataclass(frozen=True, slots=True)
class Recalibration:
    """logit of the local probability = slope * logit of the released model + intercept. `stays` in which the risk could be
    asked, `events` = those among them in which the event came; `window` and `date` of the data and of the calculation."""

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


def local_probability(recalibration: Recalibration | None, onnx_sha256: str, probability: float) -> float | None:
    """The probability at this site, if it has recalibrated the very file that gave this one."""
    return recalibration.apply(probability) if recalibration and recalibration.onnx_sha256 == onnx_sha256 else None


def why_not(found: Recalibration, onnx_sha256: str | None) -> str | None:
    """Why a recalibration may not be used for the model file with this hash (None = there is no such model), or None."""
    if onnx_sha256 is None:
        return "no risk model of this event is in use"
    if found.onnx_sha256 != onnx_sha256:
        return "it was made for another model file than the one in use"
    if found.stays < LEAST_STAYS or found.events < LEAST_EVENTS:
        return (
            f"needs {LEAST_STAYS} stays and {LEAST_EVENTS} of them with the event, has {found.stays} and {found.events}: "
            "rank and what became of such hours are shown instead"
        )
    if not found.slope > 0.0:
        return "its slope is not positive: it would turn the ranking around"
    return None
