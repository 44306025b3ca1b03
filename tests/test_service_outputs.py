import os
import zipfile

import numpy as np
import pytest
from fakes import PaintedSampling, colour_of_seed
from PIL import Image

from icgan_demo.errors import RequestError
from icgan_demo.service.outputs import ResultFiles, contact_sheet, write_set
from icgan_demo.service.recipe import from_recipe
from icgan_demo.service.requests import SampleRequest


@pytest.fixture
def drawn():
    """Samples, request and model of a ranked set of five."""
    sampling = PaintedSampling()
    request = SampleRequest("painted", sampling.pick("painted", 0).feature, count=5, seed=20, best_of=2)
    *_, samples = sampling.generate(request)
    return samples, request, sampling.models()[0]


def test_a_set_is_its_pictures_a_sheet_and_a_recipe(drawn, tmp_path):
    paths = write_set(*drawn, tmp_path / "new" / "out")
    names = ["000.png", "001.png", "002.png", "003.png", "004.png", "grid.png", "recipe.json"]
    assert [path.name for path in paths] == sorted(os.listdir(tmp_path / "new" / "out")) == names
    for path, sample in zip(paths, drawn[0], strict=False):
        picture = Image.open(path)
        assert picture.size == (64, 64)
        assert picture.getpixel((5, 5)) == colour_of_seed(sample.seed)
    assert from_recipe(paths[-1].read_bytes()).count == 5


def test_every_picture_carries_its_own_recipe_and_says_that_it_is_synthetic(drawn, tmp_path):
    paths = write_set(*drawn, tmp_path)
    for path, sample in zip(paths, drawn[0], strict=False):
        text = Image.open(path).text
        again = from_recipe(text["recipe"])
        assert (again.seed, again.count, again.best_of) == (sample.seed, 1, 1)
        np.testing.assert_array_equal(again.feature, drawn[1].feature)
        assert text["Comment"].startswith("Synthetic picture")
        assert "painted for tests" in text["Comment"]
    assert from_recipe(Image.open(tmp_path / "grid.png").text["recipe"]).best_of == 2


def test_a_sheet_shows_all_pictures_row_by_row():
    sheet = contact_sheet([Image.new("RGB", (10, 10), (row, 0, 0)) for row in range(5)])
    assert sheet.size == (34, 22)
    assert [sheet.getpixel((12 * (n % 3) + 5, 12 * (n // 3) + 5))[0] for n in range(5)] == [0, 1, 2, 3, 4]
    assert sheet.getpixel((29, 17)) == (255, 255, 255)
    assert contact_sheet([Image.new("RGB", (10, 10))]).size == (10, 10)


def test_a_folder_that_cannot_be_written_is_one_sentence(drawn, tmp_path):
    (tmp_path / "out").write_text("a file")
    with pytest.raises(RequestError, match="'out' cannot be written") as caught:
        write_set(*drawn, tmp_path / "out")
    assert str(tmp_path) not in str(caught.value)


def test_each_drawing_has_a_folder_of_its_own_that_cannot_be_guessed(drawn, tmp_path):
    _, request, info = drawn
    folders = {ResultFiles(tmp_path, request, info).folder.name for _ in range(20)}
    assert len(folders) == 20
    assert all(len(name) == 32 for name in folders)


def test_a_saved_picture_is_not_written_again(drawn, tmp_path):
    """A browser may be reading the file while the gallery grows."""
    samples, request, info = drawn
    files = ResultFiles(tmp_path, request, info)
    path = files.save(samples[0])
    before = path.stat().st_mtime_ns, path.stat().st_ino
    assert files.save(samples[0]) == path
    assert (path.stat().st_mtime_ns, path.stat().st_ino) == before
    assert path.name == f"painted-seed{samples[0].seed}.png"


def test_an_archive_holds_the_whole_set(drawn, tmp_path):
    samples, request, info = drawn
    path = ResultFiles(tmp_path, request, info).save_archive(samples[:3])
    with zipfile.ZipFile(path) as archive:
        assert sorted(archive.namelist()) == ["000.png", "001.png", "002.png", "grid.png", "recipe.json"]
        assert archive.testzip() is None
