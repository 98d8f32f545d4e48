"""NEWS2, qSOFA and SOFA by their published tables; what cannot be judged is said, never counted as 0."""

from dataclasses import replace
from datetime import timedelta

import pytest

from tests.unit.risk.charts import AT, chart, measured
from twin_engine.patient.record import Administration, PatientRecord, Setting
from twin_engine.risk.charted_scores import charted_news2, charted_qsofa, charted_sofa
from twin_engine.risk.scores import NotComputable, news2, qsofa, sofa


def news2_points(part: str, value: float) -> object:
    normal: dict[str, float] = {"respiratory_rate": 16, "spo2": 98, "sbp": 120, "heart_rate": 70, "temperature": 37.0}
    v = {**normal, part: value}
    return news2(v["respiratory_rate"], v["spo2"], False, v["sbp"], v["heart_rate"], v["temperature"], True).parts[part]


# Royal College of Physicians, NEWS2, chart 1: both ends of every band.
@pytest.mark.parametrize(
    ("part", "bands"),
    [
        ("respiratory_rate", {8: 3, 9: 1, 11: 1, 12: 0, 20: 0, 21: 2, 24: 2, 25: 3}),
        ("spo2", {91: 3, 92: 2, 93: 2, 94: 1, 95: 1, 96: 0}),
        ("sbp", {90: 3, 91: 2, 100: 2, 101: 1, 110: 1, 111: 0, 219: 0, 220: 3}),
        ("heart_rate", {40: 3, 41: 1, 50: 1, 51: 0, 90: 0, 91: 1, 110: 1, 111: 2, 130: 2, 131: 3}),
        ("temperature", {35.0: 3, 35.1: 1, 36.0: 1, 36.1: 0, 38.0: 0, 38.1: 1, 39.0: 1, 39.1: 2}),
    ],
)
def test_news2_bands(part: str, bands: dict[float, int]) -> None:
    assert {v: news2_points(part, v) for v in bands} == bands


@pytest.mark.parametrize(
    ("spo2", "oxygen", "expected"),
    [(83, True, 3), (84, True, 2), (86, True, 1), (88, True, 0), (92, True, 0), (93, True, 1), (95, True, 2), (97, True, 3),
     (93, False, 0), (97, False, 0), (87, False, 1)],
)  # fmt: skip
def test_news2_scale_2_with_chronic_hypercapnia(spo2: float, oxygen: bool, expected: int) -> None:
    assert news2(16, spo2, oxygen, 120, 70, 37.0, True, hypercapnic=True).parts["spo2"] == expected


def test_a_missing_part_leaves_no_total() -> None:
    found = news2(30, 90, None, 85, 140, None, NotComputable("sedated"))
    assert found.total is None
    assert found.at_least == 12
    assert dict(found.not_computable) == {"oxygen": "not charted", "temperature": "not charted", "consciousness": "sedated"}


def test_qsofa() -> None:
    assert qsofa(22, 100, 14).total == 3
    assert qsofa(21, 101, 15).total == 0
    assert qsofa(None, 100, 14).total is None


