"""Edit's endpoint through the real client and a tiny real model."""

import json
from pathlib import Path

import pytest
from gradio_client import Client, handle_file
from gradio_client.exceptions import AppError
from live_page import open_page

from icgan_demo.service.drawing.inversion_requests import Nearness
from icgan_demo.service.drawing.sampling_service import SamplingService
from icgan_demo.service.model_store import ModelStore
from icgan_demo.service.recipes.recipe import read_recipe, read_recipe_file


@pytest.fixture(scope="module")
def client(models_folder, tmp_path_factory):
    service = SamplingService(ModelStore([models_folder]))
    with open_page(service, tmp_path_factory.mktemp("page")) as url:
        yield Client(url, verbose=False, download_files=str(tmp_path_factory.mktemp("downloads")))


def test_a_photo_is_redrawn_and_how_near_it_came_is_said(client, photo_path):
    photo = handle_file(photo_path)
    picture, recipe, said = client.predict(photo=photo, model="tiny", rounds=2, seed=4, api_name="/invert")
    assert recipe["schema"] == 2
    assert read_recipe_file(Path(picture)).to_json() == read_recipe(json.dumps(recipe)).to_json()
    assert said["distance"] <= said["best_seed_distance"]
    assert said["meaning"] == Nearness(said["nearness"]).sentence
    assert 4 <= said["seed"] < 20
    again, *_ = client.predict(file=handle_file(picture), api_name="/recipe_restore")
    assert len(again) == 1


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"photo": None}, "Please upload the file"),
        ({"rounds": 201}, "Rounds must be"),
        ({"rounds": 1.5}, "Rounds must be"),
        ({"truncation": 3}, "Truncation must be"),
        ({"label": "Durian"}, "does not know the class"),
    ],
)
def test_a_bad_request_is_one_sentence(client, photo_path, changes, message):
    good = {"photo": handle_file(photo_path), "model": "tiny", "rounds": 1}
    with pytest.raises(AppError, match=message):
        client.predict(**{**good, **changes}, api_name="/invert")
