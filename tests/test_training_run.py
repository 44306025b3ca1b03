"""From a folder of pictures to a model that draws, through the command line."""

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from icgan_demo.cli import main
from icgan_demo.models.biggan_generator import BigGanGenerator
from icgan_demo.training import networks
from icgan_demo.training.bank import choose_instances
from icgan_demo.training.finish import refresh_statistics


def run(*words: str) -> int:
    with pytest.raises(SystemExit) as stopped:
        main(list(words))
    return int(stopped.value.code or 0)


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    source = np.random.default_rng(0)
    for row in range(12):
        path = tmp_path / "in" / ("red" if row % 2 else "blue") / f"{row}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(source.integers(0, 256, (40, 40, 3), dtype=np.uint8)).save(path)
    return tmp_path / "in"


def test_a_folder_of_pictures_becomes_a_model_that_draws(pictures, tmp_path, monkeypatch, capsys):
    monkeypatch.setitem(networks.GENERATOR_WIDTHS, 32, (8, 8, 8, 8))
    monkeypatch.setitem(networks.DISCRIMINATOR_WIDTHS, 32, (8, 8, 8, 8))
    encoder, out = str(tmp_path / "encoder"), str(tmp_path / "run")
    words = ["--epochs", "1", "--batch-size", "4", "--view-side", "32", "--checkpoint-every", "1"]
    assert run("train-encoder", str(pictures), "--out", encoder, *words) == 0
    words = ["--resolution", "32", "--steps", "2", "--batch-size", "4", "--neighbours", "3", "--name", "mine"]
    assert run("train", str(pictures), "--encoder", encoder, "--out", out, *words) == 0
    assert "The model is in" in capsys.readouterr().out
    photo, model = next(pictures.rglob("*.png")), str(tmp_path / "run" / "model")
    assert run("sample", str(photo), "--model", model, "--count", "2", "--label", "red", "--out", out) == 0
    assert Image.open(tmp_path / "run" / "000.png").size == (32, 32)


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["--steps", "0"], "steps must be at least 1, got 0"),
        (["--loss", "wgan"], 'loss must be "logistic" or "hinge"'),
        (["--resolution", "48"], "The resolution must be 32, 64, 128 or 256, got 48"),
        (["--augment", "blur"], "augment knows translation, cutout and color"),
    ],
)
def test_wrong_values_are_one_line_and_exit_code_2(pictures, tmp_path, capsys, words, sentence):
    assert run("train", str(pictures), "--encoder", str(pictures), "--out", str(tmp_path / "run"), *words) == 2
    error = capsys.readouterr().err
    assert sentence in error
    assert len(error.strip().splitlines()) == 1


def test_a_folder_without_an_encoder_is_said_so(pictures, tmp_path, capsys):
    words = ["--encoder", str(pictures), "--out", str(tmp_path / "run"), "--neighbours", "3"]
    assert run("train", str(pictures), *words) == 1
    assert "holds no complete checkpoint" in capsys.readouterr().err


def test_too_few_pictures_for_the_neighbourhoods_are_counted(pictures, tmp_path, capsys):
    assert run("train", str(pictures), "--encoder", str(pictures), "--out", str(tmp_path / "run")) == 1
    assert "There are 12 pictures; neighbourhoods of 20 need more." in capsys.readouterr().err


def test_bank_rows_are_different_real_pictures_from_every_cluster():
    source = torch.Generator().manual_seed(0)
    centres = torch.nn.functional.normalize(torch.randn(5, 8, generator=source), dim=1)
    features = torch.nn.functional.normalize(
        centres.repeat_interleave(40, 0) + 0.05 * torch.randn(200, 8, generator=source), dim=1
    )
    rows = choose_instances(features, 5)
    assert sorted((rows // 40).tolist()) == [0, 1, 2, 3, 4]


def test_refreshed_statistics_belong_to_the_weights():
    torch.manual_seed(0)
    config, _ = networks.small_networks(32, 6, 3)
    generator = BigGanGenerator(config)
    features = torch.nn.functional.normalize(torch.randn(20, 6), dim=1)
    refresh_statistics(generator, features, torch.arange(20) % 3, batches=3)
    first = generator.blocks[0][0].bn1
    assert not torch.equal(first.stored_var, torch.ones_like(first.stored_var))
    assert not generator.training
