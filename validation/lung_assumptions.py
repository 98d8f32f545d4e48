"""What the charts say of numbers that the lungs take from publications or assume: they are shown beside, not fitted.

Dead space: VD/VT = 1 - 0.863 VCO2 / (VE PaCO2) with the assumed CO2 production of 200 mL/min x (kg / 70)^0.75, one value a
patient. PEEP on elastance: slope of what the filtered elastance missed on the change of PEEP, confounded as every order is.
"""

from collections.abc import Sequence

import numpy as np

from twin_engine.respiratory.chart import mechanical
from twin_engine.respiratory.copies import DEAD_SPACE, PEEP_ON_ELASTANCE
from twin_engine.respiratory.population import LUNGS
from twin_engine.respiratory.pressures import elastances
from validation.lung_cases import FOLDS, Array, LungCase
from validation.lung_fit import Observed, charted, ln_elastance

PRODUCTION_ML, REFERENCE_KG, EXPONENT, BTPS = 200.0, 70.0, 0.75, 0.863


def assumptions(carbon: Sequence[LungCase], plateau: Sequence[LungCase]) -> list[str]:
    """Lines of a table."""
    dead, slopes = dead_space(carbon), slope_of_peep(plateau)
    over = f"(over folds {min(slopes[:-1]):+.3f} to {max(slopes[:-1]):+.3f})"
    used = f"{PEEP_ON_ELASTANCE[0]:g} (SD {PEEP_ON_ELASTANCE[1]:g})"
    shares = f"median {np.median(dead):.2f}, SD {dead.std():.2f} ({len(dead)} patients who did not trigger)"
    middle, spread = LUNGS.plateau.mean, float(np.hypot(LUNGS.plateau.level_sd, LUNGS.plateau.state_sd))
    low, mid, high = np.exp(-(middle + 1.645 * spread * np.array([1.0, 0.0, -1.0])))
    share, wide = LUNGS.shunt.mean, float(np.hypot(LUNGS.shunt.level_sd, LUNGS.shunt.state_sd))
    least, usual, most = 100.0 / (1.0 + np.exp(-(share + 1.645 * wide * np.array([-1.0, 0.0, 1.0]))))
    return [
        "| number | used | charts |",
        "|---|---|---|",
        f"| VD/VT | {DEAD_SPACE[0]:g} (SD {DEAD_SPACE[1]:g}), assumed between these and ARDS | {shares} |",
        f"| ln elastance per cmH2O of PEEP | {used}, assumed | {slopes[-1]:+.3f} {over} |",
        f"| compliance, mL/cmH2O | as estimated | {mid:.0f} (5 to 95 % of patients {low:.0f} to {high:.0f}) |",
        f"| effective shunt at FiO2 0.5, % | as estimated | {usual:.0f} ({least:.0f} to {most:.0f}) |",
    ]


def dead_space(cases: Sequence[LungCase]) -> Array:
    """VD/VT of the newest gas of every patient who is charted with weight and does not breathe above the set rate."""
    found: dict[str, float] = {}
    for row in charted(cases):
        gas = row.chart.latest_gas("paco2")
        weight = row.case.scenario.record.latest("weight", row.chart.at)
        if gas is None or gas.paco2 is None or weight is None or row.chart.triggering or mechanical(row.chart) is not None:
            continue
        ventilation = gas.settings.set_ventilation
        if ventilation and weight.value:
            made = PRODUCTION_ML * (weight.value / REFERENCE_KG) ** EXPONENT
            found[row.case.patient] = 1.0 - BTPS * made / (ventilation * gas.paco2)
    return np.array(list(found.values()))


def slope_of_peep(cases: Sequence[LungCase]) -> list[float]:
    """Slope without each fold, and of all cases last."""
    rows = [r for r in charted(cases) if mechanical(r.chart) is None and r.drafted.tidal_volume_set]
    seen = Observed.of(rows, [elastances(r.chart.plateau) for r in rows])
    median, _, _ = seen.forecast(LUNGS.plateau)
    missed = np.array([ln_elastance(r) for r in rows]) - median
    step = np.array([r.case.features[2] for r in rows])
    fold = np.array([r.case.fold for r in rows])
    chosen = [*(fold != k for k in range(FOLDS)), np.ones(len(rows), dtype=bool)]
    return [float(np.polyfit(step[own], missed[own], 1)[0]) for own in chosen]
