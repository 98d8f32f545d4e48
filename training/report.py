"""The figures of `evaluate` as one table for people."""

from collections.abc import Mapping
from typing import Any

HEAD = (
    "| model | event | data | AUROC (95 %) | AUPRC | base rate | slope | O:E | utility | alerts/day | PPV | best baseline |\n"
    "|---|---|---|---|---|---|---|---|---|---|---|---|"
)


def table(found: Mapping[str, Mapping[str, Mapping[str, Any]]]) -> str:
    """A Markdown table, one line per variant, event and data set."""
    lines = [HEAD]
    for variant, events in found.items():
        for event, judged in events.items():
            lines += [_line(variant, event, data, figures) for data, figures in judged["by_data"].items()]
    return "\n".join(lines)


def _line(variant: str, event: str, data: str, figures: Mapping[str, Any]) -> str:
    low, high = figures["auroc_interval"]
    calibration, alerts = figures["calibration"], figures.get("alerts", {})
    name, best = max(figures["baselines"].items(), key=lambda pair: pair[1]["auroc"])
    cells = (
        variant, event, data, f"{figures['auroc']:.3f} ({low:.3f}-{high:.3f})", f"{figures['auprc']:.3f}",
        f"{figures['base_rate']:.3f}", f"{calibration['slope']:.2f}", f"{calibration['observed_to_expected']:.2f}",
        f"{figures['utility']:.3f}" if "utility" in figures else "", f"{alerts.get('per_patient_day_at_risk', '')}",
        f"{alerts.get('ppv', '')}", f"{name} {best['auroc']:.3f}",
    )  # fmt: skip
    return "| " + " | ".join(cells) + " |"
