"""Numbers and sentences on cards."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cds_cards.wording import (
    age,
    amount,
    fitted,
    frequency,
    number,
    plain,
    probability,
    probability_in_words,
    regimen,
    unit_text,
)
from twin_engine.patient.record import Order


@pytest.mark.parametrize(
    ("p", "said"),
    [(0.0, "< 5 %"), (0.024, "< 5 %"), (0.025, "5 %"), (0.43, "45 %"), (0.974, "95 %"), (0.976, "> 95 %"), (1.0, "> 95 %")],
)
def test_probabilities_come_in_steps_of_five(p: float, said: str) -> None:
    assert probability(p) == said


@given(st.floats(0, 1))
def test_a_probability_is_never_nothing_or_certain(p: float) -> None:
    assert re.fullmatch(r"< 5 %|> 95 %|[1-9][05]? %", probability(p))
    assert not re.search(r"[<>]", probability_in_words(p))


@pytest.mark.parametrize(
    ("share", "said"),
    [(0.4454, "45 %"), (0.046, "5 %"), (0.0142, "1 %"), (0.0096, "1 %"), (0.0047, "0.5 %"), (0.00047, "0.05 %")],
)
def test_how_often_something_came_keeps_its_first_figure(share: float, said: str) -> None:
    assert frequency(share) == said


@pytest.mark.parametrize(
    ("value", "said"), [(741.6, "742"), (1234.5, "1,234"), (22.44, "22.4"), (22.0, "22"), (2.134, "2.13"), (0.0513, "0.0513")]
)
def test_numbers_have_three_digits(value: float, said: str) -> None:
    assert number(value) == said


def test_a_dose_keeps_every_digit() -> None:
    assert [amount(v) for v in (1500, 1234.5, 0.125)] == ["1,500", "1,234.5", "0.125"]


@pytest.mark.parametrize(("hours", "said"), [(0.2, "12 min"), (5.4, "5 h"), (47, "47 h"), (49, "2 d"), (216, "9 d")])
def test_ages(hours: float, said: str) -> None:
    assert age(hours) == said


@pytest.mark.parametrize(
    ("order", "short", "said"),
    [
        (Order("", "vancomycin", 1500, unit="mg", interval_h=12, infusion_h=1.5), True, "1,500 mg q12h"),
        (Order("", "vancomycin", 1500, unit="mg", interval_h=12, infusion_h=1.5), False, "1,500 mg every 12 h over 1.5 h"),
        (Order("", "vancomycin", 750, unit="mg", interval_h=12, infusion_h=0.75), False, "750 mg every 12 h over 45 min"),
        (Order("", "vancomycin", 2, unit="g", infusion_h=2), True, "2 g once"),
        (Order("", "norepinephrine", rate=0.1, unit="ug/kg/min"), False, "0.1 mcg/kg/min continuously"),
        (Order("", "insulin", rate=2, max_rate=4, unit="U/h"), True, "2–4 units/h"),
        (Order("", "fentanyl", 25, max_amount=50, unit="ug", interval_h=1, as_needed=True), True, "25–50 mcg q1h as needed"),
        (Order("", "vasopressin", rate=2.4, unit="U/h"), True, "0.04 units/min"),
        (Order("", "vasopressin", rate=1.2, max_rate=2.4, unit="U/h"), True, "0.02–0.04 units/min"),
        (Order("", "propofol", stop=True), True, "stop"),
        (Order("", "vancomycin"), True, "dose not readable"),
    ],
)
def test_orders_in_words(order: Order, short: bool, said: str) -> None:
    assert regimen([order], short=short) == said


def test_units_as_clinicians_write_them() -> None:
    assert [unit_text(u) for u in ("mg.h/L", "ug/kg/min", "U/h", "mm[Hg]", "mg/L")] == [
        "mg·h/L", "mcg/kg/min", "units/h", "mmHg", "mg/L",
    ]  # fmt: skip


@pytest.mark.parametrize(
    "hostile",
    [
        "<iframe srcdoc='<script>alert(1)</script>'>",
        "<b>x</b>",
        "![x](https://example.org/x.png)",
        "[x](javascript:alert(1))",
        "www.example.org",
        "a@example.org",
        "`code` *bold* _em_ ~~x~~ | cell |",
        "line\n# heading",
        "\u202ereversed\u200b",
        "&lt;script&gt;",
    ],
)
def test_plain_lets_no_markup_through(hostile: str) -> None:
    passed = plain(hostile)
    assert not re.search(r"<[^ 0-9]|[`*_~|\[\]!&#@\n\u202e\u200b]|://|www\.", passed)


@given(st.text())
def test_plain_lets_no_text_open_a_tag(text: str) -> None:
    assert not re.search(r"<[A-Za-z/!?]|\]\(|://|@|www\.", plain(text), re.IGNORECASE)


def test_plain_keeps_a_clinical_sentence() -> None:
    said = "creatinine 1.9 mg/dL (+0.8, 30 h old) is > 1.5 and < 2; 5–10 µg/kg/min"
    assert plain(said) == said


@given(st.lists(st.text(min_size=1, max_size=200), min_size=1), st.integers(5, 139))
def test_what_is_fitted_fits(tries: list[str], length: int) -> None:
    assert len(fitted(tries, length)) <= length


def test_a_prodrug_is_counted_in_equivalents() -> None:
    assert regimen([Order("x", drug="phenytoin", amount=1500.0, unit="mg", prodrug=True)], short=True).startswith("1,500 mg PE")
