"""Limits on orders as written: every limit, unknowns, ranges, totals with what was given."""

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.reference.patients import AT, record
from twin_engine.patient.record import Order, PatientRecord
from twin_engine.patient.variables import DRUGS
from twin_engine.safety.check import check
from twin_engine.safety.limits import LIMITS

PATIENT = record(creatinine=[(-6, 1.0)], weight=80.0)
LEVELLED = record(creatinine=[(-6, 1.0)], weight=80.0, doses=[(-60.0, 1.0, 1000.0)], levels=[(-50.0, 12.0)])


def order(
    amount: float | None = 1000.0, interval_h: float | None = 12.0, infusion_h: float | None = 1.0, **other: object
) -> Order:
    values = {"drug": "vancomycin", "unit": "mg", "amount": amount, "interval_h": interval_h, "infusion_h": infusion_h}
    return Order("as ordered", **{**values, **other})  # type: ignore[arg-type]


def severities(*orders: Order, patient=PATIENT) -> set[str]:
    return {f.severity for f in check(orders, patient, AT).findings}


def test_an_ordinary_dose_is_cleared() -> None:
    verdict = check([order()], PATIENT, AT)
    assert verdict.cleared
    assert verdict.findings == ()


@pytest.mark.parametrize(
    ("amount", "interval_h", "infusion_h", "severity"),
    [
        (2000.0, 12.0, 2.0, None),
        (2250.0, 12.0, 3.0, "recommended"),
        (3000.0, None, 3.0, "recommended"),  # 37.5 mg/kg
        (3250.0, None, 4.0, "absolute"),
        (1000.0, 12.0, 0.5, "recommended"),
        (1000.0, 12.0, 0.0, "recommended"),
        (1500.0, 6.0, 1.5, "absolute"),
    ],
)
def test_each_limit_just_inside_and_outside(
    amount: float, interval_h: float | None, infusion_h: float, severity: str | None
) -> None:
    found = severities(order(amount, interval_h, infusion_h))
    assert (severity in found) if severity else not found


def test_a_level_turns_the_daily_total_into_a_warning() -> None:
    high = order(1250.0, 6.0, 1.5)
    assert "absolute" in severities(high)
    assert severities(high, patient=LEVELLED) == {"recommended"}


def test_doses_already_given_count() -> None:
    given_today = record(creatinine=[(-6, 1.0)], weight=80.0, doses=[(-20, 2, 2000.0), (-8, 2, 2000.0)])
    assert "absolute" in severities(order(1500.0, None, 1.5), patient=given_today)
    assert not severities(order(1500.0, None, 1.5))


def test_two_drafts_of_one_drug_add_up() -> None:
    assert not severities(order(1500.0, 12.0, 1.5))
    assert "absolute" in severities(order(1500.0, 12.0, 1.5), order(1000.0, 12.0, 1.0))


def test_ranges_and_as_needed_orders_are_judged_at_their_highest() -> None:
    assert "absolute" in severities(order(None, 12.0, 4.0, max_amount=3500.0))
    assert "absolute" in severities(order(3500.0, 12.0, 4.0, as_needed=True))


@pytest.mark.parametrize(
    "bad",
    [
        order(None),
        order(0.0),
        order(unit="mL"),
        order(10.0, unit="mg/kg"),
        Order("as ordered", drug="gentamicin", amount=300.0, unit="mg"),
        Order("as ordered", carbohydrate_g_per_day=200.0),
    ],
    ids=["no dose", "dose 0", "volume", "per kg without weight", "no limits declared", "nutrition"],
)
def test_what_is_unknown_is_not_cleared(bad: Order) -> None:
    nobody = record(creatinine=[], weight=None)
    verdict = check([bad], nobody, AT)
    assert not verdict.cleared
    assert "unknown" in {f.severity for f in verdict.findings}


def test_missing_weight_is_said_and_not_guessed() -> None:
    verdict = check([order()], record(creatinine=[], weight=None), AT)
    assert [f.severity for f in verdict.findings] == ["unknown"]
    assert "weight" in verdict.findings[0].reason


def test_dose_per_weight_is_converted_with_the_dosing_weight() -> None:
    assert not severities(order(15.0, 12.0, 2.0, unit="mg/kg"))
    assert "recommended" in severities(order(40.0, None, 3.0, unit="mg/kg", dosing_weight_kg=70.0))


def test_stopping_needs_no_limit() -> None:
    assert check([Order("as ordered", drug="vancomycin", stop=True)], PATIENT, AT).cleared


def test_every_limit_names_its_source() -> None:
    assert all(len(x.source) > 20 and x.highest > 0 for x in LIMITS)


