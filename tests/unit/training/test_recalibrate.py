"""A site's own calibration from its own hourly table: what is fitted, what it rests on, and what is not accepted."""

from pathlib import Path

import numpy as np
import pytest

pd = pytest.importorskip("pandas", reason="the training extra is not installed")
pytest.importorskip("onnx", reason="the training extra is not installed")
pytest.importorskip("lightgbm", reason="the training extra is not installed")

from training.data_site import PATH, UnusableTable, read  # noqa: E402
from training.recalibrate import recalibrate  # noqa: E402

HOURS, STAYS = 30, 60


def table() -> "pd.DataFrame":
    """Pressures that wander around 72 mm[Hg], in adults and two children."""
    generator = np.random.default_rng(5)
    pressure = 72.0 + np.cumsum(generator.normal(0.0, 2.0, (STAYS, HOURS)), axis=1)
    rows = {"stay": np.repeat(np.arange(STAYS), HOURS), "hour": np.tile(np.arange(HOURS), STAYS), "map": pressure.ravel()}
    ages = np.where(np.arange(STAYS) < 2, 9.0, 60.0)
    return pd.DataFrame({**rows, "age": np.repeat(ages, HOURS), "female": 1.0, "vasopressor": 0.0, "heart_rate": 90.0})


def written(folder: Path, rows: "pd.DataFrame") -> Path:
    rows.to_parquet(folder / PATH)
    return folder


def test_slope_and_intercept_meet_what_was_observed(tmp_path: Path) -> None:
    (one,) = recalibrate(written(tmp_path, table()), "2026-01-01/2026-03-31", "2026-04-02", 1)
    assert one.found.event == "hypotension"
    assert one.found.stays <= STAYS - 2, "children are not in it"
    assert 0 < one.found.events <= one.found.stays
    ratio, low, high = one.after
    assert ratio == pytest.approx(1.0, abs=1e-6)
    assert low < 1.0 < high
    assert one.before[0] != pytest.approx(1.0, abs=0.02)
    assert "needs 500 stays" in str(one.why_not)


def test_only_what_the_table_can_tell_is_recalibrated(tmp_path: Path) -> None:
    rows = table()
    first = rows["hour"] == 0
    rows["spo2"] = np.where(rows["hour"] % 9 < 2, 88.0, 95.0)
    rows["creatinine"] = np.where(first, 1.0, np.where(rows["hour"] == 20, np.where(rows["stay"] % 3 == 0, 1.6, 1.0), np.nan))
    found = recalibrate(written(tmp_path, rows), "2026-01-01/2026-03-31", "2026-04-02", 1)
    assert [one.found.event for one in found] == ["hypotension", "hypoxaemia"], "nobody knows who was dialysed"
    known = rows.assign(renal_replacement=(rows["stay"] % 2).astype(float))
    *_, kidney = recalibrate(written(tmp_path, known), "2026-01-01/2026-03-31", "2026-04-02", 1)
    assert kidney.found.event == "kidney_injury"
    assert kidney.found.stays == 29, "one adult in two"


def test_hours_without_a_row_are_unknown_hours(tmp_path: Path) -> None:
    rows = table()
    stays = read(written(tmp_path, rows[rows["hour"] != 7]))
    assert stays.rows == (STAYS - 2) * HOURS
    assert np.isnan(stays.values["map"][stays.marks["hour"] == 7]).all()


@pytest.mark.parametrize(
    ("spoiled", "why"),
    [
        (lambda t: t.drop(columns="map"), "missing columns: map"),
        (lambda t: t.drop(columns="vasopressor"), "vasopressor"),
        (lambda t: t.assign(weather=1.0), "unknown columns: weather"),
        (lambda t: pd.concat([t, t.head(1)]), "two rows"),
        (lambda t: t.assign(age=9.0), "no adult stay"),
    ],
    ids=["no pressure", "no vasopressor", "strange column", "twice", "children"],
)
def test_a_table_that_is_not_as_described_is_refused(tmp_path: Path, spoiled: object, why: str) -> None:
    with pytest.raises(UnusableTable, match=why):
        read(written(tmp_path, spoiled(table())))  # type: ignore[operator]
    with pytest.raises(UnusableTable, match="there is no"):
        read(tmp_path / "nowhere")
