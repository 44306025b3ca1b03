"""Runs out into project files and in again: on the same page, on another one, and from files made to do harm."""

import json
import os
import shutil
import struct
import zipfile

import numpy as np
import pytest
from conftest import write_tiny_model
from training_services import open_training, until
from training_sets import png, save_pictures

from icgan_demo.errors import ArchiveError, DemoError, RequestError, TrainingError, WeightsError
from icgan_demo.inference.loading import load_model
from icgan_demo.service.training import projects as projects_module
from icgan_demo.service.training.project_file import is_project
from icgan_demo.service.training.train_request import TrainRequest

REQUEST = TrainRequest(steps=20, title="Otters")
ENDLESS = TrainRequest(steps=20_000, title="Otters")


@pytest.fixture
def training(tmp_path, monkeypatch):
    write_tiny_model(tmp_path / "tiny")
    monkeypatch.setenv("FAKE_MODEL", str(tmp_path / "tiny"))
    with open_training(tmp_path / "here") as training:
        yield training


@pytest.fixture
def elsewhere(tmp_path):
    with open_training(tmp_path / "elsewhere") as training:
        yield training


def start(training, tmp_path, request=REQUEST, label="otter"):
    set_id = training.sets.add(None, save_pictures(tmp_path / "photos", 12), label=label).set_id
    return training.jobs.start(set_id, request)


def wait(training, run_id, state):
    return until(lambda: (view := training.jobs.view(run_id)).state == state and view, state)


def finished(training, tmp_path, **exported):
    run_id = start(training, tmp_path)
    wait(training, run_id, "finished")
    return run_id, training.projects.export(run_id, tmp_path / "out", **{"images": True, **exported})[0]


def paused(training, tmp_path, **exported):
    run_id = start(training, tmp_path, ENDLESS)
    wait(training, run_id, "running")
    until(lambda: training.jobs.view(run_id).step >= 12, "a checkpoint")
    training.jobs.pause(run_id)
    wait(training, run_id, "paused")
    return run_id, training.projects.export(run_id, tmp_path / "out", **{"images": True, **exported})[0]


def content_of(folder):
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def left_in(training):
    """Return what lies below a service's folders, but for locks and empty folders."""
    below = [path for folder in (training.folder, training.models) for path in folder.rglob("*")]
    return [path for path in below if path.is_file() and not path.name.startswith(".")]


def repacked(file, target, changes, drop=()):
    """Write a project file with other members; returns its path."""
    with zipfile.ZipFile(file) as archive:
        members = {name: archive.read(name) for name in archive.namelist() if name not in drop}
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in (members | changes).items():
            archive.writestr(name, content)
    return target


def changed(file, target, name, **values):
    """Write a project file with other values in one of its JSON members."""
    with zipfile.ZipFile(file) as archive:
        told = json.loads(archive.read(name))
    return repacked(file, target, {name: json.dumps(told | values)})


def test_a_finished_run_opens_elsewhere_with_everything_to_be_seen(training, elsewhere, tmp_path):
    run_id, file = finished(training, tmp_path)
    assert is_project(file)
    opened = elsewhere.projects.open(file)
    before, after = training.jobs.view(run_id), elsewhere.jobs.view(opened)
    assert (after.state, after.step, after.title, after.request) == ("finished", 20, "Otters", before.request)
    assert {opened, after.model} & {run_id, before.model} == set()
    here, there = training.jobs.files(run_id), elsewhere.jobs.files(opened)
    assert there.log.curves() == here.log.curves()
    assert there.metrics.curves() == here.metrics.curves()
    assert list(there.sheets()) == list(here.sheets())
    for ours, theirs in zip(here.sheets().values(), there.sheets().values(), strict=True):
        assert ours.read_bytes() == theirs.read_bytes()
    assert there.real_sheet.is_file()
    assert there.worst_sheets().keys() == here.worst_sheets().keys()
    assert there.held_out() == here.held_out() == 2
    assert len(elsewhere.jobs.pictures(opened)) == 12


def test_its_model_is_where_models_are_looked_for_and_draws_the_same(training, elsewhere, tmp_path):
    run_id, file = finished(training, tmp_path)
    name = elsewhere.jobs.view(elsewhere.projects.open(file)).model
    model = load_model(name, [elsewhere.models])
    assert (model.card.name, model.card.title) == (name, "Otters")
    original = load_model(training.jobs.view(run_id).model, [training.models])
    feature = original.bank.features[0]
    (ours,), (theirs,) = original.sample(feature, [3]), model.sample(feature, [3])
    assert np.array_equal(np.asarray(ours), np.asarray(theirs))


