"""The models of a comparison side by side: one photo, the same seeds, each told what it was trained with."""

import json
from pathlib import Path

import numpy as np
import pytest
from comparison_models import write_comparison
from conftest import CLASS_NAMES
from PIL import Image
from test_training_run import run

from icgan_demo.config import Conditioning
from icgan_demo.errors import RequestError
from icgan_demo.service.comparison.compared_models import ComparedModels
from icgan_demo.service.comparison.comparing import ComparedRequest, ComparedRow
from icgan_demo.weights.folders import holds_comparison


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    """Return a comparison's folder."""
    return write_comparison(tmp_path_factory.mktemp("compared"))


@pytest.fixture(scope="module")
def photos(photo, tmp_path_factory) -> list[Path]:
    kept = tmp_path_factory.mktemp("photos")
    photo.save(kept / "one.png")
    noise = np.random.default_rng(0).integers(0, 256, (40, 40, 3), dtype=np.uint8)
    Image.fromarray(noise).save(kept / "two.png")
    return [kept / "one.png", kept / "two.png"]


def pixels(row: ComparedRow) -> list[bytes]:
    return [picture.tobytes() for picture in row.pictures]


def test_each_model_is_told_what_it_knows_of_a_photo(folder, photos):
    compared = ComparedModels(folder)
    assert compared.conditionings == list(Conditioning)
    assert compared.encoding == "instance-0"
    features = [compared.sampling.encode(compared.encoding, photo).feature for photo in photos]
    first, second = ({row.conditioning: row for row in compared.rows(each, ComparedRequest(2, 5))} for each in features)
    assert pixels(first[Conditioning.NONE]) == pixels(second[Conditioning.NONE])
    assert pixels(first[Conditioning.INSTANCE]) != pixels(second[Conditioning.INSTANCE])
    for word, row in first.items():
        assert (row.label in CLASS_NAMES) == word.uses_class
        assert len(row.pictures) == 2
        assert (row.cluster is not None) == (word is Conditioning.PARTITION)
    assert first[Conditioning.PARTITION].members


def test_figures_come_from_what_was_measured(folder):
    assert ComparedModels(folder).figures() is None
    names = {"series": "conditioning", "seed": 0, "images": 640, "curve": []}
    runs = [{**names, "value": word, "figures": {"coverage": 0.5, "fd": None}} for word in ("none", "instance")]
    stored = [{"seed": 0, "stored": count, "figures": {"coverage": 0.1 * count}} for count in (2, 4)]
    (folder / "compare.json").write_text(json.dumps({"protocol": {}, "runs": runs, "stored": stored}))
    figures = ComparedModels(folder).figures()
    assert [(word, cells[0]) for word, cells in figures.rows] == [("none", "640"), ("instance", "640")]
    cells = dict(zip(figures.columns, figures.rows[0][1], strict=True))
    assert (cells["coverage"], cells["fd"]) == ("0.500", "-")
    assert [plot[:2] for plot in figures.plots] == [("stored", "coverage")]
    assert figures.plots[0][2].startswith("<svg")
    assert figures.seeds == 1


@pytest.mark.parametrize(
    "content",
    [
        '{"protocol": {}, "runs": null, "stored": []}',
        '{"protocol": {}, "runs": [{"series": "conditioning", "value": "none"}], "stored": []}',
        '{"protocol": {}, "runs": [], "stored": [{"seed": 0, "stored": 5, "figures": {"coverage": NaN}}]}',
    ],
)
def test_a_damaged_file_of_figures_is_no_error(folder, content):
    (folder / "compare.json").write_text(content)
    figures = ComparedModels(folder).figures()
    assert figures is None or figures.plots == ()


def test_all_models_stay_loaded_and_members_need_a_model_that_knows_instances(tmp_path, photos):
    folder = write_comparison(tmp_path / "some", ("none", "partition", "class"))
    compared = ComparedModels(folder)
    feature = compared.sampling.encode(compared.encoding, photos[0]).feature
    rows = list(compared.rows(feature, ComparedRequest(1)))
    assert not compared.shows_instances
    assert [row.conditioning for row in rows] == ["none", "class", "partition"]
    assert rows[-1].members == ()
    assert {info.state for info in compared.sampling.models()} == {"ready"}


def test_a_folder_without_models_is_said_so(folder, tmp_path):
    assert holds_comparison(folder)
    assert not holds_comparison(tmp_path)
    with pytest.raises(RequestError, match="holds no models that were compared"):
        ComparedModels(tmp_path)


def test_the_command_shows_a_photo_beside_what_each_model_makes_of_it(folder, photos, capsys):
    assert run("compare", "--show", photos[0], "--out", folder) == 0
    said = capsys.readouterr().out
    assert "shown.png: the photo, and what each model generates for it." in said
    assert {"shown.png", "cluster.png"} <= {path.name for path in folder.iterdir()}


def test_a_comparison_needs_images_and_a_budget(tmp_path, capsys):
    assert run("compare", "--out", tmp_path) == 2
    assert "Name the images to learn from and a --budget" in capsys.readouterr().err
