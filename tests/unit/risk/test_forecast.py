"""The shipped models on one chart: what they answer, whom they refuse, and that the future never leaks in."""

from dataclasses import replace
from datetime import date, timedelta
from math import exp, log
from typing import Any

import numpy as np
import pytest

from tests.unit.risk.charts import AT, chart, falling, measured
from training import events as training_events
from training.stays import Stays
from twin_engine.outcome import CannotPredict
from twin_engine.patient.record import Administration, Condition, Measurement, PatientRecord, Procedure, sorted_by_time
from twin_engine.risk.forecast import RiskForecast, course, forecast
from twin_engine.risk.load import shipped
from twin_engine.risk.model import RiskModel
from twin_engine.risk.old_values import without_old
from twin_engine.risk.recalibration import Recalibration, why_not

MODELS = shipped()


@pytest.fixture(params=sorted(MODELS.ready))
def model(request: pytest.FixtureRequest) -> RiskModel:
    return MODELS.ready[request.param]


HYPOTENSION = MODELS.ready["hypotension"]


def risk(model: RiskModel, record: PatientRecord) -> RiskForecast:
    found = forecast(model, record, AT)
    assert isinstance(found, RiskForecast), found
    return found


def refusal(model: RiskModel, record: PatientRecord) -> str:
    found = forecast(model, record, AT)
    assert isinstance(found, CannotPredict), found
    return found.reason


def test_every_shipped_model_passes_its_self_test() -> None:
    assert MODELS.unavailable == ()
    assert "hypotension" in MODELS.ready


def test_terms_and_intercept_are_the_logit(model: RiskModel) -> None:
    found = risk(model, chart())
    assert found.low <= found.probability <= found.high or found.low == pytest.approx(found.high, rel=0.5)
    assert 0.0 <= found.share_below <= 1.0
    assert 0.0 < found.base_rate < 1.0


def test_falling_pressure_raises_the_risk_of_hypotension() -> None:
    steady, worse = risk(HYPOTENSION, chart()), risk(HYPOTENSION, falling(chart(), 12.0))
    assert worse.probability > 2.0 * steady.probability
    assert worse.share_below > steady.share_below
    assert worse.terms["circulation"] > steady.terms["circulation"]
    assert "map" in [name for name, _ in worse.drivers[:4]]


def test_a_later_value_never_changes_an_earlier_risk(model: RiskModel) -> None:
    later = [measured("map", 40.0, -0.5), measured("heart_rate", 170.0, -2.0), measured("lactate", 9.0, -1.0)]
    record = chart()
    longer = replace(record, measurements=sorted_by_time((*record.measurements, *later)))
    assert risk(model, longer) == risk(model, record)


def test_a_value_that_the_chart_did_not_hold_yet_does_not_count(model: RiskModel) -> None:
    late = replace(measured("lactate", 9.0, 1.0), available=AT + timedelta(hours=1))
    record = chart()
    assert risk(model, replace(record, measurements=(*record.measurements, late))) == risk(model, record)


def test_the_course_tells_since_when_the_risk_rises() -> None:
    found = course(HYPOTENSION, falling(chart(), 12.0), AT, hours=10)
    assert len(found.times) == 11
    since = found.rising_since
    assert since is not None
    assert AT - timedelta(hours=8) <= since < AT
    assert course(HYPOTENSION, chart(48), AT, hours=6).rising_since is None


def only(*variables: str) -> PatientRecord:
    return replace(chart(), measurements=tuple(m for m in chart().measurements if m.variable in variables))


@pytest.mark.parametrize(
    ("record", "words"),
    [
        (replace(chart(), birth_date=date(2012, 1, 1)), "adults"),
        (replace(chart(), birth_date=None), "date of birth"),
        (replace(chart(), sex="unknown"), "sex"),
        (replace(chart(), measurements=()), "no mean arterial pressure"),
        (only("map"), "heart rate"),
        (replace(chart(), measurements=tuple(m for m in chart().measurements if m.time < AT - timedelta(hours=5))), "last 2 h"),
        (
            replace(chart(), measurements=tuple(m for m in chart().measurements if m.variable in {"map", "heart_rate"})),
            "3 vital",
        ),
        (chart(heart_rate=250.0), "outside"),
    ],
)
def test_who_cannot_be_asked_about_is_told_why(record: PatientRecord, words: str) -> None:
    assert words in refusal(HYPOTENSION, record)


