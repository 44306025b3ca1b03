"""The Train page's handlers: what they show of sets and runs, and what they refuse."""

from dataclasses import replace
from types import SimpleNamespace

import gradio as gr
import pytest
from fakes import PaintedSampling
from training_desks import open_desk, until
from training_sets import class_zip, save_pictures, write_zip

from icgan_demo.service.training.train_request import AUTO
from icgan_demo.ui.common.services import Services
from icgan_demo.ui.lean_blocks import LeanBlocks
from icgan_demo.ui.train.live_run import LiveRun
from icgan_demo.ui.train.run_setup import MY_MODEL, RunSetup
from icgan_demo.ui.train.train_widgets import TrainWidgets
from icgan_demo.ui.visitor.visits import Visits

VISITOR = SimpleNamespace(headers={})
SETTINGS = ("", 20, None, 0, 0.0, 0, AUTO, -1, 32, "Otters", "MIT")


class Tab:
    def __init__(self, folder, desk):
        with LeanBlocks():
            self.w = TrainWidgets(desk.limits, "secret")
        self.desk = desk
        services = Services(PaintedSampling(), folder / "thumbnails", folder / "uploads", training=desk)
        self.live = LiveRun(services, desk, self.w, Visits())
        self.tab = RunSetup(services, desk, self.w, self.live)

    def start(self, runs=None, settings=SETTINGS):
        set_id = self.tab.take_built_in(VISITOR, runs)[self.w.set_id]
        return self.tab.start_run(VISITOR, set_id, runs, 0.8, *settings)

    def look(self, runs, shown=None):
        return self.live.poll(VISITOR, runs, shown, 0.8, None, None)

    def wait(self, runs, state):
        return until(lambda: (seen := self.look(runs))[self.w.shown].state == state and seen, state)


@pytest.fixture
def tab(tmp_path):
    with open_desk(tmp_path) as desk:
        yield Tab(tmp_path, desk)


@pytest.fixture
def public(tmp_path):
    with open_desk(tmp_path, is_public=True, steps=100, minutes=1) as desk:
        yield Tab(tmp_path, desk)


def test_a_zip_is_understood_before_anything_starts(tab, tmp_path):
    updates = tab.tab.add_pictures(VISITOR, None, [str(class_zip(tmp_path / "a.zip"))], None)
    assert "12 images in 2 classes" in updates[tab.w.summary]
    assert "otter <b>6</b>" in updates[tab.w.summary]
    assert len(updates[tab.w.pictures]) == 12
    assert not (tmp_path / "a.zip").exists()  # an upload is not kept longer than it is needed
    near = tab.tab.show_neighbours(VISITOR, updates[tab.w.set_id], "painted")[tab.w.near]
    assert len(near) == 18
    assert near[0][1] == "image"


def test_the_base_chosen_first_has_the_smallest_pictures_and_trained_discriminators(tab, monkeypatch):
    sampling = tab.tab._services.sampling
    painted = sampling.models()[0]
    pixel, heads = {"discriminator": {"resolution": 64}}, {"projected": {"outputs": 64}}
    found = {"large": (128, pixel | heads), "small": (64, pixel), "heads": (64, pixel | heads), "bare": (32, {})}
    infos = [replace(painted, name=name, resolution=side, card=card) for name, (side, card) in found.items()]
    monkeypatch.setattr(sampling, "models", lambda: infos)
    assert tab.tab.fill_bases(VISITOR, None)[tab.w.base]["value"] == "heads"
    assert tab.tab.fill_bases(VISITOR, "large")[tab.w.base]["value"] == "large"
    monkeypatch.setattr(sampling, "models", lambda: infos[:2])
    assert tab.tab.fill_bases(VISITOR, None)[tab.w.base]["value"] == "small"
    monkeypatch.setattr(sampling, "models", lambda: infos[3:])
    assert tab.tab.fill_bases(VISITOR, None)[tab.w.base]["value"] == ""


def test_what_cannot_be_used_is_listed_and_escaped(tab, tmp_path):
    members = {"<b>x.png": b"nothing", **{f"{number}.png": b"" for number in range(2)}}
    pictures = save_pictures(tmp_path / "more", 3)
    files = [write_zip(tmp_path / "a.zip", members), *pictures]
    summary = tab.tab.add_pictures(VISITOR, None, list(map(str, files)), None)[tab.w.summary]
    assert "&lt;b&gt;x.png" in summary
    assert "3 files skipped" in summary
    assert "At least 10 different images are needed" in summary


