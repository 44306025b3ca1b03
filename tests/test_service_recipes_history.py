"""What one visitor drew: bounded, each picture once, favourites longest; exported with recipes."""

import io
import json
import os
import time
import zipfile
from pathlib import Path

import numpy as np
import pytest
from fakes import PaintedSampling
from PIL import Image

from icgan_demo.errors import RequestError
from icgan_demo.service.drawing.drawing_requests import Blend, DrawRequest, TravelRequest, TravelStop
from icgan_demo.service.recipes.drawn_files import save_picture
from icgan_demo.service.recipes.history import MAX_AT_ONCE, MAX_FAVOURITES, MAX_PICTURES, History
from icgan_demo.service.recipes.recipe import read_recipe, write_recipe

FEATURE = np.full(4, 0.5, np.float32)


@pytest.fixture
def draw(tmp_path):
    """Return a function that draws pictures of the given seeds into a folder of their own."""
    info, numbers = PaintedSampling().models()[0], iter(range(1000))

    def drawn(*seeds, side=64):
        folder = tmp_path / "elsewhere" / str(next(numbers))
        folder.mkdir(parents=True)
        files = []
        for seed in seeds:
            recipe = write_recipe(DrawRequest("painted", Blend((FEATURE,)), (seed,)), info)
            picture = Image.new("RGB", (side, side), (seed % 256, 0, 0))
            files.append(str(save_picture(picture, recipe, folder / f"{seed}.png")))
        return tuple(files)

    return drawn


@pytest.fixture
def root(tmp_path):
    return tmp_path / "drawn-here"


def seeds_of(history, *, favourites_only=False):
    return [kept.seed for kept in history.chosen(favourites_only=favourites_only).values()]


def name_of(history, seed):
    return next(name for name, kept in history.pictures.items() if kept.seed == seed)


def test_the_newest_drawing_comes_first_in_its_own_order(draw, root):
    history = History()
    first = draw(1, 2)
    history.keep([first, ()], root)
    history.keep([first, draw(8, 9)], root)
    assert seeds_of(history) == [8, 9, 1, 2]


def test_a_picture_that_is_drawn_again_is_kept_once_with_its_star_in_its_place(draw, root):
    history = History()
    history.keep([draw(1, 2, 3)], root)
    history.mark(name_of(history, 3), True)
    history.keep([draw(3)], root)
    assert seeds_of(history) == [1, 2, 3]
    assert seeds_of(history, favourites_only=True) == [3]
    assert len(list(history.folder.iterdir())) == 3


def test_files_outlive_the_folders_they_were_drawn_into(draw, root, tmp_path):
    history = History()
    [file] = draw(5)
    history.keep([(file,)], root)
    os.unlink(file)
    with Image.open(history.find(name_of(history, 5)).file) as picture:
        assert picture.getpixel((0, 0)) == (5, 0, 0)
        assert read_recipe(picture.text["recipe"]).seeds == (5,)


def test_where_a_disk_knows_no_links_files_are_copied(draw, root, monkeypatch):
    def refuse(*_):
        raise OSError("not supported")

    monkeypatch.setattr(Path, "hardlink_to", refuse)
    history = History()
    history.keep([draw(5)], root)
    assert history.find(name_of(history, 5)).file.exists()


def test_the_oldest_pictures_go_first_and_favourites_stay(draw, root):
    history = History()
    history.keep([draw(1, 2)], root)
    history.mark(name_of(history, 1), True)
    for start in range(0, MAX_PICTURES, 32):
        history.keep([draw(*range(1000 + start, 1032 + start))], root)
    assert len(history.pictures) == MAX_PICTURES + 1
    assert 1 in seeds_of(history)
    assert 2 not in seeds_of(history)
    assert len(list(history.folder.iterdir())) == MAX_PICTURES + 1


def test_of_a_very_large_drawing_only_the_first_pictures_are_kept(draw, root):
    history = History()
    history.keep([draw(*range(MAX_AT_ONCE + 10))], root)
    assert seeds_of(history) == list(range(MAX_AT_ONCE))


def test_thumbnails_are_small_whatever_the_picture(draw, root):
    history = History()
    history.keep([draw(1, side=256), draw(2, side=32)], root)
    sizes = [Image.open(io.BytesIO(kept.thumbnail)).size for kept in history.chosen(favourites_only=False).values()]
    assert sorted(sizes) == [(32, 32), (96, 96)]


