"""The Compare page's experiment: two conditionings learn side by side, watched by their sheets and curves."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import gradio as gr

from icgan_demo.config import Conditioning
from icgan_demo.errors import RequestError
from icgan_demo.service.comparison.side_by_side import (
    MINUTES,
    curves_of,
    delete_both,
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
from icgan_demo.ui.compare.compare_view import STYLES, curves_html, name_of, sheet_html
from icgan_demo.ui.texts.language import language_of, say, text
from icgan_demo.ui.train.run_text import set_html, status_html
from icgan_demo.ui.visitor.visits import Visits

LOOK_EVERY_S = 1.0
USUAL_MINUTES = 5


@dataclass(frozen=True)
class Shown:
    """What of two runs the page shows, so that a look that finds nothing new changes nothing."""

    run_ids: tuple[str, ...]
    sheets: tuple[int, ...]
    """Step of the newest sheet of each; -1 before the first."""
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
            self.delete = gr.Button(
                text("train_delete"),
                variant="stop",
                size="md",
                min_width=90,
                visible=HIDDEN,
                elem_id="compare-try-delete",
            )
            self.zip = gr.UploadButton(
                text("compare_try_zip"), file_types=[".zip"], size="md", min_width=90, elem_id="compare-try-zip"
            )
            self.built_in = gr.Button(
                text("compare_try_built_in"), size="md", min_width=90, elem_id="compare-try-built-in"
            )
        self.images = gr.HTML("", elem_id="compare-try-images", elem_classes="fine-print")
        with gr.Row():
            self.runs, self.sheets = [], []
            for name in ("first", "second"):
                with gr.Column(min_width=280):
                    self.runs.append(gr.HTML("", elem_id=f"compare-try-{name}-run"))
                    self.sheets.append(gr.HTML("", css_template=STYLES, elem_id=f"compare-try-{name}-sheet"))
        self.curves = gr.HTML("", css_template=STYLES, elem_id="compare-try-curves")
        self.set_id = gr.State(None)  # the visitor's own images; None for those of the project
        self.shown = gr.State(None)  # Shown
        self.timer = gr.Timer(LOOK_EVERY_S, active=False)

    @property
    def outputs(self) -> list[Any]:
        """Outputs of everything that looks at the runs."""
        buttons = [self.start, self.pause, self.resume, self.delete]
        return [*self.runs, *self.sheets, self.curves, *buttons, self.shown, self.timer]

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

    def wait_for_zip(self) -> Any:
        """Let nobody start before it is known what a ZIP holds."""
        return gr.update(interactive=False)

    def take_zip(self, request: gr.Request, file: str, set_id: str | None) -> Updates:
        """Learn from the images of a ZIP, and show what was understood of it."""
        with shown_to_visitor():
            try:
                found = self._training.sets.add(None, [Path(file)])
            finally:
                Path(file).unlink(missing_ok=True)
            if set_id is not None:
                self._training.jobs.release_set(set_id)
            html = set_html(found, self._training.limits, language_of(request))
            return {self.set_id: found.set_id, self.images: html}

    def start_both(self, request: gr.Request, set_id: str | None, first: str, second: str, minutes: float) -> Updates:
        """Start both runs, in the place of the two of before, and show them."""
        with shown_to_visitor():
            visit, language = self._visits.of(request), language_of(request)
            words = [_conditioning(first), _conditioning(second)]
            titles = [say(language, "compare_try_title", name=name_of(word, language)) for word in words]
            run_ids = start_side_by_side(self._training, set_id, words, minutes, titles)
            before, visit.side_by_side = visit.side_by_side, run_ids
            self._visits.keep(request)
            delete_both(self._training, before)
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

    def delete_both(self, request: gr.Request) -> Updates:
        """Delete both runs, with their images if nothing else needs them: the next ones learn from drawn ones."""
        with shown_to_visitor():
            visit = self._visits.of(request)
            run_ids, visit.side_by_side = visit.side_by_side, ()
            self._visits.keep(request)
            delete_both(self._training, run_ids)
            return {**self._look(request, None), **self.use_built_in(request)}

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
        found = side_by_side(self._training, run_ids)
        updates = self._buttons([view for view in found if view is not None])
        if not run_ids:
            return {**updates, **dict.fromkeys([*self.runs, *self.sheets, self.curves], ""), self.shown: None}
        gone = f"<p>{say(language, 'compare_try_gone')}</p>"
        for panel, view in zip(self.runs, found, strict=True):
            updates[panel] = gone if view is None else status_html(view, False, language)
        files = [None if view is None else self._training.jobs.files(view.run_id) for view in found]
        sheets = [{} if each is None else each.sheets() for each in files]
        measured = sum(len(curve.steps) for each in files if each for curve in each.metrics.curves()[:1])
        now = Shown(run_ids, tuple(max(each, default=-1) for each in sheets), measured)
        for number, each in enumerate(sheets):
            if shown is None or (shown.run_ids, shown.sheets[number]) != (now.run_ids, now.sheets[number]):
                view = found[number]
                updates[self.sheets[number]] = sheet_html(view, each[max(each)], language) if view and each else ""
        if shown is None or (shown.run_ids, shown.measured) != (now.run_ids, now.measured):
            measured_of = curves_of(self._training, [view for view in found if view is not None])
            updates[self.curves] = curves_html(measured_of, language)
        return updates | {self.shown: now}

    def _buttons(self, views: Sequence[RunView]) -> Updates:
        is_active, can_go_on = any(view.is_active for view in views), any(view.is_resumable for view in views)
        return {
            self.start: gr.update(interactive=not is_active),
            self.pause: gr.update(visible=True if is_active else HIDDEN),
            self.resume: gr.update(visible=True if can_go_on and not is_active else HIDDEN),
            self.delete: gr.update(visible=True if views else HIDDEN),
            self.timer: gr.Timer(LOOK_EVERY_S, active=is_active),
        }


def _conditioning(word: Any) -> Conditioning:
    try:
        return Conditioning(word)
    except ValueError as error:
        raise RequestError(f"The conditioning must be one of {', '.join(Conditioning)}.") from error


def wire(form: SideBySideForm, opened: Any) -> None:
    """Connect the widgets to their handlers.

    Args:
        form: what was laid out.
        opened: the event of the page that was opened and knows its visit.
    """
    work: dict[str, Any] = {
        "concurrency_id": "train", "concurrency_limit": 2, "show_progress": "hidden", "api_visibility": "private",
    }  # fmt: skip
    images, shown_on = [form.set_id, form.images], {"show_progress": "full", "show_progress_on": form.images}
    opened.then(form.open, None, [*form.outputs, *images], **AT_ONCE)
    form.start.click(form.start_both, [form.set_id, *form.words, form.minutes], form.outputs, **work)
    form.zip.upload(form.wait_for_zip, None, form.start, **AT_ONCE)
    taken = form.zip.upload(form.take_zip, [form.zip, form.set_id], images, **{**work, **shown_on})
    for answered in (taken.success, taken.failure):  # a refused one leaves Start as it was
        answered(form.look, form.shown, form.outputs, **AT_ONCE)
    form.built_in.click(form.use_built_in, None, images, **AT_ONCE)
    form.timer.tick(form.look, form.shown, form.outputs, **AT_ONCE)
    form.pause.click(form.pause_both, form.shown, form.outputs, **AT_ONCE)
    form.delete.click(form.delete_both, None, [*form.outputs, *images], **AT_ONCE)
    resumed = form.resume.click(form.resume_both, form.shown, form.outputs, **AT_ONCE)
    # A look from before the click may be answered after it, and would end the looking.
    resumed.then(form.look, form.shown, form.outputs, **AT_ONCE)
