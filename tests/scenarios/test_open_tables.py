"""The adapters of open data sets give plausible records; skipped where the data are not at hand."""

import pytest

from validation.adapters import eicu_demo, meds, mimic_iv_demo


@pytest.mark.skipif(not eicu_demo.folder().is_dir(), reason="no eICU demo at hand (set ICU_TWIN_DATA)")
def test_eicu_stays_become_records() -> None:
    found = eicu_demo.records()
    assert len(found) > 1000
    assert sum(bool(r.of("map")) for r in found.values()) > 500
    rates = [a for r in found.values() for a in r.given("norepinephrine")]
    assert len(rates) > 100
    assert all(a.end is None or a.end > a.start for a in rates)


@pytest.mark.skipif(not mimic_iv_demo.folder().is_dir(), reason="no MIMIC-IV demo at hand (set ICU_TWIN_DATA)")
def test_meds_events_become_measurements() -> None:
    path = mimic_iv_demo.folder() / "mimic_iv_demo_meds_events.parquet"
    found = meds.measurements(path, {"LAB//50912//mg/dL": ("creatinine", "mg/dL")})
    values = [m for rows in found.values() for m in rows]
    assert len(values) > 1000
    assert all(m.variable == "creatinine" and m.value and m.value < 40 for m in values)
