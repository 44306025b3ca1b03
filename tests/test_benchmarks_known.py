"""What is measured of the automatic choice: pictures that never change, tables, and a model that is calibrated."""

import numpy as np
import pytest
import torch
from conftest import write_tiny_model

from benchmarks import calibrate as calibrate_module
from benchmarks.calibrate import calibrate, spread
from benchmarks.known import Reader, Strange, of_strange, strange_section
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


def test_a_strange_picture_is_read_by_the_model_that_knows_it_best(monkeypatch):
    monkeypatch.setattr("benchmarks.known.read_nothing", lambda: torch.eye(4)[3:])
    readers = [
        Reader(name, ("domain",), torch.eye(4)[[axis] * 5], Calibration(1, "evaluation", STEPS))
        for axis, name in enumerate(("none", "one"))
    ]
    feature = torch.tensor([[0, 0.6, 0.8, 0]])
    [read] = of_strange(readers, ["?"], feature)
    assert (read.name, read.model) == ("?", "one")
    assert read.percent == pytest.approx(60)


def test_the_section_counts_all_strange_pictures_and_lists_those_that_read_more_than_nothing():
    read = [Strange("flat", "one", 0.0), Strange("cat", "one", 8.0), Strange("lion", "two", 97.0)]
    said, listed = strange_section(read, 1.0)
    assert said == "3 strange images, 1 of them called known. 1 read below 1 %; the others:"
    assert listed.splitlines()[2:] == ["| lion | two | 97.0 % | yes |", "| cat | one | 8.0 % | no |"]
