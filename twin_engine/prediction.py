"""What the core answers: per-model summaries, one forecast per option, the suggested option, gaps and data quality."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from twin_engine.outcome import CannotPredict
from twin_engine.patient.record import DataQuality, Order


@dataclass(frozen=True, slots=True)
class ParameterSummary:
    """One individual parameter: population typical value, posterior mode and median, 5th and 95th percentile."""

    unit: str
    typical: float
    mode: float
    median: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class ModelSummary:
    """One fitted model of the twin. `weight` = its share of the copies; `agreement` = percentile of each level used
    in its own predictive distribution before it was used (time, percentile 0..1)."""

    drug: str
    variable: str
    status: str
    weight: float
    n_observations: int
    ess: float
    parameters: dict[str, ParameterSummary]
    population_estimate: bool
    shrinkage: dict[str, float] = field(default_factory=dict[str, float])
    level_percentiles: tuple[tuple[datetime, float], ...] = ()


@dataclass(frozen=True, slots=True)
class Bands:
    """Credible curves of one variable at the forecast's times."""

    unit: str
    p5: tuple[float, ...]
    p25: tuple[float, ...]
    p50: tuple[float, ...]
    p75: tuple[float, ...]
    p95: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Metric:
    """A metric with a target: interval and probabilities over the copies.

    `target` (low, high), None = open on that side; harm lies above `harm_above` of the metric `harm_metric` (this one's
    own name unless harm shows elsewhere); `p_harm_by_model` counts the copies of each model apart. For a target over the
    MIC, `threshold` is the unbound concentration to exceed, mg/L; `mic_assumed` = a breakpoint stands in for the MIC.
    """

    unit: str
    median: float
    low: float
    high: float
    p_in_target: float
    p_above: float
    p_below: float
    p_harm: float
    target: tuple[float | None, float | None]
    harm_above: float | None
    harm_metric: str | None = None
    p_harm_by_model: Mapping[str, float] = field(default_factory=dict[str, float])
    threshold: float | None = None
    mic_assumed: bool = False


@dataclass(frozen=True, slots=True)
class LevelAdvice:
    """When one more level would help most to choose: `gain` = expected rise in the utility of the best option."""

    drug: str
    time: datetime
    gain: float


Grade = Literal["A", "B", "C", "D"]


@dataclass(frozen=True, slots=True)
class Completeness:
    """How complete the chart is for one part of the twin (a drug, circulation, lungs, kidneys, sedation).

    `grade`: A (all that its models read is fresh) to D (doses missing, or values in contradiction), because of which variables;
    what of it is fresh, stale (usable or not) and missing. `width` of a drug with a clearance: the 90 % interval of ln
    clearance over the population's with a complete chart and no level. `if_measured`: by stale or missing variable, by what
    the interval of its own forecast would be multiplied if it were measured now.
    """

    part: str
    grade: Grade
    because: tuple[str, ...]
    width: float | None = None
    fresh: tuple[str, ...] = ()
    stale: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    if_measured: Mapping[str, float] = field(default_factory=dict[str, float])


@dataclass(frozen=True, slots=True)
class Reported:
    """The forecast at one asked time: credible (`low`, `high`) and measured-value (`predicted_*`) 90 % intervals."""

    time: datetime
    variable: str
    mode: float
    median: float
    low: float
    high: float
    predicted_low: float
    predicted_high: float


@dataclass(frozen=True, slots=True)
class SafetyFinding:
    """One limit crossed or unknown. severity: `absolute` (critical card), `recommended` (warning), `unknown` (refusal)."""

    severity: str
    reason: str
    source: str


@dataclass(frozen=True, slots=True)
class SafetyVerdict:
    """Outcome of the limit check of one option."""

    cleared: bool
    findings: tuple[SafetyFinding, ...] = ()


@dataclass(frozen=True, slots=True)
class Place:
    """Where an option stands for one drug: the metric that choice and card use, rank (1 = best), utility = P(target) -
    lambda P(harm) on that metric, and the share of copies in which it beats the order as written."""

    metric: str
    rank: int
    utility: float
    better_in: float | None = None


@dataclass(frozen=True, slots=True)
class Forecast:
    """What happens to this patient under one option.

    `places` by drug, for drugs with a target; `changes` = label of the draft option an alternative varies. `times` is the
    grid of the variable that is valid longest: the bands of a variable that is valid for less end earlier. `courses` by
    variable: the median of each whole hour after `at` in every copy, (copies, hours), for what a risk model may be asked;
    copy i is the same patient in every option. `moved_by`: which ordered drug, fluid or ventilator acts on such a variable, or
    would if it could be told. `ends` by variable: until when it is forecast, drawn as bands or not. None of these is a part of
    the written answer.
    """

    label: str
    orders: tuple[Order, ...]
    times: tuple[datetime, ...]
    variables: dict[str, Bands]
    metrics: dict[str, Metric]
    report: tuple[Reported, ...]
    safety: SafetyVerdict
    places: Mapping[str, Place] = field(default_factory=dict[str, Place])
    changes: str | None = None
    courses: Mapping[str, NDArray[np.float64]] = field(
        default_factory=dict[str, NDArray[np.float64]], compare=False, repr=False
    )
    moved_by: Mapping[str, tuple[str, ...]] = field(default_factory=dict[str, tuple[str, ...]], compare=False, repr=False)
    ends: Mapping[str, datetime] = field(default_factory=dict[str, datetime], compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Answer:
    """What one model family says of a scenario, or of one drug of it: its models, one forecast per option, the option
    suggested for a drug, and the gaps; `overshooting`: see `Prediction`."""

    summaries: Mapping[str, ModelSummary]
    forecasts: tuple[Forecast, ...]
    suggestions: Mapping[str, str]
    gaps: tuple[CannotPredict, ...]
    remarks: tuple[DataQuality, ...]
    advice: LevelAdvice | None = None
    completeness: Completeness | None = None
    overshooting: Mapping[str, str] = field(default_factory=dict[str, str])


@dataclass(frozen=True, slots=True)
class Prediction:
    """The whole answer to one scenario. `suggestions` by drug: label of the option suggested instead of the order.
    `overshooting`, where none is: of the option that would be, if it did not harm once settled."""

    at: datetime
    twin: dict[str, ModelSummary]
    forecasts: tuple[Forecast, ...]
    suggestions: Mapping[str, str]
    cannot_predict: tuple[CannotPredict, ...]
    data_quality: tuple[DataQuality, ...]
    versions: dict[str, str]
    level_advice: tuple[LevelAdvice, ...] = ()
    completeness: tuple[Completeness, ...] = ()
    overshooting: Mapping[str, str] = field(default_factory=dict[str, str])

    @property
    def suggested(self) -> str | None:
        """The suggestion that gains most over the order it changes, whatever its drug."""
        return max(self.suggestions.values(), key=self._gain, default=None)

    def _gain(self, label: str) -> float:
        option = self.forecast(label)
        changed = None if option is None or option.changes is None else self.forecast(option.changes)
        if option is None or changed is None:
            return 0.0
        return max(
            (p.utility - changed.places[d].utility for d, p in option.places.items() if d in changed.places), default=0.0
        )

    def forecast(self, label: str) -> Forecast | None:
        """The forecast of one option."""
        return next((f for f in self.forecasts if f.label == label), None)
