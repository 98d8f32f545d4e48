"""Real, de-identified intensive care charts through mapping and forecasting: nothing raises, every level is accounted for.

Skipped where the open data set is not at hand (see validation/adapters).
"""

import re
from collections import Counter
from dataclasses import replace
from datetime import datetime
from functools import lru_cache
from typing import get_args

import pytest

from fhir_mapping.issues import IssueCode, remarks
from fhir_mapping.record import MappedChart
from fhir_mapping.routes import TOO_MUCH, UNKNOWN_ROUTE
from twin_engine.predict import predict
from twin_engine.scenario_json import read
from validation.adapters import data_folder, mimic_iv_demo
from validation.adapters.fhir_ndjson import Resource, lines
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
    assert len(found) == 63
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
    assert min(a.amount for a in doses if a.amount is not None) >= 250.0
    why = Counter(i.text for chart in charts().values() for i in chart.issues if i.code in {"duplicate", "no_amount"})
    assert why["not given into the bloodstream"] >= 20
    assert why["the same dose, counted only"] >= 50


def test_a_dose_without_a_route_counts_only_with_a_remark_where_the_drug_is_also_swallowed() -> None:
    """What stands for a vein is the product, an infusion or a dose above any by mouth; with none of them it is a hole."""
    said = Counter((i.code, i.text) for chart in charts().values() for i in chart.issues if i.variable == "vancomycin")
    assert said["assumed", TOO_MUCH] >= 5
    assert said["no_amount", UNKNOWN_ROUTE] >= 1
    dropped = {i.resource for chart in charts().values() for i in chart.issues if i.text == UNKNOWN_ROUTE}
    counted = {a.id for chart in charts().values() for a in chart.record.administrations if a.unit}
    assert not counted & {resource.rsplit("/", 1)[-1] for resource in dropped}


NO_WEIGHT = "refused: no weight is charted"


@lru_cache(maxsize=1)
def answers() -> dict[str, str]:
    """By case: forecast, flagged for its dose history, or refused, with the reason."""
    found: dict[str, str] = {}
    for case in cases():
        chart = charts()[case.patient]
        answer = predict(read(case.scenario))
        # Mapped as at the end of the stay, where a hole of before the level may be over.
        holes = (*answer.data_quality, *remarks(replace(i, over=False) for i in chart.issues if i.variable == "vancomycin"))
        if answer.forecasts[0].report:
            found[case.id] = "forecast"
        elif all("no weight is charted" in gap.reason for gap in answer.cannot_predict):
            found[case.id] = NO_WEIGHT
        else:
            flagged = any(q.status == "incomplete_dose_history" for q in holes)
            found[case.id] = "incomplete dose history" if flagged else "other"
    return found


def test_every_level_after_a_dose_is_forecast_or_flagged_by_reason() -> None:
    """Nothing leaves the count: a refusal is an answer with its reason, and most levels get a forecast."""
    answered = Counter(answers().values())
    total = sum(answered.values())
    assert total == len(cases()) >= 45
    assert answered["other"] == 0, answered
    assert (answered["forecast"] + answered["incomplete dose history"] + answered[NO_WEIGHT]) / total >= 0.90
    assert answered["forecast"] / total >= 0.80, answered
    assert answered["forecast"] / (total - answered[NO_WEIGHT]) >= 0.90, answered


def test_a_level_refused_for_want_of_a_weight_has_none_anywhere_in_the_charts_before_it() -> None:
    """Every file is searched, mapped or not, and every code: a weight, a height, a rate per kg of body weight."""
    refused = [case for case in cases() if answers()[case.id] == NO_WEIGHT]
    first = first_sign_of_size({case.patient for case in refused})
    assert refused
    assert all(case.truth_time < first[case.patient] for case in refused)


def first_sign_of_size(patients: set[str]) -> dict[str, datetime]:
    """By patient: the earliest resource that speaks of weight or height in any way (osmolality is per kg of water)."""
    size = re.compile(r'weight|height|"kg"|(?<!osm)/kg', re.IGNORECASE)
    found: dict[str, datetime] = {}
    for path in sorted(mimic_iv_demo.folder().glob("*/*.ndjson.gz")):
        for resource in lines(path, size):
            patient = (resource.get("subject") or {}).get("reference", "").rsplit("/", 1)[-1]
            if patient in patients and resource["resourceType"] != "Condition":
                at = _time(resource)
                found[patient] = min(found.get(patient, at), at)
    return found


def _time(resource: Resource) -> datetime:
    start = (resource.get("effectivePeriod") or resource.get("performedPeriod") or {}).get("start")
    return datetime.fromisoformat(resource.get("effectiveDateTime") or start or resource["authoredOn"])
