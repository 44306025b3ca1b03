import os
import zipfile

import pytest
from fakes import PaintedSampling, colour_of_seed
from PIL import Image

from icgan_demo.errors import RequestError
from icgan_demo.service.drawing.drawing_requests import DrawRequest
from icgan_demo.service.recipes.drawn_files import DrawnFiles, contact_sheet, write_set
from icgan_demo.service.recipes.recipe import read_recipe, write_recipe


@pytest.fixture
def drawn():
    """Samples of a ranked set of five, and its recipe."""
    sampling = PaintedSampling()
    request = DrawRequest.neighbours("painted", sampling.pick("painted", 0).feature, count=5, seed=20, best_of=2)
    *_, samples = sampling.drawing.samples(request)
    return samples, write_recipe(request, sampling.models()[0], [sample.seed for sample in samples])


def test_a_set_is_its_pictures_a_sheet_and_a_recipe(drawn, tmp_path):
    paths = write_set(*drawn, tmp_path / "new" / "out")
    names = ["000.png", "001.png", "002.png", "003.png", "004.png", "grid.png", "recipe.json"]
    assert [path.name for path in paths] == sorted(os.listdir(tmp_path / "new" / "out")) == names
    for path, sample in zip(paths[: len(drawn[0])], drawn[0], strict=True):
        picture = Image.open(path)
        assert picture.size == (64, 64)
        assert picture.getpixel((5, 5)) == colour_of_seed(sample.seed)
    assert read_recipe(paths[-1].read_bytes()).count == 5


def test_every_picture_carries_its_own_recipe_and_says_that_it_is_synthetic(drawn, tmp_path):
    paths = write_set(*drawn, tmp_path)
    for path, sample in zip(paths[: len(drawn[0])], drawn[0], strict=True):
        text = Image.open(path).text
        again = read_recipe(text["recipe"])
        assert (again.seed, again.count, again.best_of) == (sample.seed, 1, 1)
        assert again.feature == drawn[1].feature
        assert text["Comment"].startswith("Synthetic image")
        assert "painted for tests" in text["Comment"]
    assert read_recipe(Image.open(tmp_path / "grid.png").text["recipe"]).best_of == 2


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
    folders = {DrawnFiles(tmp_path, drawn[1]).folder.name for _ in range(20)}
    assert len(folders) == 20
    assert all(len(name) == 32 for name in folders)


def test_a_saved_picture_is_not_written_again(drawn, tmp_path):
    """A browser may be reading the file while the gallery grows."""
    samples, recipe = drawn
    files = DrawnFiles(tmp_path, recipe)
    path = files.save(samples[0])
    before = path.stat().st_mtime_ns, path.stat().st_ino
    assert files.save(samples[0]) == path
    assert (path.stat().st_mtime_ns, path.stat().st_ino) == before
    assert path.name == f"painted-seed{samples[0].seed}.png"


def test_an_archive_holds_the_whole_set(drawn, tmp_path):
    samples, recipe = drawn
    files = DrawnFiles(tmp_path, recipe)
    saved = [files.save(sample).read_bytes() for sample in samples]
    path = files.save_archive([sample.seed for sample in samples[:3]], recipe)
    with zipfile.ZipFile(path) as archive:
        assert sorted(archive.namelist()) == ["000.png", "001.png", "002.png", "grid.png", "recipe.json"]
        assert [archive.read(f"00{place}.png") for place in range(3)] == saved[:3]
        assert archive.testzip() is None
