"""The drop box: what its camera does."""

import gradio as gr

from icgan_demo.ui.cgan.tags_tab import TagsWidgets
from icgan_demo.ui.common.instance_image import InstanceImage
from icgan_demo.ui.common.widgets import photo_box
from icgan_demo.ui.generate.generate_widgets import GenerateWidgets


def test_no_camera_of_the_page_mirrors_its_photo(tmp_path):
    with gr.Blocks() as demo:
        GenerateWidgets(tmp_path)
        TagsWidgets()
        photo_box("any", height=100)
    boxes = [block for block in demo.blocks.values() if isinstance(block, InstanceImage)]
    assert len(boxes) >= 3
    assert [box.webcam_options.mirror for box in boxes] == [False] * len(boxes)
