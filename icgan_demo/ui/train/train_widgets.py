"""The widgets of the Train page and where they stand; what they do is in train_tab.py and live_run.py.

As in the Generate page, parts that have nothing to show yet are hidden by styles.css.
"""

from typing import Any

import gradio as gr

from icgan_demo.config import RESOLUTIONS, Limits
from icgan_demo.service.training.set_preview import NEIGHBOURS
from icgan_demo.service.training.train_request import (
    AUGMENTATIONS,
    AUTO,
    BATCH_SIZES,
    FREEZES,
    LICENCES,
    MAX_TITLE,
    TrainRequest,
)
from icgan_demo.ui.common.slider import Slider
from icgan_demo.ui.common.widgets import (
    PICTURE_TYPES,
    VIDEO_TYPES,
    heading,
    photo_box,
    pictures,
    status_line,
    strip,
    zip_names,
)
from icgan_demo.ui.texts.language import text
from icgan_demo.ui.train.class_boxes import camera, class_boxes
from icgan_demo.ui.train.outcome_view import by_class_part

SLIDER_STEPS = 5_000
"""Where the slider ends; longer runs are started by API or command line."""
SETTINGS = (
    "base", "steps", "minutes", "batch_size", "learning_rate", "neighbours", "augment", "freeze", "resolution", "title",
    "licence", "held_out",
)  # fmt: skip
LEFT_OPEN = {"minutes": 0, "batch_size": 0, "learning_rate": 0, "neighbours": 0, "freeze": -1, "held_out": -1}
"""What stands in a widget for the trainer's choice."""
AUGMENTS: tuple[tuple[str, ...], ...] = ((), AUGMENTATIONS[:1], AUGMENTATIONS[:2], AUGMENTATIONS)
TRIED = 8
"""Neighbours that a run draws of a photo, and training images to choose from."""
SHARES = (0.0, 0.05, 0.1, 0.2, 0.3)
RATES = (0.0, 5e-5, 1e-4, 3e-4, 1e-3)


