"""The Train page's handlers: what they show of sets and runs, and what they refuse."""

import base64
import json
from dataclasses import replace
from types import SimpleNamespace

import gradio as gr
import pytest
from fakes import PaintedSampling
from training_services import open_training, until
from training_sets import class_zip, png, save_pictures, write_zip

from icgan_demo.service.training.train_request import AUTO
from icgan_demo.ui.common.services import Services
from icgan_demo.ui.lean_blocks import LeanBlocks
from icgan_demo.ui.train.live_run import LiveRun
from icgan_demo.ui.train.train_tab import MY_MODEL, RunSetup
from icgan_demo.ui.train.train_widgets import TrainWidgets
from icgan_demo.ui.visitor.visits import Visits

VISITOR = SimpleNamespace(headers={})
SETTINGS = ("", 20, None, 0, 0.0, 0, AUTO, -1, 32, "Otters", "MIT", -1)


class Tab:
    def __init__(self, folder, training):
        with LeanBlocks():
            self.w = TrainWidgets(training.limits, "secret")
        self.training = training
        services = Services(PaintedSampling(), folder / "thumbnails", folder / "uploads", training=training)
        visits = Visits()
        self.live = LiveRun(services, training, self.w, visits)
        self.tab = RunSetup(services, training, self.w, self.live, visits)

    def start(self, runs=None, settings=SETTINGS):
        set_id = self.tab.take_built_in(VISITOR, runs)[self.w.set_id]
        return self.tab.start_run(VISITOR, set_id, runs, 0.8, *settings)

    def look(self, runs, shown=None):
        return self.live.poll(VISITOR, runs, shown, 0.8, None, None)

    def wait(self, runs, state):
        return until(lambda: (seen := self.look(runs))[self.w.shown].state == state and seen, state)


@pytest.fixture
def tab(tmp_path):
    with open_training(tmp_path) as training:
        yield Tab(tmp_path, training)


@pytest.fixture
def public(tmp_path):
    with open_training(tmp_path, is_public=True, steps=100, minutes=1) as training:
        yield Tab(tmp_path, training)


def test_a_zip_is_understood_before_anything_starts(tab, tmp_path):
    updates = tab.tab.add_pictures(VISITOR, None, [str(class_zip(tmp_path / "a.zip"))], None)
    assert "12 images in 2 classes" in updates[tab.w.summary]
    boxes = updates[tab.w.boxes]["scene"]
    assert boxes.count('data-label="otter"') == boxes.count('data-label="heron"') == 1
    assert boxes.count("<img") == 12
    assert not (tmp_path / "a.zip").exists()  # an upload is not kept longer than it is needed
    preview = tab.tab.preview(VISITOR, updates[tab.w.set_id], "painted")
    assert len(preview[tab.w.near]) == 18
    assert preview[tab.w.near][0][1] == "image"
    assert "Most unlike the others" in preview[tab.w.preview]
    assert "Few images: 12." in preview[tab.w.preview]


def act(tab, set_id, opened=None, **asked):
    return tab.tab.act_in_box(VISITOR, set_id, json.dumps(asked), opened)


def test_a_box_is_named_filled_renamed_and_thinned_out(tab, tmp_path, monkeypatch):
    monkeypatch.setenv("GRADIO_TEMP_DIR", str(tmp_path / "uploads"))
    set_id = act(tab, None, do="name", label="otter")[tab.w.set_id]
    paths = [str(path) for path in save_pictures(tmp_path / "uploads" / "hash", 12)]
    filled = act(tab, set_id, do="add", label="otter", paths=paths)
    assert "12 images in one class" in filled[tab.w.summary]
    assert act(tab, set_id, do="rename", label="otter", name="mink")[tab.w.boxes]["scene"].count('"mink"') >= 2
    assert "11 images" in act(tab, set_id, do="remove", label="mink", file="000001.png")[tab.w.summary]
    assert act(tab, set_id, do="open", label="mink")[tab.w.opened] == "mink"
    gone = act(tab, set_id, do="remove_class", label="mink")
    assert gone[tab.w.summary] == ""
    assert "<section" not in gone[tab.w.boxes]["scene"]


