"""The models of a comparison side by side: one photo, the same seeds, each told what it was trained with."""

from pathlib import Path

import numpy as np
import pytest
from conftest import CLASS_NAMES, write_tiny_model
from PIL import Image
from test_training_run import run

from icgan_demo.config import Conditioning
from icgan_demo.errors import RequestError
from icgan_demo.service.drawing.compared_models import ComparedModels, ComparedRow

KINDS = {
    "none": {"classes": False, "clusters": 1},
    "class": {"clusters": 1},
    "partition": {"classes": False, "clusters": 3},
    "instance": {"classes": False},
    "instance-and-class": {},
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    """Return a comparison's folder."""
    compared = tmp_path_factory.mktemp("compared")
    for word, kind in KINDS.items():
        run_folder = compared / f"{word}-0"
        run_folder.mkdir()
        write_tiny_model(run_folder / run_folder.name, **kind)
    return compared


@pytest.fixture(scope="module")
def photos(photo, tmp_path_factory) -> list[Path]:
    kept = tmp_path_factory.mktemp("photos")
    photo.save(kept / "one.png")
    noise = np.random.default_rng(0).integers(0, 256, (40, 40, 3), dtype=np.uint8)
    Image.fromarray(noise).save(kept / "two.png")
    return [kept / "one.png", kept / "two.png"]


def pixels(row: ComparedRow) -> list[bytes]:
    return [picture.tobytes() for picture in row.pictures]


def test_each_model_is_told_what_it_knows_of_a_photo(folder, photos):
    compared = ComparedModels(folder)
    assert compared.conditionings == list(Conditioning)
    first, second = ({row.conditioning: row for row in compared.rows(photo, count=2, seed=5)} for photo in photos)
    assert pixels(first[Conditioning.NONE]) == pixels(second[Conditioning.NONE])
    assert pixels(first[Conditioning.INSTANCE]) != pixels(second[Conditioning.INSTANCE])
    for word, row in first.items():
        assert (row.label in CLASS_NAMES) == word.uses_class
        assert len(row.pictures) == 2
        assert (row.cluster is not None) == (word is Conditioning.PARTITION)
    assert first[Conditioning.PARTITION].members


def test_a_folder_without_models_is_said_so(tmp_path):
    with pytest.raises(RequestError, match="holds no models that were compared"):
        ComparedModels(tmp_path)


def test_the_command_shows_a_photo_beside_what_each_model_makes_of_it(folder, photos, capsys):
    assert run("compare", "--show", photos[0], "--out", folder) == 0
    said = capsys.readouterr().out
    assert "shown.png: the photo, and what each model generates for it." in said
    assert {"shown.png", "cluster.png"} <= {path.name for path in folder.iterdir()}


def test_a_comparison_needs_images_and_a_budget(tmp_path, capsys):
    assert run("compare", "--out", tmp_path) == 2
    assert "Name the images to learn from and a --budget" in capsys.readouterr().err
