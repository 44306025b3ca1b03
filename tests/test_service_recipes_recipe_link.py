"""Recipes in addresses: what comes back, and what strangers write there."""

import base64
import re
import zlib

import numpy as np
import pytest
from fakes import PaintedSampling

from icgan_demo.errors import RequestError
from icgan_demo.service.drawing.drawing_requests import Blend, DrawRequest, TravelRequest, TravelStop
from icgan_demo.service.recipes.recipe import MAX_RECIPE_BYTES, write_recipe
from icgan_demo.service.recipes.recipe_link import KEY, MAX_LINK, is_link, link_fragment, read_link

INFO = PaintedSampling().models()[0]


def instance(seed: int, length: int = 256) -> Blend:
    feature = np.random.default_rng(seed).standard_normal(length).astype(np.float32)
    return Blend((feature / np.linalg.norm(feature),))


def packed(text: bytes) -> str:
    return KEY + base64.urlsafe_b64encode(zlib.compress(text, 9)).decode().rstrip("=")


@pytest.mark.parametrize(
    "request_",
    [
        DrawRequest.neighbours("painted", instance(0).features[0], 1, 7, label="Lemon"),
        DrawRequest("painted", instance(1), (3,), 0.5, noise=np.full(4, 0.25, np.float32)),
        TravelRequest("painted", tuple(TravelStop(instance(seed), seed) for seed in range(12))),
    ],
    ids=["neighbours", "found", "path"],
)
def test_a_link_holds_the_whole_recipe(request_):
    recipe = write_recipe(request_, INFO)
    fragment = link_fragment(recipe)
    assert re.fullmatch(r"recipe=[\w-]+", fragment), "it must pass through mail and messengers as it is"
    assert read_link(f"https://example.org/studio?part=mix#{fragment}") == recipe


def test_a_link_of_one_image_is_short():
    assert len(link_fragment(write_recipe(DrawRequest("painted", instance(0), (1,)), INFO))) < 2500


def test_a_link_is_read_also_when_its_equals_sign_was_escaped_on_the_way():
    recipe = write_recipe(DrawRequest("painted", instance(0), (1,)), INFO)
    address = "studio#" + link_fragment(recipe).replace("=", "%3D")
    assert is_link(address)
    assert read_link(address) == recipe


def test_what_is_too_long_for_a_link_has_none():
    stops = tuple(TravelStop(instance(seed, 2048)) for seed in range(12))
    assert link_fragment(write_recipe(TravelRequest("painted", stops), INFO)) == ""


def test_other_addresses_are_no_links():
    assert not is_link("")
    assert not is_link("studio?part=mix#swap")


@pytest.mark.parametrize(
    "fragment",
    [
        KEY,
        KEY + "????",
        KEY + "A" * 100,
        KEY + "é" * 10,
        KEY + "A" * (MAX_LINK + 1),
        link_fragment(write_recipe(DrawRequest("painted", instance(0), (1,)), INFO))[:-40],
        packed(b"{}")[:-3],
    ],
    ids=["empty", "no base64", "no zlib", "no ascii", "long", "cut off", "no end"],
)
def test_a_damaged_link_says_so(fragment):
    with pytest.raises(RequestError, match="This link is damaged"):
        read_link(fragment)


@pytest.mark.parametrize("text", [b"[]", b"no json", b"{}", b'{"schema": 1, "kind": "blend"}', b"\xff\xfe"])
def test_what_is_no_recipe_is_refused_in_one_sentence(text):
    with pytest.raises(RequestError, match=r"^The recipe [^\n]+\.$"):
        read_link(packed(text))


def test_a_link_is_inflated_no_further_than_a_recipe_may_be_long():
    bomb = packed(b" " * (40 << 20))
    assert len(bomb) <= MAX_LINK
    with pytest.raises(RequestError, match="larger than 1 MB"):
        read_link(bomb)
    assert MAX_RECIPE_BYTES < 40 << 20
