"""What could be answered about one chart beside drug levels: pressure under a pressor, the ventilator, the kidneys, risks.

Each question is asked as a clinician would: a small order is tried on the chart, and what comes, or the reason against it, is
told with the data that the answer reads and the chart does not hold. Pure.
"""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime

from service.doctor.report import Question
from service.risks import seen
from twin_engine import kidney
from twin_engine.circulation import answer as circulation
from twin_engine.circulation.pressors import PRESSORS
from twin_engine.outcome import CannotPredict
from twin_engine.patient.record import VENTILATOR, Order, PatientRecord, Setting
from twin_engine.predict import predict
from twin_engine.respiratory import answer as respiratory
from twin_engine.risk.eligibility import VITALS
from twin_engine.risk.load import RiskModels
from twin_engine.scenario import AS_ORDERED, Scenario

DRAWS = 64
PRESSURE, LUNGS, KIDNEYS = "pressure under a pressor", "ventilator change", "creatinine and GFR"
ANSWERS = {
    PRESSURE: ("map",),
    LUNGS: ("plateau_pressure", "driving_pressure", "pao2", "spo2", "paco2", "ph"),
    KIDNEYS: ("creatinine", "gfr"),
}
READS = {
    PRESSURE: circulation.reads("norepinephrine") - {"icp"},
    LUNGS: respiratory.reads(VENTILATOR)
    - {"cardiac_output", "mean_airway_pressure", "inspiratory_pressure", "hemoglobin", "temperature"},
    KIDNEYS: frozenset({"creatinine", "weight", "height"}),
}
"""What each answer reads, without what only sharpens it."""
SMALL_DOSE, STEP = 0.05, 2.0
"""ug/kg/min of norepinephrine where no pressor runs; cm[H2O] of PEEP."""


def questions(record: PatientRecord, at: datetime, risks: RiskModels) -> tuple[Question, ...]:
    """Every question, answered or not."""
    asked = Scenario(at=at, seed=1, record=record, orders=(), draws=DRAWS)
    return (
        _answered(PRESSURE, replace(asked, orders=(_pressor(record, at),)), record),
        _answered(LUNGS, replace(asked, orders=(_peep(record, at),)), record),
        _answered(KIDNEYS, replace(asked, models=(kidney.ID,)), record),
        *_risks(record, at, risks),
    )


def _answered(name: str, scenario: Scenario, record: PatientRecord) -> Question:
    found = predict(scenario)
    given = {variable for forecast in found.forecasts for variable in forecast.variables}
    gives = tuple(variable for variable in ANSWERS[name] if variable in given)
    of_us = {*ANSWERS[name], "peep_total", VENTILATOR}
    why = tuple(dict.fromkeys(gap.reason for gap in found.cannot_predict if gap.variable in of_us))
    absent = tuple(sorted(READS[name] - _charted(record)))
    return Question(name, gives, why or (() if gives else ("nothing is charted that concerns it",)), absent)


def _risks(record: PatientRecord, at: datetime, risks: RiskModels) -> Iterator[Question]:
    for view in seen(risks, record, at):
        risk = view.found
        if isinstance(risk, CannotPredict):
            yield Question(f"risk of {risk.variable}", (), (risk.reason,), tuple(sorted({*VITALS} - _charted(record))))
        else:
            yield Question(f"risk of {risk.event}", (f"within {risk.horizon_h} h",), (), tuple(sorted(risk.missing)))


def _charted(record: PatientRecord) -> frozenset[str]:
    return frozenset((*(m.variable for m in record.measurements), *(s.variable for s in record.settings)))


def _pressor(record: PatientRecord, at: datetime) -> Order:
    """The pressor that was given last at its last rate, else a little norepinephrine."""
    given = [a for a in record.administrations if a.drug in PRESSORS and a.rate is not None and a.start <= at]
    if not given:
        return Order(AS_ORDERED, drug="norepinephrine", rate=SMALL_DOSE, unit="ug/kg/min", start=at)
    last = max(given, key=lambda a: a.start)
    return Order(AS_ORDERED, drug=last.drug, rate=last.rate, unit=last.unit, start=at, concentration=last.concentration,
                 concentration_unit=last.concentration_unit)  # fmt: skip


def _peep(record: PatientRecord, at: datetime) -> Order:
    """PEEP a little above what is set."""
    charted = [s for s in record.settings if s.variable == "peep" and s.value is not None and s.time is not None]
    now = max(charted, key=lambda s: s.time or at).value if charted else None
    return Order(AS_ORDERED, start=at, settings=(Setting("peep", (now or 5.0) + STEP, "cm[H2O]", at),))
