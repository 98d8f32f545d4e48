"""One compartment whose elimination saturates (Michaelis & Menten), in many virtual copies from event to event.

    dA/dt = R - VMAX A / (KM V + A),   A = C V

Without input  u + ln u = u0 + ln u0 - VMAX t / (KM V)  with u = C / KM, so that u is the Wright omega function of the right
side (Lambert's W of its exponential): exact over any span (Schnell S, Mendoza C. J Theor Biol 1997;187:207-12). While
something runs in, the like form fails near R = VMAX; classical Runge-Kutta steps, short beside the time constants of emptying
and filling, take its place (relative error near 1e-5). Filling slows down beside what is already in, so that the steps grow
with it: an absurd input costs no more than a usual one.
"""

import numpy as np
from scipy.special import wrightomega

from twin_engine.kernel.declare import Array
from twin_engine.kernel.schedule import Timeline

STEP = 0.1
FILLING_STEP = 0.5
"""Of the time in which the input alone adds as much as is in the body and what half of VMAX takes, together."""
FASTEST_PER_H = 5.0
"""Copies that eliminate faster than this at low levels get no shorter steps: far from any drug that is modelled here."""


def amounts_along(kinetics: Array, steps: Timeline, amount: Array) -> tuple[Array, Array]:
    """Concentrations (observations, draws) along a timeline that begins with `amount` (draws,) in the body, and what is left
    after its last step; `kinetics` (regimes, 3, draws): VMAX, amount/h, KM, amount/L, V, L, of every regime of the model."""
    own = kinetics[steps.regimes]
    found = np.empty((steps.observations, kinetics.shape[2]))
    found[steps.at_origin] = amount / own[0, 2]
    for i, (span, place) in enumerate(zip(steps.span, steps.level, strict=True)):
        vmax, km, volume = own[steps.regime[i]]
        rate = float(steps.level_rate[place]) if place >= 0 else 0.0
        rows, spans = steps.seen.get(i, (slice(0), slice(0)))
        hours = np.append(steps.span_h[spans], steps.span_h[span])
        course = _course(amount + steps.bolus[i], rate, vmax, km * volume, hours)
        if i in steps.seen:
            found[rows] = course[:-1] / volume
        amount = course[-1]
    return found, amount


def _course(amount: Array, rate: float, vmax: Array, half: Array, hours: Array) -> Array:
    """Amounts (hours, draws) at hours >= 0 after `amount` under a constant input; `half` = the amount at half of VMAX."""
    if rate == 0.0:
        start = amount / half
        with np.errstate(divide="ignore"):
            level = start + np.log(start)
        return half * wrightomega(level - hours[:, None] * (vmax / half))
    found = np.empty((len(hours), len(amount)))
    longest = STEP / min(float((vmax / half).max()), FASTEST_PER_H)
    now = 0.0
    for i in np.argsort(hours):
        while now < hours[i]:
            filling = FILLING_STEP * float(np.median(half + amount)) / rate
            left = float(hours[i]) - now
            step = left / np.ceil(left / min(longest, filling))
            amount = _stepped(amount, rate, vmax, half, step)
            now = float(hours[i]) if step == left else now + step
        found[i] = amount
    return found


def _stepped(amount: Array, rate: float, vmax: Array, half: Array, h: float) -> Array:
    def slope(a: Array) -> Array:
        a = np.maximum(a, 0.0)
        return rate - vmax * a / (half + a)

    k1 = slope(amount)
    k2 = slope(amount + 0.5 * h * k1)
    k3 = slope(amount + 0.5 * h * k2)
    k4 = slope(amount + h * k3)
    return np.maximum(amount + h / 6.0 * (k1 + 2.0 * k2 + 2.0 * k3 + k4), 0.0)
