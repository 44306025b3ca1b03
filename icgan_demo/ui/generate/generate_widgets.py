"""The widgets of the Generate page and where they stand; what they do is in generate_tab.py.

Parts that have nothing to show yet are hidden by styles.css, which looks at the page and so is always right.
"""

from pathlib import Path

import gradio as gr

from icgan_demo.service.drawing.drawing_requests import COUNT, MAX_BEST_OF, MAX_PICTURES
from icgan_demo.service.values import EXAMPLES
from icgan_demo.ui.common.slider import Slider
from icgan_demo.ui.common.visibility import HIDDEN
from icgan_demo.ui.common.widgets import heading, photo_box, pictures, seed_box, status_line, strip, truncation_slider
from icgan_demo.ui.generate.automatic import AutomaticWidgets
from icgan_demo.ui.generate.model_downloads import DownloadWidgets
from icgan_demo.ui.generate.welcome import welcome
from icgan_demo.ui.texts.language import text

NEIGHBOURS = 6


class GenerateWidgets:
    """Lays the page out on construction, inside the current ``gr.Blocks``."""

    def __init__(self, thumbnail_dir: Path) -> None:
        """Lay it out; ``thumbnail_dir`` is a folder whose files everybody may see."""
        self._thumbnail_dir = thumbnail_dir
        self.notice = gr.HTML(visible=False, elem_id="notice")
        self.stop_loading = gr.Button(text("stop_loading"), size="sm", visible=HIDDEN, elem_id="stop-loading")
        with gr.Row(elem_id="workbench"):
            with gr.Column(scale=5, min_width=300, elem_id="instance-side"):
                self._instance_side()
            with gr.Column(scale=8, min_width=300, elem_id="result-side"):
                self._result_side()
        with gr.Accordion(text("bank"), open=False, elem_id="bank-fold") as self.bank_fold:
            self._bank()
        self.chosen = gr.State(None)  # the instance: Chosen or None
        self.shown = gr.State(None)  # the pictures in the gallery: ShownGallery or None
        self.files = gr.State(())  # of the pictures, once all are drawn
        self.signal = gr.State(None)  # StopSignal of the last drawing, or None
        self.selected = gr.State(None)  # file of the picture selected in the gallery, or None
        self.example_rows = gr.State([])  # bank rows behind the three strips of thumbnails, in their order
        self.neighbour_rows = gr.State([])
        self.bank_rows = gr.State([])
        self.loading = gr.State(None)  # StopSignal of the model that is being loaded
        self.in_use = gr.State("")  # the model whose classes and instances are shown
        self.switched = gr.State(None)  # what Automatic has just changed to: a model's name, and a word of its own
        self.poll = gr.Timer(0.7)  # runs until the model has been loaded

    @property
    def drawing(self) -> list[gr.components.Component]:
        """What choosing an instance and drawing it changes."""
        return [
            self.photo, self.chosen, self.signal, self.shown, self.selected, self.picked, self.crop, self.notes,
            self.neighbours, self.neighbour_rows, self.seed, self.status, self.stop, self.use_sample, self.results,
            self.drawn_licence, self.files, self.download, self.switched, *self.automatic.all,
        ]  # fmt: skip

    @property
    def settings(self) -> list[gr.components.Component]:
        """Inputs that decide what is drawn, in the order of the handlers' arguments."""
        return [
            self.model, self.count, self.seed, self.truncation, self.label, self.best_of, self.in_use, self.multimodal,
        ]  # fmt: skip

    def _instance_side(self) -> None:
        self.photo = photo_box(
            "instance", 340, placeholder="instance_placeholder", alt="The photo whose neighbours are generated",
            buttons=["fullscreen"],
        )  # fmt: skip
        with gr.Row(elem_id="main-buttons"):
            self.generate = gr.Button(text("generate"), variant="primary", scale=3, elem_id="generate")
            self.stop = gr.Button(text("stop"), variant="stop", scale=1, min_width=80, visible=HIDDEN, elem_id="stop")
        self.status = status_line("status")
        self.automatic = AutomaticWidgets()
        heading("examples", elem_id="examples-heading")
        self.examples = strip("examples", EXAMPLES)
        with gr.Accordion(text("settings"), open=False, elem_id="settings") as self.settings_fold:
            self._settings()
        self.downloads.lay_out_progress()

    def _settings(self) -> None:
        self.label = gr.Dropdown(
            [("none", "")], value="", label=text("label"), info=text("label_info"), elem_id="label"
        )
        self.count = Slider(1, MAX_PICTURES, COUNT, step=1, label=text("count"), buttons=[], elem_id="count")
        with gr.Row(elem_id="seed-row"):
            self.seed = seed_box("seed", info=text("seed_info"), min_width=140, scale=3)
            self.random_seed = gr.Button(text("random_seed"), size="sm", min_width=90, scale=1, elem_id="random-seed")
        self.truncation = truncation_slider("truncation", info=text("truncation_info"))
        self.multimodal = gr.Checkbox(
            value=False, label=text("multimodal"), info=text("multimodal_info"), elem_id="multimodal"
        )
        self.best_of = Slider(
            1,
            MAX_BEST_OF,
            1,
            step=1,
            label=text("best_of"),
            info=text("best_of_info"),
            buttons=[],
            elem_id="best-of",
        )
        self.model = gr.Dropdown([], label=text("model"), elem_id="model")
        self.downloads = DownloadWidgets()

    def _result_side(self) -> None:
        welcome(self._thumbnail_dir)
        self.results = pictures("results", 4)
        self.picked = status_line("picked")
        gr.HTML(text("use_sample_how"), elem_id="use-sample-how", elem_classes="fine-print")  # while none is selected
        with gr.Row(elem_id="result-buttons"):
            self.more = gr.Button(text("more"), size="md", min_width=100, elem_id="more")
            self.use_sample = gr.Button(
                text("use_sample"), size="md", min_width=100, interactive=False, elem_id="use-sample"
            )
            self.to_studio = gr.Button(text("to_studio"), size="md", min_width=100, elem_id="to-studio")
            self.download = gr.DownloadButton(text("download_all"), size="md", min_width=100, elem_id="download-all")
        with gr.Row(elem_id="seen"):
            with gr.Column(scale=0, min_width=132, elem_id="crop-column"):
                heading("crop")
                self.crop = gr.Image(
                    format="png",
                    interactive=False,
                    show_label=False,
                    buttons=[],
                    alt_text=text("crop_alt"),
                    elem_id="crop",
                )
            with gr.Column(scale=1, min_width=180, elem_id="neighbour-column"):
                heading("neighbours")
                self.neighbours = strip("neighbours", NEIGHBOURS)
                gr.HTML(text("neighbours_note"), elem_classes="fine-print")
        self.notes = gr.HTML("", elem_id="notes", elem_classes="fine-print")
        gr.HTML(text("synthetic"), elem_id="synthetic", elem_classes="fine-print")
        self.licence = gr.HTML("", elem_id="licence-note", elem_classes="fine-print")  # of the chosen model
        self.drawn_licence = gr.HTML("", elem_id="drawn-licence", elem_classes="fine-print")  # of the pictures shown

    def _bank(self) -> None:
        gr.HTML(text("bank_note"), elem_classes="fine-print")
        self.bank_filter = gr.Dropdown(
            [("all classes", "")], value="", label=text("bank_filter"), elem_id="bank-filter"
        )
        self.bank = strip("bank", 12)
