"""The handlers of the Tags page, its drawing and its endpoint, without a browser."""

import re

import gradio as gr
import numpy as np
import pytest
from fakes import PaintedSampling
from gradio_client import Client, handle_file
from live_page import open_page
from tagging_fakes import PaintedTagging

from icgan_demo.service.cgan.tag_requests import Tag
from icgan_demo.ui.api.tags_api import TagEndpoints
from icgan_demo.ui.cgan.tag_map import HEIGHT, LETTER, LINE, WIDTH, map_svg
from icgan_demo.ui.cgan.tags_tab import TagsTab, TagsWidgets
from icgan_demo.ui.common.services import Services
from icgan_demo.ui.layout import build_app
from icgan_demo.ui.visitor.visits import Visits


def test_every_word_sample_and_tag_is_on_the_map():
    places = np.random.default_rng(0).standard_normal((50, 2))
    cloud = np.random.default_rng(1).standard_normal((7, 2))
    drawing = map_svg(places, 'a "map" of <words>', cloud, [Tag("lemon", 3, (0.0, 0.0)), Tag("a<b", 1, (1.0, 0.0))])
    assert drawing.count("<circle") == 50 + 7 + 2
    assert "a&lt;b" in drawing
    assert "&quot;map&quot; of &lt;words&gt;" in drawing
    spots = [(float(x), float(y)) for x, y in re.findall(r'cx="([\d.-]+)" cy="([\d.-]+)"', drawing)]
    assert all(0 <= x <= WIDTH and 0 <= y <= HEIGHT for x, y in spots)


def test_names_on_the_map_do_not_cover_each_other():
    tags = [Tag("pineapple", 1, (0.0, 0.01 * place)) for place in range(10)]
    drawing = map_svg(np.array([[-1.0, -1], [1, 1]]), "map", tags=tags)
    lines = [(float(x), float(y)) for x, y in re.findall(r'<text x="([\d.]+)" y="([\d.]+)"', drawing)]
    half = len("pineapple") * LETTER / 2
    for index, (x, y) in enumerate(lines):
        assert all(abs(y - other) >= LINE - 1 or abs(x - centre) >= 2 * half for centre, other in lines[:index])


def test_a_map_of_one_place_does_not_divide_by_nothing():
    assert "nan" not in map_svg(np.zeros((3, 2)), "map")


def test_the_endpoint_wants_a_photo(photo_path):
    endpoints = TagEndpoints(PaintedTagging())
    with pytest.raises(gr.Error, match="Please upload the file"):
        endpoints.tag(None)
    found = endpoints.tag(str(photo_path))
    assert found["tags"][0] == {"word": "lemon", "votes": 100}
    assert found["classes"] == ["Lemon"]


def test_the_endpoint_answers_programs(photo_path, tmp_path):
    with open_page(PaintedSampling(), tmp_path, tagging=PaintedTagging()) as url:
        client = Client(url, verbose=False)
        found = client.predict(photo=handle_file(str(photo_path)), api_name="/tag")
    assert [tag["votes"] for tag in found["tags"]] == list(range(100, 0, -10))
    assert found["is_weak"] is False


def test_a_photo_that_comes_before_the_list_of_words_brings_it_along(photo_path, tmp_path):
    """Its first word was not among the choices, of which Gradio warned in the log."""
    with gr.Blocks():
        widgets = TagsWidgets()
    tab = TagsTab(Services(PaintedSampling(), tmp_path, tmp_path), PaintedTagging(), widgets, Visits())
    told = tab.tag_photo(None, str(photo_path))[widgets.word]
    assert told["value"] == "lemon"
    assert "lemon" in told["choices"]


def test_without_a_tag_service_the_app_has_no_page(tmp_path):
    page = build_app(Services(PaintedSampling(), tmp_path, tmp_path))
    assert "tags-page" not in {getattr(block, "elem_id", None) for block in page.blocks.values()}
