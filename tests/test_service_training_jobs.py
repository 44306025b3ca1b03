"""Runs as processes: started, queued, paused, resumed, ended in every way, and found again by another app."""

import os
import signal
import sys
import time
from dataclasses import replace
from pathlib import Path

import psutil
import pytest
from training_sets import save_pictures

from icgan_demo.config import Limits
from icgan_demo.errors import BusyError, RequestError, TrainingError
from icgan_demo.service.training import job_queue as queue_module
from icgan_demo.service.training import jobs as jobs_module
from icgan_demo.service.training.jobs import Jobs
from icgan_demo.service.training.train_request import TrainRequest
from icgan_demo.service.training.training_sets import TrainingSets

FAKE_TRAINER = (sys.executable, str(Path(__file__).with_name("fake_trainer.py")))
PATIENCE_S = 60
LONG = TrainRequest(base="tiny", steps=100_000)
SHORT = TrainRequest(base="tiny", steps=20)
LIMITS = Limits(steps=1_000_000, free_disk_bytes=0, free_memory_bytes=0)


class Desk:
    """Jobs and sets below one folder, as an app has them; ``again`` is the app after a restart."""

    def __init__(self, folder, limits=LIMITS):
        self.folder, self.limits = folder, limits
        self.sets = TrainingSets(folder / "sets", limits)
        self.models = folder / "models"
        self.jobs = Jobs(folder / "runs", self.models, self.sets, limits, command=FAKE_TRAINER)

    def again(self, limits=None):
        return Desk(self.folder, limits or self.limits)

    def new_set(self):
        return self.sets.add(None, save_pictures(self.folder / "uploads", 12)).set_id

    def start(self, request=LONG):
        return self.jobs.start(self.new_set(), request)

    def wait(self, run_id, *states):
        return until(lambda: (view := self.jobs.view(run_id)).state in states and view, f"{states} of {run_id}")

    def record(self, run_id):
        return self.jobs._queue.record(run_id)


@pytest.fixture
def desk(tmp_path):
    desk = Desk(tmp_path)
    yield desk
    desk.jobs.stop_all(grace_s=5)
    for child in psutil.Process().children(recursive=True):
        child.kill()  # of the apps that "are gone" in the tests


def until(condition, message):
    deadline = time.monotonic() + PATIENCE_S
    while not (value := condition()):
        assert time.monotonic() < deadline, message
        time.sleep(0.02)
    return value


def test_a_run_starts_at_once_and_its_model_is_where_models_are_looked_for(desk):
    run_id = desk.start(SHORT)
    assert len(run_id) == 32
    view = desk.wait(run_id, "finished")
    assert view.step == view.steps == 20
    assert (desk.models / view.model / "card.json").is_file()
    assert desk.jobs.model_folder(run_id) == desk.models / view.model
    assert desk.jobs.files(run_id).log.last["step"] == 20


def test_the_trainer_is_polite_and_has_a_session_of_its_own(desk):
    run_id = desk.start()
    desk.wait(run_id, "running")
    pid = desk.record(run_id).pid
    assert psutil.Process(pid).nice() >= 10
    assert os.getsid(pid) == pid != os.getsid(0)


def test_a_second_run_waits_for_the_first_and_says_so(desk):
    first, second, third = desk.start(), desk.start(SHORT), desk.start(SHORT)
    desk.wait(first, "running")
    assert desk.jobs.view(second).state == "queued"
    assert (desk.jobs.view(second).position, desk.jobs.view(third).position) == (1, 2)
    desk.jobs.stop(first)
    desk.wait(first, "stopped")
    desk.wait(second, "finished")
    desk.wait(third, "finished")


def test_pause_saves_and_resume_goes_on_from_there(desk):
    run_id = desk.start()
    until(lambda: desk.jobs.view(run_id).step > 5, "no steps")
    desk.jobs.pause(run_id)
    paused = desk.wait(run_id, "paused")
    assert desk.record(run_id).exit_code == 0
    desk.jobs.resume(run_id)
    until(lambda: desk.jobs.view(run_id).state == "running" and desk.jobs.view(run_id).step > paused.step, "no resume")
    steps = next(curve.steps for curve in desk.jobs.files(run_id).log.curves() if curve.name == "loss_generator")
    assert list(steps) == list(range(1, len(steps) + 1))


def test_finish_writes_the_model_from_where_the_run_is(desk):
    run_id = desk.start()
    until(lambda: desk.jobs.view(run_id).step > 5, "no steps")
    desk.jobs.finish(run_id)
    view = desk.wait(run_id, "finished")
    assert 5 < view.step < view.steps
    assert (desk.models / view.model).is_dir()