def test_a_class_named_before_the_page_knows_of_the_set_joins_the_one_before(tab):
    first = act(tab, None, do="name", label="otter")
    second = act(tab, None, do="name", label="heron")
    assert second[tab.w.set_id] == first[tab.w.set_id]
    assert second[tab.w.boxes]["scene"].count("<section") == 2
    tab.tab.forget_pictures(VISITOR, first[tab.w.set_id])
    assert act(tab, None, do="name", label="mink")[tab.w.set_id] != first[tab.w.set_id]


def test_a_run_of_somebody_else_does_not_hide_boxes_that_were_begun(tab):
    runs = tab.start(settings=("", 5000, *SETTINGS[2:]))[tab.w.runs]
    assert tab.live.attach(VISITOR, None, 0.8)[tab.w.shown].run_id == runs["current"]
    act(tab, None, do="name", label="otter")
    assert tab.live.attach(VISITOR, None, 0.8)[tab.w.runs]["current"] is None


def test_a_box_takes_no_file_that_was_not_uploaded(tab, tmp_path, monkeypatch):
    monkeypatch.setenv("GRADIO_TEMP_DIR", str(tmp_path / "uploads"))
    secret = save_pictures(tmp_path / "elsewhere", 1)[0]
    (tmp_path / "uploads").mkdir()
    (tmp_path / "uploads" / "link.png").symlink_to(secret)
    for path in (secret, "/etc/passwd", tmp_path / "uploads" / "link.png", tmp_path / "uploads" / ".." / "elsewhere"):
        with pytest.raises(gr.Error, match="something odd"):
            act(tab, None, do="add", label="otter", paths=[str(path)])


@pytest.mark.parametrize("value", [None, "", "[]", '{"do": 1}', '{"do": "fly"}', '{"do": "add", "paths": {}}'])
def test_a_value_that_no_box_sends_is_refused(tab, value):
    set_id = tab.training.sets.name(None, "otter").set_id
    with pytest.raises(gr.Error, match="something odd"):
        tab.tab.act_in_box(VISITOR, set_id, value, None)


def film(tab, set_id, *frames, number=1):
    value = json.dumps({"label": "otter", "frames": frames, "number": number})
    return tab.tab.take_frames(VISITOR, set_id, value)


def test_a_cameras_frames_fill_a_box_and_the_batch_is_confirmed(tab):
    frames = [base64.b64encode(png(number)).decode() for number in (1, 1, 2)]
    first = film(tab, None, *frames)
    assert first[tab.w.camera]["heard"] == "1 2"
    assert "1 similar frames left out" in first[tab.w.summary]
    assert film(tab, first[tab.w.set_id], number=2)[tab.w.camera]["heard"] == "2 2"
    for odd in (["?"], ["A" * 500_000], [""] * 50):
        with pytest.raises(gr.Error, match="something odd"):
            film(tab, None, *odd)


def test_a_change_after_a_run_was_started_leaves_the_runs_pictures_alone(tab):
    started = tab.start(settings=("", 5000, *SETTINGS[2:]))
    run = started[tab.w.runs]["current"]
    set_id = tab.training.jobs._queue.record(run).set_id
    changed = act(tab, set_id, do="remove", label="ring", file="000001.png")
    assert changed[tab.w.set_id] != set_id
    assert len(tab.training.sets.get(set_id).pictures) == 60


def test_a_second_run_of_the_same_title_is_numbered(tab):
    runs = tab.start()[tab.w.runs]
    runs = tab.start(runs)[tab.w.runs]
    assert [tab.training.jobs.view(run_id).title for run_id in runs["ids"]] == ["Otters 2", "Otters"]
    other = tab.start()[tab.w.runs]  # another browser
    assert tab.training.jobs.view(other["current"]).title == "Otters"


def test_a_plot_appears_with_its_second_step(tab, monkeypatch):
    monkeypatch.setenv("FAKE_STEP_S", "0.3")  # the second evaluation, at step 20, is far away
    runs = tab.start(settings=("", 5000, *SETTINGS[2:]))[tab.w.runs]
    updates = until(lambda: (seen := tab.look(runs))[tab.w.shown].step > 3 and seen, "steps")
    assert updates[tab.w.losses]["visible"] is True
    assert "visible" not in tab.live._curves(runs["current"], 0.0, None, "en")[tab.w.shares]


