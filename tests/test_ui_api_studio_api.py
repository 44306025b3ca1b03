"""The studio's endpoints through the real client and a tiny real model: good requests and bad ones."""

import json
from pathlib import Path

import numpy as np
import pytest
from gradio_client import Client, handle_file
from gradio_client.exceptions import AppError
from live_page import open_page
from PIL import Image

from icgan_demo.config import Precision
from icgan_demo.service.drawing.sampling_service import SamplingService
from icgan_demo.service.model_store import ModelStore


@pytest.fixture(scope="module")
def service(models_folder):
    return SamplingService(ModelStore([models_folder]))


@pytest.fixture(scope="module")
def client(service, tmp_path_factory):
    with open_page(service, tmp_path_factory.mktemp("page")) as url:
        yield Client(url, verbose=False, download_files=str(tmp_path_factory.mktemp("downloads")))


@pytest.fixture(scope="module")
def features(service):
    return [[float(number) for number in service.pick("tiny", row).feature] for row in range(3)]


def pixels(path):
    return np.asarray(Image.open(path).convert("RGB"), dtype=int)


def test_swap_class_at_its_end_draws_what_generate_draws(client, features):
    files, recipe = client.predict(
        feature=features[0], model="tiny", targets={"Lime": 1}, count=2, seed=5, api_name="/swap_class"
    )
    generated, _ = client.predict(
        feature=features[0], model="tiny", label="Lime", count=2, seed=5, api_name="/generate"
    )
    assert recipe["kind"] == "blend"
    assert recipe["seeds"] == [5, 6]
    for file, other in zip(files, generated, strict=True):
        assert np.abs(pixels(file) - pixels(other)).max() <= 1


def test_swap_class_takes_a_photo(client, photo_path):
    files, recipe = client.predict(photo=handle_file(photo_path), model="tiny", count=1, api_name="/swap_class")
    assert len(files) == 1
    assert recipe["blend"]["targets"] == []


def test_mix_with_one_weight_is_that_instance(client, features):
    mixed, _ = client.predict(features=features, weights=[0, 1, 0], model="tiny", count=1, api_name="/mix")
    alone, _ = client.predict(features=[features[1]], model="tiny", count=1, api_name="/mix")
    assert np.abs(pixels(mixed[0]) - pixels(alone[0])).max() <= 1


def test_interpolate_returns_a_film_with_its_frames(client, features):
    stops = [{"feature": row, "label": "Lemon", "seed": place} for place, row in enumerate(features)]
    film, recipe = client.predict(
        stops=stops, model="tiny", frames_per_leg=4, film_format="webp", scale=2, api_name="/interpolate"
    )
    with Image.open(film) as picture:
        assert picture.n_frames == 12
        assert picture.size == (64, 64)
    assert len(recipe["stops"]) == 3


def test_parts_of_a_path_have_times_of_their_own(client, features):
    times = [{"rest": 3}, {"frames": 2, "easing": "hold"}, {}]
    stops = [{"feature": row, "label": "Lemon", **time} for row, time in zip(features, times, strict=True)]
    film, recipe = client.predict(stops=stops, model="tiny", film_format="mp4", api_name="/interpolate")
    assert Path(film).stat().st_size > 0
    assert [stop.get("part") for stop in recipe["stops"]] == [
        {"rest": 3, "frames": None, "easing": None},
        {"rest": 0, "frames": 2, "easing": "hold"},
        None,
    ]
    with pytest.raises(AppError, match="can be linear, smooth or hold"):
        client.predict(stops=[{**stops[0], "easing": "quick"}, stops[1]], model="tiny", api_name="/interpolate")


def test_recipe_restore_draws_a_saved_picture_again_identically(client, features):
    files, _ = client.predict(features=features[:2], model="tiny", count=2, fine=1, fine_from=16, api_name="/mix")
    again, recipe = client.predict(file=handle_file(files[1]), api_name="/recipe_restore")
    assert recipe["seeds"] == [1]
    assert (pixels(again[0]) == pixels(files[1])).all()
    assert json.loads(Image.open(again[0]).text["recipe"])["seeds"] == [1]


