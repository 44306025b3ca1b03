"""What is measured of the automatic choice: pictures that never change, tables, and a model that is calibrated."""

import numpy as np
import pytest
import torch
from conftest import write_tiny_model

from benchmarks import calibrate as calibrate_module
from benchmarks.calibrate import calibrate, spread
from benchmarks.known import Reader, of_strange
from benchmarks.strange_pictures import strange_pictures
from icgan_demo.weights.calibration import Calibration
from icgan_demo.weights.cards import read_card

STEPS = tuple(step / 100 for step in range(101))


def test_strange_pictures_are_at_least_forty_and_the_same_every_time_but_others_for_another_seed():
    first, again, others = (dict(strange_pictures(seed)) for seed in (0, 0, 1))
    assert len(first) >= 40
    assert all(np.array_equal(first[name], again[name]) for name in first)
    assert not any(
        first[name].size == others[name].size and np.array_equal(first[name], others[name]) for name in first
    )
    assert {picture.mode for picture in (*first.values(), *others.values())} == {"RGB"}


def test_photos_are_spread_evenly():
    assert spread(list(range(10)), 4) == [0, 2, 5, 7]
    assert spread([1, 2], 4) == [1, 2]


def test_a_finished_model_is_calibrated_by_a_folder_of_photos(tmp_path, photo, monkeypatch):
    write_tiny_model(tmp_path / "tiny")
    for name in range(3):
        photo.rotate(90 * name).save(tmp_path / f"{name}.png")
    monkeypatch.setattr(calibrate_module, "read_nothing", lambda: torch.eye(16)[:1])
    calibration = calibrate(str(tmp_path / "tiny"), tmp_path)
    assert (calibration.photos, calibration.source) == (3, "evaluation")
    assert read_card(tmp_path / "tiny").calibration == calibration


@pytest.mark.parametrize(("height", "row"), [(0.6, ["?", "one", "60.0 %", "known"]), (0.05, ["?", "one", "5.0 %", ""])])
def test_a_strange_picture_is_listed_with_the_model_that_knows_it_best(monkeypatch, height, row):
    monkeypatch.setattr("benchmarks.known.read_nothing", lambda: torch.eye(4)[3:])
    readers = [
        Reader(name, ("domain",), torch.eye(4)[[axis] * 5], Calibration(1, "evaluation", STEPS))
        for axis, name in enumerate(("none", "one"))
    ]
    feature = torch.tensor([[0, height, (1 - height**2) ** 0.5, 0]])
    assert of_strange(readers, ["?"], feature) == [row]