@given(
    amount=st.floats(1, 1e6),
    interval=st.one_of(st.none(), st.floats(1, 72)),
    infusion=st.one_of(st.none(), st.floats(0, 24)),
)
def test_nothing_beyond_an_absolute_limit_is_ever_cleared(
    amount: float, interval: float | None, infusion: float | None
) -> None:
    verdict = check([order(amount, interval, infusion)], PATIENT, AT)
    in_bags = interval is not None and infusion is not None and infusion >= 0.9 * interval
    if amount > 3000.0 and not in_bags:
        assert not verdict.cleared
    if verdict.cleared:
        assert amount <= 3000.0 or in_bags
        assert interval is None or amount * max(24.0 // interval, 1) <= 4500.0


@given(
    drug=st.sampled_from(sorted({limit.drug for limit in LIMITS} & set(DRUGS))),
    amounts=st.tuples(st.floats(1e-3, 1e5), st.floats(1e-3, 1e5)),
    interval=st.one_of(st.none(), st.floats(1, 72)),
    infusion=st.one_of(st.none(), st.floats(0, 24)),
    patient=st.sampled_from([PATIENT, LEVELLED]),
    continuous=st.booleans(),
)
def test_more_is_never_safer(
    drug: str,
    amounts: tuple[float, float],
    interval: float | None,
    infusion: float | None,
    patient: PatientRecord,
    continuous: bool,
) -> None:
    unit = DRUGS[drug].rate_unit if continuous else DRUGS[drug].amount_unit
    base = order(1.0, interval, infusion, drug=drug, unit=unit)

    def cleared(amount: float) -> bool:
        changed = replace(base, amount=None, rate=amount, interval_h=None) if continuous else replace(base, amount=amount)
        return check([changed], patient, AT).cleared

    less, greater = sorted(amounts)
    assert cleared(less) or not cleared(greater)


def test_a_dose_given_two_days_ago_no_longer_counts() -> None:
    old = record(creatinine=[(-6, 1.0)], weight=80.0, doses=[(-48.0, 2.0, 2000.0), (-36.0, 2.0, 2000.0)])
    assert not severities(order(1500.0, None, 1.5), patient=old)
    late = replace(old.administrations[0], start=AT - timedelta(hours=10), end=AT - timedelta(hours=8))
    assert "absolute" not in severities(order(1500.0, None, 1.5), patient=replace(old, administrations=(late,)))


def given(drug: str, unit: str, **other: object) -> Order:
    """An order of a drug given by pump."""
    return Order("as ordered", drug=drug, unit=unit, **other)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("ordered", "severity"),
    [
        (given("propofol", "mg/kg/h", rate=4.0), None),
        (given("propofol", "mg/h", rate=330.0), "recommended"),
        (given("propofol", "mg/kg/h", rate=12.5), "absolute"),
        (given("propofol", "mg", amount=200.0, infusion_h=0.0), None),
        (given("propofol", "mg", amount=240.0, infusion_h=0.0), "recommended"),
        (given("propofol", "mg", amount=1000.0, infusion_h=5.0), None),
        (given("norepinephrine", "ug/kg/min", rate=0.5), None),
        (given("norepinephrine", "ug/min", rate=48.0), "recommended"),
        (given("norepinephrine", "mg/h", rate=12.0), "absolute"),
        (given("vasopressin", "U/min", rate=0.04), None),
        (given("vasopressin", "U/h", rate=5.0), "recommended"),
        (given("vasopressin", "U/min", rate=2.4), "absolute"),
        (given("rocuronium", "mg", amount=50.0, infusion_h=0.0), None),
        (given("dexmedetomidine", "ug/kg/h", rate=1.5), "recommended"),
        (given("dexmedetomidine", "ug/kg/min", rate=0.7), "absolute"),
        (given("fentanyl", "ug/h", rate=200.0), None),
        (given("fentanyl", "mg/h", rate=50.0), "absolute"),
        (given("fentanyl", "ug", amount=100.0, infusion_h=0.0), None),
        (given("fentanyl", "mg", amount=100.0, infusion_h=0.0), "absolute"),
        (given("midazolam", "mg/kg/h", rate=0.3), "recommended"),  # refractory status epilepticus
        (given("midazolam", "g/h", rate=5.0), "absolute"),
        (given("rocuronium", "mg", amount=500.0, infusion_h=0.0), "absolute"),
        (given("furosemide", "mg", amount=40.0), None),
        (given("furosemide", "g", amount=40.0), "absolute"),
        (given("furosemide", "mg/h", rate=70.0), "recommended"),
        (given("ketamine", "mg/kg/h", rate=2.5), None),
        (given("ketamine", "mg/kg/h", rate=3.0), "recommended"),
        (given("ketamine", "mg/h", rate=1600.0), "absolute"),
    ],
)
def test_boluses_and_rates_of_pumped_drugs(ordered: Order, severity: str | None) -> None:
    found = severities(ordered)
    assert (severity in found) if severity else not found


