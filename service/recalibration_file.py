"""The file by which a site gives its own calibration of the risk models (`python -m training recalibrate` writes it), read
strictly: what is not understood stops the start. One that does not fit the model in use, or rests on too few stays, is left out
with the reason, and cards go on to show rank and what became of such hours."""

from dataclasses import replace
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from twin_engine.risk.load import RiskModels
from twin_engine.risk.recalibration import Recalibration, why_not

Count = Annotated[int, Field(strict=True, ge=0)]
Finite = Annotated[float, Field(allow_inf_nan=False)]
Words = Annotated[str, Field(min_length=1, max_length=100)]


class RecalibrationFileError(ValueError):
    """The file cannot be used; the message says why."""


class _SideCar(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    event: Words
    onnx_sha256: Annotated[str, Field(pattern="^[0-9a-f]{64}$")]
    slope: Finite
    intercept: Finite
    stays: Count
    events: Count
    window: Words
    date: Words


_FILE = TypeAdapter(tuple[_SideCar, ...])


def read(path: Path) -> tuple[Recalibration, ...]:
    """The recalibrations in the file. Raises RecalibrationFileError."""
    try:
        listed = _FILE.validate_json(path.read_bytes())
    except ValidationError as error:
        told = (f"{'.'.join(str(part) for part in one['loc'])}: {one['msg']}" for one in error.errors())
        raise RecalibrationFileError("; ".join(told)) from error
    except OSError as error:
        raise RecalibrationFileError(f"cannot be read: {error}") from error
    events = [one.event for one in listed]
    if len(set(events)) < len(events):
        raise RecalibrationFileError("an event is stated twice")
    return tuple(Recalibration(**one.model_dump()) for one in listed)


def used(models: RiskModels, found: tuple[Recalibration, ...]) -> tuple[RiskModels, dict[str, str]]:
    """The models with the recalibrations that fit them, and by event why another one is left out."""
    digests = {event: model.digest for event, model in models.ready.items()}
    reasons = {one.event: why for one in found if (why := why_not(one, digests.get(one.event))) is not None}
    return replace(models, local={one.event: one for one in found if one.event not in reasons}), reasons