def test_finish_right_after_the_start_waits_until_the_trainer_listens(desk):
    run_id = desk.start()
    desk.jobs.finish(run_id)
    assert desk.wait(run_id, "finished").model


def test_a_paused_run_can_be_finished(desk):
    run_id = desk.start()
    until(lambda: desk.jobs.view(run_id).step > 5, "no steps")
    desk.jobs.pause(run_id)
    desk.wait(run_id, "paused")
    desk.jobs.finish(run_id)
    assert desk.wait(run_id, "finished").model


@pytest.mark.parametrize("moment", ["at once", "running", "twice"])
def test_stop_works_at_any_moment(desk, moment):
    run_id = desk.start()
    if moment != "at once":
        desk.wait(run_id, "running")
    desk.jobs.stop(run_id)
    if moment == "twice":
        desk.jobs.stop(run_id)
    view = desk.wait(run_id, "stopped")
    assert view.is_resumable
    assert not view.is_active


def test_a_waiting_run_can_be_taken_out_of_the_queue(desk):
    first, second = desk.start(), desk.start()
    desk.jobs.stop(second)
    assert desk.jobs.view(second).state == "stopped"
    desk.jobs.stop(first)
    desk.wait(first, "stopped")
    assert desk.jobs.view(second).state == "stopped"


def test_a_failed_run_says_why_and_lets_the_next_one_start(desk, monkeypatch):
    monkeypatch.setenv("FAKE_FAULT", "fail")
    run_id = desk.start()
    view = desk.wait(run_id, "failed")
    assert view.message == "Out of memory; try a smaller batch."
    monkeypatch.delenv("FAKE_FAULT")
    desk.wait(desk.start(SHORT), "finished")


def test_a_trainer_that_refuses_its_options_has_failed(desk, monkeypatch):
    monkeypatch.setenv("FAKE_FAULT", "refuse")
    desk.wait(desk.start(), "failed")


def test_a_killed_run_is_interrupted_and_can_be_resumed(desk):
    run_id = desk.start()
    desk.wait(run_id, "running")
    os.kill(desk.record(run_id).pid, signal.SIGKILL)
    assert desk.wait(run_id, "interrupted").is_resumable
    desk.jobs.resume(run_id)
    desk.wait(run_id, "running")


def test_a_run_without_a_sign_of_life_is_ended_as_stalled(tmp_path, monkeypatch):
    """The trainer hangs: it is alive, but its heartbeat stands still."""
    monkeypatch.setenv("FAKE_FAULT", "hang")
    desk = Desk(tmp_path, replace(LIMITS, silence_s=1.0))
    run_id = desk.start()
    assert desk.wait(run_id, "stalled").is_resumable
    assert not psutil.pid_exists(desk.record(run_id).pid)


def test_an_app_that_comes_back_finds_the_run_still_going(desk):
    run_id = desk.start()
    desk.wait(run_id, "running")
    desk.jobs._queue.close()  # the app is gone, without a word to the trainer
    later = desk.again()
    view = later.wait(run_id, "running")
    until(lambda: later.jobs.view(run_id).step > view.step, "the run does not continue")
    later.jobs.finish(run_id)
    assert later.wait(run_id, "finished").model
    later.jobs.stop_all()


def test_a_reused_pid_is_not_taken_for_the_run(desk):
    run_id = desk.start()
    desk.wait(run_id, "running")
    desk.jobs._queue.close()
    record = desk.record(run_id)
    os.kill(record.pid, signal.SIGKILL)
    until(lambda: not record.is_alive, "the trainer lives on")
    desk.jobs._queue.keep(record.with_(pid=os.getpid()))  # someone else has that pid now
    later = desk.again()
    assert later.wait(run_id, "interrupted")
    later.jobs.stop_all()


def test_stopping_the_app_saves_the_run_and_starts_no_other(desk):
    first, second = desk.start(), desk.start()
    desk.wait(first, "running")
    desk.jobs.stop_all()
    assert desk.jobs.view(first).state == "paused"
    assert desk.jobs.view(second).state == "queued"
    later = desk.again()
    later.wait(second, "running", "preparing")
    later.jobs.stop_all()


def test_delete_leaves_nothing(desk):
    run_id = desk.start(SHORT)
    view = desk.wait(run_id, "finished")
    desk.jobs.delete(run_id)
    with pytest.raises(RequestError, match="Run not found"):
        desk.jobs.view(run_id)
    assert not (desk.models / view.model).exists()
    assert not list((desk.folder / "runs").glob("*/*"))
    assert not list((desk.folder / "sets").glob("*"))


