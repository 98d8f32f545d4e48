"""The released models on a few real stays: shape of the answer, and that no training stay is scored."""

import os
from pathlib import Path

import pytest

pd = pytest.importorskip("pandas", reason="the training extra is not installed")
pytest.importorskip("onnx", reason="the training extra is not installed")
pytest.importorskip("lightgbm", reason="the training extra is not installed")

from training import data_2019  # noqa: E402
from training.counts import counts  # noqa: E402
from training.evaluation import evaluate  # noqa: E402
from training.report import table  # noqa: E402

DATA = Path(os.environ.get("ICU_TWIN_DATA", "../shared/data"))


@pytest.fixture(scope="module")
def few(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """80 stays of hospital A (they trained) and 120 of hospital B."""
    source = DATA / data_2019.PATH
    if not source.exists():
        pytest.skip(f"{data_2019.PATH} is not there; ICU_TWIN_DATA names the folder of the open data sets")
    parts = [
        pd.read_parquet(source, filters=[("hospital", "==", h), ("pid", "<", last)]) for h, last in (("A", 81), ("B", 100_121))
    ]
    folder = tmp_path_factory.mktemp("data")
    (folder / data_2019.PATH).parent.mkdir()
    pd.concat(parts).to_parquet(folder / data_2019.PATH)
    return folder


def test_every_figure_is_there_and_training_stays_are_not(few: Path) -> None:
    found = evaluate(few, 20, 1, lambda _: None)
    assert list(found) == ["shipped", "process"]
    assert set(found["shipped"]) <= {
        "hypotension",
        "sepsis",
        "hypoxaemia",
        "kidney_injury",
    }  # no 2012 data in the folder: death is skipped
    figures = found["shipped"]["hypotension"]
    assert next(iter(figures)) == "auroc"
    assert 0.6 < figures["auroc"] < 1.0
    assert figures["stays"] <= 120
    judged = figures["by_data"]["physionet2019"]
    assert {"calibration", "alerts", "baselines", "subgroups", "net_benefit"} <= set(judged)
    assert {"current_map", "six_input_logistic", "news2_charted_parts", "sofa_charted_parts"} <= set(judged["baselines"])
    assert "| shipped | hypotension | physionet2019 |" in table(found)


def test_kidney_injury_is_held_against_creatinine_and_against_what_is_charted_at_all(few: Path) -> None:
    figures = evaluate(few, 20, 1, lambda _: None, ["kidney_injury"])["shipped"]
    assert list(figures) == ["kidney_injury"]
    judged = figures["kidney_injury"]["by_data"]["physionet2019"]
    assert {"last_creatinine", "last_creatinine_over_lowest", "six_input_logistic", "charted_or_not_logistic"} <= set(
        judged["baselines"]
    )
    assert 0 < judged["subgroups"]["hour_of_a_new_creatinine"]["rows"] < judged["rows"]


def test_every_event_is_counted_where_it_can_be_seen(few: Path) -> None:
    found = {one.event: one for one in counts(few)}
    assert set(found) == {"hypotension", "sepsis", "hypoxaemia", "kidney_injury"}
    assert all(one.external and one.with_event <= one.stays <= 120 for one in found.values())
    assert found["kidney_injury"].onsets >= found["kidney_injury"].with_event > 0


def test_an_empty_folder_gives_no_figures(tmp_path: Path) -> None:
    assert evaluate(tmp_path, 5, 1, lambda _: None) == {"shipped": {}, "process": {}}