def test_the_file_names_no_place_id_or_process_of_where_it_comes_from(training, tmp_path):
    run_id, file = finished(training, tmp_path)
    record = training.jobs.queue.record(run_id)
    with zipfile.ZipFile(file) as archive:
        content = b"".join(archive.read(name) for name in archive.namelist())
        assert not [name for name in archive.namelist() if run_id in name]
    for told in (str(tmp_path), run_id, record.set_id, record.model, '"pid"', "heartbeat"):
        assert told.encode() not in content, told


def test_a_paused_run_continues_elsewhere_from_where_it_was(training, elsewhere, tmp_path):
    run_id, file = paused(training, tmp_path)
    opened = elsewhere.projects.open(file)
    view = elsewhere.jobs.view(opened)
    assert (view.state, view.lacks, view.is_resumable) == ("stopped", (), True)
    assert view.step == training.jobs.view(run_id).step
    elsewhere.jobs.resume(opened)
    until(lambda: elsewhere.jobs.view(opened).step > view.step, "a further step")
    elsewhere.jobs.finish(opened)
    wait(elsewhere, opened, "finished")
    steps = [line["step"] for line in map(json.loads, (elsewhere.jobs.files(opened).folder / "log.jsonl").open())]
    assert steps == list(range(1, len(steps) + 1))


def test_a_state_that_a_run_was_left_in_draws_elsewhere(training, elsewhere, tmp_path):
    _, file = paused(training, tmp_path)
    opened = elsewhere.projects.open(file)
    name, step = elsewhere.jobs.publish_state(opened, elsewhere.jobs.ask_state(opened))
    assert step == elsewhere.jobs.view(opened).step
    assert load_model(name, [elsewhere.jobs.queue.states]).card.name == name


def test_a_run_that_learns_is_exported_as_it_was_at_its_last_checkpoint(training, elsewhere, tmp_path):
    run_id = start(training, tmp_path, ENDLESS)
    until(lambda: training.jobs.view(run_id).step >= 25, "some steps")
    file, exported = training.projects.export(run_id, tmp_path / "out", images=False)
    assert exported.step % 10 == 0
    assert exported.size == file.stat().st_size
    view = elsewhere.jobs.view(elsewhere.projects.open(file))
    assert (view.state, view.step) == ("stopped", exported.step)
    assert elsewhere.jobs.files(view.run_id).log.last["step"] == exported.step
    assert max(elsewhere.jobs.files(view.run_id).sheets()) <= exported.step
    assert training.jobs.view(run_id).state == "running"


def test_without_images_a_run_says_what_it_lacks(training, elsewhere, tmp_path):
    _, file = paused(training, tmp_path, images=False)
    opened = elsewhere.projects.open(file)
    assert elsewhere.jobs.view(opened).lacks == ("images",)
    assert not elsewhere.jobs.view(opened).is_resumable
    for act in (elsewhere.jobs.resume, elsewhere.jobs.finish):
        with pytest.raises(RequestError, match="images are not in the project file"):
            act(opened)
    with pytest.raises(RequestError, match="Export it without them"):
        elsewhere.projects.export(opened, tmp_path / "again", images=True)
    again, _ = elsewhere.projects.export(opened, tmp_path / "again", images=False)
    assert elsewhere.projects.open(again)


def test_without_its_checkpoint_a_run_says_what_it_lacks(training, elsewhere, tmp_path):
    _, file = paused(training, tmp_path, checkpoint=False)
    opened = elsewhere.projects.open(file)
    assert elsewhere.jobs.view(opened).lacks == ("checkpoint",)
    with pytest.raises(RequestError, match="checkpoint is not in the project file"):
        elsewhere.jobs.resume(opened)
    again, exported = elsewhere.projects.export(opened, tmp_path / "again", images=True)
    assert exported.step == elsewhere.jobs.view(opened).step
    assert elsewhere.jobs.view(elsewhere.projects.open(again)).lacks == ("checkpoint",)


def test_a_run_whose_base_is_not_here_says_so(training, elsewhere, tmp_path):
    _, file = paused(training, tmp_path)
    base = {"name": "gone", "sha256": "0" * 64}
    opened = elsewhere.projects.open(changed(file, tmp_path / "based", "run/run.json", base=base))
    assert elsewhere.jobs.view(opened).lacks == ("base",)


def test_images_that_are_not_those_of_the_run_make_a_set_and_no_run_that_continues(training, elsewhere, tmp_path):
    _, file = paused(training, tmp_path)
    opened = elsewhere.projects.open(repacked(file, tmp_path / "other", {"images/otter/000001.png": png(500)}))
    assert elsewhere.jobs.view(opened).lacks == ("same-images",)
    with pytest.raises(RequestError, match="not the very files"):
        elsewhere.jobs.resume(opened)
    assert len(elsewhere.jobs.pictures(opened)) == 12


