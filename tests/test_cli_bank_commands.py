"""The commands around banks."""

import numpy as np
import pytest
from PIL import Image

from icgan_demo.cli import main
from icgan_demo.weights.bank_file import read_bank


@pytest.fixture
def folder(tmp_path):
    for n in range(4):
        target = tmp_path / "set" / ("a" if n % 2 else "b") / f"{n}.png"
        target.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(np.random.default_rng(n).integers(0, 255, (40, 40, 3), dtype=np.uint8)).save(target)
    (tmp_path / "set" / "broken.jpg").write_bytes(b"nothing")
    return tmp_path / "set"


def run(*words):
    with pytest.raises(SystemExit) as stopped:
        main.main([str(word) for word in words])
    return stopped.value.code


def test_a_folder_becomes_a_bank_file(folder, models_folder, tmp_path, capsys):
    out = tmp_path / "b.safetensors"
    assert run("bank", "build", folder, "--model", models_folder / "tiny", "--name", "Mine", "--out", out) == 0
    said = capsys.readouterr()
    assert "4 images of 'Mine' are in" in said.out
    assert "Left out 'broken.jpg'" in said.err
    assert read_bank(out).class_names == ("a", "b")
    assert run("bank", "info", out) == 0
    assert "Mine: 4 images, 2 classes, with thumbnails" in capsys.readouterr().out


def test_a_wrong_file_name_is_one_line(folder, models_folder, tmp_path, capsys):
    assert run("bank", "build", folder, "--model", models_folder / "tiny", "--out", tmp_path / "b.npz") == 2
    assert "must end in .safetensors" in capsys.readouterr().err


def test_a_file_that_is_no_bank_is_one_line(folder, capsys):
    assert run("bank", "info", folder / "broken.jpg") == 1
    assert capsys.readouterr().err.startswith("Error: This file is not a bank")


def test_a_folder_becomes_a_bank_of_any_size_and_the_same_command_finds_it_done(
    folder, models_folder, tmp_path, capsys
):
    words = ("bank", "build", folder, "--model", models_folder / "tiny", "--name", "Mine", "--out", tmp_path / "bank")
    for _ in range(2):
        assert run(*words, "--shard-pictures", 2) == 0
        said = capsys.readouterr().out
        assert "Mine: 4 images, 2 classes, with thumbnails" in said
        assert "left out: 1 that cannot be used, 0 doubles" in said
    assert run("bank", "info", tmp_path / "bank") == 0
    assert "Mine: 4 images, 2 classes, with thumbnails" in capsys.readouterr().out


def test_features_of_any_number_of_pictures_go_into_a_folder(folder, models_folder, tmp_path, capsys):
    assert run("embed", folder, "--model", models_folder / "tiny", "--out", tmp_path / "features") == 0
    assert "4 images, 2 classes, without thumbnails" in capsys.readouterr().out
    assert run("embed", folder, "--model", models_folder / "tiny", "--out", tmp_path / "f2", "--shard-pictures", 0) == 2
    assert "shard_pictures must be at least 1" in capsys.readouterr().err


def test_a_folder_without_a_finished_bank_is_one_line(folder, capsys):
    assert run("bank", "info", folder) == 1
    assert "set holds no finished bank." in capsys.readouterr().err
