"""What models read beside creatinine: laboratory values and their age, gases, organ support over time, other drugs."""

from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest

from tests.reference.patients import AT, record
from twin_engine.covariates import covariate_path, read_from
from twin_engine.kernel.declare import Covariate, CovariatePath
from twin_engine.patient.record import Administration, Condition, Measurement, PatientRecord, Procedure, Setting
from twin_engine.registry import MODELS

GOTI = MODELS["vancomycin_goti_2018"]
PATIENT = record(creatinine=[(-6.0, 1.0)])


def read(patient: PatientRecord, *names: str, refused: tuple[str, ...] = ()) -> CovariatePath | str:
    wanted = tuple(Covariate(n, "1", (-1e9, 1e9), "test") for n in names)
    found = covariate_path(replace(GOTI, covariates=wanted, refused_procedures=refused), patient, AT)
    return found if isinstance(found, CovariatePath) else found.reason


def value(patient: PatientRecord, name: str) -> float:
    found = read(patient, name)
    assert isinstance(found, CovariatePath), found
    return float(found[name][-1])


def ago(hours: float) -> timedelta:
    return timedelta(hours=hours)


def measured(*rows: tuple[str, float, float], patient: PatientRecord = PATIENT, **also: str) -> PatientRecord:
    new = [Measurement(name, number, "", AT - ago(hours), **also) for name, number, hours in rows]  # type: ignore[arg-type]
    return replace(patient, measurements=tuple(sorted((*patient.measurements, *new), key=lambda m: m.time)))


def supported(*rows: Procedure) -> PatientRecord:
    return replace(PATIENT, procedures=rows)


def test_the_newest_value_counts() -> None:
    assert value(measured(("albumin", 20.0, 48.0), ("albumin", 31.0, 5.0)), "albumin") == 31.0


def test_a_value_measured_later_is_not_known_yet() -> None:
    assert read(measured(("albumin", 31.0, -1.0)), "albumin") == "no albumin is charted"


@pytest.mark.parametrize(
    ("name", "hours", "words"),
    [
        ("lactate", 25.0, "lactate is 25 h old, too old to be used"),
        ("albumin", 721.0, "albumin is 30 days old, too old to be used"),
        ("potassium", 30.0, "potassium is 30 h old, too old to be used"),
    ],
)
def test_too_old_is_refused(name: str, hours: float, words: str) -> None:
    assert read(measured((name, 1.0, hours)), name) == words


def test_old_but_usable_is_remarked() -> None:
    found = read(measured(("lactate", 2.0, 12.0)), "lactate")
    assert isinstance(found, CovariatePath)
    assert [(r.variable, r.status, r.effect) for r in found.remarks] == [
        ("lactate", "stale", "lactate is 12 h old: no suggestion")
    ]


@pytest.mark.parametrize("name", ["apache_ii", "saps_ii"])
def test_scores_do_not_age(name: str) -> None:
    assert value(measured((name, 22.0, 200.0)), name) == 22.0


def test_the_ratio_uses_the_oxygen_of_the_gas() -> None:
    gas = measured(("pao2", 80.0, 1.0))
    assert read(gas, "pao2_fio2") == "no FiO2 is charted in the 4 h before the newest arterial gas"
    set_before = replace(gas, settings=(Setting("fio2", 0.4, "1", AT - ago(4.5)), Setting("fio2", 0.9, "1", AT - ago(0.5))))
    assert value(set_before, "pao2_fio2") == pytest.approx(200.0)
    assert isinstance(read(replace(gas, settings=(Setting("fio2", 0.4, "1", AT - ago(5.5)),)), "pao2_fio2"), str)


def test_a_venous_gas_says_nothing_of_the_lung() -> None:
    venous = measured(("pao2", 38.0, 1.0), specimen="venous")
    assert read(replace(venous, settings=(Setting("fio2", 0.4, "1", AT - ago(2.0)),)), "pao2_fio2") == "no PaO2/FiO2 is charted"


def test_a_charted_ratio_is_taken_when_it_is_newer() -> None:
    both = measured(("pao2", 80.0, 3.0), ("fio2", 0.4, 3.0), ("pao2_fio2", 150.0, 1.0))
    assert value(both, "pao2_fio2") == 150.0


def test_an_opioid_within_a_day_counts() -> None:
    def given(drug: str, start: float, end: float | None, **rate: float) -> PatientRecord:
        stop = None if end is None else AT - ago(end)
        return replace(PATIENT, administrations=(Administration(drug, AT - ago(start), "mg", end=stop, **rate),))

    assert value(PATIENT, "opioid") == 0.0
    assert value(given("morphine", 20.0, None, amount=4.0), "opioid") == 1.0
    assert value(given("morphine", 30.0, None, amount=4.0), "opioid") == 0.0
    assert value(given("sufentanil", 40.0, 10.0, rate=0.02), "opioid") == 1.0
    assert value(given("propofol", 2.0, None, rate=100.0), "opioid") == 0.0


