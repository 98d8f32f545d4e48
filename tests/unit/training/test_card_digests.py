"""The list of the cards that serve is the one that training writes."""

import shutil
from importlib.resources import files
from pathlib import Path

import pytest

from twin_engine.risk.load import CARD_DIGESTS

pytest.importorskip("onnx", reason="the training extra is not installed")
pytest.importorskip("lightgbm", reason="the training extra is not installed")
from training import fit

FOLDER = files("twin_engine.risk").joinpath("shipped")


def test_every_card_that_serves_is_listed_as_training_lists_it(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    shutil.copytree(str(FOLDER), tmp_path, dirs_exist_ok=True)
    tmp_path.joinpath(CARD_DIGESTS).unlink()
    monkeypatch.setattr(fit, "released", lambda variant, event: (tmp_path / f"{event}.onnx", tmp_path / f"{event}.json"))
    fit.write_card_digests()
    assert (tmp_path / CARD_DIGESTS).read_bytes() == FOLDER.joinpath(CARD_DIGESTS).read_bytes()
