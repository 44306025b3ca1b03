"""The commands about digits: a grid as a file, a training from the command line, and one line for what is wrong."""

import pytest
from digit_fakes import write_tiny_digit_model, write_tiny_digits
from PIL import Image

from icgan_demo.cli.main import main
from icgan_demo.training.digits import digit_trainer as digits_module


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    folder = tmp_path_factory.mktemp("models") / "tiny-digits"
    write_tiny_digit_model(folder)
    return folder


def run(*words):
    """Return the exit code of a command."""
    with pytest.raises(SystemExit) as ended:
        main([str(word) for word in words])
    return ended.value.code


def test_a_grid_is_written(model, tmp_path, capsys):
    out = tmp_path / "new" / "grid.png"
    assert run("digits", "--model", model, "--digits", "37", "--count", "4", "--scale", "1", "--out", out) == 0
    assert Image.open(out).size == (4 * 31 - 3, 2 * 31 - 3)
    assert "Synthetic digits of a test model." in capsys.readouterr().out


def test_a_blend_is_a_row_for_each_seed(model, tmp_path):
    out = tmp_path / "way.png"
    assert run("digits", "--model", model, "--blend", "38", "--count", "2", "--scale", "1", "--out", out) == 0
    assert Image.open(out).size == (9 * 31 - 3, 2 * 31 - 3)


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["--digits", "abc"], "Digits must be written like"),
        (["--digits", "3,12"], "There is no class 12"),
        (["--count", "0"], "Seeds per digit must be"),
        (["--scale", "9"], "Scale must be"),
        (["--blend", "3"], "Blend needs two digits"),
        (["--network", "dcgan"], "The network must be"),
    ],
)
def test_a_wrong_value_is_one_line_and_exit_code_2(model, tmp_path, capsys, words, sentence):
    assert run("digits", "--model", model, "--out", tmp_path / "grid.png", *words) == 2
    error = capsys.readouterr().err
    assert error.startswith(f"Error: {sentence}")
    assert error.count("\n") == 1


def test_a_training_writes_a_model_that_draws(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(digits_module, "VALIDATION_SAMPLES", 50)
    write_tiny_digits(tmp_path / "idx")
    settings = ["--updates", "2", "--batch-size", "8", "--width", "2", "--validate-every", "1"]
    assert run("train-digits", tmp_path / "idx", "--out", tmp_path / "run", *settings) == 0
    assert "The model is in" in capsys.readouterr().out
    assert run("digits", "--model", tmp_path / "run" / "model", "--out", tmp_path / "grid.png") == 0


@pytest.mark.parametrize(
    ("words", "code", "sentence"),
    [
        (["--updates", "0"], 2, "updates must be at least 1"),
        (["--network", "dcgan"], 2, "The network must be"),
        ([], 2, "The folder 'empty' has no train-images-idx3-ubyte file"),
    ],
)
def test_a_training_that_cannot_start_says_why(tmp_path, capsys, words, code, sentence):
    (tmp_path / "empty").mkdir()
    assert run("train-digits", tmp_path / "empty", "--out", tmp_path / "run", *words) == code
    assert sentence in capsys.readouterr().err
