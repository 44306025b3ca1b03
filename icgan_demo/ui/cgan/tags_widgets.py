"""The widgets of the Tags page and where they stand; what they do is in tags_tab.py."""

import gradio as gr

from icgan_demo.ui.common.instance_image import InstanceImage
from icgan_demo.ui.common.upload_widgets import CAMERA
from icgan_demo.ui.generate.generate_widgets import heading, strip
from icgan_demo.ui.texts.language import text

EXAMPLES = 6

_ANNOUNCED = '<p role="status" aria-live="polite">${value}</p>'


class TagsWidgets:
    """Lays the page out on construction, inside the current ``gr.Blocks``."""

    def __init__(self) -> None:
        gr.HTML(text("tags_about"), elem_id="tags-about", html_template="<p>${value}</p>")
        with gr.Row(elem_id="tags-bench"):
            with gr.Column(scale=5, min_width=300, elem_id="tags-photo-side"):
                self._photo_side()
            with gr.Column(scale=8, min_width=300, elem_id="tags-result-side"):
                self._result_side()
        self.tagged = gr.State(None)  # what was tagged: Picked or None
        self.example_rows = gr.State([])  # bank rows behind the examples, in their order

    def _photo_side(self) -> None:
        self.photo = InstanceImage(
            type="filepath",
            format="png",
            label=text("tags_photo"),
            show_label=False,
            sources=["upload", "webcam", "clipboard"],
            webcam_options=CAMERA,
            placeholder=text("instance_placeholder"),
            height=300,
            buttons=["fullscreen"],
            alt_text="The picture that is tagged",
            elem_id="tags-photo",
        )
        self.status = gr.HTML("", elem_id="tags-status", html_template=_ANNOUNCED)
        heading("examples")
        self.examples = strip("tags-examples", EXAMPLES, "examples")
        with gr.Column(elem_id="tags-handover"):
            self.label = gr.Radio([], label=text("tags_class"), info=text("tags_class_info"), elem_id="tags-class")
            self.use = gr.Button(text("tags_use"), variant="primary", elem_id="tags-use")
        self.notes = gr.HTML("", elem_id="tags-notes", elem_classes="fine-print")

    def _result_side(self) -> None:
        heading("tags_votes")
        gr.HTML(text("tags_empty"), elem_id="tags-empty", html_template="<p>${value}</p>")
        self.votes = gr.Label(
            label=text("tags_votes"), show_label=False, show_heading=False, num_top_classes=10, elem_id="tags-votes"
        )
        self.verdict = gr.HTML("", elem_id="tags-verdict", html_template=_ANNOUNCED)
        with gr.Row(elem_id="tags-words"):
            with gr.Column(scale=5, min_width=300):
                heading("tags_map")
                self.map = gr.HTML("", elem_id="tags-map")
                gr.HTML(text("tags_map_note"), elem_classes="fine-print")
            with gr.Column(scale=3, min_width=200):
                heading("tags_similar")
                self.word = gr.Dropdown(
                    [], label=text("tags_word"), info=text("tags_word_info"), filterable=True, elem_id="tags-word"
                )
                self.similar = gr.HTML("", elem_id="tags-similar")
        self.licence = gr.HTML("", elem_id="tags-licence", elem_classes="fine-print")