def test_a_running_run_can_be_deleted(desk):
    run_id = desk.start()
    desk.wait(run_id, "running")
    record = desk.record(run_id)
    desk.jobs.delete(run_id)
    assert not record.is_alive
    desk.wait(desk.start(SHORT), "finished")


@pytest.mark.parametrize("run_id", ["", "x" * 32, "0" * 32, "../../etc", None, 7])
def test_an_unknown_run_is_not_found(desk, run_id):
    with pytest.raises(RequestError, match="Run not found"):
        desk.jobs.view(run_id)


def test_a_public_page_forgets_its_runs_when_it_starts(desk):
    run_id = desk.start()
    desk.wait(run_id, "running")
    record = desk.record(run_id)
    desk.jobs._queue.close()
    later = desk.again(replace(LIMITS, is_public=True))
    assert later.jobs.views() == []
    assert not list((desk.folder / "sets").glob("*"))
    until(lambda: not record.is_alive, "the trainer was left running")
    later.jobs.stop_all()


def test_a_second_app_does_not_end_the_runs_of_a_public_page_that_is_open(tmp_path):
    """It did, even when it then found its port taken and never opened."""
    public = replace(LIMITS, is_public=True)
    first = Desk(tmp_path, public)
    run_id = first.start()
    first.wait(run_id, "running")
    first.again()
    assert first.wait(run_id, "running").is_active
    first.jobs.stop_all(grace_s=5)


def test_a_run_learns_from_the_pictures_it_was_started_with(desk):
    """Pictures added to the set while a run was paused made it refuse to continue, for good."""
    run_id = desk.start()
    set_id = desk.record(run_id).set_id
    desk.wait(run_id, "running")
    desk.jobs.pause(run_id)
    desk.wait(run_id, "paused")
    more = save_pictures(desk.folder / "more", 15)
    grown = desk.sets.add(set_id, more)
    assert len(grown.pictures) > 12
    desk.jobs.resume(run_id)
    desk.wait(run_id, "running")
    command = psutil.Process(desk.record(run_id).pid).cmdline()
    data = next(word.partition("=")[2] for word in command if word.startswith("--data="))
    assert len(list(Path(data).rglob("*.png"))) == 12


def test_a_model_that_could_not_be_put_into_the_list_is_said_and_can_be_had_again(desk, monkeypatch):
    """The page said that it was in the list, and nothing but deleting the run was left."""

    def full(*_):
        raise OSError("no space left")

    with monkeypatch.context() as patch:
        patch.setattr(queue_module.shutil, "copytree", full)
        run_id = desk.start(SHORT)
        view = desk.wait(run_id, "failed", "finished")
    assert view.state == "failed"
    assert "could not be put into the list" in view.message
    desk.jobs.resume(run_id)
    view = desk.wait(run_id, "finished")
    assert (desk.models / view.model / "card.json").is_file()


def test_on_a_public_page_nobody_can_guess_a_model(tmp_path):
    desk = Desk(tmp_path, replace(LIMITS, is_public=True))
    run_id = desk.start(SHORT)
    assert len(desk.wait(run_id, "finished").model.rpartition("-")[2]) == 32
    desk.jobs.stop_all()


def test_a_full_queue_says_for_how_long(tmp_path):
    desk = Desk(tmp_path, replace(LIMITS, waiting_runs=1))
    first, second = desk.start(), desk.start()
    with pytest.raises(BusyError, match=r"busy for about \d+ minutes"):
        desk.start()
    desk.jobs.stop(second)
    desk.jobs.stop(first)
    desk.wait(first, "stopped")
    desk.jobs.stop_all()


def test_a_full_disk_and_short_memory_are_said_before_the_start(desk, monkeypatch):
    monkeypatch.setattr(jobs_module, "free_memory_bytes", lambda: -1)
    with pytest.raises(BusyError, match="memory"):
        desk.start()
    desk.jobs._queue.limits = replace(LIMITS, free_disk_bytes=10**18)
    with pytest.raises(TrainingError, match="disk is full"):
        desk.start()


def test_limits_and_too_few_pictures_are_refused(desk):
    with pytest.raises(RequestError, match="Steps must be at most"):
        Desk(desk.folder, replace(LIMITS, steps=10)).start(SHORT)
    few = desk.sets.add(None, save_pictures(desk.folder / "few", 3)).set_id
    with pytest.raises(RequestError, match="Need at least 10 different images; found 3"):
        desk.jobs.start(few, SHORT)
