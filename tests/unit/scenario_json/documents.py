"""A small valid scenario to vary."""

from typing import Any

AT = "2026-01-03T08:00:00Z"


def scenario(**changes: Any) -> dict[str, Any]:
    """A vancomycin patient with one of everything that tests change."""
    document: dict[str, Any] = {
        "at": AT,
        "seed": 1,
        "patient": {"birth_date": "1961-05-04", "sex": "male"},
        "measurements": [measurement()],
        "administrations": [dose()],
        "orders": [order()],
    }
    return {name: value for name, value in (document | changes).items() if value is not ...}


def measurement(**changes: Any) -> dict[str, Any]:
    """A creatinine."""
    row = {"variable": "creatinine", "value": 1.4, "unit": "mg/dL", "time": "2026-01-03T05:00:00Z"}
    return {name: value for name, value in (row | changes).items() if value is not ...}


def dose(**changes: Any) -> dict[str, Any]:
    """A dose of vancomycin."""
    row = {
        "drug": "vancomycin", "amount": 1500, "unit": "mg", "start": "2026-01-02T08:00:00Z", "end": "2026-01-02T09:30:00Z",
    }  # fmt: skip
    return {name: value for name, value in (row | changes).items() if value is not ...}


def order(**changes: Any) -> dict[str, Any]:
    """An order of vancomycin."""
    row = {"drug": "vancomycin", "amount": 1000, "unit": "mg", "interval_h": 12, "infusion_h": 1}
    return {name: value for name, value in (row | changes).items() if value is not ...}
