"""The tag commands on a tiny model and a tiny corpus."""

import pytest
from PIL import Image
from tagging_fakes import write_tiny_tags
from test_training_tags_word_corpus import write_corpus

from icgan_demo.cli.main import main


@pytest.fixture
def models(models_folder, tmp_path, monkeypatch):
    """Make the tiny models and a tag model for one of them the only ones of this machine."""
    write_tiny_tags(tmp_path / "models" / "tags", models_folder / "tiny")
    folders = [models_folder, tmp_path / "models"]
    for module in ("icgan_demo.weights.folders", "icgan_demo.inference.loading"):
        monkeypatch.setattr(f"{module}.model_folders", lambda: folders)
    return folders


def run(*words):
    with pytest.raises(SystemExit) as ended:
        main([str(word) for word in words])
    return ended.value.code


def test_tag_prints_ten_words_with_votes(models, photo_path, capsys):
    assert run("tag", photo_path, "--similar", "lemon") == 0
    lines = capsys.readouterr().out.splitlines()
    assert sum("of 100" in line for line in lines) == 10
    assert len(lines) >= 20


def test_a_similar_word_outside_the_vocabulary_is_one_line(models, photo_path, capsys):
    assert run("tag", photo_path, "--similar", "zebra") == 2
    assert capsys.readouterr().err.startswith("Error: The word 'zebra' is not among")


def test_a_file_that_is_no_picture_is_one_line(models, tmp_path, capsys):
    (tmp_path / "fake.jpg").write_text("no picture")
    assert run("tag", tmp_path / "fake.jpg") == 1
    assert capsys.readouterr().err.startswith("Error: ")


def test_training_writes_a_model_that_tags(models, models_folder, tmp_path, photo_path, capsys, monkeypatch):
    pytest.importorskip("gensim", reason="gensim is not installed (requirements-dev.txt)")
    corpus = write_corpus(tmp_path / "corpus")
    for name, colour in (("Kiwi", "green"), ("Leek", "white")):
        (tmp_path / "photos" / name).mkdir(parents=True)
        for number in range(3):
            Image.new("RGB", (40 + number, 40), colour).save(tmp_path / "photos" / name / f"{number}.png")
    out = tmp_path / "run"
    words = ("train-tags", tmp_path / "photos", "--corpus", corpus, "--out", out, "--model", "tiny")
    assert run(*words, "--steps", 3) == 0
    assert "6 photos" in capsys.readouterr().out
    assert run(*words, "--steps", 5) == 0  # continues, with the features and words of the run
    assert len((out / "log.jsonl").read_text().splitlines()) == 5
    capsys.readouterr()
    assert run("tag", photo_path, "--model", out) == 0  # the run itself can be named, beside the model of this machine
    assert "kiwi" in capsys.readouterr().out
    folders = [models_folder, out]
    monkeypatch.setattr("icgan_demo.weights.folders.model_folders", lambda: folders)
    assert run("tag", photo_path) == 0
    assert "of 100" in capsys.readouterr().out


def test_an_empty_corpus_and_bad_settings_are_one_line(models, tmp_path, capsys):
    (tmp_path / "photos").mkdir()
    words = ("train-tags", tmp_path / "photos", "--corpus", tmp_path, "--out", tmp_path / "run", "--model", "tiny")
    assert run(*words) == 1
    assert "classes.csv is missing" in capsys.readouterr().err
    assert run(*words, "--steps", 0) == 2
    assert "steps must be at least 1" in capsys.readouterr().err
