"""Whole runs in their folder: resumed exactly, never lost, and honest about what went wrong."""

import json
import os
import resource
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from crash_loop import SETTINGS, train_to
from PIL import Image
from safetensors.torch import load_file
from tiny_training import CONFIG, make, neighbourhoods, state_of

from icgan_demo.errors import TrainingError, WeightsError
from icgan_demo.training.common.run_folder import PRESENT_WANTED, read_status
from icgan_demo.training.evaluate import Evaluator, Judge
from icgan_demo.training.run_reporter import Reporter
from icgan_demo.training.session import Session, read_lines

HERE = Path(__file__).parent


@pytest.fixture(scope="module")
def data():
    return neighbourhoods()


def session(data, folder: Path, **changes) -> Session:
    folder.mkdir(exist_ok=True)
    config = replace(CONFIG, **changes)
    return Session(make(data, config), folder, Reporter(folder, config.steps))


def finish(data, folder: Path, **changes) -> Session:
    run = session(data, folder, **changes)
    list(run.run())
    return run


def steps_of(folder: Path) -> list[int]:
    return [line["step"] for line in read_lines(folder / "log.jsonl")]


def kept(folder: Path) -> list[int]:
    return sorted(int(path.stem.removeprefix("step_")) for path in folder.glob("step_*.safetensors"))


def assert_same(first: Session, second: Session) -> None:
    mine, theirs = state_of(first.trainer), state_of(second.trainer)
    assert mine.keys() == theirs.keys()
    assert [key for key in mine if not torch.equal(mine[key], theirs[key])] == []


def without_speed(folder: Path) -> list[dict]:
    return [{k: v for k, v in line.items() if k != "images_per_s"} for line in read_lines(folder / "log.jsonl")]


@pytest.mark.parametrize("kind", ["pixel", "projected", "both"])
def test_six_updates_equal_three_and_a_resume_bit_for_bit(data, tmp_path, kind):
    whole = finish(data, tmp_path / "whole", discriminator=kind)
    for progress in session(data, tmp_path / "parts", discriminator=kind).run():
        if progress.step == 4:  # one update past the checkpoint: it is lost and done again
            break
    resumed = finish(data, tmp_path / "parts", discriminator=kind)
    assert_same(whole, resumed)
    assert without_speed(tmp_path / "whole") == without_speed(tmp_path / "parts")


def test_a_trainer_killed_fifty_times_ends_like_one_left_alone(tmp_path):
    """Real processes, killed with signal 9 at random moments while every step is saved."""
    command = [sys.executable, str(HERE / "crash_loop.py"), str(tmp_path / "killed"), "50"]
    environment = os.environ | {"PYTHONPATH": f"{HERE.parent}{os.pathsep}{HERE}", "OMP_NUM_THREADS": "1"}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=600, check=True)
    result = json.loads(done.stdout.splitlines()[-1])
    assert result["killed"] == 50
    last = result["step"] + 2
    threads = torch.get_num_threads()
    (tmp_path / "alone").mkdir()
    train_to(tmp_path / "killed", last)
    train_to(tmp_path / "alone", last)
    torch.set_num_threads(threads)
    name = f"step_{last:06d}.safetensors"
    mine, theirs = load_file(tmp_path / "killed" / name), load_file(tmp_path / "alone" / name)
    assert mine.keys() == theirs.keys()
    assert [key for key in mine if not torch.equal(mine[key], theirs[key])] == []
    assert without_speed(tmp_path / "killed") == without_speed(tmp_path / "alone")
    assert steps_of(tmp_path / "killed") == list(range(1, last + 1))
    assert not list((tmp_path / "killed").glob("*.tmp"))
    assert SETTINGS.checkpoint_every == 1


