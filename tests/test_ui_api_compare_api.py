"""The endpoint of the comparison over HTTP, with real models: one sheet and what each model was told."""

import pytest
from comparison_models import write_comparison
from fakes import PaintedSampling
from gradio_client import Client, handle_file
from gradio_client.exceptions import AppError
from live_page import open_page
from PIL import Image

from icgan_demo.config import Conditioning
from icgan_demo.service.comparison.compared_models import ComparedModels


@pytest.fixture(scope="module")
def client(tmp_path_factory):
    folder = tmp_path_factory.mktemp("compare api")
    compared = ComparedModels(write_comparison(folder / "compared"))
    with open_page(PaintedSampling(), folder, compared=compared) as url:
        yield Client(url, download_files=folder / "downloads", verbose=False)


def test_a_photo_is_drawn_by_every_model(client, photo_path):
    sheet, told = client.predict(photo=handle_file(photo_path), count=3, seed=4, api_name="/compare")
    assert [row["conditioning"] for row in told] == list(Conditioning)
    assert [row["label"] is not None for row in told] == [word.uses_class for word in Conditioning]
    assert [row["cluster"] is not None for row in told] == [word == "partition" for word in Conditioning]
    width, height = Image.open(sheet).size
    assert width > 4 * 32
    assert height > 5 * 32


@pytest.mark.parametrize(
    ("wrong", "message"), [({"count": 33}, "between 1 and 32"), ({"seed": -1}, "The seed must be")]
)
def test_a_wrong_value_is_one_sentence(client, photo_path, wrong, message):
    with pytest.raises(AppError, match=message):
        client.predict(photo=handle_file(photo_path), **wrong, api_name="/compare")


def test_without_a_photo_it_says_what_is_missing(client):
    with pytest.raises(AppError, match="Please upload the file"):
        client.predict(api_name="/compare")
