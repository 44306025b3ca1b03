"""A run taken to another folder as one file, and continued there as it would have been here."""

import json
import zipfile

import pytest
from safetensors.torch import load_file
from test_training_run import run, small_finish  # noqa: F401  (tiny networks for every run)
from tiny_training import write_pictures
from training_services import open_training

from icgan_demo.cli.main import main
from icgan_demo.training.common.run_folder import read_status, steps_in

WORDS = ["--batch-size", 4, "--precision", "float32", "--threads", 1, "--metrics-every", 2, "--checkpoint-every", 2]


@pytest.fixture
def pictures(tmp_path):
    return write_pictures(tmp_path / "in")


@pytest.fixture
def bases(models_folder, monkeypatch):
    """Have the tiny models found by their names."""
    monkeypatch.setenv("ICGAN_MODELS_DIR", str(models_folder))
    return "tiny"


def train(pictures, out, steps, *words):
    return run("train", "--data", pictures, "--out", out, "--steps", steps, "--name", "mine", *WORDS, *words)


def lines(file):
    return [{**line, "images_per_s": 0} for line in map(json.loads, file.read_text().splitlines())]


def same_tensors(one, other):
    ours, theirs = load_file(one), load_file(other)
    return ours.keys() == theirs.keys() and all(ours[name].equal(theirs[name]) for name in ours)


@pytest.mark.parametrize("held", [(), ("--held-out", 0.3)])
def test_a_run_that_continues_elsewhere_is_bit_for_bit_the_one_that_continued_here(
    tmp_path, bases, held, monkeypatch, capsys
):
    pictures = write_pictures(tmp_path / "in", count=30)
    here, there = tmp_path / "here", tmp_path / "there"
    assert train(pictures, here, 4, "--base", bases, *held) == 0
    file = tmp_path / "otters.project.zip"
    assert run("project", "export", here, file, "--images", pictures) == 0
    assert "at step 4 is in" in capsys.readouterr().out
    assert train(pictures, here, 8, "--base", bases, "--resume") == 0
    moved = tmp_path / "moved"
    file.rename(moved.with_suffix(".zip"))
    assert run("project", "open", moved.with_suffix(".zip"), "--out", there) == 0
    told = capsys.readouterr().out
    assert "at step 4 of 4" in told
    words = told.partition("icgan-demo ")[2].split()
    assert words[:3] == ["train", "--data", str(there / "images")]
    assert run(*words, "--steps", 8, "--name", "mine", *WORDS) == 0
    for name in ("log.jsonl", "metrics.jsonl"):
        assert lines(there / name) == lines(here / name)
    newest = max(steps_in(here, ".safetensors"))
    assert newest == 8
    assert same_tensors(here / "step_000008.safetensors", there / "step_000008.safetensors")
    for ours in sorted((here / "model").glob("*.safetensors")):
        assert same_tensors(ours, there / "model" / ours.name), ours.name
    for ours in sorted((here / "sheets").glob("*.png")):
        assert ours.read_bytes() == (there / "sheets" / ours.name).read_bytes()
    assert (there / "model" / "learning.webp").read_bytes() == (here / "model" / "learning.webp").read_bytes()


def test_an_opened_folder_is_a_model_and_a_run(pictures, tmp_path, bases, capsys):
    out, file, opened = tmp_path / "run", tmp_path / "mine.zip", tmp_path / "Opened one"
    assert train(pictures, out, 2, "--base", bases) == 0
    assert run("project", "export", out, file, "--title", "Otters", "--no-checkpoint") == 0
    assert run("project", "open", file, "--out", opened) == 0
    said = capsys.readouterr()
    assert "cannot continue" in said.err
    assert (read_status(opened).state, read_status(opened).step) == ("finished", 2)
    photo = next(pictures.rglob("*.png"))
    assert run("sample", photo, "--model", opened, "--count", 1, "--out", tmp_path / "drawn") == 0
    assert json.loads((opened / "model" / "card.json").read_text())["name"] == "Opened-one"
    assert run("project", "export", opened, tmp_path / "again.zip") == 0
    assert "at step 2" in capsys.readouterr().out


def test_a_command_line_s_run_opens_on_a_page(pictures, tmp_path, bases):
    out, file = tmp_path / "run", tmp_path / "mine.zip"
    assert train(pictures, out, 2, "--base", bases) == 0
    assert run("project", "export", out, file, "--images", pictures) == 0
    with open_training(tmp_path / "page") as training:
        opened = training.projects.open(file)
        view = training.jobs.view(opened)
        assert (view.state, view.step, view.title, view.request.base) == ("finished", 2, "run", "tiny")
        assert len(training.jobs.pictures(opened)) == 12
        assert set(training.sets.get(training.jobs.queue.record(opened).set_id).classes) == {"blue", "red"}


def test_images_of_another_run_are_refused(pictures, tmp_path, bases, capsys):
    out = tmp_path / "run"
    assert train(pictures, out, 2, "--base", bases) == 0
    next(pictures.rglob("*.png")).unlink()
    assert run("project", "export", out, tmp_path / "a.zip", "--images", pictures) == 2
    assert "not those that this run learns from" in capsys.readouterr().err
    assert not (tmp_path / "a.zip").exists()


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("export", "{folder}", "{file}"), "no training run"),
        (("open", "{zip}", "--out", "{folder}"), "already something"),
        (("open", "{zip}", "--out", "{out}"), "not a project file"),
        (("open", "{text}", "--out", "{out}"), "Only ZIP"),
    ],
)
def test_what_cannot_be_done_is_one_line(tmp_path, words, sentence, capsys):
    places = {"folder": tmp_path / "folder", "file": tmp_path / "a.zip", "out": tmp_path / "out"}
    places |= {"zip": tmp_path / "b.zip", "text": tmp_path / "c.txt"}
    places["folder"].mkdir()
    places["text"].write_text("hello, this is no archive at all")
    with zipfile.ZipFile(places["zip"], "w") as archive:
        archive.writestr("a.txt", "hello")
    with pytest.raises(SystemExit) as stopped:
        main(["project", *(word.format(**places) for word in words)])
    assert stopped.value.code in (1, 2)
    assert sentence in capsys.readouterr().err
    assert not places["out"].exists()