def test_a_run_that_is_asked_for_its_present_state_learns_the_same(data, tmp_path):
    """Asked before every update and during the run, it writes as often, and networks and log stay those of a run
    that nobody asked."""
    alone = finish(data, tmp_path / "alone")
    asked = session(data, tmp_path / "asked")
    written = []
    asked._write_present = lambda: written.append((asked.trainer.step, asked.trainer.averaged.state_dict().keys()))
    (tmp_path / "asked" / PRESENT_WANTED).touch()
    for _ in asked.run():
        assert not (tmp_path / "asked" / PRESENT_WANTED).exists()
        (tmp_path / "asked" / PRESENT_WANTED).touch()
    assert [step for step, _ in written] == [0, 1, 2, 3, 4, 5]
    assert_same(alone, asked)
    assert without_speed(tmp_path / "alone") == without_speed(tmp_path / "asked")


def test_a_run_that_is_left_keeps_its_present_state_and_one_that_cannot_write_it_continues(data, tmp_path):
    run, written = session(data, tmp_path), []

    def write():
        written.append(run.trainer.step)
        raise WeightsError("present could not be written.")

    run._write_present = write
    (tmp_path / PRESENT_WANTED).touch()
    for progress in run.run():
        run.reporter.is_stopping = progress.step == 3
    assert written == [0, 3]
    assert not (tmp_path / PRESENT_WANTED).exists()  # whoever waits is told that there is none


def test_the_newest_three_the_first_and_the_best_are_kept(data, tmp_path):
    run = session(data, tmp_path, steps=8, checkpoint_every=1)
    for progress in run.run():
        if progress.step == 2:
            run.state.best = {"step": 2, "kd": 0.0}
    assert kept(tmp_path) == [0, 2, 6, 7, 8]


def test_files_of_other_names_are_never_touched(data, tmp_path):
    mine = tmp_path / "step_notes.json"
    mine.write_text("{}")
    finish(data, tmp_path, checkpoint_every=1)
    assert mine.exists()


def test_a_torn_newest_checkpoint_gives_way_and_is_said(data, tmp_path):
    finish(data, tmp_path, steps=6)
    path = tmp_path / "step_000006.safetensors"
    path.write_bytes(path.read_bytes()[:-7])
    run = session(data, tmp_path, steps=6)
    next(run.run())
    assert run.trainer.step == 4
    assert read_status(tmp_path).message == "Resumed from step 3 (step 6 was incomplete)."


def test_sheets_start_before_the_first_update_and_show_real_ones_too(data, tmp_path):
    finish(data, tmp_path)
    names = sorted(path.name for path in (tmp_path / "sheets").iterdir())
    assert names == ["real.png", "step_000000.png", "step_000003.png", "step_000006.png"]
    sizes = {Image.open(tmp_path / "sheets" / name).size[1] for name in names}
    assert len(sizes) == 1


def test_a_stop_saves_the_step_and_can_go_on(data, tmp_path):
    run = session(data, tmp_path)
    for progress in run.run():
        if progress.step == 2:
            run.reporter.is_stopping = True
    assert run.is_stopped
    assert kept(tmp_path) == [0, 2]
    assert steps_of(tmp_path) == [1, 2]
    assert_same(finish(data, tmp_path), finish(data, tmp_path / "whole"))


def test_finishing_early_ends_as_if_the_steps_were_reached(data, tmp_path):
    run = session(data, tmp_path, steps=100)
    for progress in run.run():
        if progress.step == 2:
            run.reporter.is_finishing = True
    assert not run.is_stopped
    assert (tmp_path / "sheets" / "step_000002.png").exists()


def test_minutes_end_a_run_by_a_clock_that_cannot_jump(data, tmp_path, monkeypatch):
    monkeypatch.setattr("time.time", lambda: 0.0)
    run = session(data, tmp_path, steps=100, minutes=5.0)
    for progress in run.run():
        if progress.step == 3:
            run.reporter.add_elapsed(301)
    assert run.trainer.step == 3


def poisoned(run: Session, at: range) -> None:
    """Make the gradients of the updates from ``at`` infinite, by way of the pictures."""
    draw = run.trainer.pairs.pictures

    def pictures(conditions, device):
        images = draw(conditions, device)
        return images * float("nan") if run.trainer.step in at else images

    run.trainer.pairs.pictures = pictures