def test_images_travel_byte_for_byte_and_metadata_does_not(training, elsewhere, tmp_path):
    run_id, file = finished(training, tmp_path)
    opened = elsewhere.projects.open(file)
    ours = [path.read_bytes() for path in training.jobs.pictures(run_id)]
    assert [path.read_bytes() for path in elsewhere.jobs.pictures(opened)] == ours
    text = b"tEXtComment\0secret place"
    secret = ours[0][:33] + struct.pack(">I", len(text) - 4) + text + b"\0\0\0\0" + ours[0][33:]
    opened = elsewhere.projects.open(repacked(file, tmp_path / "secret", {"images/otter/000001.png": secret}))
    assert b"secret" not in elsewhere.jobs.pictures(opened)[0].read_bytes()


def test_a_run_that_saved_nothing_cannot_be_exported(training, tmp_path):
    start(training, tmp_path, ENDLESS)
    waiting = start(training, tmp_path, ENDLESS)
    with pytest.raises(RequestError, match="saved nothing yet"):
        training.projects.export(waiting, tmp_path / "out", images=True)
    with pytest.raises(RequestError, match="Run not found"):
        training.projects.export("0" * 32, tmp_path / "out", images=True)


def test_a_file_that_no_page_opens_is_not_written(training, tmp_path, monkeypatch):
    run_id, _ = finished(training, tmp_path)
    monkeypatch.setattr(training.projects, "_limits", training.limits.__class__(project_bytes=1000))
    with pytest.raises(RequestError, match="Leave out its images or its checkpoint"):
        training.projects.export(run_id, tmp_path / "large", images=True)
    assert not (tmp_path / "large").exists()


def test_a_full_disk_leaves_nothing(training, elsewhere, tmp_path, monkeypatch):
    run_id, file = finished(training, tmp_path)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: shutil._ntuple_diskusage(10, 10, 0))
    with pytest.raises(TrainingError, match="disk is full"):
        training.projects.export(run_id, tmp_path / "more", images=True)
    with pytest.raises(TrainingError, match="disk is full"):
        elsewhere.projects.open(file)
    monkeypatch.undo()

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("icgan_demo.service.training.job_queue.shutil.copytree", full)
    with pytest.raises(TrainingError, match="disk is full"):
        elsewhere.projects.open(file)
    assert left_in(elsewhere) == []
    assert elsewhere.jobs.views() == []


def test_a_stop_half_way_leaves_what_the_next_app_finishes_or_forgets(training, tmp_path, monkeypatch):
    _, file = finished(training, tmp_path)
    place = tmp_path / "stopped"

    def killed(*_):
        raise RuntimeError("killed")

    with monkeypatch.context() as patched, open_training(place) as stopped:
        patched.setattr(stopped.jobs.queue, "_published", killed)  # the model is not in the list yet
        patched.setattr(stopped.jobs.queue, "remove", lambda _: None)
        patched.setattr(projects_module.shutil, "rmtree", lambda *_, **__: None)
        with pytest.raises(RuntimeError, match="killed"):
            stopped.projects.open(file)
        (view,) = stopped.jobs.views()
        assert view.model == ""
        patched.undo()
        stopped.jobs.queue.close()
    with open_training(place) as again:
        assert wait(again, view.run_id, "finished").model
        assert len(again.jobs.pictures(view.run_id)) == 12


def test_what_a_stop_before_that_left_is_forgotten_with_the_sets_that_nobody_needs(training, tmp_path, monkeypatch):
    _, file = finished(training, tmp_path)
    place = tmp_path / "stopped"
    with monkeypatch.context() as patched, open_training(place) as stopped:
        patched.setattr(stopped.jobs.queue, "adopt", lambda *_: 1 / 0)
        patched.setattr(projects_module.shutil, "rmtree", lambda *_, **__: None)
        with pytest.raises(ZeroDivisionError):
            stopped.projects.open(file)
        assert stopped.jobs.views() == []
        assert left_in(stopped)
        for folder in (stopped.folder / "sets").iterdir():
            os.utime(folder, (0, 0))
    with open_training(place) as again:
        assert left_in(again) == []


