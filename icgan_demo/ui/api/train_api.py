"""The public endpoints around training: start, status, stop, list."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import Field, asdict, fields
from inspect import Parameter
from pathlib import Path
from typing import Any

import gradio as gr

from icgan_demo.config import TRUNCATION
from icgan_demo.errors import DemoError, RequestError
from icgan_demo.service.drawing.drawing_requests import COUNT
from icgan_demo.service.training.job_record import NOT_FOUND, RunView
from icgan_demo.service.training.train_request import AUTO, TrainRequest
from icgan_demo.service.training.training_service import TrainingService
from icgan_demo.setting import kind_of, with_parameters
from icgan_demo.ui.api.generate_api import Asked, GenerateEndpoints
from icgan_demo.ui.common.events import ASIDE, GIVE_WAY, MODEL
from icgan_demo.ui.common.feedback import shown_to_visitor
from icgan_demo.ui.common.services import Services
from icgan_demo.ui.common.widgets import PICTURE_TYPES, VIDEO_TYPES

MAX_LISTED = 200


class TrainingEndpoints:
    """What the endpoints do."""

    def __init__(self, services: Services, training: TrainingService) -> None:
        self._services = services
        self._training = training
        self._generate = GenerateEndpoints(services).generate

    def train_start(
        self, files: Sequence[str] | None = None, *, values: dict[str, Any], zip_names: str = ""
    ) -> dict[str, Any]:
        """Train on your images; returns the run as /train_status does. Keep its run_id: it is the only key to it.

        Runs wait for one another; without files the built-in set of drawn objects is used.

        Parameters:
            files: ZIP files, images or videos, at least ten different images; folders in a ZIP are classes.
            zip_names: encoding of names in a ZIP that do not state it: utf-8, cp949, gb18030, big5, cp932, cp866 or
                cp437; empty to detect it.
        """
        with shown_to_visitor():
            limits, base = self._training.limits, values["base"]
            values["base"] = self._services.base(base).name if base else ""
            values["learning_rate"] = values["learning_rate"] or None
            if limits.is_public and values["minutes"] is None:
                values["minutes"] = limits.minutes
            request = TrainRequest.of(values)
            sets = self._training.sets
            found = sets.add(None, [Path(file) for file in files], zip_names) if files else sets.built_in()
            try:
                run_id = self._training.jobs.start(found.set_id, request)
            except DemoError:
                sets.delete(found.set_id)
                raise
            return self._describe(self._training.jobs.view(run_id))

    def train_status(self, run_id: str) -> dict[str, Any]:
        """Tell how a run is: state, step, steps, elapsed_s, eta_s, images_per_s, message, position, model, by_class.

        The state is queued, preparing, running, pausing, stopping, finishing, paused, stopped, interrupted, stalled,
        failed or finished; "model" is then a name for /generate. "by_class" says of a finished run how many images of
        each class were recognised as such, generated ones and photos, by a classifier with no part in the training;
        or the reason why that was not measured; null otherwise.

        Parameters:
            run_id: from /train_start.
        """
        with shown_to_visitor():
            return self._describe(self._training.jobs.view(run_id))

    def train_stop(self, run_id: str, keep: bool = True) -> dict[str, Any]:
        """End a run within two steps; returns it as /train_status does.

        Parameters:
            run_id: from /train_start.
            keep: whether to write its model from where it is; otherwise it is saved and could be resumed on the page.
        """
        with shown_to_visitor():
            jobs = self._training.jobs
            is_waiting = jobs.view(run_id).state == "queued"
            (jobs.finish if keep and not is_waiting else jobs.stop)(run_id)
            return self._describe(jobs.view(run_id))

    def train_draw(
        self,
        photo: str | None = None,
        run_id: str = "",
        label: str = "",
        count: float = COUNT,
        seed: float = 0,
        truncation: float = TRUNCATION,
    ) -> Iterator[tuple[list[str], dict[str, Any], int]]:
        """Generate neighbours of a photo by a run as it is now: returns PNG files, their recipe, and the step.

        A run that is learning is asked for its present state and continues meanwhile. One that is paused or has ended
        draws as it was left; a finished one with its model. The recipe draws the same until the run's next states.

        Parameters:
            photo: the photo.
            run_id: from /train_start.
            label: class name; empty leaves the class to the photo.
            count: images, 1 to 64.
            seed: first seed, 0 to 2147483647.
            truncation: 0.05 (all alike) to 1 (widest variety).
        """
        with shown_to_visitor():
            jobs = self._training.jobs
            state = jobs.ask_state(run_id)
            for _ in state.wait():
                yield ASIDE
            yield GIVE_WAY
            model, step = jobs.publish_state(run_id, state)
            for files, recipe in self._generate(photo, None, model, label, count, seed, truncation):
                yield files, recipe, step

    def train_list(self, run_ids: list[str] | None = None) -> list[dict[str, Any]]:
        """List runs, the newest first, as /train_status describes them.

        Parameters:
            run_ids: only these; a public page lists no others.
        """
        with shown_to_visitor():
            if run_ids is None and self._training.limits.is_public:
                raise RequestError("This page lists only runs that you name.")
            if run_ids is not None and not isinstance(run_ids, list):
                raise RequestError("The runs must be a list of their run_id.")
            views = self._training.jobs.views()
            wanted = None if run_ids is None else set(map(str, run_ids[:MAX_LISTED]))
            return [self._describe(view) for view in views if wanted is None or view.run_id in wanted]

    def _describe(self, view: RunView) -> dict[str, Any]:
        values = asdict(view)
        found = self._training.jobs.files(view.run_id).by_class() if view.model else None
        values["settings"] = values.pop("request")
        return {**values, "by_class": found and asdict(found)}

    def train_export(self, run_id: str, images: bool = True, checkpoint: bool = True) -> tuple[str, int]:
        """Export a run as one file for another machine: returns it, and the step that it is of.

        It holds settings, curves, sheets and the finished model, as they were at the newest checkpoint, also of a run
        that is learning. Open it with /train_open, on the Train page, or with the command project open.

        Parameters:
            run_id: from /train_start.
            images: whether its images travel as well; needed to continue it, or to use them again.
            checkpoint: whether its newest checkpoint travels as well; needed to continue it.
        """
        with shown_to_visitor():
            if not isinstance(run_id, str):
                raise RequestError(NOT_FOUND)
            folder = self._services.output_dir / "training" / run_id[:32]
            file, exported = self._training.projects.export(
                run_id, folder, images=bool(images), checkpoint=bool(checkpoint)
            )
            return str(file), exported.step

    def train_open(self, file: str | None = None) -> dict[str, Any]:
        """Open a project file as a new run; returns it as /train_status does. "lacks" says what it needs to continue.

        A public page opens none.

        "lacks" is a list of "images" and "checkpoint" (not in the file), "same-images" (they are not the very files
        that the run learned from) and "base" (not on this machine).

        Parameters:
            file: from /train_export, the Train page, or the command project export.
        """
        with shown_to_visitor():
            if not file:
                raise RequestError("Choose a project file first.")
            return self._describe(self._training.jobs.view(self._training.projects.open(Path(file))))


def add_endpoints(services: Services, training: TrainingService, asked: Asked) -> None:
    """Add the endpoints to the current ``gr.Blocks``."""
    endpoints = TrainingEndpoints(services, training)
    gr.api(endpoints.train_status, api_name="train_status", queue=False)
    gr.api(endpoints.train_stop, api_name="train_stop", queue=False)
    gr.api(endpoints.train_list, api_name="train_list", queue=False)
    with gr.Row(visible=False):
        start, inputs = _start(endpoints)
        run = gr.JSON(label="run")
        run_id, step = gr.Textbox("", label="run_id"), gr.Number(label="step")
    asked.trigger.click(start, inputs, run, api_name="train_start", concurrency_id="train", concurrency_limit=2)
    work: dict[str, Any] = {"concurrency_id": "train", "concurrency_limit": 2}
    with gr.Row(visible=False):
        project = gr.File(label="file", file_types=[".zip"])
        images, checkpoint = gr.Checkbox(True, label="images"), gr.Checkbox(True, label="checkpoint")
    export = endpoints.train_export
    asked.trigger.click(export, [run_id, images, checkpoint], [project, step], api_name="train_export", **work)
    asked.trigger.click(endpoints.train_open, [project], run, api_name="train_open", **work)
    inputs = [asked.photo, run_id, asked.label, asked.count, asked.seed, asked.truncation]
    asked.trigger.click(endpoints.train_draw, inputs, [asked.files, asked.recipe, step], api_name="train_draw", **MODEL)


def _start(endpoints: TrainingEndpoints) -> tuple[Callable, list[Any]]:
    """Return the endpoint that starts a run, with a parameter for each setting, and its inputs.

    Widgets and not ``gr.api``, because only a component makes Gradio check that a named file is an upload.
    """
    asked = [each for each in fields(TrainRequest) if each.metadata.get("help")]
    values = [Parameter(each.name, Parameter.POSITIONAL_OR_KEYWORD, default=_default(each)) for each in asked]
    start = with_parameters(endpoints.train_start, "values", values)
    start.__doc__ = "\n".join([start.__doc__ or "", *(f"    {each.name}: {each.metadata['help']}" for each in asked)])
    files = gr.File(label="files", file_count="multiple", file_types=[*PICTURE_TYPES, *VIDEO_TYPES])
    settings = [
        (gr.Number if kind_of(each) in (int, float) else gr.Textbox)(_default(each), label=each.name) for each in asked
    ]
    return start, [files, *settings, gr.Textbox("", label="zip_names")]


def _default(each: Field) -> Any:
    return AUTO if each.name == "augment" else each.default
