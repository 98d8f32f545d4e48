"""Where the released graphs and their cards stand."""

from pathlib import Path

VARIANTS = ("shipped", "process")
ROOT = Path(__file__).parent.parent
VALIDATION_ONLY = frozenset({"death"})
"""Events that are never shown: their graphs stay out of the package that runs at the bedside."""


def released(variant: str, event: str) -> tuple[Path, Path]:
    """(graph, card) of a model; variant is `shipped` or `process`."""
    if variant == "process":
        folder = ROOT / "training" / "process"
    else:
        folder = (
            ROOT / "training" / "validation_only" if event in VALIDATION_ONLY else ROOT / "twin_engine" / "risk" / "shipped"
        )
    return folder / f"{event}.onnx", folder / f"{event}.json"