def test_hypotension_is_not_asked_on_a_vasopressor_on_support_or_when_it_is_there() -> None:
    pressor = Administration("norepinephrine", AT - timedelta(hours=3), "ug/kg/min", rate=0.1)
    assert "norepinephrine is running" in refusal(HYPOTENSION, replace(chart(), administrations=(pressor,)))
    unread = replace(chart(), conditions=(Condition("vasopressor_unread"),))
    assert "without a readable dose may run" in refusal(HYPOTENSION, unread)
    ended = replace(pressor, end=AT - timedelta(hours=2))
    assert risk(HYPOTENSION, replace(chart(), administrations=(ended,))) == risk(HYPOTENSION, chart())
    ecmo = Procedure("ecmo", AT - timedelta(hours=30))
    assert "ECMO" in refusal(HYPOTENSION, replace(chart(), procedures=(ecmo,)))
    low = replace(chart(), measurements=(*(m for m in chart().measurements if m.time < AT - timedelta(hours=1)),
                                         measured("map", 60.0, 0.2), measured("heart_rate", 92.0, 0.2)))  # fmt: skip
    assert "already below 65" in refusal(HYPOTENSION, low)


@pytest.mark.parametrize(
    ("variable", "share", "hours_ago", "refused"),
    [
        ("carboxyhemoglobin", 24.0, 2.0, True),
        ("methemoglobin", 8.0, 2.0, True),
        ("carboxyhemoglobin", 8.0, 2.0, False),
        ("carboxyhemoglobin", 24.0, 14.0, False),
        ("carboxyhemoglobin", 24.0, -1.0, False),
    ],
)
def test_where_the_oximeter_is_deceived_what_reads_it_is_not_asked(
    model: RiskModel, variable: str, share: float, hours_ago: float, refused: bool
) -> None:
    beside = replace(chart(), measurements=(*chart().measurements, measured(variable, share, hours_ago)))
    found = forecast(model, beside, AT)
    assert "spo2" in model.reach
    if refused:
        assert isinstance(found, CannotPredict)
        assert "2 h ago: an oximeter misreads it, and the model reads oxygen saturation" in found.reason
    else:
        assert found == forecast(model, chart(), AT)


def test_low_saturation_is_not_asked_where_it_is_there_wanted_or_carried_by_ecmo() -> None:
    model = MODELS.ready["hypoxaemia"]
    assert "already below 90" in refusal(model, chart(spo2=89.0))
    assert "wanted" in refusal(model, replace(chart(), conditions=(Condition("chronic_hypercapnia"),)))
    assert "88 to 92 % may be the target" in refusal(model, replace(chart(), conditions=(Condition("copd"),)))
    assert "ECMO" in refusal(model, replace(chart(), procedures=(Procedure("ecmo", AT - timedelta(hours=30)),)))
    falls = replace(chart(), measurements=tuple(_breathless(m) for m in chart().measurements))
    assert risk(model, falls).probability > 2.0 * risk(model, chart()).probability


def _breathless(m: Measurement) -> Measurement:
    recent = m.time > AT - timedelta(hours=4)
    return replace(m, value={"spo2": 91.0, "respiratory_rate": 34.0}.get(m.variable, m.value)) if recent else m


def creatinine(*values: tuple[float, float], **more: Any) -> PatientRecord:
    others = tuple(m for m in chart().measurements if m.variable != "creatinine")
    rows = (*others, *(measured("creatinine", value, hours) for hours, value in values))
    return replace(chart(), measurements=sorted_by_time(rows), **more)


