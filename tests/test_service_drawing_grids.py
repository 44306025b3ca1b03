"""Two settings against each other: what a cell is, what cannot be one, and that cells are ordinary images."""

from dataclasses import replace

import numpy as np
import pytest
from conftest import CLASS_NAMES, write_tiny_model

from icgan_demo.config import Limits
from icgan_demo.errors import RequestError
from icgan_demo.service.drawing.direction_requests import DirectionsRequest, Move
from icgan_demo.service.drawing.drawing_requests import Blend, DrawRequest, Swap
from icgan_demo.service.drawing.grid_requests import MAX_SIDE, GridAxis, GridRequest, Setting
from icgan_demo.service.drawing.grids import grid_of, suggested
from icgan_demo.service.drawing.sampling_service import SamplingService
from icgan_demo.service.model_store import ModelStore
from icgan_demo.service.recipes.grid_files import (
    caption_of,
    checked_grid,
    grid_file,
    grid_sheet,
    read_grid_recipe,
    write_grid_recipe,
)
from icgan_demo.service.recipes.recipe import read_recipe_file

SEEDS = GridAxis(Setting.SEED, (3, 9))
TRUNCATIONS = GridAxis(Setting.TRUNCATION, (0.2, 0.5, 1))


@pytest.fixture(scope="module")
def service(tmp_path_factory):
    folder = tmp_path_factory.mktemp("models of grids")
    write_tiny_model(folder / "tiny")
    write_tiny_model(folder / "other", seed=5)
    return SamplingService(ModelStore([folder]))


@pytest.fixture
def image(service):
    blend = Blend((service.pick("tiny", 0).feature,))
    fine = Blend((service.pick("tiny", 3).feature,))
    return DrawRequest("tiny", blend, (4,), 0.7, fine)


def pixels(drawn):
    return np.asarray(drawn.picture, int)


def test_every_cell_is_the_ordinary_image_of_its_settings(service, image):
    grid = grid_of(service, image, TRUNCATIONS, SEEDS)
    cells = list(service.drawing.draw(grid))
    assert len(cells) == grid.count == 6
    for place, cell in enumerate(cells):
        row, column = divmod(place, 3)
        asked = replace(image, seeds=(SEEDS.values[row],), truncation=TRUNCATIONS.values[column])
        assert grid.cell(row, column) == asked
        (alone,) = service.drawing.draw(asked)
        np.testing.assert_array_equal(pixels(cell), pixels(alone))


def test_seeds_of_a_row_are_drawn_together_and_are_the_same_images(service, image):
    across, down = (grid_of(service, image, *axes) for axes in ((SEEDS, TRUNCATIONS), (TRUNCATIONS, SEEDS)))
    assert len(list(across.parts())) == 3
    turned = [pixels(one) for one in service.drawing.draw(down)]
    for place, one in enumerate(service.drawing.draw(across)):
        row, column = divmod(place, 2)
        np.testing.assert_array_equal(pixels(one), turned[3 * column + row])


@pytest.mark.parametrize("setting", Setting)
def test_what_is_suggested_for_a_setting_changes_the_image(service, image, setting):
    info = next(info for info in service.models() if info.name == "tiny")
    axis = suggested(setting, service, info, CLASS_NAMES[0])
    other = TRUNCATIONS if setting is Setting.SEED else SEEDS
    first, *_, last = list(service.drawing.draw(grid_of(service, image, axis, other)))[: len(axis.values)]
    assert (pixels(first) != pixels(last)).any()


def test_a_class_and_its_weight_go_together(service, image):
    grid = grid_of(service, image, GridAxis(Setting.CLASS_WEIGHT, (0, 1)), GridAxis(Setting.CLASS, ("Lemon", "Lime")))
    assert grid.cell(1, 1).blend.swap == Swap.to("Lime")
    assert grid.cell(0, 0).blend.swap.classes() == (("", 1.0),)


@pytest.mark.parametrize(
    ("columns", "rows", "message"),
    [
        (SEEDS, SEEDS, "the same setting"),
        (SEEDS, GridAxis(Setting.TRUNCATION, (0.5, 7)), "Truncation must be"),
        (SEEDS, GridAxis(Setting.CLASS, ("Banana?",)), "does not know the class"),
        (SEEDS, GridAxis(Setting.MODEL, ("nobody",)), "There is no model"),
    ],
)
def test_what_cannot_be_a_grid_is_one_sentence(service, image, columns, rows, message):
    with pytest.raises(RequestError, match=message):
        list(service.drawing.draw(grid_of(service, image, columns, rows)))


def test_style_needs_an_instance_that_gives_it(service, image):
    with pytest.raises(RequestError, match="gives the style"):
        grid_of(service, replace(image, fine=None), SEEDS, GridAxis(Setting.STYLE, (8, 16)))


