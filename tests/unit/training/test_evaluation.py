"""The released models on a few real stays: shape of the answer, and that no training stay is scored."""

import os
from pathlib import Path

import numpy as np
import pytest

pd = pytest.importorskip("pandas", reason="the training extra is not installed")
pytest.importorskip("onnx", reason="the training extra is not installed")
pytest.importorskip("lightgbm", reason="the training extra is not installed")

from training import data_2019  # noqa: E402
from training.counts import stages  # noqa: E402
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
    assert set(found["shipped"]) <= {"hypotension", "sepsis"}  # no 2012 data in the folder: death is skipped
    figures = found["shipped"]["hypotension"]
    assert next(iter(figures)) == "auroc"
    assert 0.6 < figures["auroc"] < 1.0
    assert figures["stays"] <= 120
    judged = figures["by_data"]["physionet2019"]
    assert {"calibration", "alerts", "baselines", "subgroups", "net_benefit"} <= set(judged)
    assert {"current_map", "six_input_logistic", "news2_charted_parts", "sofa_charted_parts"} <= set(judged["baselines"])
    assert "| shipped | hypotension | physionet2019 |" in table(found)


def test_an_empty_folder_gives_no_figures(tmp_path: Path) -> None:
    assert evaluate(tmp_path, 5, 1, lambda _: None) == {"shipped": {}, "process": {}}


def test_the_kdigo_stage_of_each_creatinine_is_from_the_values_up_to_it() -> None:
    hours = np.array([0.0, 24.0, 40.0, 60.0, 300.0, 310.0])
    creatinine = np.array([0.9, 1.2, 1.8, 2.8, 1.0, 4.1])
    assert stages(hours, creatinine).tolist() == [0, 1, 2, 3, 0, 3]
    assert stages(hours[:2], np.array([4.5, 4.4])).tolist() == [0, 0], "high from the start and not rising"