def test_one_update_that_is_not_finite_is_skipped(data, tmp_path):
    run = session(data, tmp_path)
    poisoned(run, range(2, 3))
    list(run.run())
    lines = read_lines(tmp_path / "log.jsonl")
    assert lines[2]["loss_discriminator"] is None
    assert all(line["loss_discriminator"] is not None for line in lines if line["step"] != 3)
    assert run.state.rollbacks == 0


def test_three_in_a_row_go_back_once_with_halved_rates(data, tmp_path):
    run = session(data, tmp_path, steps=9)
    poison = iter([True] * 3)  # only the first visit of these steps is bad
    draw = run.trainer.pairs.pictures

    def pictures(conditions, device):
        bad = run.trainer.step >= 4 and next(poison, False)
        return draw(conditions, device) * (float("nan") if bad else 1.0)

    run.trainer.pairs.pictures = pictures
    list(run.run())
    assert run.trainer.step == 9
    assert steps_of(tmp_path) == list(range(1, 10))
    assert run.trainer.optimizer_g.param_groups[0]["lr"] == pytest.approx(CONFIG.lr_generator / 2)
    settings = json.loads((tmp_path / "step_000009.json").read_text())["settings"]
    assert settings["state"]["rate_scale"] == 0.5


def test_a_run_that_stays_bad_ends_as_diverged_and_keeps_its_checkpoint(data, tmp_path):
    run = session(data, tmp_path, steps=20)
    poisoned(run, range(4, 20))
    with pytest.raises(TrainingError, match="diverged"):
        list(run.run())
    assert kept(tmp_path) == [0, 3]
    assert all(torch.isfinite(value).all() for value in load_file(tmp_path / "step_000003.safetensors").values())


def test_a_full_disk_is_one_sentence_and_the_checkpoint_before_stays(data, tmp_path):
    run = session(data, tmp_path, checkpoint_every=2)
    reports = run.run()
    next(reports)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    before = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, hard))
    try:
        with pytest.raises(TrainingError, match="disk"):
            list(reports)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        signal.signal(signal.SIGXFSZ, before)
    assert kept(tmp_path) == [0]
    assert not list(tmp_path.glob("*.tmp"))
    assert finish(data, tmp_path).trainer.step == 6


def test_no_checkpoint_is_begun_where_little_space_is_left(data, tmp_path, monkeypatch):
    monkeypatch.setattr("shutil.disk_usage", lambda _: type("Usage", (), {"free": 1000})())
    with pytest.raises(TrainingError, match=r"The disk is full: a checkpoint of \d+ MB needs"):
        list(session(data, tmp_path).run())


def test_figures_are_taken_on_schedule_once_and_mark_the_best(data, tmp_path):
    class Colours:
        identity, feature_dim = "colours", 6

        def encode(self, images):
            return torch.nn.functional.normalize(images.flatten(2).mean(2).repeat(1, 2) + 0.5, dim=1)

    judge = Judge("colours", Colours(), data.features)
    evaluator = Evaluator((judge, judge), data.features, data.classes, data.neighbours, samples=32)
    run = session(data, tmp_path, metrics_every=2)
    run.evaluator = evaluator
    for progress in run.run():
        if progress.step == 5:
            break
    again = session(data, tmp_path, metrics_every=2)
    again.evaluator = evaluator
    list(again.run())
    lines = read_lines(tmp_path / "metrics.jsonl")
    assert [line["step"] for line in lines] == [0, 2, 4, 6]
    assert {"fd", "second_kd", "agreement", "spread", "samples", "real"} <= lines[0].keys()
    best = min(lines[1:], key=lambda line: line["kd"])["step"]
    assert again.state.best["step"] == best
    assert best in kept(tmp_path)


def test_the_status_follows_the_run(data, tmp_path):
    finish(data, tmp_path)
    status = read_status(tmp_path)
    assert (status.state, status.steps, status.pid) == ("running", 6, os.getpid())
    assert status.heartbeat > 0