# Vincent 1996, table 3: both ends of every band.
@pytest.mark.parametrize(
    ("given", "part", "expected"),
    [
        ({"pao2_fio2": 400.0}, "respiration", 0), ({"pao2_fio2": 399.0}, "respiration", 1),
        ({"pao2_fio2": 299.0}, "respiration", 2), ({"pao2_fio2": 199.0}, "respiration", 3),
        ({"pao2_fio2": 99.0}, "respiration", 4), ({"pao2_fio2": 99.0, "ventilated": False}, "respiration", 2),
        ({"platelets": 150.0}, "coagulation", 0), ({"platelets": 149.0}, "coagulation", 1),
        ({"platelets": 99.0}, "coagulation", 2), ({"platelets": 49.0}, "coagulation", 3),
        ({"platelets": 19.0}, "coagulation", 4),
        ({"bilirubin": 1.1}, "liver", 0), ({"bilirubin": 1.2}, "liver", 1), ({"bilirubin": 2.0}, "liver", 2),
        ({"bilirubin": 6.0}, "liver", 3), ({"bilirubin": 12.0}, "liver", 4),
        ({"map_lowest": 70.0}, "circulation", 0), ({"map_lowest": 69.0}, "circulation", 1),
        ({"catecholamine_ug_kg_min": 0.1}, "circulation", 3), ({"catecholamine_ug_kg_min": 0.11}, "circulation", 4),
        ({"gcs": 15.0}, "brain", 0), ({"gcs": 13.0}, "brain", 1), ({"gcs": 10.0}, "brain", 2), ({"gcs": 6.0}, "brain", 3),
        ({"gcs": 5.0}, "brain", 4),
        ({"creatinine": 1.1}, "kidney", 0), ({"creatinine": 1.2}, "kidney", 1), ({"creatinine": 2.0}, "kidney", 2),
        ({"creatinine": 3.5}, "kidney", 3), ({"creatinine": 5.0}, "kidney", 4),
        ({"urine_ml_per_day": 499.0}, "kidney", 3), ({"urine_ml_per_day": 199.0}, "kidney", 4),
    ],
)  # fmt: skip
def test_sofa_bands(given: dict[str, float], part: str, expected: int) -> None:
    normal = {"pao2_fio2": 450.0, "ventilated": True, "platelets": 200.0, "bilirubin": 0.5, "map_lowest": 80.0,
              "catecholamine_ug_kg_min": 0.0, "gcs": 15.0, "creatinine": 0.8, "urine_ml_per_day": 2000.0}  # fmt: skip
    assert sofa(**{**normal, **given}).parts[part] == expected  # type: ignore[arg-type]
    assert sofa(**normal).total == 0  # type: ignore[arg-type]


def test_a_low_ratio_without_charted_support_is_not_guessed() -> None:
    found = sofa(150.0, None, None, None, 60.0, 0.0, None, None, 2000.0)
    assert set(found.not_computable) == {"respiration", "coagulation", "liver", "brain", "kidney"}
    assert found.total is None


def with_gcs(record: PatientRecord) -> PatientRecord:
    return replace(record, measurements=(*record.measurements, measured("gcs", 13.0, 1.0)))


def test_scores_of_a_chart() -> None:
    record = replace(with_gcs(chart()), settings=(Setting("fio2", 0.4, "1", AT - timedelta(hours=2)),))
    found = charted_news2(record, AT)
    assert dict(found.parts) == {"respiratory_rate": 0, "spo2": 0, "oxygen": 2, "sbp": 0, "heart_rate": 1, "consciousness": 3,
                                 "temperature": 0}  # fmt: skip
    assert found.total == 6
    assert charted_qsofa(record, AT).total == 1
    later = charted_news2(record, AT + timedelta(hours=30))
    assert later.total is None
    assert later.at_least == 0


def test_a_sedated_patient_has_no_consciousness_points() -> None:
    sedated = Administration("propofol", AT - timedelta(hours=3), "mg/kg/h", rate=2.0)
    record = replace(with_gcs(chart()), administrations=(sedated,))
    for score in (charted_news2(record, AT), charted_qsofa(record, AT), charted_sofa(record, AT)):
        assert score.total is None
        assert "sedated" in score.not_computable.values()


def test_sofa_of_a_chart_takes_the_worst_of_the_day() -> None:
    gas = replace(measured("pao2", 60.0, 3.0), specimen="arterial")
    record = chart(map=66.0)
    record = replace(
        record,
        measurements=(*record.measurements, gas, measured("platelets", 90.0, 20.0), measured("weight", 80.0, 30.0)),
        settings=(Setting("fio2", 0.8, "1", AT - timedelta(hours=5)),
                  Setting("ventilator_mode", None, "", AT - timedelta(hours=5), category="vc_cmv")),
    )  # fmt: skip
    parts = charted_sofa(record, AT).parts
    assert (parts["respiration"], parts["coagulation"], parts["circulation"], parts["kidney"]) == (4, 2, 1, 1)
    pressor = Administration("norepinephrine", AT - timedelta(hours=3), "ug/kg/min", rate=0.2)
    assert charted_sofa(replace(record, administrations=(pressor,)), AT).parts["circulation"] == 4
    unreadable = Administration("norepinephrine", AT - timedelta(hours=3), "mL/h", rate=5.0)
    assert isinstance(charted_sofa(replace(record, administrations=(unreadable,)), AT).parts["circulation"], NotComputable)
