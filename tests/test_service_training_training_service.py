"""Runs as processes: started, queued, paused, resumed, ended in every way, and found again by another app."""

import os
import signal
import sys
import time
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import psutil
import pytest
from training_sets import save_pictures

from icgan_demo.config import Limits
from icgan_demo.errors import BusyError, RequestError, TrainingError
from icgan_demo.service.training import job_queue as queue_module
from icgan_demo.service.training import trainer_process, training_service
from icgan_demo.service.training.train_request import TrainRequest
from icgan_demo.service.training.training_service import Jobs
from icgan_demo.service.training.training_sets import TrainingSets

FAKE_TRAINER = (sys.executable, str(Path(__file__).with_name("fake_trainer.py")))
PATIENCE_S = 60
LONG = TrainRequest(base="tiny", steps=100_000)
SHORT = TrainRequest(base="tiny", steps=20)
LIMITS = Limits(steps=1_000_000, free_disk_bytes=0, free_memory_bytes=0)


class DrivenTraining:
    """Jobs and sets below one folder, as an app has them; ``again`` is the app after a restart."""

    def __init__(self, folder, limits=LIMITS):
        self.folder, self.limits = folder, limits
        self.sets = TrainingSets(folder / "sets", limits)
        self.models = folder / "models"
        self.states = folder / "states"
        self.jobs = Jobs(folder / "runs", self.models, self.sets, limits, command=FAKE_TRAINER, states=self.states)

    def again(self, limits=None):
        return DrivenTraining(self.folder, limits or self.limits)

    def new_set(self):
        return self.sets.add(None, save_pictures(self.folder / "uploads", 12)).set_id

    def start(self, request=LONG):
        return self.jobs.start(self.new_set(), request)

    def wait(self, run_id, *states):
        return until(lambda: (view := self.jobs.view(run_id)).state in states and view, f"{states} of {run_id}")

    def record(self, run_id):
        return self.jobs._queue.record(run_id)


@pytest.fixture
def training(tmp_path):
    training = DrivenTraining(tmp_path)
    yield training
    training.jobs.stop_all(grace_s=5)
    for child in psutil.Process().children(recursive=True):
        child.kill()  # of the apps that "are gone" in the tests


def until(condition, message):
    deadline = time.monotonic() + PATIENCE_S
    while not (value := condition()):
        assert time.monotonic() < deadline, message
        time.sleep(0.02)
    return value


def test_a_run_starts_at_once_and_its_model_is_where_models_are_looked_for(training):
    run_id = training.start(SHORT)
    assert len(run_id) == 32
    view = training.wait(run_id, "finished")
    assert view.step == view.steps == 20
    assert (training.models / view.model / "card.json").is_file()
    assert training.jobs.model_folder(run_id) == training.models / view.model
    assert training.jobs.files(run_id).log.last["step"] == 20


def test_the_trainer_is_polite_and_has_a_session_of_its_own(training):
    run_id = training.start()
    training.wait(run_id, "running")
    pid = training.record(run_id).pid
    assert psutil.Process(pid).nice() >= 10
    assert os.getsid(pid) == pid != os.getsid(0)


def test_a_second_run_waits_for_the_first_and_says_so(training):
    first, second, third = training.start(), training.start(SHORT), training.start(SHORT)
    training.wait(first, "running")
    assert training.jobs.view(second).state == "queued"
    assert (training.jobs.view(second).position, training.jobs.view(third).position) == (1, 2)
    training.jobs.stop(first)
    training.wait(first, "stopped")
    training.wait(second, "finished")
    training.wait(third, "finished")


def test_a_pair_trains_at_the_same_time_and_the_next_run_waits_for_both(training):
    set_id = training.new_set()
    before = training.start()
    one, other = training.jobs.start_pair(set_id, LONG, replace(LONG, conditioning="none"))
    third = training.start(SHORT)
    training.wait(before, "running")
    assert [training.jobs.view(run_id).position for run_id in (one, other, third)] == [1, 1, 3]
    training.jobs.stop(before)
    for run_id in (one, other):
        training.wait(run_id, "running")
    training.jobs.stop(one)
    training.wait(one, "stopped")
    assert training.jobs.view(third).state == "queued"
    training.jobs.resume(one)  # beside the other one, ahead of the third
    training.wait(one, "running")
    assert training.jobs.view(other).state == "running"
    for run_id in (one, other):
        training.jobs.pause(run_id)
    training.wait(third, "finished")


