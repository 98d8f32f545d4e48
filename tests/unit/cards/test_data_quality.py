"""Why there is no prediction: each reason once, and the models named only where they differ."""

from dataclasses import replace

from cds_cards.data_quality import reasons
from cds_cards.subject import subjects
from tests.golden.predictions import case, prediction
from twin_engine.outcome import CannotPredict


def told(*gaps: str, variable: str = "vancomycin") -> tuple[str, ...]:
    found = replace(prediction(()), cannot_predict=tuple(CannotPredict(variable, gap) for gap in gaps))
    return reasons(next(subjects(case(found))))


def test_a_reason_that_all_models_share_names_none() -> None:
    assert told("vancomycin_goti_2018: no weight is charted", "vancomycin_colin_2019: no weight is charted") == (
        "no weight is charted",
    )


def test_models_are_named_where_they_differ() -> None:
    assert told(
        "vancomycin_goti_2018: no weight is charted",
        "vancomycin_colin_2019: no weight is charted",
        "vancomycin_thomson_2009: the age is outside the studied 18-90 a",
        "the order's unit cannot be used: mg vs mL",
    ) == (
        "no weight is charted (Goti 2018, Colin 2019)",
        "the age is outside the studied 18-90 a (Thomson 2009)",
        "the order's unit cannot be used: mg vs mL",
    )


def test_reasons_of_other_drugs_are_not_told() -> None:
    assert told("no weight is charted", variable="fentanyl") == ("no model applies to this patient",)