def test_conditions_are_zero_or_one() -> None:
    assert value(PATIENT, "cirrhosis") == 0.0
    assert value(replace(PATIENT, conditions=(Condition("cirrhosis"),)), "cirrhosis") == 1.0


def test_support_is_followed_over_time() -> None:
    past = Procedure("crrt", AT - ago(48.0), AT - ago(24.0), effluent_ml_per_h=2000.0)
    again = Procedure("crrt", AT - ago(6.0), None, effluent_ml_per_h=3000.0)
    found = read(supported(past, again), "on_crrt", "crrt_effluent", "on_ecmo")
    assert isinstance(found, CovariatePath)
    assert found.starts_h.tolist() == [-np.inf, -48.0, -24.0, -6.0]
    assert found["on_crrt"].tolist() == [0.0, 1.0, 0.0, 1.0]
    assert found["crrt_effluent"].tolist() == [0.0, 2.0, 0.0, 3.0]
    assert found["on_ecmo"].tolist() == [0.0, 0.0, 0.0, 0.0]


def test_a_changed_effluent_rate_replaces_the_one_before() -> None:
    first = Procedure("crrt", AT - ago(20.0), None, effluent_ml_per_h=2000.0)
    then = Procedure("crrt", AT - ago(5.0), None, effluent_ml_per_h=2500.0)
    found = read(supported(then, first), "crrt_effluent")
    assert isinstance(found, CovariatePath)
    assert found["crrt_effluent"].tolist() == [0.0, 2.0, 2.5]


def test_an_unknown_effluent_rate_is_not_guessed() -> None:
    running = supported(Procedure("crrt", AT - ago(5.0)))
    assert read(running, "crrt_effluent") == "the effluent rate of the continuous renal replacement is not charted"


def test_support_that_begins_later_is_not_running() -> None:
    assert value(supported(Procedure("ecmo", AT + ago(2.0))), "on_ecmo") == 0.0


def test_support_of_unknown_start_runs() -> None:
    assert value(supported(Procedure("ecmo", None)), "on_ecmo") == 1.0


def test_a_session_without_an_end_does_not_run_after_a_day_but_may_have_been_followed_by_others() -> None:
    begun = Procedure("ihd", AT - ago(24.0 * 25))
    assert isinstance(read(supported(begun), "weight", "creatinine"), CovariatePath)
    assert isinstance(read(supported(begun), "weight", refused=("ihd",)), str)
    over = Procedure("ihd", AT - ago(24.0 * 25), AT - ago(24.0 * 25 - 4))
    assert isinstance(read(supported(over), "weight", refused=("ihd",)), CovariatePath)


def test_creatinine_after_renal_replacement_is_not_believed() -> None:
    stopped = supported(Procedure("crrt", AT - ago(60.0), AT - ago(24.0), 2000.0))
    words = "creatinine does not show the kidneys in the week after renal replacement"
    assert read(stopped, "creatinine", "on_crrt") == words


def test_a_measured_clearance_is_moved_by_creatinine() -> None:
    # 58 y, 84 kg, creatinine 1.0 mg/dL: Cockcroft-Gault 95.7 mL/min; the collection ended while creatinine was 2.0.
    changing = record(creatinine=[(-30.0, 2.0), (-6.0, 1.0)])
    found = read(measured(("creatinine_clearance", 60.0, 20.0), patient=changing), "creatinine_clearance")
    assert isinstance(found, CovariatePath)
    assert found["creatinine_clearance"] == pytest.approx([60.0, 120.0])
    assert found.remarks == ()


def test_without_a_collection_cockcroft_gault_stands_in_and_says_so() -> None:
    found = read(PATIENT, "creatinine_clearance")
    assert isinstance(found, CovariatePath)
    assert found["creatinine_clearance"] == pytest.approx([(140 - 58) * 84 / 72], rel=1e-3)
    assert "Cockcroft-Gault stands in" in found.remarks[0].effect
    old = read(measured(("creatinine_clearance", 60.0, 50.0)), "creatinine_clearance")
    assert isinstance(old, CovariatePath)
    assert "Cockcroft-Gault stands in" in old.remarks[0].effect


def test_during_renal_replacement_only_a_collection_counts() -> None:
    running = supported(Procedure("crrt", AT - ago(5.0), None, 2000.0))
    assert "renal replacement" in str(read(running, "creatinine_clearance"))
    assert value(measured(("creatinine_clearance", 12.0, 10.0), patient=running), "creatinine_clearance") == 12.0


def test_clearance_without_weight_needs_words() -> None:
    light = record(creatinine=[(-6.0, 1.0)], weight=None)
    assert read(light, "creatinine_clearance") == (
        "no creatinine clearance is charted, and Cockcroft-Gault needs age, sex and weight"
    )


def test_what_is_read_from_the_chart_can_be_asked_for() -> None:
    assert read_from("opioid") == read_from("on_crrt") == frozenset()
    assert read_from("pao2_fio2") == {"pao2_fio2", "pao2", "fio2"}
    assert read_from("albumin") == {"albumin"}