def test_children_are_drawn_from_a_saved_picture_and_have_children_in_turn(client, features):
    (first, second), _ = client.predict(features=features[:2], model="tiny", count=2, api_name="/mix")
    files, recipes = client.predict(file=handle_file(first), count=3, seed=4, api_name="/children")
    assert len(files) == len(recipes) == 3
    again, _ = client.predict(file=handle_file(files[2]), api_name="/recipe_restore")
    assert (pixels(again[0]) == pixels(files[2])).all()
    assert json.loads(Image.open(files[2]).text["recipe"]) == recipes[2]
    grandchildren, _ = client.predict(
        file=handle_file(files[2]), partner=handle_file(second), count=2, api_name="/children"
    )
    assert len(grandchildren) == 2
    with pytest.raises(AppError, match="must be a number between 0 and 1"):
        client.predict(file=handle_file(first), strength=7, api_name="/children")


SAVED = Path(__file__).parent / "data" / "saved"


SHOWN = {
    "neighbours-ranked": (0, 1, 2),
    "class-swap": (0, 1, 2, 3),
    "search-gradient": (0,),
    "path-loop": (0, 3, 6),
    "path-open": (0, 3, 6),
}
"""Saved sheets, and the places of the pictures on them that are drawn again."""


@pytest.fixture(scope="class")
def saved_client(tmp_path_factory):
    """A page with the model that drew the saved pictures; while it is open, uploads go to it alone."""
    service = SamplingService(ModelStore([SAVED / "models"], precision=Precision.FLOAT32))
    with open_page(service, tmp_path_factory.mktemp("page")) as url:
        yield Client(url, verbose=False, download_files=str(tmp_path_factory.mktemp("downloads")))


class TestSavedByEarlierVersions:
    @pytest.mark.parametrize("name", SHOWN)
    def test_recipe_restore_draws_every_kind_and_a_path_as_its_stops(self, saved_client, name):
        path = SAVED / f"{name}.png"
        files, recipe = saved_client.predict(file=handle_file(path), api_name="/recipe_restore")
        sheet, expected = pixels(path), json.loads(Image.open(path).text["recipe"])
        assert {**recipe, "versions": {}} == {**expected, "versions": {}}
        for file, place in zip(files, SHOWN[name], strict=True):
            assert np.abs(pixels(file) - sheet[:, 34 * place : 34 * place + 32]).max() <= 1


@pytest.mark.parametrize(
    ("endpoint", "changes", "message"),
    [
        ("/swap_class", {"feature": None}, "Please upload the file"),
        ("/swap_class", {"targets": {"Durian": 1}}, "does not know the class"),
        ("/swap_class", {"targets": ["Lime"]}, "class names with weights"),
        ("/swap_class", {"targets": {"Lime": "much"}}, "A weight must be a number"),
        ("/swap_class", {"position": 2}, "The class slider must be"),
        ("/swap_class", {"count": 65}, "Images must be"),
        ("/swap_class", {"seed": 1.5}, "The seed must be"),
        ("/mix", {"features": []}, "must be a list of features"),
        ("/mix", {"features": {"a": 1}}, "must be a list of features"),
        ("/mix", {"weights": [1]}, "need as many weights"),
        ("/mix", {"weights": 5}, "The weights must be a list"),
        ("/mix", {"weights": {"0": 1}}, "The weights must be a list"),
        ("/mix", {"weights": [[1], 1]}, "A weight must be a number"),
        ("/mix", {"fine": 3}, "Fine must name one of the 2 features"),
        ("/interpolate", {"stops": []}, "between 2 and 12 stops"),
        ("/interpolate", {"stops": [1, 2]}, "must be a list of"),
        ("/interpolate", {"film_format": "exe"}, "The film can be gif, webp, mp4"),
        ("/interpolate", {"frames_per_leg": 1000}, "Frames per leg"),
        ("/recipe_restore", {}, "Please upload the file"),
    ],
)
def test_a_bad_request_is_one_sentence(client, features, endpoint, changes, message):
    good = {
        "/swap_class": {"feature": features[0], "model": "tiny", "count": 1},
        "/mix": {"features": features[:2], "model": "tiny", "count": 1},
        "/interpolate": {"stops": [{"feature": row} for row in features], "model": "tiny", "frames_per_leg": 2},
        "/recipe_restore": {"file": None},
    }
    with pytest.raises(AppError, match=message):
        client.predict(**{**good[endpoint], **changes}, api_name=endpoint)


def test_a_file_without_a_recipe_is_refused(client, photo_path, tmp_path):
    with pytest.raises(AppError, match="contains no recipe"):
        client.predict(file=handle_file(photo_path), api_name="/recipe_restore")
    text = Path(tmp_path / "a.json")
    text.write_text('{"schema": 99, "kind": "blend"}')
    with pytest.raises(AppError, match="newer version"):
        client.predict(file=handle_file(text), api_name="/recipe_restore")