def test_pause_saves_and_resume_goes_on_from_there(training):
    run_id = training.start()
    until(lambda: training.jobs.view(run_id).step > 5, "no steps")
    training.jobs.pause(run_id)
    paused = training.wait(run_id, "paused")
    assert training.record(run_id).exit_code == 0
    training.jobs.resume(run_id)
    until(
        lambda: training.jobs.view(run_id).state == "running" and training.jobs.view(run_id).step > paused.step,
        "no resume",
    )
    steps = next(curve.steps for curve in training.jobs.files(run_id).log.curves() if curve.name == "loss_generator")
    assert list(steps) == list(range(1, len(steps) + 1))


def newest(training, run_id):
    state = training.jobs.ask_state(run_id)
    until(lambda: not state.is_awaited, "no answer")
    return training.jobs.publish_state(run_id, state)


def test_a_run_is_asked_for_its_present_state_and_continues(training):
    run_id = training.start()
    waiting = training.start()
    with pytest.raises(RequestError, match="no state to generate with yet"):
        newest(training, waiting)
    training.jobs.delete(waiting)
    until(lambda: training.jobs.view(run_id).step > 5, "no steps")
    seen = training.jobs.view(run_id).step
    name, step = newest(training, run_id)
    assert step >= seen
    assert name == f"{training.record(run_id).name}-step-{step}"
    assert (training.states / name / "card.json").is_file()
    assert not list(training.models.glob("*-step-*"))  # a state is in no list
    until(lambda: training.jobs.view(run_id).step > step, "it does not continue")
    later = [newest(training, run_id)[1] for _ in range(4)]
    assert later == sorted(later)
    assert len(list(training.states.iterdir())) == 2
    training.jobs.pause(run_id)
    paused = training.wait(run_id, "paused")
    assert newest(training, run_id)[1] == paused.step  # as it was left
    training.jobs.resume(run_id)
    until(lambda: training.jobs.view(run_id).state == "running", "no resume")
    training.jobs.finish(run_id)
    done = training.wait(run_id, "finished")
    assert newest(training, run_id) == (done.model, done.step)
    training.jobs.delete(run_id)
    assert list(training.states.iterdir()) == []
    with pytest.raises(RequestError, match="Run not found"):
        training.jobs.ask_state(run_id)


def test_a_trainer_that_has_died_is_not_waited_for(training):
    run_id = training.start()
    until(lambda: training.jobs.view(run_id).step > 5, "no steps")
    name, step = newest(training, run_id)
    os.kill(training.record(run_id).pid, signal.SIGKILL)
    training.wait(run_id, "interrupted")
    assert newest(training, run_id) == (name, step)


def test_finish_writes_the_model_from_where_the_run_is(training):
    run_id = training.start()
    until(lambda: training.jobs.view(run_id).step > 5, "no steps")
    training.jobs.finish(run_id)
    view = training.wait(run_id, "finished")
    assert 5 < view.step < view.steps
    assert (training.models / view.model).is_dir()


def test_finish_right_after_the_start_waits_until_the_trainer_listens(training):
    run_id = training.start()
    training.jobs.finish(run_id)
    assert training.wait(run_id, "finished").model


def test_a_paused_run_can_be_finished(training):
    run_id = training.start()
    until(lambda: training.jobs.view(run_id).step > 5, "no steps")
    training.jobs.pause(run_id)
    training.wait(run_id, "paused")
    training.jobs.finish(run_id)
    assert training.wait(run_id, "finished").model


@pytest.mark.parametrize("moment", ["at once", "running", "twice"])
def test_stop_works_at_any_moment(training, moment):
    run_id = training.start()
    if moment != "at once":
        training.wait(run_id, "running")
    training.jobs.stop(run_id)
    if moment == "twice":
        training.jobs.stop(run_id)
    view = training.wait(run_id, "stopped")
    assert view.is_resumable
    assert not view.is_active


def test_a_waiting_run_can_be_taken_out_of_the_queue(training):
    first, second = training.start(), training.start()
    training.jobs.stop(second)
    assert training.jobs.view(second).state == "stopped"
    training.jobs.stop(first)
    training.wait(first, "stopped")
    assert training.jobs.view(second).state == "stopped"


def test_a_failed_run_says_why_and_lets_the_next_one_start(training, monkeypatch):
    monkeypatch.setenv("FAKE_FAULT", "fail")
    run_id = training.start()
    view = training.wait(run_id, "failed")
    assert view.message == "Out of memory; try a smaller batch."
    monkeypatch.delenv("FAKE_FAULT")
    training.wait(training.start(SHORT), "finished")


def test_a_trainer_that_refuses_its_options_has_failed(training, monkeypatch):
    monkeypatch.setenv("FAKE_FAULT", "refuse")
    training.wait(training.start(), "failed")


def test_a_killed_run_is_interrupted_and_can_be_resumed(training):
    run_id = training.start()
    training.wait(run_id, "running")
    os.kill(training.record(run_id).pid, signal.SIGKILL)
    assert training.wait(run_id, "interrupted").is_resumable
    training.jobs.resume(run_id)
    training.wait(run_id, "running")


