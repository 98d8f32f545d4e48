"""The page that `make sbc` writes: a thousand patients for every model, each held to four points of 90 %."""

import pytest

from twin_engine.registry import MODELS
from validation.sbc import LEVELS, PAGE, PAGE_PATIENTS, rows_of

ROWS = rows_of(PAGE.read_text(encoding="utf-8"))


@pytest.mark.parametrize("model", sorted(MODELS))
def test_every_model_holds_on_a_thousand_patients(model: str) -> None:
    rows = [[cell.strip() for cell in line.strip("| ").split("|")] for line in ROWS[model]]
    assert [(int(row[1]), int(row[2])) for row in rows] == [(n, PAGE_PATIENTS) for n in LEVELS]
    for row in rows:
        low, high = (float(part.strip(" %")) for part in row[3].split("-"))
        assert low >= 86.0, row
        assert high <= 94.0, row
        assert row[-1] == "yes", row
