"""What the figures of a model say, on pictures and features whose answer is known."""

import json
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest
import torch
from PIL import Image
from torch import nn

from benchmarks import photos as photos_module
from benchmarks.figures_table import table
from benchmarks.model_figures import VARIANTS, Evaluation, instance_rows, model_labels, variants_of
from benchmarks.photos import Photos
from benchmarks.spectrum import grid, power_spectrum
from benchmarks.spread import by_instance, distance_within
from icgan_demo.errors import RequestError
from icgan_demo.inference.loading import load_model


class Eyes:
    """Sees the mean colours of a picture's quarters, and knows three classes."""

    identity = "eyes"

    def features(self, images):
        return nn.functional.adaptive_avg_pool2d(images, 2).flatten(1)

    def __call__(self, images):
        return self.features(images)[:, :3]


def write_photos(folder, classes, count=8):
    source = np.random.default_rng(len(folder.as_posix()))
    for name in classes:
        (folder / name).mkdir(parents=True)
        for row in range(count):
            pixels = source.integers(0, 256, (32, 32, 3), dtype=np.uint8)
            Image.fromarray(pixels).save(folder / name / f"{row}.png")


@pytest.fixture
def split(tmp_path):
    for part in ("train", "evaluation"):
        write_photos(tmp_path / part, ("Lime", "Golden-apple"))
    return tmp_path


def evaluation(model, split, samples=32):
    train, held = (Photos.load(split / part, 32, split / "cache") for part in ("train", "evaluation"))
    return Evaluation(model, Eyes(), Eyes(), train, held, samples)


def test_a_model_of_more_classes_than_the_domain_is_measured_by_the_names_of_its_classes(models_folder, split):
    measured = evaluation(load_model("tiny", [models_folder]), split)
    labels = model_labels(measured.model, measured.held)
    assert measured.held.found.class_names == ("Golden apple", "Lime")
    assert labels.tolist() == [2] * 8 + [1] * 8  # the model has Lemon, Lime, Golden apple
    result = json.loads(json.dumps(measured.figures(VARIANTS, VARIANTS)))
    assert result["protocol"]["instances"] == 16
    assert set(result) == {"protocol", "photos", "no label", "labelled"}
    assert result["photos"]["judge"].keys() == {"to_evaluation"}
    assert result["no label"]["inception"]["to_training"].keys() == {"fid", "kid"}
    assert result["no label"]["grid"].keys() == {"2", "4", "8"}
    assert "| FID to training photos, no label |" in table([result])


def test_inception_can_be_left_out_and_what_it_saw_of_samples_is_kept(models_folder, split):
    measured = evaluation(load_model("tiny", [models_folder]), split)
    without = measured.figures(VARIANTS, ())
    assert "inception" not in without["photos"] | without["no label"] | without["labelled"]
    once = measured.figures(("no label",), VARIANTS)["no label"]["inception"]
    blind = replace(measured, inception=Blind())
    assert blind.figures(("no label",), VARIANTS)["no label"]["inception"] == once


class Blind(Eyes):
    def features(self, images):
        raise AssertionError("looked again")


def test_a_model_without_classes_has_no_labelled_figures(models_folder):
    assert variants_of(load_model("plain", [models_folder])) == ("no label",)
    assert variants_of(load_model("tiny", [models_folder])) == ("no label", "labelled")


def test_a_class_that_the_model_does_not_know_is_refused(models_folder, tmp_path):
    write_photos(tmp_path / "train", ("Pear",), 2)
    with pytest.raises(RequestError, match="Pear"):
        model_labels(load_model("tiny", [models_folder]), Photos.load(tmp_path / "train", 32, tmp_path / "cache"))


def test_features_of_photos_are_computed_once_for_each_network(split):
    photos = Photos.load(split / "train", 32, split / "cache")
    first = photos.features("eyes", Eyes().features)
    assert torch.equal(photos.features("eyes", lambda _: pytest.fail("computed again")), first)
    assert photos.features("other", lambda images: images[:, 0, 0, :1]).shape == (16, 1)


def test_of_many_photos_some_are_taken_evenly(split, monkeypatch):
    whole = Photos.load(split / "train", 32, split / "cache")
    monkeypatch.setattr(photos_module, "MAX_PHOTOS", 4)
    some = Photos.load(split / "train", 32, split / "cache")
    assert some.found.paths == tuple(whole.found.paths[row] for row in (0, 4, 8, 12))
    assert torch.equal(some.images, whole.images[::4])
    assert some.labels.tolist() == [0, 0, 1, 1]
    assert some.found.key != whole.found.key


def test_every_instance_has_two_samples():
    assert instance_rows(5, 100).tolist() == [0, 1, 2, 3, 4]
    assert instance_rows(10, 10).tolist() == [0, 2, 4, 6, 8]


def test_the_spread_is_the_distance_of_pictures_of_one_instance():
    east, north = torch.tensor([2.0, 0.0]), torch.tensor([0.0, 5.0])
    drawn_in_turn = torch.stack([east, north, north, north, east])  # two instances; the fifth picture has no partner
    groups = by_instance(drawn_in_turn, 2)
    assert groups.shape == (2, 2, 2)
    assert distance_within(groups) == pytest.approx(2**0.5 / 2)


def test_a_grid_shows_at_its_own_period_and_blur_is_no_grid():
    torch.manual_seed(0)
    real = torch.rand(40, 3, 64, 64) - 0.5
    lines = torch.zeros(64, 64)
    lines[:, ::4] = 0.1
    drawn = torch.rand(40, 3, 64, 64) - 0.5
    spectrum = power_spectrum(real)
    found = grid(power_spectrum(drawn + lines), spectrum)
    assert found["4"]["peak"] > 1.5
    assert found["4"]["power"] > 1.5
    assert found["8"]["peak"] == pytest.approx(1, abs=0.1)
    blurred = grid(power_spectrum(drawn * 0.5), spectrum)
    assert all(values["power"] == pytest.approx(0.25, rel=0.1) for values in blurred.values())
    assert all(values["peak"] == pytest.approx(1, abs=0.1) for values in blurred.values())


def test_the_command_starts_in_a_fresh_process():
    """It once imported timm, and with it torchvision, before this project had made that possible."""
    command = [sys.executable, "-m", "benchmarks.model_figures", "--help"]
    answer = subprocess.run(command, capture_output=True, text=True)
    assert answer.returncode == 0, answer.stderr
    assert "--samples" in answer.stdout