def test_favourites_are_limited_too(draw, root):
    history = History()
    history.keep([draw(*range(MAX_FAVOURITES + 1))], root)
    for seed in range(MAX_FAVOURITES):
        history.mark(name_of(history, seed), True)
    with pytest.raises(RequestError, match=f"There can be {MAX_FAVOURITES} favourites"):
        history.mark(name_of(history, MAX_FAVOURITES), True)
    history.mark(name_of(history, 0), False)
    history.mark(name_of(history, MAX_FAVOURITES), True)
    assert len(seeds_of(history, favourites_only=True)) == MAX_FAVOURITES


def test_what_was_cleared_does_not_come_back_and_favourites_stay(draw, root):
    history, drawing = History(), draw(1, 2, 3)
    history.keep([drawing], root)
    history.mark(name_of(history, 2), True)
    history.clear()
    history.keep([drawing], root)
    assert seeds_of(history) == [2]
    assert len(list(history.folder.iterdir())) == 1


def test_nothing_stays_of_a_visitor_who_left(draw, root):
    history = History()
    history.keep([draw(1)], root)
    folder = history.folder
    history.delete()
    assert not folder.exists()
    assert history.pictures == {}


def test_after_an_hour_without_anything_new_the_history_begins_anew(draw, root):
    history = History()
    history.keep([draw(1)], root)
    gone = name_of(history, 1)
    history.folder.rename(root / "removed")
    with pytest.raises(RequestError, match="This image is gone"):
        history.find(gone)
    history.keep([draw(2)], root)
    assert seeds_of(history) == [2]


def test_a_star_counts_as_something_new(draw, root):
    history = History()
    history.keep([draw(1)], root)
    os.utime(history.folder, (0, 0))
    history.mark(name_of(history, 1), True)
    assert time.time() - history.folder.stat().st_mtime < 600


@pytest.mark.parametrize("name", ["", "../../etc/passwd", "0" * 32])
def test_a_name_that_is_none_finds_nothing(name):
    with pytest.raises(RequestError, match="This image is gone"):
        History().find(name)


def test_the_zip_holds_pictures_their_recipes_and_a_contact_sheet(draw, root):
    history = History()
    info = PaintedSampling().models()[0]
    stops = (TravelStop(Blend((FEATURE,)), 1), TravelStop(Blend((FEATURE,)), 2))
    strip = root / "strip.png"
    root.mkdir()
    save_picture(Image.new("RGB", (200, 64)), write_recipe(TravelRequest("painted", stops), info), strip)
    history.keep([draw(7, 8), (str(strip),)], root)
    with zipfile.ZipFile(history.export(root, favourites_only=False)) as archive:
        names = ["001-painted-path", "002-painted-seed7", "003-painted-seed8"]
        assert archive.namelist() == [f"{name}.{kind}" for name in names for kind in ("png", "json")] + ["grid.png"]
        with Image.open(io.BytesIO(archive.read("003-painted-seed8.png"))) as picture:
            assert picture.text["recipe"] == archive.read("003-painted-seed8.json").decode()
            assert json.loads(picture.text["recipe"])["seeds"] == [8]
        with Image.open(io.BytesIO(archive.read("grid.png"))) as sheet:
            assert sheet.size == (258, 258)
            assert sheet.getpixel((130 + 64, 64)) == (7, 0, 0)


def test_only_favourites_are_exported_if_asked(draw, root):
    history = History()
    with pytest.raises(RequestError, match="nothing to export"):
        history.export(root, favourites_only=False)
    history.keep([draw(7, 8)], root)
    with pytest.raises(RequestError, match="nothing to export"):
        history.export(root, favourites_only=True)
    history.mark(name_of(history, 8), True)
    with zipfile.ZipFile(history.export(root, favourites_only=True)) as archive:
        assert archive.namelist() == ["001-painted-seed8.png", "001-painted-seed8.json", "grid.png"]


def test_a_file_that_is_gone_before_it_was_kept_is_passed_over(draw, root):
    history, drawing = History(), draw(1, 2)
    os.unlink(drawing[0])
    history.keep([drawing], root)
    assert seeds_of(history) == [2]