def test_a_public_page_opens_none_and_another_one_keeps_its_limits(training, tmp_path):
    _, file = paused(training, tmp_path)
    with open_training(tmp_path / "public", is_public=True) as public:
        with pytest.raises(RequestError, match="A public page opens no project files"):
            public.projects.open(file)
        assert left_in(public) == []
    with open_training(tmp_path / "small", pictures=11) as small:
        with pytest.raises(RequestError, match="Too many images"):
            small.projects.open(file)
        assert left_in(small) == []


def test_opened_runs_are_ended_runs_of_which_the_oldest_go(training, tmp_path):
    _, file = finished(training, tmp_path, images=False)
    with open_training(tmp_path / "few", kept_runs=2) as few:
        opened = [few.projects.open(file) for _ in range(3)]
        assert {view.run_id for view in few.jobs.views()} == set(opened[1:])
        assert len(list(few.models.iterdir())) == 2


def no_project(file, target):
    with zipfile.ZipFile(target, "w") as archive:
        archive.writestr("project.json", b'{"schema": 1, "kind": "cake"}')
    return target


def cut(file, target):
    target.write_bytes(file.read_bytes()[:-2000])
    return target


def set_of_images(file, target):
    with zipfile.ZipFile(target, "w") as archive:
        archive.writestr("a/1.png", png(1))
    return target


def flipped(file, target):
    content = bytearray(file.read_bytes())
    content[content.index(b"sheets/step_000000.png") + 60] ^= 255
    target.write_bytes(content)
    return target


def bomb(file, target):
    return repacked(file, target, {"run/log.jsonl": b" " * 80_000_000})


def escaping(file, target):
    return repacked(file, target, {"run/../../escaped.json": b"{}"})


def linked(file, target):
    info = zipfile.ZipInfo("run/sheets/link.png")
    info.external_attr = 0o120777 << 16
    shutil.copyfile(file, target)
    with zipfile.ZipFile(target, "a") as archive:
        archive.writestr(info, "/etc/passwd")
    return target


def twice(file, target):
    shutil.copyfile(file, target)
    with zipfile.ZipFile(target, "a") as archive, pytest.warns(UserWarning, match="Duplicate"):
        archive.writestr("run/run.json", "{}")
    return target


def of(name, **values):
    return lambda file, target: changed(file, target, name, **values)


def put(name, content):
    return lambda file, target: repacked(file, target, {name: content})


def without(name):
    return lambda file, target: repacked(file, target, {}, drop=(name,))


def marker(**values):
    def changing(file, target):
        with zipfile.ZipFile(file) as archive:
            name = next(name for name in archive.namelist() if name.startswith("run/step_") and name.endswith("json"))
        return changed(file, target, name, **values)

    return changing


def checkpoint(content):
    def changing(file, target):
        with zipfile.ZipFile(file) as archive:
            name = next(name for name in archive.namelist() if name.startswith("run/step_") and "tensors" in name)
        return repacked(file, target, {name: content})

    return changing


def card(**values):
    return of("run/model/card.json", **values)