def test_a_run_without_a_sign_of_life_is_ended_as_stalled(tmp_path, monkeypatch):
    """The trainer hangs: it is alive, but its heartbeat stands still."""
    monkeypatch.setenv("FAKE_FAULT", "hang")
    training = DrivenTraining(tmp_path, replace(LIMITS, silence_s=1.0))
    run_id = training.start()
    assert training.wait(run_id, "stalled").is_resumable
    assert not psutil.pid_exists(training.record(run_id).pid)


def test_an_app_that_comes_back_finds_the_run_still_going(training):
    run_id = training.start()
    training.wait(run_id, "running")
    training.jobs._queue.close()  # the app is gone, without a word to the trainer
    later = training.again()
    view = later.wait(run_id, "running")
    until(lambda: later.jobs.view(run_id).step > view.step, "the run does not continue")
    later.jobs.finish(run_id)
    assert later.wait(run_id, "finished").model
    later.jobs.stop_all()


def test_a_reused_pid_is_not_taken_for_the_run(training):
    run_id = training.start()
    training.wait(run_id, "running")
    training.jobs._queue.close()
    record = training.record(run_id)
    os.kill(record.pid, signal.SIGKILL)
    until(lambda: not record.is_alive, "the trainer lives on")
    training.jobs._queue.keep(record.with_(pid=os.getpid()))  # someone else has that pid now
    later = training.again()
    assert later.wait(run_id, "interrupted")
    later.jobs.stop_all()


def test_stopping_the_app_saves_the_run_and_starts_no_other(training):
    first, second = training.start(), training.start()
    training.wait(first, "running")
    training.jobs.stop_all()
    assert training.jobs.view(first).state == "paused"
    assert training.jobs.view(second).state == "queued"
    later = training.again()
    later.wait(second, "running", "preparing")
    later.jobs.stop_all()


def test_delete_leaves_nothing(training):
    run_id = training.start(SHORT)
    view = training.wait(run_id, "finished")
    training.jobs.delete(run_id)
    with pytest.raises(RequestError, match="Run not found"):
        training.jobs.view(run_id)
    assert not (training.models / view.model).exists()
    assert not list((training.folder / "runs").glob("*/*"))
    assert not list((training.folder / "sets").glob("*"))


def test_a_running_run_can_be_deleted(training):
    run_id = training.start()
    training.wait(run_id, "running")
    record = training.record(run_id)
    training.jobs.delete(run_id)
    assert not record.is_alive
    training.wait(training.start(SHORT), "finished")


@pytest.mark.parametrize("run_id", ["", "x" * 32, "0" * 32, "../../etc", None, 7])
def test_an_unknown_run_is_not_found(training, run_id):
    with pytest.raises(RequestError, match="Run not found"):
        training.jobs.view(run_id)


def test_a_public_page_forgets_its_runs_when_it_starts(training):
    run_id = training.start()
    training.wait(run_id, "running")
    record = training.record(run_id)
    training.jobs._queue.close()
    later = training.again(replace(LIMITS, is_public=True))
    assert later.jobs.views() == []
    assert not list((training.folder / "sets").glob("*"))
    until(lambda: not record.is_alive, "the trainer was left running")
    later.jobs.stop_all()


def test_a_second_app_does_not_end_the_runs_of_a_public_page_that_is_open(tmp_path):
    """It did, even when it then found its port taken and never opened."""
    public = replace(LIMITS, is_public=True)
    first = DrivenTraining(tmp_path, public)
    run_id = first.start()
    first.wait(run_id, "running")
    first.again()
    assert first.wait(run_id, "running").is_active
    first.jobs.stop_all(grace_s=5)


def test_a_run_learns_from_the_pictures_it_was_started_with(training):
    """Pictures added to the set while a run was paused made it refuse to continue, for good."""
    run_id = training.start()
    set_id = training.record(run_id).set_id
    training.wait(run_id, "running")
    training.jobs.pause(run_id)
    training.wait(run_id, "paused")
    more = save_pictures(training.folder / "more", 15)
    grown = training.sets.add(set_id, more)
    assert len(grown.pictures) > 12
    training.jobs.resume(run_id)
    training.wait(run_id, "running")
    command = psutil.Process(training.record(run_id).pid).cmdline()
    data = next(word.partition("=")[2] for word in command if word.startswith("--data="))
    assert len(list(Path(data).rglob("*.png"))) == 12


