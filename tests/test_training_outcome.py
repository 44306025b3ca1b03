"""What is added to a finished run: the model is there whatever becomes of it."""

import pytest
from conftest import write_tiny_model
from tiny_training import make, neighbourhoods

from icgan_demo.config import Conditioning
from icgan_demo.training import outcome
from icgan_demo.training.outcome import add_outcome
from icgan_demo.training.run_reporter import Interrupted
from icgan_demo.weights.cards import inspect_model


class Plan:
    """As much of a plan as is needed."""

    def __init__(self, data):
        self.data, self.evaluator = data, None


@pytest.fixture
def finished(tmp_path):
    """Return a run's plan, trainer, folder and card."""
    write_tiny_model(tmp_path / "model")
    data = neighbourhoods()
    return Plan(data), make(data), tmp_path, inspect_model(tmp_path / "model").card


def test_a_sheet_and_figures_are_added(finished, monkeypatch):
    plan, trainer, folder, card = finished
    monkeypatch.setattr(outcome, "recognise_classes", lambda *_, **__: {"reason": "few_photos"})
    add_outcome(plan, trainer, folder, card)
    assert (folder / "sheets" / "model.png").is_file()
    found = inspect_model(folder / "model")
    assert found.message == ""
    assert found.card.figures == {**card.figures, "by_class": {"reason": "few_photos"}}


def test_a_model_that_is_told_nothing_is_not_asked_for_classes(finished):
    plan, trainer, folder, card = finished
    object.__setattr__(trainer.train, "conditioning", Conditioning.NONE)
    try:
        add_outcome(plan, trainer, folder, card)
    finally:
        object.__setattr__(trainer.train, "conditioning", Conditioning.INSTANCE_AND_CLASS)
    assert inspect_model(folder / "model").card.figures["by_class"] == {"reason": "nothing_told"}


@pytest.mark.parametrize("fault", [Interrupted(), OSError("full"), RuntimeError("broken"), MemoryError()])
def test_whatever_goes_wrong_leaves_the_model_as_it_was(finished, monkeypatch, fault):
    plan, trainer, folder, card = finished
    before = (folder / "model" / "card.json").read_bytes()

    def fails(*_, **__):
        raise fault

    monkeypatch.setattr(outcome, "recognise_classes", fails)
    add_outcome(plan, trainer, folder, card)
    assert (folder / "model" / "card.json").read_bytes() == before


def test_a_run_that_is_asked_to_stop_is_left_at_once_and_without_an_old_sheet(finished):
    plan, trainer, folder, card = finished
    sheet = folder / "sheets" / "model.png"
    sheet.parent.mkdir()
    sheet.write_bytes(b"of an earlier end")

    def stop():
        raise Interrupted

    add_outcome(plan, trainer, folder, card, stop)
    assert not sheet.exists()
