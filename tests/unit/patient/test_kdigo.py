"""The KDIGO stage by creatinine, value by value."""

import numpy as np
import pytest

from twin_engine.patient.kdigo import stages


def test_the_stage_of_each_creatinine_is_from_the_values_up_to_it() -> None:
    hours = np.array([0.0, 24.0, 40.0, 60.0, 300.0, 310.0])
    creatinine = np.array([0.9, 1.2, 1.8, 2.8, 1.0, 4.1])
    assert stages(hours, creatinine).tolist() == [0, 1, 2, 3, 0, 3]
    assert stages(hours[:2], np.array([4.5, 4.4])).tolist() == [0, 0], "high from the start and not rising"


@pytest.mark.parametrize(
    ("hours", "creatinine", "stage"),
    [
        ((0, 48), (1.0, 1.3), 1),
        ((0, 49), (1.0, 1.3), 0),
        ((0, 168), (1.0, 1.5), 1),
        ((0, 169), (1.0, 1.5), 0),
        ((0, 100), (1.0, 2.0), 2),
        ((0, 100), (1.0, 3.0), 3),
        ((0, 24), (3.8, 4.1), 3),
    ],
    ids=["0.3 in two days", "0.3 later", "half in a week", "half later", "twice", "three times", "4 and rising"],
)
def test_the_limits_of_the_definition(hours: tuple[int, int], creatinine: tuple[float, float], stage: int) -> None:
    assert stages(np.array(hours, dtype=float), np.array(creatinine))[-1] == stage