@pytest.mark.parametrize(
    ("setting", "text", "message"),
    [
        (Setting.SEED, "; ".join(map(str, range(MAX_SIDE + 1))), "between 1 and 12"),
        (Setting.SEED, "", "between 1 and 12"),
        (Setting.SEED, "1; 1", "twice"),
        (Setting.SEED, "1.5", "whole number"),
        (Setting.TRUNCATION, "0.5; much", "must be numbers"),
        (Setting.CLASS_WEIGHT, "2", "class weight"),
    ],
)
def test_a_wrong_axis_is_one_sentence(setting, text, message):
    with pytest.raises(RequestError, match=message):
        GridAxis.parsed(setting, text)


def test_values_are_read_between_semicolons_or_commas_and_no_label_is_one_of_them():
    assert GridAxis.parsed(Setting.CLASS, "tench, a fish; Lemon").values == ("tench, a fish", "Lemon")
    assert GridAxis.parsed(Setting.CLASS, "; Lemon").labels == ["no label", "Lemon"]
    assert GridAxis.parsed(Setting.SEED, "1, 2,3").values == (1, 2, 3)


def test_a_grid_is_bounded_as_one_request(tmp_path, image):
    write_tiny_model(tmp_path / "tiny")
    few = SamplingService(ModelStore([tmp_path]), Limits(drawn_at_once=5))
    with pytest.raises(RequestError, match="at most 5 images"):
        list(few.drawing.draw(GridRequest((image,), TRUNCATIONS, SEEDS)))


def test_the_expected_time_is_that_of_all_cells(service, image):
    grid = GridRequest((image,), TRUNCATIONS, SEEDS)
    list(service.drawing.draw(image))
    assert service.drawing.expected_s(grid) == pytest.approx(6 * service.drawing.expected_s(image))


def test_a_saved_grid_is_drawn_again_also_with_two_models(service, image, tmp_path):
    grid = grid_of(service, image, GridAxis(Setting.MODEL, ("tiny", "other")), SEEDS)
    pictures = [one.picture for one in service.drawing.draw(grid)]
    recipe = write_grid_recipe(grid, service)
    sheet = grid_sheet(pictures, grid, caption_of(grid, recipe))
    file = tmp_path / "grid.png"
    file.write_bytes(grid_file(sheet, recipe, "png"))
    again = checked_grid(read_grid_recipe(file), service)
    redrawn = grid_sheet([one.picture for one in service.drawing.draw(again)], again, caption_of(again, recipe))
    np.testing.assert_array_equal(np.asarray(redrawn), np.asarray(sheet))
    assert grid_file(sheet, recipe, "pdf").startswith(b"%PDF")
    with pytest.raises(RequestError, match="whole grid"):
        read_recipe_file(file)


def test_a_file_without_a_grid_is_one_sentence(tmp_path):
    (tmp_path / "no.json").write_text('{"schema": 1, "kind": "grid", "images": [], "columns": 1}')
    with pytest.raises(RequestError, match="The recipe of a grid cannot be used"):
        read_grid_recipe(tmp_path / "no.json")


def test_cells_along_a_direction_are_the_moved_images_and_the_sheet_is_drawn_again(service, image, tmp_path):
    amounts = GridAxis(Setting.DIRECTION, (-2, 0, 1.5))
    grid = grid_of(service, image, amounts, SEEDS)
    [strongest, *_] = service.drawing.directions(DirectionsRequest("tiny"))
    drawn = list(service.drawing.draw(grid))
    (alone,) = service.drawing.draw(replace(image, seeds=(9,)).moved(Move(strongest, 1.5)))
    np.testing.assert_array_equal(pixels(drawn[5]), pixels(alone))
    assert grid.title(grid.columns) == strongest.name
    file, recipe = tmp_path / "grid.png", write_grid_recipe(grid, service)
    file.write_bytes(grid_file(grid_sheet([one.picture for one in drawn], grid), recipe, "png"))
    again = checked_grid(read_grid_recipe(file), service)
    for one, other in zip(drawn, service.drawing.draw(again), strict=True):
        np.testing.assert_array_equal(pixels(one), pixels(other))


def test_the_name_of_a_direction_that_the_sheet_cannot_write_is_left_out(service, image):
    [found, *_] = service.drawing.directions(DirectionsRequest("tiny"))
    named = image.moved(Move(replace(found, name="더 붉게"), 0))
    grid = grid_of(service, named, GridAxis(Setting.DIRECTION, (0, 1)), SEEDS)
    assert grid.title(grid.columns) == "direction"


def test_a_direction_is_not_set_against_models_and_not_followed_too_far(service, image):
    models = GridAxis(Setting.MODEL, ("tiny", "other"))
    with pytest.raises(RequestError, match="belongs to one model"):
        grid_of(service, image, models, GridAxis(Setting.DIRECTION, (0, 1)))
    with pytest.raises(RequestError, match="amount of a direction"):
        GridAxis(Setting.DIRECTION, (7,))
    with pytest.raises(RequestError, match="Choose a direction"):
        GridRequest((replace(image, fine=None),), GridAxis(Setting.DIRECTION, (0, 1)), SEEDS)
