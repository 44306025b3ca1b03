"""A run out of the page as a file, and a file dropped on the page as a run."""

import shutil

import gradio as gr
import pytest
from conftest import write_tiny_model
from test_ui_train_train_tab import SETTINGS, VISITOR, Tab
from training_services import open_training, until

from icgan_demo.ui.train.project_form import ProjectForm


@pytest.fixture
def tab(tmp_path, monkeypatch):
    write_tiny_model(tmp_path / "tiny")
    monkeypatch.setenv("FAKE_MODEL", str(tmp_path / "tiny"))
    with open_training(tmp_path) as training:
        yield Tab(tmp_path, training)


def exported(tab, tmp_path, *, images=True, steps=20, state="finished"):
    """Return the browser's runs, and a saved project file of the run that was started."""
    runs = tab.start(settings=("", steps, *SETTINGS[2:]))[tab.w.runs]
    if state == "paused":
        until(lambda: tab.training.jobs.view(runs["current"]).step > 10, "a checkpoint")
        tab.live.pause(VISITOR, runs, None, 0.8)
    shown = tab.wait(runs, state)[tab.w.shown]
    made = ProjectForm(tab.training, tab.live, tab.w).export(VISITOR, shown, images, True)
    assert "The run at step" in made[tab.w.project_said]
    return runs, shutil.copy(made[tab.w.project_save]["value"], tmp_path / "saved.zip"), made


def dropped(tab, file, runs=None, set_id=None):
    return tab.tab.add_pictures(VISITOR, set_id, [str(file)], runs, None, 0.8)


def test_an_exported_run_that_was_deleted_is_in_the_list_again_after_a_drop(tab, tmp_path):
    runs, file, made = exported(tab, tmp_path)
    assert "otters-step-20.project.zip" in made[tab.w.project_save]["value"]
    runs = tab.live.delete(VISITOR, runs)[tab.w.runs]
    updates = dropped(tab, file, runs)
    w = tab.w
    assert "Finished after 20 steps" in updates[w.status]
    assert updates[w.use]["visible"] is True
    assert updates[w.losses]["value"]["step"].max() == 20
    assert updates[w.now]["value"].endswith("model.png")
    assert [run_id for _, run_id in updates[w.run_list]["choices"]] == [updates[w.runs]["current"]]
    assert "60 images" in updates[w.summary]
    assert len(tab.training.sets.get(updates[w.set_id]).classes) > 1
    assert updates[w.project_save] == gr.update(value=None, visible=False)
    assert not (tmp_path / "saved.zip").exists()  # an upload is not kept longer than it is needed


def test_a_run_without_its_images_says_in_one_sentence_what_it_cannot_do(tab, tmp_path):
    runs, file, _ = exported(tab, tmp_path, images=False, steps=5000, state="paused")
    updates = dropped(tab, file, runs)
    assert "Opened without its images" in updates[tab.w.status]
    assert updates[tab.w.resume]["visible"] is False
    assert updates[tab.w.stop]["visible"] is False
    assert updates[tab.w.set_id] is None


def test_with_images_and_checkpoint_it_can_continue(tab, tmp_path):
    runs, file, _ = exported(tab, tmp_path, steps=5000, state="paused")
    updates = dropped(tab, file, runs)
    assert updates[tab.w.resume]["visible"] is True
    assert "Opened without" not in updates[tab.w.status]
    tab.live.resume(VISITOR, updates[tab.w.runs], None, 0.8)
    tab.wait(updates[tab.w.runs], "running")


def test_a_second_file_takes_the_place_of_the_first(tab, tmp_path):
    exported(tab, tmp_path)
    folder = tmp_path / "uploads" / "training"
    form = ProjectForm(tab.training, tab.live, tab.w)
    run_id = tab.training.jobs.views()[0].run_id
    shown = tab.look({"current": run_id, "ids": [run_id]})[tab.w.shown]
    form.export(VISITOR, shown, False, False)
    assert len(list(folder.rglob("*.project.zip"))) == 1


def test_a_project_comes_alone_and_not_into_a_box(tab, tmp_path, monkeypatch):
    monkeypatch.setenv("GRADIO_TEMP_DIR", str(tmp_path))
    _, file, _ = exported(tab, tmp_path)
    other = shutil.copy(file, tmp_path / "other.zip")
    with pytest.raises(gr.Error, match="alone"):
        tab.tab.add_pictures(VISITOR, None, [str(file), str(other)], None)
    boxed = shutil.copy(made_again(tab, tmp_path), tmp_path / "boxed.zip")
    value = f'{{"do": "add", "label": "otter", "paths": ["{boxed}"]}}'
    with pytest.raises(gr.Error, match="project file, not a set of images"):
        tab.tab.act_in_box(VISITOR, None, value, None)


def made_again(tab, tmp_path):
    run_id = tab.training.jobs.views()[0].run_id
    return tab.training.projects.export(run_id, tmp_path / "more", images=False)[0]


def test_nobody_exports_what_is_not_shown(tab):
    with pytest.raises(gr.Error, match="Run not found"):
        ProjectForm(tab.training, tab.live, tab.w).export(VISITOR, None, True, True)


def test_a_public_page_opens_no_project(tmp_path, tab):
    _, file, _ = exported(tab, tmp_path)
    with open_training(tmp_path / "public", is_public=True) as training:
        with pytest.raises(gr.Error, match="A public page opens no project files"):
            dropped(Tab(tmp_path / "public", training), file)
        assert training.jobs.views() == []
        public = Tab(tmp_path / "public", training)
        told = ProjectForm(training, public.live, public.w).unfold(VISITOR)[public.w.project_note]
        assert "on a page of your own" in told
        assert "train_drop_images" in str(public.w.drop.label)
