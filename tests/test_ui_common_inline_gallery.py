"""Small pictures inside the answer, large ones and thumbnails that are gone by their address."""

import base64

import gradio as gr
import pytest
from PIL import Image

from icgan_demo.ui.common import inline_gallery
from icgan_demo.ui.common.inline_gallery import InlineGallery


@pytest.fixture
def picture(tmp_path):
    path = tmp_path / "seed7.png"
    Image.new("RGB", (8, 8), "red").save(path)
    return path


def shown(*values):
    return [entry["image"] for entry in InlineGallery().postprocess(list(values)).model_dump()]


def test_a_small_picture_is_sent_byte_for_byte_with_its_name(picture):
    [image] = shown((str(picture), "seed 7"))
    head, content = image["url"].split(",")
    assert head == "data:image/png;base64"
    assert base64.b64decode(content) == picture.read_bytes()
    assert (image["path"], image["orig_name"]) == (str(picture), "seed7.png")


def test_gradio_leaves_what_is_inside_the_answer_as_it_is(picture):
    """It gives every file an address and looks five times where it lies: 1 ms for each picture of each answer."""
    [image] = shown((str(picture), ""))
    assert image["meta"] == {}


def test_a_large_picture_and_one_that_is_gone_keep_their_address(picture, monkeypatch):
    gone = picture.with_name("gone.png")
    assert [image["url"] for image in shown((str(gone), ""))] == [None]
    monkeypatch.setattr(inline_gallery, "INLINE_BYTES", 10)
    assert [image["url"] for image in shown((str(picture), ""))] == [None]


def test_a_page_draws_it_as_a_gallery():
    assert InlineGallery().get_block_name() == gr.Gallery().get_block_name()
    assert InlineGallery().postprocess(None).model_dump() == []
