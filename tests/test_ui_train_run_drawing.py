"""While a run is asked for its present state, others have the model."""

from types import SimpleNamespace

import gradio as gr
import pytest

from icgan_demo.errors import RequestError
from icgan_demo.service.training.present_state import NOT_YET, PresentState
from icgan_demo.ui.api.train_api import TrainingEndpoints
from icgan_demo.ui.common.events import ASIDE, GIVE_WAY
from icgan_demo.ui.common.services import Services
from icgan_demo.ui.train.run_drawing import RunDrawing


@pytest.fixture
def state(monkeypatch, tmp_path):
    """Return the state of a run whose trainer answers at the third look, and has nothing to show then."""
    looks = iter([True, True, False])
    monkeypatch.setattr(PresentState, "is_awaited", property(lambda _state: next(looks)))
    return PresentState(tmp_path)


@pytest.fixture
def jobs(state):
    def publish_state(run_id, asked):
        return asked.folder

    return SimpleNamespace(ask_state=lambda run_id: state, publish_state=publish_state)


def steps_until_refused(steps):
    """Return what a handler yields until it says that there is no state."""
    taken = []
    with pytest.raises((RequestError, gr.Error), match=NOT_YET[:30]):
        taken.extend(steps)  # what came before the error stays
    return taken


def test_the_page_waits_aside_and_takes_its_turn_to_draw(jobs, tmp_path):
    training = SimpleNamespace(jobs=jobs)
    drawing = RunDrawing(Services(None, tmp_path, tmp_path), training, None)
    assert steps_until_refused(drawing._drawn("run", tmp_path / "photo.png", "en")) == [ASIDE, ASIDE, GIVE_WAY]


def test_the_endpoint_waits_aside_and_takes_its_turn_to_draw(jobs, tmp_path):
    endpoints = TrainingEndpoints(Services(None, tmp_path, tmp_path), SimpleNamespace(jobs=jobs))
    assert steps_until_refused(endpoints.train_draw("photo.png", "run")) == [ASIDE, ASIDE, GIVE_WAY]


def test_a_state_that_was_never_written_is_a_sentence(tmp_path):
    with pytest.raises(RequestError, match="no state to generate with yet"):
        _ = PresentState(tmp_path).folder
