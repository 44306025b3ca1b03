"""The shown run as a project file: made when it is asked for, then saved like every download."""

from typing import Any

import gradio as gr

from icgan_demo.errors import RequestError
from icgan_demo.service.training.job_record import NOT_FOUND
from icgan_demo.service.training.training_service import TrainingService
from icgan_demo.ui.common.events import AT_ONCE, Updates
from icgan_demo.ui.common.feedback import shown_to_visitor
from icgan_demo.ui.texts.language import language_of, say
from icgan_demo.ui.train.live_run import LiveRun
from icgan_demo.ui.train.shown_run import ShownRun
from icgan_demo.ui.train.train_widgets import TrainWidgets


class ProjectForm:
    """Answers the form's events."""

    def __init__(self, training: TrainingService, live: LiveRun, widgets: TrainWidgets) -> None:
        self._training = training
        self._live = live
        self._widgets = widgets

    def unfold(self, request: gr.Request) -> Updates:
        """Say what the form is for."""
        w, language = self._widgets, language_of(request)
        note = "project_note_public" if self._training.limits.is_public else "project_note"
        boxes = {w.project_images: "project_images", w.project_checkpoint: "project_checkpoint"}
        labelled = {box: (say(language, key), say(language, f"{key}_info")) for box, key in boxes.items()}
        return {
            w.project_note: say(language, note),
            **{box: gr.update(label=label, info=info) for box, (label, info) in labelled.items()},
            w.project_make: say(language, "project_make"),
            w.project_save: gr.update(label=say(language, "project_save")),
        }

    def export(self, request: gr.Request, shown: ShownRun | None, with_images: bool, with_checkpoint: bool) -> Updates:
        """Write the file, say what it holds, and offer it."""
        with shown_to_visitor():
            if shown is None:
                raise RequestError(NOT_FOUND)
            file, exported = self._training.projects.export(
                shown.run_id, self._live.copies(shown.run_id), images=with_images, checkpoint=with_checkpoint
            )
            values = {"step": exported.step, "size": exported.size / 1e6}
            return {
                self._widgets.project_said: say(language_of(request), "project_ready", **values),
                self._widgets.project_save: gr.update(value=str(file), visible=True),
            }


def wire(form: ProjectForm, w: TrainWidgets) -> None:
    """Connect the form."""
    filled = [w.project_note, w.project_images, w.project_checkpoint, w.project_make, w.project_save]
    w.project.expand(form.unfold, None, filled, **AT_ONCE)
    work: dict[str, Any] = {"concurrency_id": "train", "concurrency_limit": 2, "api_visibility": "private"}
    asked = [w.shown, w.project_images, w.project_checkpoint]
    w.project_make.click(form.export, asked, [w.project_said, w.project_save], show_progress_on=w.project_said, **work)
