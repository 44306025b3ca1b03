"""Pictures that earlier versions saved: each file below ``data/saved`` shows what was drawn, and carries its recipe."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from icgan_demo.config import Precision
from icgan_demo.inference.conditions import Blender, crossed, mean_on_sphere
from icgan_demo.models.noise import draw_noise
from icgan_demo.pixels import to_pictures
from icgan_demo.service.drawing.sampling_service import SamplingService
from icgan_demo.service.model_store import ModelStore
from icgan_demo.service.recipes.recipe import read_recipe_file
from icgan_demo.service.recipes.redraw import draw_file

SAVED = Path(__file__).parent / "data" / "saved"
PICTURES = {
    "neighbours": 6,
    "neighbours-ranked": 3,
    "neighbours-one": 1,
    "own-class": 4,
    "class-swap": 4,
    "class-swap-one": 1,
    "mix": 2,
    "style-mix": 2,
    "search-gradient": 1,
    "search-evolution": 1,
    "search-words": 1,
    "path-loop": 9,
    "path-open": 7,
}
"""Files, and how many pictures each shows, from left to right."""
OLDER = {
    "neighbours-first-version": "neighbours-ranked",
    "neighbours-without-seeds": "neighbours-ranked",
    "class-swap-first-version": "class-swap",
    "path-open-first-version": "path-open",
}
"""Recipes without what later versions added, and the file that shows their pictures."""
SIDE, GAP = 32, 2


@pytest.fixture(scope="module")
def service():
    return SamplingService(ModelStore([SAVED / "models"], precision=Precision.FLOAT32))


def pixels(pictures):
    return np.stack([np.asarray(picture.convert("RGB"), dtype=int) for picture in pictures])


def shown(name):
    """The pictures of a file."""
    with Image.open(SAVED / f"{name}.png") as sheet:
        return pixels(
            [sheet.crop((left, 0, left + SIDE, SIDE)) for left in range(0, sheet.width + GAP, SIDE + GAP)][
                : PICTURES[name]
            ]
        )


def recipe_text(name):
    with Image.open(SAVED / f"{name}.png") as sheet:
        return sheet.text["recipe"]


def test_every_saved_file_is_looked_at():
    assert {path.stem for path in SAVED.glob("*.png")} == set(PICTURES)
    assert {path.stem for path in SAVED.glob("*.json")} == set(OLDER)


@pytest.mark.parametrize("name", PICTURES)
def test_a_saved_picture_is_drawn_again_as_it_was(service, name):
    """Within the one grey level by which processors differ."""
    drawn = pixels(draw_file(SAVED / f"{name}.png", service))
    assert drawn.shape == (PICTURES[name], SIDE, SIDE, 3)
    assert np.abs(drawn - shown(name)).max() <= 1


@pytest.mark.parametrize("name", OLDER)
def test_recipes_without_what_came_later_draw_the_same(service, name):
    np.testing.assert_array_equal(
        pixels(draw_file(SAVED / f"{name}.json", service)), pixels(draw_file(SAVED / f"{OLDER[name]}.png", service))
    )


@pytest.mark.parametrize("name", PICTURES)
def test_a_recipe_that_was_read_is_written_as_it_was(name):
    """Its layout is what programs and other versions read."""
    assert json.loads(read_recipe_file(SAVED / f"{name}.png").to_json()) == json.loads(recipe_text(name))


# --- to the last bit, on any processor: the same products in the same order ---


@pytest.fixture(scope="module")
def model(service):
    return service._store.get("tiny")


def drawn_by_hand(model, z, conditions):
    return pixels(to_pictures(model.generator(z, conditions)))


def test_neighbours_come_from_one_condition_and_each_chunk_makes_its_own(service, model):
    """Products of one row and of four round differently: a change would show in pictures that were saved."""
    feature, chunks = model.bank.features[:1], [[2**31 - 2], [2**31 - 1, 0, 1, 2], [3]]
    expected = [
        drawn_by_hand(
            model,
            draw_noise(seeds, model.generator.config.noise_dim, 0.8),
            model.generator.condition(feature.expand(len(seeds), -1), torch.full((len(seeds),), -1)),
        )
        for seeds in chunks
    ]
    drawn = pixels(draw_file(SAVED / "neighbours.png", service))
    np.testing.assert_array_equal(drawn, np.concatenate(expected))


def test_blends_give_every_block_its_condition(service, model):
    blender = Blender(model.generator, model.bank.features.mean(0))
    features = model.bank.features
    mixed = mean_on_sphere(features[[0, 2]], (0.3, 0.7))
    classes = blender.class_part([(-1, 0.6), (0, 0.4 * 0.25 / 0.75), (2, 0.4 * 0.5 / 0.75)], strength=0.8)
    coarse = blender.condition(class_part=classes, feature=mixed)
    fine = blender.condition(blender.class_part([]), features[3])
    conditions = [c.expand(2, -1) for c in crossed(coarse, fine, 16, model.generator.config.blocks)]
    expected = drawn_by_hand(model, draw_noise([7, 9], model.generator.config.noise_dim, 0.55), conditions)
    np.testing.assert_array_equal(pixels(draw_file(SAVED / "style-mix.png", service)), expected)


def test_the_frames_of_a_path_have_one_condition_for_all_blocks(service, model):
    blender = Blender(model.generator, model.bank.features.mean(0))
    first = blender.condition(blender.class_part([(0, 1.0)]), model.bank.features[0])
    expected = drawn_by_hand(model, draw_noise([3], model.generator.config.noise_dim, 0.8), first[None])
    np.testing.assert_array_equal(pixels(draw_file(SAVED / "path-loop.png", service))[:1], expected)
