"""Sliders: an emptied number box is no error anywhere on the page."""

import re
from pathlib import Path

import gradio as gr
import pytest

import icgan_demo.ui
from icgan_demo.ui.common.slider import Slider


def test_an_emptied_box_stands_for_the_default():
    slider = Slider(1, 16, 4, step=1)
    assert slider.preprocess(None) == 4
    assert slider.preprocess(7) == 7
    with pytest.raises(gr.Error):
        slider.preprocess(99)


def test_the_front_end_draws_it_as_any_slider():
    assert Slider(0, 1, 0.5).get_block_name() == gr.Slider(0, 1, 0.5).get_block_name()


def test_every_slider_of_the_page_is_one():
    sources = Path(icgan_demo.ui.__file__).parent.rglob("*.py")
    assert [path.name for path in sources if re.search(r"gr\.Slider\(", path.read_text())] == []