SETTINGS = {"state": {"elapsed_s": -1e9}}
RUN = {"steps": 20, "title": "Otters"}
HARMFUL = {
    "no project": (no_project, "project file cannot be used"),
    "a set of images": (set_of_images, "This is not a project file"),
    "cut off": (cut, "damaged or incomplete"),
    "a flipped bit": (flipped, "damaged or incomplete"),
    "a newer version": (of("project.json", schema=2), "newer version"),
    "no version": (of("project.json", schema=None), "schema"),
    "an unknown field": (of("project.json", path="/etc"), "not one of its fields"),
    "a bomb": (bomb, "too large"),
    "a path that leads out": (escaping, "unsafe path"),
    "a link": (linked, "links"),
    "two files of one name": (twice, "same name"),
    "a hostile base": (of("project.json", request=RUN | {"base": "../../etc"}), "no base model of that name"),
    "a hostile title": (of("project.json", request=RUN | {"title": "\0"}), "title"),
    "endless steps": (of("project.json", step=10**12), "step has a value of the wrong kind"),
    "a step that is not there": (of("project.json", step=10), "damaged or incomplete"),
    "an image elsewhere": (of("project.json", images=[{"path": "../x.png"}]), "images"),
    "an image of no kind": (of("project.json", images=[{"path": "x.exe"}]), "images"),
    "an image twice": (of("project.json", images=[{"path": "otter/000001.png"}] * 2), "damaged or incomplete"),
    "an image that is missing": (without("images/otter/000001.png"), "damaged or incomplete"),
    "a record that leads elsewhere": (of("run/run.json", decoded="../../secret"), "record of this run is damaged"),
    "a record of odd settings": (of("run/run.json", settings={"steps": "many"}), "another version"),
    "work without end": (of("run/run.json", settings={"augment": [], "batch_size": 10**9}), "the most is 4096"),
    "no record": (without("run/run.json"), "damaged or incomplete"),
    "nested without end": (put("run/run.json", "[" * 100_000), "record of this run is damaged"),
    "hashes that are none": (put("run/pictures.json", '{"a.png": "x"}'), "damaged or incomplete"),
    "a log that goes back": (put("run/log.jsonl", '{"step": 2}\n{"step": 1}\n'), "damaged or incomplete"),
    "a log without numbers": (put("run/log.jsonl", '{"step": 1, "loss": ["x"]}\n'), "damaged or incomplete"),
    "a log with NaN": (put("run/log.jsonl", '{"step": 1, "loss": NaN}\n'), "damaged or incomplete"),
    "a log of endless curves": (
        put("run/log.jsonl", "".join(f'{{"step": {step}, "loss_{step}": 1}}\n' for step in range(1, 1001))),
        "damaged or incomplete",
    ),
    "a log that is none": (put("run/metrics.jsonl", "hello\n"), "damaged or incomplete"),
    "a sheet that is a page": (put("run/sheets/step_000000.png", b"<html>"), "damaged or incomplete"),
    "a checkpoint with code": (checkpoint(b"\x80\x04cos\nsystem\n"), "step_000020.safetensors"),
    "another checkpoint": (marker(sha256="0" * 64), "checksum mismatch"),
    "a marker without a hash": (marker(sha256=""), "damaged or incomplete"),
    "time without end": (marker(settings=SETTINGS), "damaged or incomplete"),
    "a best step elsewhere": (marker(settings={"state": {"best": {"step": 7}}}), "damaged or incomplete"),
    "no model": (without("run/model/card.json"), "damaged or incomplete"),
    "a model with code": (put("run/model/generator.safetensors", b"\x80\x04cos\nsystem\n"), "safetensors"),
    "a card of a newer version": (card(schema=2), "newer version"),
    "an encoder to be fetched": (card(encoder={"kind": "openclip", "architecture": "x"}), "cannot bring along"),
    "an encoder without end": (
        card(encoder={"kind": "bundled", "settings": {"layers": [10**9] * 4}}),
        "not one that a training",
    ),
    "a model of other files": (without("run/model/encoder.safetensors"), "damaged or incomplete"),
}


@pytest.fixture(scope="module")
def exported(tmp_path_factory):
    """Return the project file of a finished run."""
    folder = tmp_path_factory.mktemp("exported")
    write_tiny_model(folder / "tiny")
    with pytest.MonkeyPatch.context() as patched, open_training(folder / "here") as training:
        patched.setenv("FAKE_MODEL", str(folder / "tiny"))
        return finished(training, folder)[1]


@pytest.mark.parametrize("harm", HARMFUL)
def test_a_file_made_to_do_harm_is_one_sentence_and_leaves_nothing(harm, exported, elsewhere, tmp_path):
    make, sentence = HARMFUL[harm]
    with pytest.raises(DemoError, match=sentence) as refused:
        elsewhere.projects.open(make(exported, tmp_path / "harmful.zip"))
    assert str(tmp_path) not in str(refused.value)
    assert str(refused.value).endswith(".")
    assert left_in(elsewhere) == []
    assert elsewhere.jobs.views() == []
    assert elsewhere.projects.open(exported)  # a good one still opens


def test_files_that_a_project_does_not_have_are_not_unpacked(exported, elsewhere, tmp_path):
    strange = {"run/evil.py": b"import os", "run/model/evil.bin": b"x", "run/.lock": b"", "readme.txt": b"hello"}
    opened = elsewhere.projects.open(repacked(exported, tmp_path / "strange.zip", strange))
    names = {path.name for path in elsewhere.jobs.files(opened).folder.rglob("*")}
    assert names.isdisjoint({"evil.py", "evil.bin", ".lock", "readme.txt"})


def test_random_damage_never_crashes(exported, elsewhere, tmp_path):
    content, source = exported.read_bytes(), np.random.default_rng(0)
    for _ in range(60):
        damaged = bytearray(content)
        for place in source.integers(0, len(damaged), 3):
            damaged[place] ^= 1 << source.integers(8)
        file = tmp_path / "damaged.zip"
        file.write_bytes(damaged)
        try:
            elsewhere.jobs.delete(elsewhere.projects.open(file))
        except (ArchiveError, WeightsError, RequestError):
            assert elsewhere.jobs.views() == []


def test_a_project_is_no_set_of_images(exported, elsewhere):
    with pytest.raises(RequestError, match="project file, not a set of images"):
        elsewhere.sets.add(None, [exported])
