"""Propofol and remifentanil on the bispectral index: two published findings that differ, each as one model of propofol.

Additive:  BIS = E(Ce + P Cr),  P = C50 propofol / C50 remifentanil = 4.47 mg/L / 19.3 ug/L
Inert:     BIS = E(Ce)
E is the curve of the kinetic model of propofol (Eleveld 2018, CE50 and slope of this patient), Ce (mg/L) and Cr (ug/L) are the
concentrations at the effect sites. Additive: Bouillon TW et al. Anesthesiology 2004;100:1353, 20 volunteers; the surface of
two C50 without an interaction term, C50 of remifentanil with a CV of 88.8 % between them. Inert: Nieuwenhuijs DJF et al.
Anesthesiology 2003;98:312, 22 volunteers, up to 2.0 ug/L of remifentanil beside up to 2.6 mg/L of propofol. Bouillon's own
curve of propofol (C50 4.47, slope 1.43) is replaced by Eleveld's, from more people: only the ratio of potencies is taken.
Nobody was critically ill: experimental.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

import numpy as np

from twin_engine import registry
from twin_engine.kernel.declare import Array, CovariatePath, Model, Parameter, RandomEffect

PROPOFOL: Final = "propofol"
OPIOID: Final = "remifentanil"
POTENCY: Final = "POTENCY"
KE0: Final = "KE0"

_INERT: Final = registry.MODELS["propofol_eleveld_2018"]
_KINETICS: Final = registry.MODELS["remifentanil_eleveld_2017"]
BOUILLON: Final = "as transcribed in python-anesthesia-simulator 1.0.0 pd_models.py and, apart from it, in two other simulators"
RATE: Final = "as transcribed in anasim-simulator 1.7 and python-anesthesia-simulator 1.0.0"


def _with_potency(theta: Mapping[str, float], covariates: CovariatePath) -> Mapping[str, Array]:
    return {**_INERT.typical(theta, covariates), POTENCY: np.asarray(theta[POTENCY])}


def _with_rate(theta: Mapping[str, float], covariates: CovariatePath) -> Mapping[str, Array]:
    """ke0 = 1.09 exp(-0.0289 (age - 35)) /min."""
    slower = np.exp(theta["aging_KE0"] * (float(covariates["age"][0]) - 35.0))
    return {**_KINETICS.typical(theta, covariates), KE0: np.asarray(60.0 * theta[KE0] * slower)}


def _additive() -> Model:
    if _INERT.response is None:
        raise ValueError(f"{_INERT.id} has no response")
    return replace(
        _INERT,
        id="propofol_remifentanil_additive",
        status="experimental",
        parameters=(*_INERT.parameters, Parameter(POTENCY, 4.47 / 19.3, "mg/ug", BOUILLON)),
        random_effects=(*_INERT.random_effects, RandomEffect(POTENCY, float(np.log1p(0.888**2)), "log1p", BOUILLON)),
        response=replace(_INERT.response, parameters=(*_INERT.response.parameters, POTENCY), adds=POTENCY),
        typical=_with_potency,
        prior_weight=20.0,
        prior_weight_source="volunteers studied (20)",
    )


INERT: Final = replace(_INERT, prior_weight=22.0, prior_weight_source="volunteers studied (22)")
"""Propofol's own model, with the weight of those who found that remifentanil adds nothing."""

ADDITIVE: Final = _additive()

REMIFENTANIL: Final = replace(
    _KINETICS,
    id="remifentanil_effect_site",
    parameters=(*_KINETICS.parameters, Parameter(KE0, 1.09, "/min", RATE), Parameter("aging_KE0", -0.0289, "/a", RATE)),
    typical=_with_rate,
    effect_site=True,
)
"""Remifentanil with its effect site; the rate is the same in every copy, for its variability two transcriptions differ."""