def test_more_pictures_add_to_the_set(tab, tmp_path):
    pictures = [str(path) for path in save_pictures(tmp_path / "a", 12)]
    first = tab.tab.add_pictures(VISITOR, None, pictures[:5], None)
    second = tab.tab.add_pictures(VISITOR, first[tab.w.set_id], pictures[5:], None)
    assert "12 images" in second[tab.w.summary]
    assert second[tab.w.set_id] == first[tab.w.set_id]


def test_a_start_without_pictures_says_what_to_do(tab):
    with pytest.raises(gr.Error, match="Choose images first"):
        tab.tab.start_run(VISITOR, None, None, 0.8, *SETTINGS)


def test_a_base_that_is_no_model_is_refused(tab):
    with pytest.raises(gr.Error, match="no model of that name"):
        tab.start(settings=("nonsense", *SETTINGS[1:]))
    with pytest.raises(gr.Error, match="no base model of that name"):
        tab.start(settings=("../../etc", *SETTINGS[1:]))


def test_the_estimate_is_measured_once_and_scaled(tab):
    set_id = tab.tab.take_built_in(VISITOR, None)[tab.w.set_id]
    updates = tab.tab.show_estimate(VISITOR, set_id, *SETTINGS)
    assert updates[tab.w.estimate] == "About 10 s for 20 steps, 0.9 GB of memory."
    longer = tab.tab.show_estimate(VISITOR, set_id, "", 1200, *SETTINGS[2:])
    assert "About 10 min for 1,200 steps" in longer[tab.w.estimate]
    assert len(tab.desk.estimates._known) == 1


def test_the_command_line_names_no_folder_of_this_machine(tab):
    command = tab.tab.show_command("produce64", *SETTINGS[1:])[tab.w.command]
    assert f"--name {MY_MODEL}" in command
    assert "--data IMAGES" in command
    assert "/" not in command
    assert tab.w.command not in tab.tab.show_command("", 0, *SETTINGS[2:])


def test_a_run_is_shown_from_start_to_model(tab):
    started = tab.start()
    runs = started[tab.w.runs]
    assert started[tab.w.timer]["active"] is True
    done = tab.wait(runs, "finished")
    w = tab.w
    assert done[w.timer]["active"] is False
    assert "Finished after 20 steps" in done[w.status]
    assert done[w.use]["visible"] is True
    assert done[w.download]["value"].endswith(".zip")
    assert done[w.before].endswith("step_000000.png")
    assert done[w.now].endswith("step_000020.png")
    assert done[w.real].endswith("real.png")
    table = done[w.losses]["value"]
    assert set(table["curve"]) == {"generator", "discriminator"}
    assert table["step"].max() == 20
    assert set(done[w.metrics]["value"]["curve"]) == {"FD (fake)", "KD (fake)"}
    assert set(done[w.shares]["value"]["curve"]) == {"precision", "similarity"}


def test_a_look_that_finds_nothing_new_changes_nothing(tab):
    runs = tab.start()[tab.w.runs]
    done = tab.wait(runs, "finished")
    again = tab.look(runs, done[tab.w.shown])
    assert set(again) == {tab.w.status, tab.w.timer, tab.w.shown}


def test_the_slider_follows_at_its_end_and_stays_elsewhere(tab):
    runs = tab.start()[tab.w.runs]
    shown = tab.wait(runs, "finished")[tab.w.shown]
    earlier = SimpleNamespace(**{**shown.__dict__})
    earlier = type(shown)(**{**shown.__dict__, "sheets": shown.sheets[:3]})
    follows = tab.live.poll(VISITOR, runs, earlier, 0.8, None, 2)
    assert follows[tab.w.time]["value"] == len(shown.sheets) - 1
    stays = tab.live.poll(VISITOR, runs, earlier, 0.8, None, 1)
    assert "value" not in stays[tab.w.time]
    assert tab.w.now not in stays
    first = tab.live.show_moment(VISITOR, 0, shown)
    assert first[tab.w.now].endswith("step_000000.png")
    assert "Step 0" in first[tab.w.shown_step]


