import io
from itertools import pairwise

import pytest
import torch
from PIL import Image

from icgan_demo.training import sample_sheets as sheets_module
from icgan_demo.training.sample_sheets import COLUMNS, MOMENT_SIDE, MOMENTS, learning_of, sheet_of

INSTANCES = 3


def write_sheets(folder, steps, side=16):
    """Write sheets whose tiles are grey: lighter by the step and by the instance, and black but for the first seed."""
    sheets = {}
    for step in steps:
        levels = torch.full((INSTANCES, COLUMNS), -1.0)
        levels[:, 0] = torch.tensor([shade(step, row) / 127.5 - 1 for row in range(INSTANCES)])
        images = levels.reshape(-1, 1, 1, 1).expand(-1, 3, side, side)
        sheets[step] = folder / f"step_{step:06d}.png"
        sheet_of(images, COLUMNS).save(sheets[step])
    return sheets


def shade(step, instance):
    return min(150, step) + 50 * instance


def test_every_moment_shows_the_first_seed_of_every_instance(tmp_path):
    learning, content = learning_of(write_sheets(tmp_path, (0, 20, 100)), 100, 64)
    assert [(moment.step, moment.images) for moment in learning.moments] == [(0, 0), (20, 1280), (100, 6400)]
    picture = Image.open(io.BytesIO(content))
    assert (picture.format, picture.size) == ("WEBP", (16 * INSTANCES, 16 * 3))
    for row, step in enumerate((0, 20, 100)):
        for column in range(INSTANCES):
            found = picture.getpixel((16 * column + 8, 16 * row + 8))
            assert max(abs(level - shade(step, column)) for level in found) < 12, (step, column)


def test_sheets_after_the_models_own_step_are_left_out(tmp_path):
    learning, _ = learning_of(write_sheets(tmp_path, (0, 10, 20, 30)), 20, 8)
    assert [moment.step for moment in learning.moments] == [0, 10, 20]


@pytest.mark.parametrize("count", range(2, 40))
def test_of_many_sheets_the_early_ones_are_shown_more_closely_and_of_few_all(tmp_path, count):
    sheet = next(iter(write_sheets(tmp_path, [0], side=4).values()))
    learning, _ = learning_of(dict.fromkeys(range(count), sheet), count, 1)
    steps = [moment.step for moment in learning.moments]
    assert len(steps) == min(count, MOMENTS)
    assert (steps[0], steps[-1]) == (0, count - 1)
    gaps = [later - earlier for earlier, later in pairwise(steps)]
    assert gaps[0] <= gaps[-1]


def test_one_sheet_shows_no_learning(tmp_path):
    assert learning_of({}, 10, 8) is None
    assert learning_of(write_sheets(tmp_path, (0, 20)), 10, 8) is None


def test_large_sheets_become_a_small_picture(tmp_path):
    sheets = write_sheets(tmp_path, (0, 20), side=2 * MOMENT_SIDE)
    _, content = learning_of(sheets, 20, 1)
    assert Image.open(io.BytesIO(content)).size == (INSTANCES * MOMENT_SIDE, 2 * MOMENT_SIDE)


def test_what_hardly_compresses_is_stored_in_fewer_bytes(tmp_path, monkeypatch):
    torch.manual_seed(0)
    noise = sheet_of(torch.rand(COLUMNS, 3, 32, 32) * 2 - 1, COLUMNS)
    noise.save(tmp_path / "noise.png")
    twice = dict.fromkeys(range(2), tmp_path / "noise.png")
    usual = len(learning_of(twice, 2, 1)[1])
    monkeypatch.setattr(sheets_module, "MAX_LEARNING_BYTES", usual - 1)
    assert len(learning_of(twice, 2, 1)[1]) < usual
