"""Real, de-identified intensive care charts through mapping and forecasting: nothing raises, every level is accounted for.

Skipped where the open data set is not at hand (see validation/adapters).
"""

from collections import Counter
from functools import lru_cache
from typing import get_args

import pytest

from fhir_mapping.issues import IssueCode, remarks
from fhir_mapping.record import MappedChart
from twin_engine.predict import predict
from twin_engine.scenario_json import read
from validation.adapters import data_folder, mimic_iv_demo
from validation.tasks import Case, next_level_cases

pytestmark = pytest.mark.skipif(
    not mimic_iv_demo.folder().is_dir(), reason=f"no MIMIC-IV demo in {data_folder().name} (set ICU_TWIN_DATA)"
)


@lru_cache(maxsize=1)
def charts() -> dict[str, MappedChart]:
    return mimic_iv_demo.mapped()


@lru_cache(maxsize=1)
def cases() -> list[Case]:
    return [case for key, chart in charts().items() for case in next_level_cases(key, chart.record)]


def test_every_chart_is_mapped_and_holds_what_intensive_care_charts_hold() -> None:
    found = charts()
    assert len(found) >= 60
    kinds = Counter(m.variable for chart in found.values() for m in chart.record.measurements)
    assert all(kinds[name] > 500 for name in ("heart_rate", "map", "creatinine", "potassium", "temperature"))
    assert sum(chart.record.birth_date is not None for chart in found.values()) == len(found)


def test_every_issue_is_one_of_the_known_kinds_and_names_no_value() -> None:
    codes = Counter(issue.code for chart in charts().values() for issue in chart.issues)
    assert codes
    assert set(codes) <= set(get_args(IssueCode))


def test_oral_doses_and_doses_charted_twice_do_not_count() -> None:
    """125 mg is the oral dose: administration records state no route, only their orders do."""
    doses = [a for chart in charts().values() for a in chart.record.given("vancomycin")]
    assert len(doses) > 150
    assert min(a.amount or 0.0 for a in doses) >= 250.0
    why = Counter(i.text for chart in charts().values() for i in chart.issues if i.code in {"duplicate", "no_amount"})
    assert why["not given into the bloodstream"] >= 20
    assert why["the same dose, counted only"] >= 50


def test_levels_after_a_dose_are_forecast_or_flagged() -> None:
    """Counted by reason. A level drawn before any weight was charted cannot be forecast and is refused in words."""
    answered: Counter[str] = Counter()
    for case in cases():
        chart = charts()[case.patient]
        found = predict(read(case.scenario))
        holes = (*found.data_quality, *remarks(i for i in chart.issues if i.variable == "vancomycin"))
        if found.forecasts[0].report:
            answered["forecast"] += 1
        elif all("no weight is charted" in gap.reason for gap in found.cannot_predict):
            answered["no weight yet"] += 1
        else:
            answered["flagged" if any(q.status == "incomplete_dose_history" for q in holes) else "other"] += 1
    total = sum(answered.values())
    assert total >= 30
    assert (answered["forecast"] + answered["flagged"]) / (total - answered["no weight yet"]) >= 0.90, answered
    assert answered["other"] == 0, answered
