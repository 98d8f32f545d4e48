"""Model cards, written from the declarations: `python -m validation.model_cards` (`make pages`).

One page per model in docs/models and a table of all of them. What a card says of tests and calibration is read from the
reference test and from docs/models/calibration.md, so a card cannot claim more than is there.
"""

import ast
import sys
from pathlib import Path

from twin_engine.fit import BORROWED_FROM, ELSEWHERE, elsewhere
from twin_engine.kernel.declare import Model, RandomEffect, ResidualError
from twin_engine.proposals.targets import target_of
from twin_engine.registry import MODELS

ROOT = Path(__file__).parent.parent
FOLDER = ROOT / "docs" / "models"
CALIBRATION = FOLDER / "calibration.md"

MEANING = {
    "verified": "two independent transcriptions, or a published value reproduced; may claim an effect and suggest",
    "exposure only": "concentrations, no claim of effect, no suggestion",
    "experimental": "for information, no suggestion",
}
FORMS = {
    "cv_squared": "CV squared",
    "log1p": "ln(1 + CV²)",
    "reported_variance": "printed variance",
    "reported_sd": "printed SD, squared",
}


def card(model: Model) -> str:
    """The page of one model."""
    module = sys.modules[model.typical.__module__]
    title, _, equations = (module.__doc__ or "").strip().partition("\n")
    parts = [
        f"# {title.rstrip('.')}",
        f"`{model.id}`, **{model.status}**: {MEANING[model.status]}.",
        "```\n" + equations.strip() + "\n```" if equations.strip() else "",
        "## Source\n\n" + _source(model),
        "## For whom\n\n" + _population(model),
        "## Parameters\n\n" + _parameters(model),
        "## Departures from the paper\n\n" + _bullets(model.deviations, "None."),
        "## What is tested\n\n" + _bullets(reference_checks(model), ""),
        "## Calibration by simulation\n\n" + _calibration(model),
        "## Known limits\n\n" + _bullets(_limits(model), ""),
        "Written by `make pages`.",
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def index() -> str:
    """The table of all models."""
    rows = [
        f"| [{m.id}]({m.id}.md) | {m.drug.replace('_', ' ')} | {m.status} | {m.population} |"
        for m in sorted(MODELS.values(), key=lambda m: m.id)
    ]
    statuses = [f"- **{status}**: {meaning}." for status, meaning in MEANING.items()]
    head = ["| model | drug | status | population |", "|---|---|---|---|"]
    beside = (
        "Beside the drugs: [kidneys](creatinine_balance.md), creatinine and GFR from the creatinine balance; "
        "[blood](hemoglobin_dilution.md), haemoglobin under fluids and red cells."
    )
    return "\n".join(["# Models", "", *statuses, "", *head, *rows, "", beside, "", "Written by `make pages`.", ""])


def reference_checks(model: Model) -> tuple[str, ...]:
    """What the model's reference test checks, in the words of its docstring and test names."""
    tree = ast.parse((ROOT / "tests" / "reference" / f"test_{model.id}.py").read_text(encoding="utf-8"))
    names = [n.name for n in tree.body if isinstance(n, ast.FunctionDef) and n.name.startswith("test_")]
    about = " ".join((ast.get_docstring(tree) or "").split())
    return (*((about,) if about else ()), *(name.removeprefix("test_").replace("_", " ") for name in names))


def _source(model: Model) -> str:
    confirmed = model.source.confirmed_by or "nothing yet: one transcription"
    return f"{model.source.citation}. doi:{model.source.doi}\n\nConfirmed by: {confirmed}."


def _studied(bounds: tuple[float, float]) -> str:
    low, high = bounds
    return f"at least {low:g}" if high == float("inf") else f"{low:g}–{high:g}" if high > low else f"{low:g}"


def _population(model: Model) -> str:
    rows = [f"| {c.name} | {_studied(c.studied)}{_unit(c.unit)} | {c.where} |" for c in (*model.covariates, *model.bounds)]
    refused = [*model.refused_conditions, *model.refused_procedures]
    return "\n".join(
        [
            model.population + ".",
            "",
            "Refused outside of:",
            "",
            "| covariate | studied range | where |",
            "|---|---|---|",
            *rows,
            "",
            f"Refused with: {', '.join(refused) if refused else 'nothing by name'}. Valid for {model.valid_h:g} h.",
        ]
    )


def _parameters(model: Model) -> str:
    rows = [f"| {p.name} | {p.value:g}{_unit(p.unit)} | {p.where} |" for p in model.parameters]
    effects = [_effect(r, "between patients") for r in model.random_effects]
    effects += [_effect(r, "between days") for r in model.occasions]
    effects += [f"| {a}, {b} | covariance {value:g} | declared with the variances |" for a, b, value in model.covariances]
    errors = [f"| measured {model.output.replace('_', ' ')} | {_error(model.residual)} | {model.residual.where} |"]
    if model.response is not None:
        errors.append(
            f"| measured {model.response.variable} | {_error(model.response.residual)} | {model.response.residual.where} |"
        )
    return "\n".join(
        [
            "| parameter | value | where |",
            "|---|---|---|",
            *rows,
            "",
            "| variability of | ω² | where |",
            "|---|---|---|",
            *effects,
            "",
            "| error of a | SD | where |",
            "|---|---|---|",
            *errors,
        ]
    )


def _unit(unit: str) -> str:
    return "" if unit == "1" else f" {unit}"


def _effect(effect: RandomEffect, between: str) -> str:
    return f"| {effect.parameter} ({between}) | {effect.omega2:g} ({FORMS[effect.omega_from]}) | {effect.where} |"


def _error(error: ResidualError) -> str:
    if error.combination == "log":
        return f"{error.proportional:g} on the log scale"
    a, b = f"{error.additive:g}", f"{error.proportional:g} f"
    return f"√({a}² + ({b})²)" if error.combination == "variance" else f"{a} + {b}"


def _calibration(model: Model) -> str:
    lines = CALIBRATION.read_text(encoding="utf-8").splitlines()
    rows = [line for line in lines if line.startswith(f"| {model.id} |")]
    if not rows:
        return "Not run yet."
    return "\n".join([*(line for line in lines if line.startswith(("| model |", "|---"))), *rows])


def _limits(model: Model) -> tuple[str, ...]:
    found: list[str] = []
    target = target_of(model.drug)
    if model.status != "verified":
        found.append("not verified: its cards inform and suggest nothing")
    if target is None:
        found.append("no sourced target: nothing is ranked or suggested")
    elif target.note:
        found.append(target.note)
    if model.saturable:
        found.append("elimination saturates: a dose above VMAX has no steady state, and what ten days come to is called steady")
    if model.lag_h:
        found.append(f"every dose acts {60 * model.lag_h:g} min late, without variability")
    if not any(c.name in {"creatinine", "creatinine_clearance", "gfr"} for c in model.covariates):
        found.append("kidney function is not a covariate")
    outside = elsewhere(model.drug)
    wider = f"widened for another hospital by an SD of {outside.cl:g} of ln {model.clearing} and {outside.v:g} of ln V"
    borrowed = "" if model.drug in ELSEWHERE else f" (borrowed from {BORROWED_FROM}: no outside study of this drug gave them)"
    found.append(f"{wider}{borrowed}, unless run alone by name")
    found.append("in adults only; nothing is extrapolated beyond the studied ranges")
    return tuple(found)


def _bullets(lines: tuple[str, ...], without: str) -> str:
    return "\n".join(f"- {line}" for line in lines) or without


def pages() -> dict[Path, str]:
    """Every page by its path."""
    return {FOLDER / "README.md": index(), **{FOLDER / f"{m.id}.md": card(m) for m in MODELS.values()}}


if __name__ == "__main__":
    for path, text in pages().items():
        path.write_text(text, encoding="utf-8")
