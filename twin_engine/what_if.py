"""Curves and reported times of every copy of the twin under an option: concentration, effect site, response."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np

from twin_engine.copies import Copies
from twin_engine.kernel.declare import Array
from twin_engine.kernel.linear import Path, State, courses_along
from twin_engine.kernel.observe import responses
from twin_engine.kernel.quantiles import quantiles
from twin_engine.kernel.residual import ResidualError, even_normals
from twin_engine.kernel.schedule import Dose
from twin_engine.options import Option
from twin_engine.prediction import Bands, Reported
from twin_engine.twin import FittedModel, Twin

READINGS = 8
"""Of every copy, evenly spread over its error: the interval of a measured value then moves with the copies alone."""


@dataclass(frozen=True, slots=True)
class Course:
    """One predicted variable over time: values (hours, copies), its unit, and the error of a measured value, if one can be
    measured."""

    unit: str
    values: Array
    error: ResidualError | None


def bands(standing: Sequence[Copies], options: Sequence[Option], hours_h: Array) -> list[dict[str, Bands]]:
    """Credible curves by variable at `hours_h` >= 0 under each option."""
    found = [courses_of(copies, options, hours_h) for copies in standing]
    return [_bands([courses[i] for courses in found]) for i in range(len(options))]


def _bands(courses: Sequence[Mapping[str, Course]]) -> dict[str, Bands]:
    bands: dict[str, Bands] = {}
    for variable, parts in _by_variable(courses).items():
        values = parts[0].values if len(parts) == 1 else np.concatenate([p.values for p in parts], axis=1)
        q = quantiles(values, (0.05, 0.25, 0.5, 0.75, 0.95))
        bands[variable] = Bands(parts[0].unit, *(tuple(row.tolist()) for row in q))
    return bands


def courses_of(copies: Copies, options: Sequence[Option], hours_h: Array) -> list[dict[str, Course]]:
    """Everything the copies predict under each option, by variable."""
    model = copies.model
    if model.effect_site:
        return [_future(copies.fits[0], o, hours_h) for o in options]
    curves = copies.curves(options, [hours_h] * len(options))
    return [{model.output: Course(model.unit, curve, model.residual)} for curve in curves]


def curves(standing: Sequence[Copies], chosen: Option, hours_h: Array) -> Array:
    """Concentrations of all copies at `hours_h` >= 0 under one option, (hours, copies)."""
    return np.concatenate([copies.curves([chosen], [hours_h])[0] for copies in standing], axis=1)


def report(twin: Twin, chosen: Option, times: Sequence[datetime]) -> tuple[Reported, ...]:
    """Credible and measured-value intervals of every variable at the asked times, in their order; past times show the
    fitted course. What cannot be measured has the credible interval for both."""
    if not times:
        return ()
    asked = np.array([(t - twin.at).total_seconds() / 3600.0 for t in times])
    modes = _mode_courses(twin, chosen, asked)
    rows: dict[str, list[Array]] = {}
    for variable, parts in _by_variable([_courses(f, twin, chosen, asked) for f in _standing(twin)]).items():
        values = np.concatenate([p.values for p in parts], axis=1)
        measured = np.concatenate([_measured(p) for p in parts], axis=1)
        low, median, high = quantiles(values, (0.05, 0.5, 0.95))
        rows[variable] = [modes[variable].values[:, 0], median, low, high, *quantiles(measured, (0.05, 0.95))]
    return tuple(
        Reported(time, variable, *(float(x[i]) for x in found))
        for i, time in enumerate(times)
        for variable, found in rows.items()
    )


def _standing(twin: Twin) -> list[FittedModel]:
    """Models that have copies."""
    return [f for f in twin.fitted if len(f.copies)]


def _by_variable(found: Sequence[Mapping[str, Course]]) -> dict[str, list[Course]]:
    """Courses of the same variable under several models."""
    names = dict.fromkeys(name for courses in found for name in courses)
    return {name: [courses[name] for courses in found if name in courses] for name in names}


def _measured(course: Course) -> Array:
    """Values that could be measured in the copies, (hours, copies x readings)."""
    if course.error is None:
        return course.values
    readings = course.error.noisy(course.values[..., None], even_normals(course.values.shape[1], READINGS))
    return np.maximum(readings, 0.0).reshape(len(readings), -1)


def _future(fit: FittedModel, chosen: Option, hours_h: Array) -> dict[str, Course]:
    return _course(fit, fit.future(fit.copies), chosen.doses, hours_h, fit.state.take(fit.copies))


def _courses(fit: FittedModel, twin: Twin, chosen: Option, asked: Array) -> dict[str, Course]:
    """Past and future together: hours before 0 follow what was given."""
    past = _course(fit, fit.past.take(fit.copies), twin.history.given, asked[asked < 0], None)
    return _joined(past, _future(fit, chosen, asked[asked >= 0]), asked)


def _mode_courses(twin: Twin, chosen: Option, asked: Array) -> dict[str, Course]:
    """The posterior mode of the model with the largest share, one column; of others what that one does not predict."""
    found: dict[str, Course] = {}
    for fit in sorted(_standing(twin), key=lambda f: f.weight):
        past = _course(fit, fit.mode_past, twin.history.given, asked[asked < 0], None)
        future = _course(fit, fit.mode_future(), chosen.doses, asked[asked >= 0], fit.mode_state)
        found.update(_joined(past, future, asked))
    return found


def _joined(past: Mapping[str, Course], future: Mapping[str, Course], asked: Array) -> dict[str, Course]:
    def together(one: Course, other: Course) -> Course:
        values = np.empty((len(asked), other.values.shape[1]))
        values[asked < 0], values[asked >= 0] = one.values, other.values
        return Course(other.unit, values, other.error)

    return {name: together(past[name], course) for name, course in future.items()}


def _course(fit: FittedModel, path: Path, doses: Sequence[Dose], hours_h: Array, start: State | None) -> dict[str, Course]:
    """Everything one model predicts, by variable."""
    model = fit.model
    plasma, effect = _plasma_and_effect(path, doses, hours_h, start)
    found = {model.output: Course(model.unit, plasma, model.residual)}
    if effect is not None:
        found[f"{model.drug}_effect_site"] = Course(model.unit, effect, None)
    if model.response is not None:
        felt = responses(model.response, path, doses, hours_h, start) if len(hours_h) else np.empty((0, path.draws))
        found[model.response.variable] = Course(model.response.unit, felt, model.response.residual)
    return found


def _plasma_and_effect(path: Path, doses: Sequence[Dose], hours_h: Array, start: State | None) -> tuple[Array, Array | None]:
    if not len(hours_h):
        nothing = np.empty((0, path.draws))
        return nothing, None if path.effect is None else nothing
    return courses_along(path, path.steps(doses, hours_h, start), start)
