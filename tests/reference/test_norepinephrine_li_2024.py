"""Li 2024: reference values, the printed size of the effect of age, and a volunteer worked out independently."""

import pytest

from tests.reference.patients import covariates
from twin_engine.models.drugs.norepinephrine_li_2024 import MODEL


def typical(age: float, weight: float) -> list[float]:
    """CL (L/min), V1 (L), Q (L/min), V2 (L)."""
    found = MODEL.typical_path(covariates(age=age, weight=weight))
    return [float(found[n][0]) / (1.0 if n.startswith("V") else 60.0) for n in ("CL", "V1", "Q", "V2")]


def test_reference_values_of_table_3() -> None:
    assert typical(35, 70) == pytest.approx([2.1, 2.4, 0.6, 3.6])


def test_a_volunteer_worked_out_by_anasim() -> None:
    # anasim-simulator 1.7, patient.pk_models.NorepinephrinePK.
    assert typical(60, 80) == pytest.approx([2.129923, 2.742857, 0.663201, 4.114286], rel=1e-5)


def test_ten_years_lower_clearance_by_three_percent() -> None:
    assert typical(55, 70)[0] / typical(45, 70)[0] == pytest.approx(0.97, abs=0.005)


@pytest.mark.parametrize(
    ("rate", "printed"), [(0.0, 0.24), (0.01, 0.57), (0.06, 2.24), (0.1, 3.57), (0.14, 4.90), (0.2, 6.90), (0.5, 16.9)]
)
def test_steady_levels_of_a_volunteer(rate: float, printed: float) -> None:
    """ug/kg/min to ug/L at 70 kg and 35 years, with the 497.7 ng/min that the body makes, which the model leaves out."""
    clearance = typical(35, 70)[0]
    assert (rate * 70.0 + 0.4977) / clearance == pytest.approx(printed, abs=0.05 if printed > 10 else 0.005)
