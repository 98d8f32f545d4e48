"""The patient record: plain immutable facts up to one instant, in the canonical units of `variables.py`.

Times are timezone-aware UTC datetimes. Unknown is None, never zero or "normal".
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

Specimen = Literal["arterial", "venous", "mixed_venous", "capillary", "unknown"]
Source = Literal["device", "nurse_validated", "laboratory", "unknown"]
Sex = Literal["male", "female", "unknown"]
VENTILATOR = "ventilator"
"""What an order of settings acts on, where orders are grouped by drug."""
QualityStatus = Literal["stale", "missing", "implausible", "assumed", "conflicting", "ignored", "incomplete_dose_history"]


@dataclass(frozen=True, slots=True)
class Measurement:
    """One charted value (or category) of one variable, in the variable's canonical unit."""

    variable: str
    value: float | None
    unit: str
    time: datetime
    category: str | None = None
    start: datetime | None = None
    available: datetime | None = None
    comparator: Literal["<", "<=", ">", ">="] | None = None
    specimen: Specimen = "unknown"
    source: Source = "unknown"
    during_infusion: bool = False
    site: str | None = None
    id: str | None = None


@dataclass(frozen=True, slots=True)
class Setting:
    """A value set on a device (ventilator, pump) that holds until the next one of the same variable."""

    variable: str
    value: float | None
    unit: str
    time: datetime | None
    category: str | None = None
    id: str | None = None


@dataclass(frozen=True, slots=True)
class Composition:
    """What a fluid or feed contains; None = not stated."""

    carbohydrate_g_per_l: float | None = None
    sodium_mmol_per_l: float | None = None
    potassium_mmol_per_l: float | None = None
    protein_g_per_l: float | None = None
    kind: Literal["crystalloid", "colloid", "red_cells", "feed"] | None = None


@dataclass(frozen=True, slots=True)
class Administration:
    """A dose or infusion that was given. Either `amount` (in `unit`) over start..end, or `rate` (in `unit`) from start to end.

    `end` None with a rate = still running when last charted; `end` None with an amount = infusion time not charted.
    `available` = when it was entered into the chart, None = not known.
    """

    drug: str
    start: datetime
    unit: str
    amount: float | None = None
    rate: float | None = None
    end: datetime | None = None
    route: str | None = None
    carbohydrate_g_per_day: float | None = None
    composition: Composition | None = None
    concentration: float | None = None
    concentration_unit: str | None = None
    last_charted: datetime | None = None
    available: datetime | None = None
    id: str | None = None

    def last(self, at: datetime) -> datetime:
        """When it last went in: its end, of an amount without one its start, and else `at`, for it runs. What has neither
        amount nor rate runs unless it is charted as over (`last_charted`)."""
        if self.end is not None:
            return self.end
        if self.amount is not None or self.rate == 0.0:
            return self.start
        return at if self.rate is not None else self.last_charted or at


@dataclass(frozen=True, slots=True)
class Procedure:
    """Organ support with an effect on the models; one that starts later is planned."""

    procedure: Literal["ihd", "crrt", "sled", "ecmo", "mechanical_circulatory_support"]
    start: datetime | None
    end: datetime | None = None
    effluent_ml_per_h: float | None = None


@dataclass(frozen=True, slots=True)
class Condition:
    """A coded condition that changes eligibility, targets or limits (see `variables.CONDITIONS`)."""

    condition: str
    onset: datetime | None = None


@dataclass(frozen=True, slots=True)
class Finding:
    """A coded or numeric imaging finding."""

    finding: str
    time: datetime
    side: str | None = None
    value: float | None = None
    unit: str | None = None


@dataclass(frozen=True, slots=True)
class Order:
    """A proposed or active order in plain form; orders with the same label are one option and act together.

    Kinds by their fields: once (`amount`, `infusion_h`; bolus = 0), repeat (`amount`, `interval_h`, `infusion_h`, `count`?),
    rate (`rate`, `unit`, `until`?), `settings`, nutrition (`carbohydrate_g_per_day`), `stop`.
    `max_amount`/`max_rate` hold the upper end of a range or titrating order (limits are tested there; no forecast).
    `prodrug`: what is given becomes the drug in the body (fosphenytoin), its amounts in equivalents of the drug.
    """

    label: str
    drug: str | None = None
    amount: float | None = None
    rate: float | None = None
    unit: str | None = None
    interval_h: float | None = None
    infusion_h: float | None = None
    count: int | None = None
    start: datetime | None = None
    until: datetime | None = None
    settings: tuple[Setting, ...] = ()
    carbohydrate_g_per_day: float | None = None
    composition: Composition | None = None
    concentration: float | None = None
    concentration_unit: str | None = None
    stop: bool = False
    as_needed: bool = False
    max_amount: float | None = None
    max_rate: float | None = None
    route: str | None = None
    dosing_weight_kg: float | None = None
    prodrug: bool = False
    id: str | None = None

    @property
    def subject(self) -> str | None:
        """What the order acts on: its drug, or the ventilator."""
        return VENTILATOR if self.settings else self.drug


@dataclass(frozen=True, slots=True)
class DataQuality:
    """One remark on the data used, and its effect on the prediction, in words."""

    variable: str
    status: QualityStatus
    effect: str
    age_h: float | None = None


@dataclass(frozen=True, slots=True)
class PatientRecord:
    """Everything charted for this patient that the models may use, each tuple sorted by time."""

    birth_date: date | None
    sex: Sex
    measurements: tuple[Measurement, ...] = ()
    administrations: tuple[Administration, ...] = ()
    settings: tuple[Setting, ...] = ()
    procedures: tuple[Procedure, ...] = ()
    conditions: tuple[Condition, ...] = ()
    findings: tuple[Finding, ...] = ()
    current_orders: tuple[Order, ...] = ()

    def of(self, variable: str) -> tuple[Measurement, ...]:
        """The measurements of one variable, oldest first."""
        return tuple(m for m in self.measurements if m.variable == variable)

    def latest(self, variable: str, at: datetime) -> Measurement | None:
        """The newest measurement of one variable at or before `at` that holds a value."""
        known = [m for m in self.of(variable) if m.time <= at and m.value is not None]
        return max(known, key=lambda m: m.time) if known else None

    def given(self, drug: str) -> tuple[Administration, ...]:
        """The administrations of one drug, oldest first."""
        return tuple(a for a in self.administrations if a.drug == drug)

    def has_condition(self, condition: str) -> bool:
        """Whether the condition is charted; not listed counts as absent."""
        return any(c.condition == condition for c in self.conditions)


def was_known(row: Measurement | Administration, at: datetime) -> bool:
    """Whether the chart held the row at `at`; a row that does not say when it came counts as known."""
    return row.available is None or row.available <= at


def sorted_by_time(rows: Iterable[Measurement]) -> tuple[Measurement, ...]:
    """Measurements oldest first, ties kept in charting order."""
    return tuple(sorted(rows, key=lambda m: m.time))