def test_a_reload_finds_the_run_again(tab):
    runs = tab.start(settings=("", 5000, *SETTINGS[2:]))[tab.w.runs]
    attached = tab.live.attach(VISITOR, runs, 0.8)
    assert attached[tab.w.shown].run_id == runs["current"]
    assert attached[tab.w.timer]["active"] is True


def test_another_browser_finds_a_run_only_where_visitors_are_trusted(tab, public):
    runs = tab.start(settings=("", 5000, *SETTINGS[2:]))[tab.w.runs]
    assert tab.live.attach(VISITOR, None, 0.8)[tab.w.shown].run_id == runs["current"]


def test_on_a_public_page_nobody_sees_the_runs_of_others(public):
    runs = public.start()[public.w.runs]
    other = public.live.attach(VISITOR, None, 0.8)
    assert other[public.w.shown] is None
    assert other[public.w.run_list]["choices"] == []
    with pytest.raises(gr.Error, match="Run not found"):
        public.live.choose(VISITOR, runs["current"], None, 0.8)
    own = public.live.choose(VISITOR, runs["current"], runs, 0.8)
    assert own[public.w.shown].run_id == runs["current"]


def test_a_public_page_says_its_limits_and_keeps_them(public):
    note = public.tab.refresh(VISITOR)[public.w.note]
    assert "100 steps and 1 minutes" in note
    assert "deleted when the page restarts" in note
    runs = public.start()[public.w.runs]
    assert public.desk.jobs.view(runs["current"]).request.minutes == 1
    with pytest.raises(gr.Error, match="at most 100"):
        public.start(settings=("", 101, *SETTINGS[2:]))


@pytest.mark.parametrize(
    "remembered", [{"current": "x", "ids": 5}, {"current": "0" * 32, "ids": [None]}, [], "x", None]
)
def test_what_a_browser_remembers_is_not_trusted(tab, remembered):
    updates = tab.live.attach(VISITOR, remembered, 0.8)
    assert updates[tab.w.shown] is None
    assert updates[tab.w.timer]["active"] is False


def test_pause_resume_and_delete(tab):
    runs = tab.start(settings=("", 5000, *SETTINGS[2:]))[tab.w.runs]
    tab.wait(runs, "running")
    tab.live.pause(VISITOR, runs, None, 0.8)
    paused = tab.wait(runs, "paused")
    assert paused[tab.w.resume]["visible"] is True
    assert "Paused at step" in paused[tab.w.status]
    tab.live.resume(VISITOR, runs, None, 0.8)
    tab.wait(runs, "running")
    deleted = tab.live.delete(VISITOR, runs)
    assert deleted[tab.w.runs] == {**runs, "current": None, "ids": []}
    assert deleted[tab.w.status] == "Deleted."
    assert tab.desk.jobs.views() == []


def test_new_pictures_put_the_run_away_but_not_out_of_the_list(tab):
    runs = tab.start(settings=("", 5000, *SETTINGS[2:]))[tab.w.runs]
    updates = tab.tab.take_built_in(VISITOR, runs)
    assert updates[tab.w.runs] == {**runs, "current": None}
    assert [value for _, value in updates[tab.w.run_list]["choices"]] == runs["ids"]


def test_a_chosen_part_of_the_curves_is_shown_enlarged(tab):
    assert tab.live.enlarge(SimpleNamespace(index=(2, 9))) == [2.0, 9.0]
    assert tab.live.enlarge(SimpleNamespace(index=(4, 4))) is None
    runs = tab.start()[tab.w.runs]
    shown = tab.wait(runs, "finished")[tab.w.shown]
    assert tab.live.redraw(VISITOR, shown, 0.5, [2.0, 9.0])[tab.w.losses]["x_lim"] == [2.0, 9.0]


def test_runs_of_two_tabs_are_both_kept(tab):
    """Each tab knew the list as it was when the tab was opened, and the last one overwrote the other's."""
    opened = tab.live.attach(VISITOR, None, 0.8)[tab.w.runs]
    first, second = tab.live.with_run(opened, "1" * 32), tab.live.with_run(opened, "2" * 32)
    assert second["ids"] == ["2" * 32, "1" * 32]
    assert set(tab.live._read_runs(first)["ids"]) == {"1" * 32, "2" * 32}
