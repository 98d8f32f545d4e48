"""One adult as a scenario document, to be completed by each test."""

from typing import Any

AT = "2026-03-02T12:00:00Z"


def row(variable: str, value: float, unit: str, time: str = "2026-03-02T11:00:00Z", **more: Any) -> dict[str, Any]:
    """A measurement or setting."""
    return {"variable": variable, "value": value, "unit": unit, "time": time, **more}


def adult(**more: Any) -> dict[str, Any]:
    """A man of 64 years at `AT` on 256 copies; `more` adds to the document and replaces."""
    return {
        "at": AT,
        "seed": 3,
        "draws": 256,
        "patient": {"birth_date": "1961-05-04", "sex": "male"},
        "alternatives": "none",
        **more,
    }