@pytest.mark.parametrize(
    ("record", "words"),
    [
        (creatinine(), "no creatinine charted in the last 36 h"),
        (creatinine((37.0, 1.0)), "no creatinine charted in the last 36 h"),
        (creatinine((100.0, 1.0), (5.0, 3.0)), "already of stage 3"),
        (creatinine((5.0, 4.1)), "4 mg/dL or more"),
        (
            creatinine((5.0, 1.4), procedures=(Procedure("crrt", AT - timedelta(hours=30)),)),
            "continuous renal replacement runs",
        ),
        (creatinine((5.0, 1.4), procedures=(Procedure("ihd", AT - timedelta(days=5)),)), "haemodialysis runs or ran"),
        (creatinine((5.0, 1.4), conditions=(Condition("kidney_failure"),)), "chronic dialysis"),
    ],
    ids=["never drawn", "too old", "stage 3", "very high", "on replacement", "dialysed lately", "chronic dialysis"],
)
def test_kidney_injury_is_not_asked_where_creatinine_does_not_tell(record: PatientRecord, words: str) -> None:
    assert words in refusal(MODELS.ready["kidney_injury"], record)


def test_a_rising_creatinine_raises_the_risk_of_kidney_injury() -> None:
    model = MODELS.ready["kidney_injury"]
    steady, rising = creatinine((40.0, 1.3), (5.0, 1.3)), creatinine((40.0, 1.1), (5.0, 1.36))
    assert risk(model, rising).probability > risk(model, steady).probability
    assert "creatinine" in [name for name, _ in risk(model, rising).drivers[:4]]


def test_the_bedside_asks_where_training_asked() -> None:
    """The stage of a chart is the stage of the training table, whatever the hour."""
    generator = np.random.default_rng(5)
    values = np.where(generator.random(240) < 0.06, generator.choice([0.8, 1.0, 1.3, 1.9, 2.6, 3.3, 4.2], 240), np.nan)
    table = Stays("made", np.full(240, "s", dtype=object), {"creatinine": values}, {}, {})
    asked, _ = training_events.kidney_injury(table)
    known = np.flatnonzero(~np.isnan(values))
    answers = set[bool]()
    for hour in range(known[0], known[-1], 3):
        drawn = tuple((float(hour - k), float(values[k])) for k in known if k <= hour)
        told = forecast(MODELS.ready["kidney_injury"], creatinine(*drawn), AT)
        judged = any(hour < k <= hour + 48 for k in known)
        if judged:
            assert isinstance(told, RiskForecast) == bool(asked[hour]), (hour, told)
            answers.add(bool(asked[hour]))
    assert answers == {True, False}


def test_a_recalibration_needs_enough_stays_and_the_same_file() -> None:
    digest = HYPOTENSION.digest
    active = Recalibration("hypotension", digest, 1.1, 0.4, 600, 80, "2026-01-01/2026-03-31", "2026-04-02")
    assert why_not(active, digest) is None
    found = forecast(HYPOTENSION, chart(), AT, active)
    assert isinstance(found, RiskForecast)
    logit = 1.1 * log(found.probability / (1.0 - found.probability)) + 0.4
    assert found.local_probability == pytest.approx(1.0 / (1.0 + exp(-logit)))
    assert "500 stays" in str(why_not(replace(active, stays=499), digest))
    assert "50 of them" in str(why_not(replace(active, events=49), digest))
    assert "slope" in str(why_not(replace(active, slope=-0.1), digest))
    assert "another model file" in str(why_not(active, "0" * 64))
    assert "no risk model" in str(why_not(active, None))
    other = forecast(HYPOTENSION, chart(), AT, replace(active, onnx_sha256="another"))
    assert isinstance(other, RiskForecast)
    assert other.local_probability is None


def test_a_risk_says_how_high_it_would_stand_without_its_old_values() -> None:
    """An old high lactate speaks for the event; without it the hour stands as if none had ever been charted."""
    none = replace(chart(), measurements=tuple(m for m in chart().measurements if m.variable != "lactate"))
    old = replace(none, measurements=sorted_by_time([*none.measurements, measured("lactate", 9.0, 20.0)]))
    model = MODELS.ready["sepsis"]
    found = without_old(model, old, AT)
    assert found is not None
    assert found.variables == ("lactate",)
    assert found.share_below == risk(model, none).share_below < risk(model, old).share_below
    assert without_old(model, none, AT) is None