@pytest.mark.parametrize(("quantity", "words"), [("bolus", "an infusion"), ("infusion_rate", "a bolus")])
def test_a_way_of_giving_that_has_no_limit_is_not_cleared(quantity: str, words: str) -> None:
    only = [x for x in LIMITS if x.drug == "ketamine" and x.quantity == quantity]
    other = {"rate": 1.0} if quantity == "bolus" else {"amount": 1.0, "infusion_h": 0.0}
    unit = "mg/kg/h" if quantity == "bolus" else "mg/kg"
    verdict = check([given("ketamine", unit, **other)], PATIENT, AT, only)
    assert [f.reason for f in verdict.findings] == [f"no limit of {words} of ketamine is declared"]


def test_a_rate_per_kg_without_a_weight_is_unknown() -> None:
    weightless = record(creatinine=[(-6, 1.0)], weight=None)
    assert severities(given("norepinephrine", "mg/h", rate=0.5), patient=weightless) == {"unknown"}
    assert severities(given("vasopressin", "U/h", rate=2.0), patient=weightless) == set()


def test_a_limit_below_one_is_said_with_its_decimals() -> None:
    (finding,) = check([given("norepinephrine", "ug/kg/min", rate=0.75)], PATIENT, AT).findings
    assert "0.75 ug/kg/min is above the recommended limit of 0.5 ug/kg/min" in finding.reason


def phenytoin(
    amount: float | None = 150.0, interval_h: float | None = 12.0, infusion_h: float | None = 0.25, **other: object
) -> Order:
    return order(amount, interval_h, infusion_h, drug="phenytoin", **other)


@pytest.mark.parametrize(
    ("drafted", "severity"),
    [
        (phenytoin(150.0, 12.0), None),
        (phenytoin(240.0, 12.0), None),  # 6 mg/kg/d
        (phenytoin(250.0, 12.0), "recommended"),
        (phenytoin(500.0, 12.0), "absolute"),
        (phenytoin(1500.0, 8.0, 0.5), "absolute"),
        (phenytoin(None, None, None, rate=100.0, unit="mg/h"), "absolute"),
        (phenytoin(1500.0, None, 0.5), None),
        (phenytoin(400.0, 2.0, 0.25, count=3), None),  # a load in parts
        (phenytoin(700.0, 2.0, 0.5, count=3), "recommended"),
        (phenytoin(900.0, 2.0, 0.5, count=3), "absolute"),
    ],
)
def test_phenytoin_has_a_daily_dose_and_a_most_of_all_loads(drafted: Order, severity: str | None) -> None:
    found = severities(drafted)
    assert (severity in found) if severity else not found


@pytest.mark.parametrize(
    ("drug", "per_kg", "interval_h", "severity"),
    [
        ("gentamicin", 7.0, 24.0, None),
        ("gentamicin", 2.0, 8.0, None),
        ("gentamicin", 7.0, 8.0, "absolute"),
        ("tobramycin", 5.0, 12.0, "recommended"),
        ("amikacin", 25.0, 24.0, None),
        ("amikacin", 25.0, 12.0, "absolute"),
    ],
)
def test_an_aminoglycoside_is_held_to_its_day_and_not_to_one_dose_alone(
    drug: str, per_kg: float, interval_h: float, severity: str | None
) -> None:
    found = severities(order(per_kg * 80.0, interval_h, 0.5, drug=drug))
    assert (severity in found) if severity else not found


def test_a_bag_that_runs_through_its_interval_is_a_rate_and_no_single_dose() -> None:
    def bag(amount: float, infusion_h: float) -> Order:
        return order(amount, 24.0, infusion_h, drug="piperacillin_tazobactam")

    assert severities(bag(16000.0, 24.0)) == set()
    assert severities(bag(16000.0, 0.5)) == {"absolute"}
    assert severities(bag(20000.0, 24.0)) == {"absolute"}


def test_piperacillin_is_held_to_what_of_the_label_is_piperacillin() -> None:
    """4.5 g of the combination every 6 h, the most of its label, are 4 g and 16 g a day."""

    def every(interval_h: float) -> set[str]:
        return severities(order(4000.0, interval_h, 0.5, drug="piperacillin_tazobactam"))

    assert every(6.0) == set()
    assert every(5.5) == {"absolute"}


