"""The experiment on the Compare page: what a visitor chose is trained, found again after a reload, paused, and gone."""

import zipfile
from types import SimpleNamespace

import gradio as gr
import pytest
from training_services import open_training, until
from training_sets import save_pictures

from icgan_demo.config import Conditioning
from icgan_demo.ui.compare.side_by_side_form import SideBySideForm
from icgan_demo.ui.lean_blocks import LeanBlocks
from icgan_demo.ui.visitor.visits import Visits

VISITOR = SimpleNamespace(headers={"accept-language": "en"}, session_hash="a")
OTHER = SimpleNamespace(headers={"accept-language": "ko"}, session_hash="b")


class Form:
    def __init__(self, training):
        self.training, self.visits = training, Visits()
        with LeanBlocks():
            self.form = SideBySideForm(training, self.visits)

    def start(self, set_id=None, first="none", second="instance", minutes=30):
        return self.form.start_both(VISITOR, set_id, first, second, minutes)

    def look(self, shown=None, visitor=VISITOR):
        return self.form.look(visitor, shown)

    def until_running(self):
        until(lambda: set(self.states()) == {"running"}, "not running")
        return self.look()

    def states(self):
        return [view.state for view in self.training.jobs.views()]


@pytest.fixture
def form(tmp_path):
    with open_training(tmp_path) as training:
        yield Form(training)


def test_both_runs_are_shown_with_a_sheet_each_and_their_curves(form):
    f = form.form
    form.start(minutes=1)
    until(lambda: set(form.states()) == {"finished"}, "not finished")
    updates = form.look()
    for panel, sheet, word in zip(f.runs, f.sheets, ("Nothing", "Instance"), strict=True):
        assert f"<b>Side by side: {word}</b> · Finished after 120 steps" in updates[panel]
        assert "list" not in updates[panel]
        assert "data:image/webp" in updates[sheet]
    assert "data:image/svg+xml" in updates[f.curves]
    assert updates[f.start]["interactive"]
    assert updates[f.timer].active is False
    assert not {f.curves, *f.sheets} & set(form.look(updates[f.shown]))  # nothing new
    assert not list(form.training.models.glob("*/card.json"))


def test_both_are_paused_and_go_on(form):
    f = form.form
    form.start()
    updates = form.until_running()
    assert updates[f.pause]["visible"] is True
    assert not updates[f.start]["interactive"]
    assert updates[f.timer].active
    f.pause_both(VISITOR, None)
    until(lambda: set(form.states()) == {"paused"}, "not paused")
    updates = form.look()
    assert updates[f.resume]["visible"] is True
    assert updates[f.pause]["visible"] == "hidden"
    f.resume_both(VISITOR, None)
    form.until_running()


def test_a_reloaded_page_shows_the_runs_again_and_a_strangers_page_none(form):
    f = form.form
    form.start()
    assert "Side by side" in f.open(VISITOR)[f.runs[0]]
    opened = f.open(OTHER)
    assert opened[f.runs[0]] == ""
    assert "60" in opened[f.images]


def test_a_zip_is_learned_from_until_the_drawn_images_are_wanted_again(form, tmp_path):
    f = form.form
    archive = tmp_path / "pictures.zip"
    with zipfile.ZipFile(archive, "w") as packed:
        for number, file in enumerate(save_pictures(tmp_path / "uploads", 24)):
            packed.write(file, f"{'one' if number % 2 else 'two'}/{file.name}")
    updates = f.take_zip(VISITOR, str(archive), None)
    assert "24" in updates[f.images]
    assert not archive.exists()
    form.start(updates[f.set_id], "class", "partition")
    assert {len(form.training.jobs.pictures(view.run_id)) for view in form.training.jobs.views()} == {24}
    assert f.use_built_in(VISITOR)[f.set_id] is None


def test_a_refused_zip_leaves_the_images_of_before(form, tmp_path):
    archive = tmp_path / "pictures.zip"
    archive.write_bytes(b"no archive")
    with pytest.raises(gr.Error):
        form.form.take_zip(VISITOR, str(archive), None)
    assert not archive.exists()
    assert form.look()[form.form.start]["interactive"]


@pytest.mark.parametrize(("second", "said"), [("none", "two different"), ("everything", "must be one of none, class")])
def test_what_cannot_be_compared_is_a_sentence(form, second, said):
    with pytest.raises(gr.Error, match=said):
        form.start(second=second)
    assert form.states() == []


def test_a_run_whose_other_one_was_deleted_can_still_be_paused(form):
    f = form.form
    form.start()
    form.until_running()
    form.training.jobs.delete(form.visits.of(VISITOR).side_by_side[0])
    updates = form.look()
    assert "This run was deleted." in updates[f.runs[0]]
    assert updates[f.pause]["visible"] is True
    assert not updates[f.start]["interactive"]
    f.pause_both(VISITOR, None)
    until(lambda: form.states() == ["paused"], "not paused")
    assert form.look()[f.start]["interactive"]


def test_starting_again_deletes_the_two_of_before_and_delete_those_of_now(form):
    f = form.form
    form.start(minutes=1)
    until(lambda: set(form.states()) == {"finished"}, "not finished")
    before = form.visits.of(VISITOR).side_by_side
    form.start(second="partition")
    assert len(form.states()) == 2
    assert not set(before) & {view.run_id for view in form.training.jobs.views()}
    updates = f.delete_both(VISITOR)
    assert form.states() == []
    assert updates[f.runs[0]] == updates[f.sheets[0]] == ""
    assert updates[f.delete]["visible"] == "hidden"
    assert updates[f.set_id] is None  # a ZIP's images went with the runs


def test_every_conditioning_is_offered(form):
    assert [value for _, value in form.form.words[0].choices] == list(Conditioning)
