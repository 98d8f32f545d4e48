"""The one place that knows the model files: every module of `models/drugs` declares one published model as MODEL."""

from importlib import import_module
from pkgutil import iter_modules

from twin_engine.covariates import read_from
from twin_engine.kernel.declare import Model
from twin_engine.models import drugs as files
from twin_engine.outcome import ModelError


def _declared(name: str) -> Model:
    found: object = getattr(import_module(f"{files.__name__}.{name}"), "MODEL", None)
    if not isinstance(found, Model) or found.id != name:
        raise ModelError(f"models/drugs/{name}.py declares no MODEL of that id")
    return found


MODELS: dict[str, Model] = {name: _declared(name) for name in sorted(info.name for info in iter_modules(files.__path__))}


def drugs() -> tuple[str, ...]:
    """Drugs that have at least one model, in alphabetical order."""
    return tuple(sorted({m.drug for m in MODELS.values()}))


def models_of(drug: str) -> tuple[Model, ...]:
    """Every model of one drug."""
    return tuple(m for m in MODELS.values() if m.drug == drug)


def needs(drug: str) -> frozenset[str]:
    """Charted variables that the drug's models read: measured covariates and the drug's own level."""
    covariates = {c.name for m in models_of(drug) for c in m.covariates}
    return frozenset({m.output for m in models_of(drug)}).union(*(read_from(name) for name in covariates))