def test_a_set_that_the_browser_kept_is_shown_again_and_one_that_is_gone_is_not(tab):
    set_id = tab.tab.take_built_in(VISITOR, None)[tab.w.set_id]
    assert tab.tab.open_set(VISITOR, set_id)[tab.w.set_id] == set_id
    assert tab.tab.open_set(VISITOR, "0" * 32)[tab.w.set_id] is None
    assert tab.tab.open_set(VISITOR, None).keys() == {tab.w.boxes}  # a set that was dropped meanwhile stays


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
    assert updates[tab.w.estimate] == "About 10 s for 20 steps. It takes 0.9 GB of memory."
    longer = tab.tab.show_estimate(VISITOR, set_id, "", 1200, *SETTINGS[2:])
    assert "About 10 min for 1,200 steps" in longer[tab.w.estimate]
    assert len(tab.training.estimates._known) == 1


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
    assert done[w.now]["value"].endswith("model.png")
    assert (done[w.now]["label"], done[w.time]["value"]) == ("After", len(done[w.shown].sheets))
    assert "Before: networks that had learned nothing" in done[w.shown_step]
    assert "After: the finished model, with the networks of step 20" in done[w.shown_step]
    assert "heron &lt;b&gt;" in done[w.by_class]
    assert done[w.real].endswith("real.png")
    table = done[w.losses]["value"]
    assert set(table["curve"]) == {"generator", "discriminator"}
    assert table["step"].max() == 20
    assert set(done[w.metrics]["value"]["curve"]) == {"FD (fake)", "KD (fake)", "KD (fake), held out"}
    assert set(done[w.scores]["value"]["curve"]) == {"training images", "held out", "generated"}
    assert done[w.worst].endswith(".png")
    assert "2 images are held out" in done[w.lesson]
    assert "Overfitting" in done[w.lesson]
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
    assert first[tab.w.now]["value"].endswith("step_000000.png")
    assert first[tab.w.now]["label"] == "Now"
    assert "Step 0" in first[tab.w.shown_step]
    last = tab.live.show_moment(VISITOR, len(shown.sheets) - 1, shown)
    assert last[tab.w.now]["value"].endswith("step_000020.png")
    after = tab.live.show_moment(VISITOR, len(shown.sheets), shown)
    assert after[tab.w.now]["value"].endswith("model.png")
    assert after[tab.w.worst] == last[tab.w.worst]


def test_a_finished_model_does_not_take_the_slider_from_an_earlier_moment(tab):
    runs = tab.start()[tab.w.runs]
    shown = tab.wait(runs, "finished")[tab.w.shown]
    before_its_end = replace(shown, state="running", model="")
    ended = tab.live.poll(VISITOR, runs, before_its_end, 0.8, None, 0)
    assert ended[tab.w.time]["maximum"] == len(shown.sheets)
    assert "value" not in ended[tab.w.time]
    assert tab.w.now not in ended
    assert "heron" in ended[tab.w.by_class]


def test_a_run_that_nobody_looked_at_after_its_end_shows_nothing_more(tab):
    runs = tab.start()[tab.w.runs]
    shown = tab.wait(runs, "finished")[tab.w.shown]
    files = tab.training.jobs.files(shown.run_id)
    files.model_sheet.unlink()
    card = json.loads((files.model / "card.json").read_text())
    del card["figures"]
    (files.model / "card.json").write_text(json.dumps(card))
    done = tab.look(runs)
    assert done[tab.w.now]["value"].endswith("step_000020.png")
    assert done[tab.w.time]["value"] == len(shown.sheets) - 1
    assert done[tab.w.by_class] == ""
    assert "Step 20" in tab.live.show_moment(VISITOR, len(shown.sheets), done[tab.w.shown])[tab.w.shown_step]


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
    assert public.training.jobs.view(runs["current"]).request.minutes == 1
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
    assert tab.training.jobs.views() == []


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
