"""The endpoint /digits as a client meets it."""

import pytest
from digit_fakes import PaintedDigits
from fakes import PaintedSampling
from gradio_client import Client
from gradio_client.exceptions import AppError
from live_page import open_page
from PIL import Image


@pytest.fixture(scope="module")
def digits():
    return PaintedDigits()


@pytest.fixture(scope="module")
def client(digits, tmp_path_factory):
    with open_page(PaintedSampling(), tmp_path_factory.mktemp("page"), digits=digits) as url:
        yield Client(url, verbose=False)


def test_a_grid_comes_with_what_it_shows(client, digits):
    file, shown = client.predict(digits="37", seed=9, count=3, api_name="/digits")
    assert Image.open(file).getpixel((0, 0)) == (9, 255)
    assert shown == {"network": "modern", "seeds": [9, 10, 11], "digits": [3, 7]}
    assert digits.grids[-1].digits == (3, 7)


def test_a_blend_goes_from_one_digit_to_the_other(client, digits):
    _, shown = client.predict(network="paper", blend="38", count=2, api_name="/digits")
    assert shown == {"network": "paper", "seeds": [0, 1], "blend": [3, 8]}
    assert (digits.blends[-1].first, digits.blends[-1].second) == (3, 8)


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"digits": "abc"}, "Digits must be written like"),
        ({"count": 21}, "Seeds per digit must be a whole number between 1 and 20"),
        ({"seed": 0.5}, "The seed must be a whole number"),
        ({"network": "dcgan"}, "The network must be"),
        ({"blend": "3"}, "Blend needs two digits"),
    ],
)
def test_nonsense_is_refused_in_a_sentence(client, wrong, sentence):
    with pytest.raises(AppError, match=sentence):
        client.predict(**wrong, api_name="/digits")