def test_a_model_that_could_not_be_put_into_the_list_is_said_and_can_be_had_again(training, monkeypatch):
    """The page said that it was in the list, and nothing but deleting the run was left."""

    def full(*_):
        raise OSError("no space left")

    with monkeypatch.context() as patch:
        patch.setattr(queue_module.shutil, "copytree", full)
        run_id = training.start(SHORT)
        view = training.wait(run_id, "failed", "finished")
    assert view.state == "failed"
    assert "could not be put into the list" in view.message
    training.jobs.resume(run_id)
    view = training.wait(run_id, "finished")
    assert (training.models / view.model / "card.json").is_file()


def test_on_a_public_page_nobody_can_guess_a_model(tmp_path):
    training = DrivenTraining(tmp_path, replace(LIMITS, is_public=True))
    run_id = training.start(SHORT)
    assert len(training.wait(run_id, "finished").model.rpartition("-")[2]) == 32
    training.jobs.stop_all()


def test_a_full_queue_says_for_how_long(tmp_path):
    training = DrivenTraining(tmp_path, replace(LIMITS, waiting_runs=1))
    first, second = training.start(), training.start()
    with pytest.raises(BusyError, match=r"busy for about \d+ minutes"):
        training.start()
    training.jobs.stop(second)
    training.jobs.stop(first)
    training.wait(first, "stopped")
    third = training.start()
    training.start()
    with pytest.raises(BusyError, match="busy"):
        training.jobs.finish(first)  # which takes a turn as well
    training.jobs.stop(third)
    training.jobs.stop_all()


def test_a_full_disk_and_short_memory_are_said_before_the_start(training, monkeypatch):
    monkeypatch.setattr(training_service, "free_memory_bytes", lambda: -1)
    with pytest.raises(BusyError, match="memory"):
        training.start()
    training.jobs._queue.limits = replace(LIMITS, free_disk_bytes=10**18)
    with pytest.raises(TrainingError, match="disk is full"):
        training.start()


def test_limits_and_too_few_pictures_are_refused(training):
    with pytest.raises(RequestError, match="Steps must be at most"):
        DrivenTraining(training.folder, replace(LIMITS, steps=10)).start(SHORT)
    few = training.sets.add(None, save_pictures(training.folder / "few", 3)).set_id
    with pytest.raises(RequestError, match="Need at least 10 different images; found 3"):
        training.jobs.start(few, SHORT)


def test_a_run_continues_with_another_app_when_that_which_started_it_is_stopped(training):
    other = training.again()
    run_id = training.start()
    training.wait(run_id, "running")
    training.jobs.stop_all(grace_s=5)
    assert other.jobs.view(run_id).state == "running"
    other.jobs.pause(run_id)
    other.wait(run_id, "paused")
    other.jobs.stop_all()


def test_what_waits_is_started_by_another_app_when_the_first_one_is_gone(training, monkeypatch):
    monkeypatch.setattr(queue_module, "OTHERS_EVERY_S", 0.1)
    other = training.again()
    first, second = training.start(), training.start(SHORT)
    training.wait(first, "running")
    training.jobs._queue.close()  # as after kill -9
    os.kill(training.record(first).pid, signal.SIGKILL)
    other.wait(first, "interrupted")
    other.wait(second, "finished")
    other.jobs.stop_all()


def test_a_trainer_that_gets_hardly_any_processor_time_still_shows_that_it_works(monkeypatch):
    """On a machine full of other work a trainer of the lowest priority has a second in a minute, or less."""
    times = SimpleNamespace(user=7.05, system=0.26)
    monkeypatch.setattr(trainer_process.psutil, "Process", lambda pid: SimpleNamespace(cpu_times=lambda: times))
    before = trainer_process.cpu_seconds(1)
    times.user += 0.1
    assert trainer_process.cpu_seconds(1) > before


class Lingering:
    """A process that is a zombie for the system before its end can be waited for, as long as threads of it live."""

    def __init__(self, process):
        self._process, self._looks = process, 0
        self.returncode = None

    def poll(self):
        self._looks += self._process.poll() is not None
        if self._looks > 5:
            self.returncode = self._process.returncode
        return self.returncode


def test_the_exit_code_of_a_trainer_whose_threads_end_slowly_is_waited_for(training):
    run_id = training.start()
    training.wait(run_id, "running")
    children = training.jobs._queue._children
    children[run_id] = Lingering(children[run_id])
    training.jobs.pause(run_id)
    training.wait(run_id, "paused")
    assert training.record(run_id).exit_code == 0


def test_a_set_that_a_run_needs_is_changed_as_a_copy(training):
    free = training.new_set()
    assert training.jobs.own_set(free) == free
    needed = training.record(training.start()).set_id
    own = training.jobs.own_set(needed)
    assert own != needed
    training.sets.remove(own, training.sets.get(own).pictures[0].file)
    assert len(training.sets.get(needed).pictures) == 12
    with pytest.raises(RequestError, match="no longer here"):
        training.jobs.own_set("0" * 32)
