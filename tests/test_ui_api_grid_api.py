"""The endpoint of grids over HTTP: one file with its recipe, or one sentence."""

import pytest
from conftest import write_tiny_model
from gradio_client import Client, handle_file
from gradio_client.exceptions import AppError
from live_page import open_page
from PIL import Image

from icgan_demo.service.drawing.sampling_service import SamplingService
from icgan_demo.service.model_store import ModelStore


@pytest.fixture(scope="module")
def client(tmp_path_factory):
    folder = tmp_path_factory.mktemp("grid api")
    write_tiny_model(folder / "models" / "tiny")
    with open_page(SamplingService(ModelStore([folder / "models"])), folder) as url:
        yield Client(url, download_files=folder / "downloads", verbose=False)


def test_a_grid_is_one_file_with_its_recipe(client, photo_path):
    axes = {"columns": {"truncation": [0.3, 0.9]}, "rows": {"seed": [1, 2, 3]}}
    file, recipe = client.predict(photo=handle_file(photo_path), **axes, api_name="/grid")
    assert recipe["rows"] == {"setting": "seed", "values": [1, 2, 3]}
    assert "recipe" in Image.open(file).text
    file, _ = client.predict(photo=handle_file(photo_path), **axes, file_format="pdf", api_name="/grid")
    with open(file, "rb") as stream:
        assert stream.read(4) == b"%PDF"


def test_a_direction_that_was_found_is_an_axis(client, photo_path):
    found = client.predict(kind="noise", count=2, api_name="/directions")
    axes = {"columns": {"direction": [-2, 0, 2]}, "rows": {"seed": [1]}}
    for given, expected in ((found[1], "noise 2"), (None, "weights 1")):
        _, recipe = client.predict(photo=handle_file(photo_path), **axes, direction=given, api_name="/grid")
        assert recipe["images"][0]["moves"][0]["direction"]["name"] == expected


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"columns": {"magic": [1]}}, "Rows and columns are one setting each"),
        ({"columns": {"truncation": "all"}}, "must be a list"),
        ({"columns": {"seed": [0]}}, "the same setting"),
        ({"rows": {"seed": list(range(13))}}, "between 1 and 12"),
        ({"columns": {"direction": [0, 9]}}, "amount of a direction"),
        ({"file_format": "exe"}, "is written as png or pdf"),
    ],
)
def test_a_wrong_grid_is_one_sentence(client, photo_path, wrong, message):
    with pytest.raises(AppError, match=message):
        client.predict(photo=handle_file(photo_path), **wrong, api_name="/grid")
