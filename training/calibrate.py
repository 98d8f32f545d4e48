"""Logistic regression by Newton's method: Platt calibration, the trivial baselines, and calibration slopes."""

import numpy as np
from numpy.typing import NDArray

STEPS = 50


def logistic(x: NDArray[np.float64], y: NDArray[np.float64], weight: NDArray[np.float64] | None = None) -> NDArray[np.float64]:
    """Coefficients (1 + columns,), the intercept first. x: (n, columns)."""
    design = np.column_stack([np.ones(len(y)), x])
    w = np.ones(len(y)) if weight is None else weight
    beta = np.zeros(design.shape[1])
    for _ in range(STEPS):
        p = 1.0 / (1.0 + np.exp(-np.clip(design @ beta, -35.0, 35.0)))
        gradient = design.T @ (w * (y - p))
        curvature = (design * (w * p * (1.0 - p))[:, None]).T @ design + 1e-9 * np.eye(len(beta))
        step = np.linalg.solve(curvature, gradient)
        beta = beta + step
        if np.max(np.abs(step)) < 1e-9:
            return beta
    raise ArithmeticError("the logistic regression did not converge")


def logit(p: NDArray[np.float64]) -> NDArray[np.float64]:
    """log odds."""
    inside = np.clip(p, 1e-9, 1.0 - 1e-9)
    return np.log(inside / (1.0 - inside))