class TrainWidgets:
    """Lays the page out on construction, inside the current ``gr.Blocks``."""

    def __init__(self, limits: Limits, browser_secret: str) -> None:
        self._limits = limits
        with gr.Row(elem_id="train-bench"):
            with gr.Column(scale=5, min_width=300, elem_id="train-side") as self.side:
                self._data_side()
            with gr.Column(scale=8, min_width=300, elem_id="train-view"):
                gr.HTML(text("train_empty"), elem_id="train-empty", html_template="<p>${value}</p>")
                with gr.Column(elem_id="train-live"):
                    self._live()
                with gr.Column(elem_id="train-data"):
                    self._data()
        # The training set, its id or None; a browser keeps it over a reload and a restart.
        self.set_id = gr.BrowserState(None, storage_key="icgan-training-set", secret=browser_secret)
        self.opened = gr.State(None)  # the class whose box shows all of its pictures
        self.shown = gr.State(None)  # what of the run the page shows already: ShownRun or None
        self.zoom = gr.State(None)  # steps that the curves are enlarged to, or None
        # The visitor's runs: {"current": id or None, "ids": [...]}; a browser keeps them over a reload and a restart.
        self.runs = gr.BrowserState(
            {"current": None, "ids": []}, storage_key="icgan-training-runs", secret=browser_secret
        )
        self.timer = gr.Timer(1.0, active=False)

    @property
    def settings(self) -> list[Any]:
        """Inputs of a request, in the order of ``SETTINGS``, which are the handlers' last arguments."""
        return [getattr(self, name) for name in SETTINGS]

    def _data_side(self) -> None:
        self.drop = gr.File(
            label=text("train_drop_images" if self._limits.is_public else "train_drop"),
            file_count="multiple",
            file_types=[*PICTURE_TYPES, *VIDEO_TYPES],
            height=190,
            elem_id="train-drop",
        )
        with gr.Row():
            self.start = gr.Button(
                text("train_start"), variant="primary", scale=5, min_width=120, elem_id="train-start"
            )
            self.built_in = gr.Button(text("train_built_in"), scale=4, min_width=150, elem_id="train-built-in")
        self.estimate = status_line("train-estimate", elem_classes="fine-print")
        self.note = gr.HTML("", elem_id="train-note", elem_classes="fine-print")
        with gr.Accordion(text("train_settings"), open=False, elem_id="train-settings"):
            self._settings()
        with gr.Accordion(text("train_runs"), open=False, elem_id="train-runs"):
            self.run_list = gr.Dropdown(
                [], label=text("train_runs"), show_label=False, info=text("train_runs_info"), elem_id="train-run-list"
            )

    def _settings(self) -> None:
        default = TrainRequest()
        self.base = gr.Dropdown([], label=text("train_base"), info=text("train_base_info"), elem_id="train-base")
        self.steps = _slider(
            "train_steps", 1, min(SLIDER_STEPS, self._limits.steps), min(default.steps, self._limits.steps)
        )
        self.minutes = gr.Number(
            None,
            label=text("train_minutes"),
            info=text("train_minutes_info"),
            minimum=0,
            maximum=self._limits.minutes,
            elem_id="train-minutes",
        )
        self.batch_size = _slider("train_batch", 0, BATCH_SIZES[-1], 0)
        rates: list[tuple[Any, float]] = [(f"{rate:g}" if rate else text("train_auto"), rate) for rate in RATES]
        self.learning_rate = gr.Dropdown(
            rates, value=0.0, label=text("train_rate"), info=text("train_rate_info"), elem_id="train-rate"
        )
        self.neighbours = _slider("train_k", 0, 50, 0)
        self.augment = gr.Dropdown(
            [(text(f"train_augment_{len(names)}"), ",".join(names) or "none") for names in AUGMENTS]
            + [(text("train_auto"), AUTO)],
            value=AUTO,
            label=text("train_augment"),
            info=text("train_augment_info"),
            elem_id="train-augment",
        )
        self.freeze = gr.Dropdown(
            [(text("train_auto"), -1), *((str(count), count) for count in range(FREEZES[-1] + 1))],
            value=-1,
            label=text("train_freeze"),
            info=text("train_freeze_info"),
            elem_id="train-freeze",
        )
        shares: list[tuple[Any, float]] = [
            (f"{share:.0%}" if share else text("train_held_none"), share) for share in SHARES
        ]
        self.held_out = gr.Dropdown(
            [(text("train_auto"), -1), *shares],
            value=-1,
            label=text("train_held_share"),
            info=text("train_held_share_info"),
            elem_id="train-held-share",
        )
        self.resolution = gr.Dropdown(
            list(RESOLUTIONS[:3]),
            value=default.resolution,
            label=text("train_resolution"),
            info=text("train_resolution_info"),
            elem_id="train-resolution",
        )
        self.zip_names = zip_names("train-zip-names")
        self.title = gr.Textbox(default.title, label=text("train_title"), max_length=MAX_TITLE, elem_id="train-title")
        self.licence = gr.Dropdown(
            list(LICENCES), value=default.licence, label=text("train_licence"), elem_id="train-licence"
        )
        self.command = gr.Code(
            "", language="shell", label=text("train_command"), interactive=False, lines=4, elem_id="train-command"
        )

    def _data(self) -> None:
        self.camera = camera()
        self.boxes = class_boxes()
        self.summary = gr.HTML("", elem_id="train-summary")
        self.preview = gr.HTML("", elem_id="train-preview")
        with gr.Column(elem_id="train-neighbourhoods"):
            heading("train_neighbours")
            gr.HTML(text("train_neighbours_note"), elem_classes="fine-print")
            self.near = strip("train-near", NEIGHBOURS + 1, "train_neighbours")
        self.again = gr.Button(text("train_again"), size="sm", elem_id="train-again")

    def _live(self) -> None:
        self.status = status_line("train-status")
        with gr.Row(elem_id="train-buttons"):
            self.pause = gr.Button(text("train_pause"), min_width=90, visible=False, elem_id="train-pause")
            self.resume = gr.Button(
                text("train_resume"), variant="primary", min_width=90, visible=False, elem_id="train-resume"
            )
            self.stop = gr.Button(text("train_stop"), variant="stop", min_width=90, visible=False, elem_id="train-stop")
            self.use = gr.Button(text("train_use"), variant="primary", min_width=90, visible=False, elem_id="train-use")
            self.download = gr.DownloadButton(
                text("train_download"), min_width=90, visible=False, elem_id="train-download"
            )
        with gr.Row(elem_id="train-sheets"):
            self.before = _sheet("train_before", "train-before")
            self.now = _sheet("train_now", "train-now")
        self.time = Slider(
            0, 1, 0, step=1, label=text("train_time"), info=text("train_time_info"), buttons=[], elem_id="train-time"
        )
        self.shown_step = gr.HTML("", elem_id="train-shown-step", elem_classes="fine-print")
        self.by_class = by_class_part()
        with gr.Column(elem_id="train-try"):
            self._try()
        with gr.Accordion(text("train_real"), open=False, elem_id="train-real-fold"):
            self.real = _sheet("train_real", "train-real")
        with gr.Accordion(text("train_worst"), open=False, elem_id="train-worst-fold"):
            gr.HTML(text("train_worst_note"), elem_classes="fine-print")
            self.worst = _sheet("train_worst", "train-worst")
        self.lesson = gr.HTML("", elem_id="train-lesson", elem_classes="fine-print")
        with gr.Accordion(text("train_curves"), open=True, elem_id="train-curves"):
            self._curves()
        with gr.Accordion(text("train_hub"), open=False, visible=False, elem_id="train-hub") as self.hub:
            self._hub()
        with gr.Accordion(text("project"), open=False, elem_id="train-project") as self.project:
            self._project()
        with gr.Row(elem_id="train-delete-row"):
            self.delete = gr.Button(text("train_delete"), size="sm", min_width=90, elem_id="train-delete")
            self.delete_sure = gr.Button(
                text("train_delete_sure"), size="sm", variant="stop", visible=False, elem_id="train-delete-sure"
            )

    def _try(self) -> None:
        heading("train_try")
        gr.HTML(text("train_try_note"), elem_classes="fine-print")
        with gr.Row():
            with gr.Column(scale=2, min_width=160):
                self.try_photo = photo_box("train-try-photo", 170, label="train_try_photo", alt=text("train_try_photo"))
                self.try_draw = gr.Button(text("train_try_draw"), size="sm", elem_id="train-try-draw")
            with gr.Column(scale=5, min_width=220):
                self.try_own = strip("train-try-own", TRIED, "train_try_own")
                self.tried = pictures("train-tried", TRIED // 2, "train_tried")
                self.tried_step = status_line("train-tried-step", elem_classes="fine-print")

    def _curves(self) -> None:
        self.losses = _plot("train_losses", "train-losses")
        _explained("train_losses")
        self.scores = _plot("train_scores", "train-scores", visible=False)
        _explained("train_scores")
        self.metrics = _plot("train_metrics", "train-metrics", visible=False)
        _explained("train_metrics")
        self.shares = _plot("train_shares", "train-shares", visible=False)
        _explained("train_shares")
        gr.HTML(text("train_curves_note"), elem_classes="fine-print")
        self.smoothing = Slider(
            0, 0.98, 0.8, step=0.02, label=text("train_smoothing"), buttons=[], elem_id="train-smoothing"
        )

    def _hub(self) -> None:
        self.repository = gr.Textbox(
            label=text("train_hub_repository"), placeholder="owner/my-model", max_length=200, elem_id="train-repository"
        )
        self.token = gr.Textbox(
            label=text("train_hub_token"),
            info=text("train_hub_token_info"),
            type="password",
            max_length=200,
            elem_id="train-token",
        )
        self.private = gr.Checkbox(True, label=text("train_hub_private"), elem_id="train-private")
        self.push = gr.Button(text("train_hub_push"), elem_id="train-push")
        self.pushed = status_line("train-pushed")

    def _project(self) -> None:
        """Texts are filled in when it is unfolded: those of components are sent to every page."""
        self.project_note = gr.HTML("", elem_classes="fine-print")
        self.project_images = gr.Checkbox(True, label="", elem_id="project-images")
        self.project_checkpoint = gr.Checkbox(True, label="", elem_id="project-checkpoint")
        self.project_make = gr.Button("", elem_id="project-make")
        self.project_said = status_line("project-said", elem_classes="says")
        self.project_save = gr.DownloadButton("", visible=False, elem_id="project-save")


def _slider(key: str, low: int, high: int, value: int) -> gr.Slider:
    return Slider(
        low,
        high,
        value,
        step=1,
        label=text(key),
        info=text(f"{key}_info"),
        buttons=[],
        elem_id=key.replace("_", "-"),
    )


def _sheet(key: str, elem_id: str) -> gr.Image:
    return gr.Image(
        format="png",
        interactive=False,
        label=text(key),
        buttons=["fullscreen"],
        alt_text=text(f"{key}_alt"),
        min_width=200,
        elem_id=elem_id,
        elem_classes="sheet",
    )


def _explained(key: str) -> None:
    """Say below a plot what it shows; styles.css hides this with the plot."""
    gr.HTML(text(f"{key}_note"), elem_classes="fine-print plot-note")


def _plot(key: str, elem_id: str, *, visible: bool = True) -> gr.LinePlot:
    return gr.LinePlot(
        x="step",
        y="value",
        color="curve",
        title=text(key),
        x_title=" ",
        y_title=" ",
        color_title=" ",
        height=210,
        buttons=["fullscreen", "export"],
        visible=visible,
        elem_id=elem_id,
        elem_classes="curves",
    )
