"""What the doctor found, as plain values."""

from dataclasses import asdict, dataclass


@dataclass(frozen=True, slots=True)
class Server:
    """What the server says of itself. `gaps`: what our queries use and it does not declare; `ignored`: what it declares or
    takes but takes no notice of."""

    base: str
    fhir_version: str | None
    software: str | None
    smart: bool
    gaps: tuple[str, ...]
    ignored: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Answered:
    """One prefetch query: how many resources came, how long it took, and what went wrong."""

    key: str
    resources: int
    seconds: float
    complete: bool
    failure: str | None
    sorted: bool


@dataclass(frozen=True, slots=True)
class Variable:
    """One charted variable: values used, hours since the newest, units as charted."""

    name: str
    values: int
    newest_h: float | None
    units: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Unknown:
    """An Observation code that no table holds."""

    system: str
    code: str
    display: str
    unit: str
    count: int


@dataclass(frozen=True, slots=True)
class Runnable:
    """One model on one chart; `why` is empty when it would run."""

    model: str
    status: str
    why: str


@dataclass(frozen=True, slots=True)
class Question:
    """Something else that the twin could be asked about one chart: `gives` is what it would answer, `why` what stands against
    it or against a part of it, `absent` the variables that the answer reads and the chart does not hold."""

    name: str
    gives: tuple[str, ...]
    why: tuple[str, ...]
    absent: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Patient:
    """One chart."""

    id: str
    answered: tuple[Answered, ...]
    variables: tuple[Variable, ...]
    doses: dict[str, int]
    dropped: dict[str, int]
    unknown: tuple[Unknown, ...]
    models: tuple[Runnable, ...]
    questions: tuple[Question, ...]

    @property
    def readable(self) -> bool:
        """Whether any query was answered."""
        return any(one.failure is None for one in self.answered)


@dataclass(frozen=True, slots=True)
class Report:
    """Everything, with what to fix in the order of what it would win."""

    server: Server
    patients: tuple[Patient, ...]
    advice: tuple[str, ...]

    @property
    def runs(self) -> bool:
        """Whether at least one model would run, or one question be answered, on at least one chart."""
        return any(not m.why for p in self.patients for m in p.models) or any(
            q.gives for p in self.patients for q in p.questions
        )

    def as_json(self) -> dict[str, object]:
        """The report as a JSON object."""
        return {**asdict(self), "runs": self.runs}
