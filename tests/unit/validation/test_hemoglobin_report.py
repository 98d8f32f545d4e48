"""The report on haemoglobin after red cells."""

import gzip
import json
from pathlib import Path
from typing import Any

from validation.hemoglobin_report import TASK, write


def transfusion(i: int, truth: float, **patient: Any) -> dict[str, Any]:
    at, end = "2026-01-03T08:00:00Z", "2026-01-03T10:00:00Z"
    cells = {"drug": "packed_red_blood_cells", "start": at, "end": end, "rate": 175.0, "unit": "mL/hour"}
    salt = {"drug": "nacl_0_9", "start": at, "end": end, "rate": 100.0, "unit": "mL/hour"}
    return {
        "patient": str(i),
        "truth": {"value": truth, "time": "2026-01-03T14:00:00Z"},
        "strata": {"rbc_ml": 350.0},
        "scenario": {
            "at": at,
            "horizon_h": 6.0,
            "patient": {"birth_date": "1950-01-01", "sex": "female", "weight_kg": 60.0, **patient},
            "measurements": [{"variable": "haemoglobin", "value": 7.0, "unit": "g/dL", "time": "2026-01-03T06:00:00Z"}],
            "administrations": [],
            "orders": [{"label": "as given", "parts": [cells, salt]}],
        },
    }


def test_every_method_is_judged_and_refusals_are_listed(tmp_path: Path) -> None:
    rows = [transfusion(i, 8.0 + 0.1 * i) for i in range(5)] + [transfusion(9, 8.0, weight_kg=None)]
    (tmp_path / f"{TASK}.jsonl.gz").write_bytes(gzip.compress("\n".join(json.dumps(row) for row in rows).encode()))
    told = write(tmp_path)
    assert "| last value | 1.17 | 1.000 (1.000 to 1.000) | 1.15 | -1.17 |" in told
    assert "| answered | at least 95 % | 83 % | **missed** |" in told
    assert "- refused: 1 × blood volume depends on weight, and none is charted" in told
    assert any(line.startswith("| icu-twin | 0.") for line in told)
