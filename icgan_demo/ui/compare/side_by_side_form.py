"""The Compare page's experiment: two conditionings learn side by side, watched by their sheets and curves."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import gradio as gr
from PIL import Image

from icgan_demo.config import Conditioning
from icgan_demo.service.comparison.side_by_side import (
    MINUTES,
    curves_of,
    longest,
    pause_both,
    resume_both,
    side_by_side,
    start_side_by_side,
)
from icgan_demo.service.training.drawn_objects import CLASSES, PER_CLASS
from icgan_demo.service.training.job_record import RunView
from icgan_demo.service.training.training_service import TrainingService
from icgan_demo.ui.common.events import AT_ONCE, Updates
from icgan_demo.ui.common.feedback import shown_to_visitor
from icgan_demo.ui.common.slider import Slider
from icgan_demo.ui.common.visibility import HIDDEN
from icgan_demo.ui.common.widgets import heading
from icgan_demo.ui.compare.compare_view import STYLES, curves_html, learning_html, name_of
from icgan_demo.ui.texts.language import language_of, say, text
from icgan_demo.ui.train.run_text import set_html
from icgan_demo.ui.visitor.visits import Visits

LOOK_EVERY_S = 1.0
USUAL_MINUTES = 5


@dataclass(frozen=True)
class Shown:
    """Which runs' curves the page shows, so that a look that finds nothing new leaves them as they are."""

    run_ids: tuple[str, ...]
    measured: int
    """Evaluations of both."""


