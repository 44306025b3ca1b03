"""The endpoints of directions through the real client and a tiny real model: good requests and bad ones."""

import numpy as np
import pytest
from gradio_client import Client, handle_file
from gradio_client.exceptions import AppError
from live_page import open_page
from PIL import Image

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


@pytest.fixture(scope="module")
def saved(client, features):
    files, _ = client.predict(feature=features[0], model="tiny", count=1, seed=5, api_name="/swap_class")
    return files[0]


def pixels(path):
    return np.asarray(Image.open(path).convert("RGB"), dtype=int)


def test_a_saved_image_is_moved_along_what_was_found_and_drawn_again(client, saved):
    found = client.predict(model="tiny", kind="responses", side=16, count=2, measure=True, api_name="/directions")
    assert [each["side"] for each in found] == [16, 16]
    assert found[0]["good"][0] <= 0 <= found[0]["good"][1]
    steps = [{"direction": each, "amount": 3} for each in found]
    picture, recipe = client.predict(file=handle_file(saved), steps=steps, api_name="/move")
    assert recipe["schema"] == 3
    assert (pixels(picture) != pixels(saved)).any()
    again, _ = client.predict(file=handle_file(picture), api_name="/recipe_restore")
    np.testing.assert_array_equal(pixels(again[0]), pixels(picture))


def test_a_difference_of_instances_is_one_direction(client, features):
    (found,) = client.predict(
        model="tiny", kind="difference", these=features[:2], those=features[2:], api_name="/directions"
    )
    assert found["space"] == "instance"
    assert found["good"] is None


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"kind": "magic"}, "The kind can be instance, condition"),
        ({"kind": "weights", "side": 48}, "has blocks of"),
        ({"kind": "noise", "count": 100}, "between 1 and 24"),
        ({"kind": "difference", "these": [[1, 2]]}, "unit length"),
        ({"kind": "difference"}, "1 to 64 instances on each side"),
    ],
)
def test_what_cannot_be_looked_for_is_said(client, values, said):
    with pytest.raises(AppError, match=said):
        client.predict(model="tiny", **values, api_name="/directions")


@pytest.mark.parametrize(
    ("steps", "said"),
    [
        ("up", "list of"),
        ([{"direction": {"space": "condition"}, "amount": 1}], "as /directions returns it"),
        ([{"direction": "up", "amount": 1}], "as /directions returns it"),
        ([{"direction": None, "amount": "far"}], "as /directions returns it"),
    ],
)
def test_steps_that_are_none_are_refused(client, saved, steps, said):
    with pytest.raises(AppError, match=said):
        client.predict(file=handle_file(saved), steps=steps, api_name="/move")
