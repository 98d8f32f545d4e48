"""Whether the written graph answers what the trees answer that LightGBM grew, on rows of real patients."""

from dataclasses import asdict, dataclass

import numpy as np
from numpy.typing import NDArray

from training.calibrate import logit
from training.fitting import Fitted, native_probability, run

LARGEST_DIFFERENCE = 1e-6
LARGEST_IN_LOGIT = 2e-5
INSIDE = (0.01, 0.99)
"""Probabilities whose logit single precision holds to 1.2e-7 / 0.01, a rounding of the sigmoid and one of its result: nearer to
0 and 1 it holds less and less."""
LEAST_ROWS = 20_000


class GraphDiffers(Exception):
    """The graph answers otherwise than the trees; it must not be released."""


@dataclass(frozen=True)
class Parity:
    """Largest differences over `rows` rows: of the probability from that of the boosters in double precision; of the logistic
    function of intercept and organ terms together from the probability; and of that sum from its logit, where `INSIDE`."""

    rows: int
    probability: float
    terms: float
    terms_in_logit: float


def parity(fitted: Fitted, x: NDArray[np.float32], threads: int) -> dict[str, float]:
    """The differences on these rows (n, features). Raises GraphDiffers where one is too large or the rows are too few."""
    probability = run(fitted.graph, x, "probability").ravel()
    terms, intercept = run(fitted.graph, x, "terms"), run(fitted.graph, x[:1], "intercept")
    summed = terms.sum(axis=1) + intercept[0]
    inside = (probability >= INSIDE[0]) & (probability <= INSIDE[1])
    found = Parity(
        len(x),
        float(np.abs(probability - native_probability(fitted, x, threads)).max()),
        float(np.abs(1.0 / (1.0 + np.exp(-summed)) - probability).max()),
        float(np.abs(summed - logit(probability))[inside].max(initial=0.0)),
    )
    apart = max(found.probability, found.terms) > LARGEST_DIFFERENCE or found.terms_in_logit > LARGEST_IN_LOGIT
    if apart or found.rows < LEAST_ROWS:
        raise GraphDiffers(f"{found}")
    return asdict(found)
