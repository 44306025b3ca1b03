"""How a bundled model learned is written from the run that made it."""

from dataclasses import replace

import pytest
from conftest import write_tiny_model
from test_training_sample_sheets import write_sheets

from benchmarks.learning import show_learning
from icgan_demo.weights.cards import inspect_model, read_card, write_card


def test_moments_of_a_run_are_put_beside_a_finished_model(tmp_path):
    folder, sheets = tmp_path / "tiny", tmp_path / "run" / "sheets"
    sheets.mkdir(parents=True)
    write_sheets(sheets, (0, 20, 100, 120))
    card = write_tiny_model(folder)
    with pytest.raises(AssertionError, match="how long the model was trained"):
        show_learning(str(folder), tmp_path / "run")
    write_card(replace(card, settings={"steps_trained": 100, "batch_size": 32}), folder)
    shown = show_learning(str(folder), tmp_path / "run")
    assert read_card(folder).learning == shown.learning
    assert [(moment.step, moment.images) for moment in shown.learning.moments] == [(0, 0), (20, 640), (100, 3200)]
    assert inspect_model(folder).message == ""