def test_a_second_load_is_held_against_the_first() -> None:
    vancomycin = record(weight=80.0, doses=[(-2.0, 0.5, 1500.0)])
    loaded = replace(vancomycin, administrations=(replace(vancomycin.administrations[0], drug="phenytoin"),))
    assert "absolute" in severities(phenytoin(1500.0, None, 0.5), patient=loaded)
    assert severities(phenytoin(500.0, None, 0.5), patient=loaded) == set()
    assert severities(phenytoin(240.0, 12.0), patient=loaded) == set()


@pytest.mark.parametrize(
    ("infusion_h", "prodrug", "severity"),
    [(0.5, False, None), (1 / 6, False, "absolute"), (1 / 6, True, None), (0.1, True, "absolute"), (None, False, "unknown")],
)
def test_phenytoin_itself_goes_in_a_third_as_fast_as_its_prodrug(
    infusion_h: float | None, prodrug: bool, severity: str | None
) -> None:
    assert severities(phenytoin(1500.0, None, infusion_h, prodrug=prodrug)) == ({severity} if severity else set())


def test_without_a_weight_no_dose_of_phenytoin_is_cleared() -> None:
    assert severities(phenytoin(), patient=replace(PATIENT, measurements=())) == {"unknown"}


def beta_lactam(drug: str, *parts: tuple[float | None, float | None]) -> set[str]:
    """Severities for loads over half an hour and rates in mg/h of one drug."""
    return severities(
        *(
            given(drug, "mg", amount=load, infusion_h=0.5) if load is not None else given(drug, "mg/h", rate=rate)
            for load, rate in parts
        )
    )


@pytest.mark.parametrize(
    ("drug", "load", "daily"), [("piperacillin_tazobactam", 4000.0, 16000.0), ("meropenem", 2000.0, 6000.0)]
)
def test_one_load_before_a_continuous_infusion_is_not_counted_in_the_day(drug: str, load: float, daily: float) -> None:
    infusion = (None, daily / 24)
    assert beta_lactam(drug, (load, None), infusion) == set()
    assert beta_lactam(drug, (load, None), (load, None), infusion) == {"absolute"}, "only one is"
    assert beta_lactam(drug, (load, None), (None, 1.01 * daily / 24)) == {"absolute"}
    assert beta_lactam(drug, (1.01 * load, None), infusion) == {"absolute"}, "a single dose has its own limit"
    again = Order("as ordered", drug=drug, unit="mg", amount=daily / 4, interval_h=6.0, infusion_h=0.5)
    assert severities(given(drug, "mg", amount=load, infusion_h=0.5), again) == {"absolute"}, "no infusion goes on"
    short = given(drug, "mg/h", rate=4 * daily, start=AT, until=AT + timedelta(minutes=30))
    assert severities(short) == {"absolute"}, "what soon ends is no infusion to which it is the load"
    assert severities(short, given(drug, "mg/h", rate=daily / 24)) == {"absolute"}, "nor is it a load beyond one dose"


@pytest.mark.parametrize(
    ("drug", "unit", "rate", "minutes", "severity"),
    [
        ("dexmedetomidine", "ug/kg/h", 6.0, 10, None),
        ("dexmedetomidine", "ug/kg/h", 6.0, 11, "recommended"),
        ("dexmedetomidine", "ug/kg/h", 6.0, 31, "absolute"),
        ("propofol", "mg/kg/h", 30.0, 5, None),
        ("propofol", "mg/kg/h", 30.0, 25, "absolute"),
        ("phenylephrine", "ug/kg/min", 6.0, 10, None),
        ("norepinephrine", "ug/kg/min", 3.0, 10, "absolute"),  # which has no bolus
    ],
)
def test_a_rate_that_soon_ends_and_may_not_run_is_a_bolus(
    drug: str, unit: str, rate: float, minutes: int, severity: str | None
) -> None:
    ordered = given(drug, unit, rate=rate, start=AT, until=AT + timedelta(minutes=minutes))
    found = severities(ordered)
    assert (severity in found) if severity else not found
    assert severity == "absolute" or "absolute" not in found


@pytest.mark.parametrize(
    ("route", "amount", "severity"),
    [
        ("iv", 50.0, None),
        ("iv", 500.0, "recommended"),
        ("im", 500.0, None),
        (None, 50.0, None),
        (None, 500.0, "unknown"),
        (None, 1500.0, "absolute"),
    ],
)
def test_epinephrine_is_held_to_what_goes_into_a_vein_only_where_it_does(
    route: str | None, amount: float, severity: str | None
) -> None:
    found = severities(given("epinephrine", "ug", amount=amount, infusion_h=0.0, route=route))
    assert (severity in found) if severity else not found
    assert "recommended" not in found or route == "iv"