class SideBySideForm:
    """Lays the form out on construction; ``wire`` connects it. The two runs are the visit's ``side_by_side``."""

    def __init__(self, training: TrainingService, visits: Visits) -> None:
        self._training = training
        self._visits = visits
        words = [(text(f"compare_name_{word.name.lower()}"), word.value) for word in Conditioning]
        heading("compare_try")
        gr.HTML(text("compare_try_note"), elem_classes="fine-print")
        with gr.Row():
            self.words = [
                gr.Dropdown(words, value=word.value, label=text(f"compare_try_{name}"), elem_id=f"compare-try-{name}")
                for name, word in (("first", Conditioning.NONE), ("second", Conditioning.INSTANCE))
            ]
            most = longest(training.limits)
            self.minutes = Slider(
                MINUTES[0], most, min(USUAL_MINUTES, most), step=1, label=text("compare_try_minutes"), buttons=[],
                elem_id="compare-try-minutes",
            )  # fmt: skip
        with gr.Row(elem_classes="studio-buttons"):
            self.start = gr.Button(
                text("compare_try_start"), variant="primary", size="md", min_width=90, elem_id="compare-try-start"
            )
            self.pause = gr.Button(
                text("train_pause"), size="md", min_width=90, visible=HIDDEN, elem_id="compare-try-pause"
            )
            self.resume = gr.Button(
                text("train_resume"), size="md", min_width=90, visible=HIDDEN, elem_id="compare-try-resume"
            )
            self.zip = gr.UploadButton(
                text("compare_try_zip"), file_types=[".zip"], size="md", min_width=90, elem_id="compare-try-zip"
            )
            self.built_in = gr.Button(
                text("compare_try_built_in"), size="md", min_width=90, elem_id="compare-try-built-in"
            )
        self.images = gr.HTML("", elem_id="compare-try-images", elem_classes="fine-print")
        with gr.Row():
            self.runs = [
                gr.HTML("", css_template=STYLES, min_width=280, elem_id=f"compare-try-{name}-run")
                for name in ("first", "second")
            ]
        self.curves = gr.HTML("", css_template=STYLES, elem_id="compare-try-curves")
        self.set_id = gr.State(None)  # the visitor's own images; None for those of the project
        self.shown = gr.State(None)  # Shown
        self.timer = gr.Timer(LOOK_EVERY_S, active=False)

    @property
    def outputs(self) -> list[Any]:
        """Outputs of everything that looks at the runs."""
        return [*self.runs, self.curves, self.start, self.pause, self.resume, self.shown, self.timer]

    # --- handlers ---

    def open(self, request: gr.Request) -> Updates:
        """Show the visit's runs again, if it has any, and which images would be learned from."""
        with shown_to_visitor():
            return {**self._look(request, None), **self.use_built_in(request)}

    def use_built_in(self, request: gr.Request) -> Updates:
        """Learn from the images that the project draws itself."""
        count = PER_CLASS * len(CLASSES)
        said = say(language_of(request), "compare_try_images", count=count, classes=len(CLASSES))
        return {self.set_id: None, self.images: said}

    def take_zip(self, request: gr.Request, file: str) -> Updates:
        """Learn from the images of a ZIP, and show what was understood of it."""
        with shown_to_visitor():
            try:
                found = self._training.sets.add(None, [Path(file)])
            finally:
                Path(file).unlink(missing_ok=True)
            html = set_html(found, self._training.limits, language_of(request))
            return {self.set_id: found.set_id, self.images: html}

    def start_both(self, request: gr.Request, set_id: str | None, first: str, second: str, minutes: float) -> Updates:
        """Start both runs, and show them."""
        with shown_to_visitor():
            language, words = language_of(request), [Conditioning(first), Conditioning(second)]
            titles = [say(language, "compare_try_title", name=name_of(word, language)) for word in words]
            run_ids = start_side_by_side(self._training, set_id, words, minutes, titles)
            self._visits.of(request).side_by_side = run_ids
            self._visits.keep(request)
            return self._look(request, None)

    def look(self, request: gr.Request, shown: Shown | None) -> Updates:
        """Show what is new; runs that have ended are looked at no more."""
        with shown_to_visitor():
            return self._look(request, shown)

    def pause_both(self, request: gr.Request, shown: Shown | None) -> Updates:
        """Save both runs and let them rest."""
        return self._do(pause_both, request, shown)

    def resume_both(self, request: gr.Request, shown: Shown | None) -> Updates:
        """Continue with both."""
        return self._do(resume_both, request, shown)

    # --- pieces ---

    def _do(
        self, act: Callable[[TrainingService, Sequence[str]], None], request: gr.Request, shown: Shown | None
    ) -> Updates:
        with shown_to_visitor():
            act(self._training, self._visits.of(request).side_by_side)
            return self._look(request, shown)

    def _look(self, request: gr.Request, shown: Shown | None) -> Updates:
        """Return what has changed since ``shown``; None shows everything."""
        run_ids, language = self._visits.of(request).side_by_side, language_of(request)
        if not run_ids:
            return self._rest()
        views = side_by_side(self._training, run_ids)
        if not views:
            gone = say(language, "compare_try_gone")
            return {**self._rest(), self.runs[0]: gone, self.runs[1]: "", self.curves: ""}
        files = [self._training.jobs.files(view.run_id) for view in views]
        sheets = [each.sheets() for each in files]
        measured = sum(len(curve.steps) for each in files for curve in each.metrics.curves()[:1])
        now = Shown(run_ids, measured)
        updates: Updates = {self.shown: now}
        for panel, view, found in zip(self.runs, views, sheets, strict=True):
            sheet = Image.open(found[max(found)]).convert("RGB") if found else None
            updates[panel] = learning_html(view, sheet, self._training.limits.is_public, language)
        if now != shown:
            updates[self.curves] = curves_html(curves_of(self._training, views), language)
        return updates | self._buttons(views)

    def _buttons(self, views: Sequence[RunView]) -> Updates:
        is_active, can_go_on = any(view.is_active for view in views), any(view.is_resumable for view in views)
        return {
            self.start: gr.update(interactive=not is_active),
            self.pause: gr.update(visible=True if is_active else HIDDEN),
            self.resume: gr.update(visible=True if can_go_on and not is_active else HIDDEN),
            self.timer: gr.Timer(LOOK_EVERY_S, active=is_active),
        }

    def _rest(self) -> Updates:
        return {self.shown: None, **self._buttons([])}


def wire(form: SideBySideForm, opened: Any) -> None:
    """Connect the widgets to their handlers.

    Args:
        form: what was laid out.
        opened: the event of the page that was opened and knows its visit.
    """
    work: dict[str, Any] = {
        "concurrency_id": "train", "concurrency_limit": 2, "show_progress": "hidden", "api_visibility": "private",
    }  # fmt: skip
    images = [form.set_id, form.images]
    opened.then(form.open, None, [*form.outputs, *images], **AT_ONCE)
    form.start.click(form.start_both, [form.set_id, *form.words, form.minutes], form.outputs, **work)
    form.zip.upload(form.take_zip, form.zip, images, **work)
    form.built_in.click(form.use_built_in, None, images, **AT_ONCE)
    form.timer.tick(form.look, form.shown, form.outputs, **AT_ONCE)
    form.pause.click(form.pause_both, form.shown, form.outputs, **AT_ONCE)
    form.resume.click(form.resume_both, form.shown, form.outputs, **AT_ONCE)
