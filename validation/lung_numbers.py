"""The table of numbers in the report on the lungs: estimated on all charts, over the folds, and shipped."""

from collections.abc import Mapping, Sequence
from dataclasses import astuple, fields

from twin_engine.respiratory.population import LUNGS, Population
from twin_engine.respiratory.reverting import Reverting

OF_TASK = {
    "pao2_after_fio2": ("shunt", "gas_noise", "gas_width", "oximeter_sd", "fio2_slope", "prior_slope", "oxygen_usual"),
    "spo2_after_fio2": ("saturation",),
    "paco2_after_ve": ("carbon_dioxide", "ventilation_slope", "carbon_dioxide_usual"),
    "plateau_pressure_after_change": ("plateau", "plateau_usual"),
    "peak_pressure_after_change": ("peak",),
}


def numbers(populations: Mapping[str, Sequence[Population]]) -> list[str]:
    """Lines of a table; the last population of each task is that of all charts."""
    lines = ["| number | all charts | over folds | shipped |", "|---|---|---|---|"]
    for task, (*folds, whole) in populations.items():
        for name in OF_TASK[task]:
            every = [_flat(getattr(p, name)) for p in folds]
            for key, value in _flat(getattr(whole, name)).items():
                own = [one[key] for one in every]
                shipped = _flat(getattr(LUNGS, name))[key]
                lines.append(f"| {name}{key} | {value:.3g} | {min(own):.3g} to {max(own):.3g} | {shipped:.3g} |")
    return lines


def _flat(value: object) -> dict[str, float]:
    if isinstance(value, Reverting):
        return {f" {f.name}": x for f, x in zip(fields(value), astuple(value), strict=True)}
    if isinstance(value, tuple):
        return {f" {'abc'[i]}": float(x) for i, x in enumerate(value)}
    return {"": float(value)} if isinstance(value, float) else {}
