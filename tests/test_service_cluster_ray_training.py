"""Runs on a cluster: what one does there is what it does here, whoever is killed meanwhile."""

import os
import shutil
import signal
import subprocess

import psutil
import pytest
import test_service_training_training_service
from local_ray import WANTS_RAY, local_ray  # noqa: F401
from safetensors.numpy import load_file
from test_service_training_training_service import LIMITS, DrivenTraining, until
from tiny_training import write_pictures

from icgan_demo.service.cluster.ray_training import COMMAND
from icgan_demo.service.training.train_request import TrainRequest
from icgan_demo.service.training.trainer_process import TRAINER
from icgan_demo.service.training.training_service import Jobs
from icgan_demo.training.common.log_lines import read_lines
from icgan_demo.training.common.run_folder import LOG, read_status

pytestmark = [WANTS_RAY, pytest.mark.usefixtures("local_ray")]
STEPS = 10


@pytest.fixture(autouse=True)
def address(local_ray, monkeypatch):  # noqa: F811
    import ray

    monkeypatch.setenv("RAY_ADDRESS", ray.get_runtime_context().gcs_address)
    monkeypatch.setattr(test_service_training_training_service, "PATIENCE_S", 300)


@pytest.fixture
def words(tmp_path, models_folder):
    """Return the words of a short run, but for its folder."""
    pictures = write_pictures(tmp_path / "pictures")
    given = {"steps": STEPS, "batch-size": 4, "neighbours": 2, "checkpoint-every": 2, "sheet-every": 100, "threads": 1}
    given["precision"] = "float32"  # where there is a choice, it is made by timing
    return [f"--data={pictures}", f"--base={models_folder / 'tiny'}", *(f"--{key}={given[key]}" for key in given)]


def trained(command, words, out):
    """Start a run in a folder."""
    out.parent.mkdir()
    return subprocess.Popen([*command, *words, f"--out={out}"], stdout=subprocess.DEVNULL, stderr=subprocess.STDOUT)


def without_speed(lines):
    return [{name: value for name, value in line.items() if name != "images_per_s"} for line in lines]


def test_a_run_on_the_cluster_gives_the_networks_of_one_here_though_its_worker_is_killed(words, tmp_path):
    here, there = tmp_path / "here" / "run", tmp_path / "there" / "run"
    assert trained(TRAINER, words, here).wait(300) == 0
    remote = trained(COMMAND, words, there)
    until((there / "step_000002.json").exists, "no checkpoint")
    before = read_status(there).pid
    [keeper] = [each for each in psutil.Process().children(recursive=True) if "ray::RemoteTrainer" in each.name()]
    os.kill(keeper.pid, signal.SIGKILL)
    assert remote.wait(300) == 0, (there.parent / "output.txt").read_text()
    status = read_status(there)
    assert (status.state, status.step) == ("finished", STEPS)
    assert status.pid != before
    assert not psutil.pid_exists(before)
    assert without_speed(read_lines(there / LOG)) == without_speed(read_lines(here / LOG))
    mine, theirs = (load_file(folder / "model" / "generator.safetensors") for folder in (here, there))
    assert mine.keys() == theirs.keys()
    assert all((mine[name] == theirs[name]).all() for name in mine)


class TrainingOnCluster(DrivenTraining):
    """Jobs and sets of an app whose runs go to the cluster."""

    def __init__(self, folder, limits=LIMITS):
        super().__init__(folder, limits)
        self.jobs.stop_all()
        self.jobs = Jobs(folder / "runs", self.models, self.sets, limits, command=COMMAND)


def test_pause_and_finish_reach_the_trainer_there(tmp_path, models_folder):
    shutil.copytree(models_folder / "tiny", tmp_path / "models" / "tiny")
    training = TrainingOnCluster(tmp_path)
    try:
        run_id = training.start(TrainRequest(base="tiny", steps=100_000, batch_size=2))
        until(lambda: training.jobs.view(run_id).step > 2, "no steps")
        training.jobs.pause(run_id)
        paused = training.wait(run_id, "paused")
        assert paused.step > 2
        assert training.record(run_id).exit_code == 0
        training.jobs.finish(run_id)
        finished = training.wait(run_id, "finished")
        assert paused.step < finished.step < 100_000
        assert (training.models / finished.model / "card.json").is_file()
    finally:
        training.jobs.stop_all()


def test_a_run_whose_process_here_is_killed_ends_there_too(words, tmp_path):
    """As by Delete, or with the page's machine."""
    out = tmp_path / "runs" / "run"
    here = trained(COMMAND, words, out)
    until(lambda: (status := read_status(out)) and status.pid != here.pid, "no trainer")
    trainer = read_status(out).pid
    here.kill()
    here.wait()
    until(lambda: not psutil.pid_exists(trainer), "the trainer lives on")


def test_a_run_for_which_there_is_no_cluster_says_so_without_its_address(words, tmp_path, monkeypatch):
    monkeypatch.setenv("RAY_ADDRESS", "127.0.0.1:1")
    out = tmp_path / "runs" / "run"
    assert trained(COMMAND, words, out).wait(300) == 1
    status = read_status(out)
    assert status.state == "failed"
    assert status.message == "The training cluster cannot be reached. Continue this run later."


def test_a_run_that_has_no_place_yet_can_be_stopped(words, tmp_path):
    words = [word for word in words if not word.startswith("--threads")]
    out = tmp_path / "runs" / "run"
    waiting = trained(COMMAND, [*words, "--threads=64"], out)
    until(lambda: (status := read_status(out)) and status.state == "preparing", "it did not say anything")
    waiting.send_signal(signal.SIGTERM)
    assert waiting.wait(60) == 0
    assert read_status(out).state == "stopped"


def test_a_plan_is_made_here(words, tmp_path):
    command = [*COMMAND, "--device=cuda", *words, f"--out={tmp_path / 'run'}", "--dry-run", "--json"]
    assert '"seconds_per_step"' in subprocess.run(command, capture_output=True, text=True, check=True).stdout
