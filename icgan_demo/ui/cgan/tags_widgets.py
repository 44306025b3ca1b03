"""The widgets of the Tags page and where they stand; what they do is in tags_tab.py."""

import gradio as gr

from icgan_demo.ui.common.widgets import heading, photo_box, status_line, strip
from icgan_demo.ui.texts.language import text

EXAMPLES = 6


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
        self.photo = photo_box(
            "tags-photo", 300, label="tags_photo", placeholder="instance_placeholder",
            alt="The photo to be tagged", buttons=["fullscreen"],
        )  # fmt: skip
        self.status = status_line("tags-status")
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
        self.verdict = status_line("tags-verdict")
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
