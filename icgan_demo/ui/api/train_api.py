"""The public endpoints around training: start, status, stop, list."""

from collections.abc import Callable, Sequence
from dataclasses import Field, asdict, fields
from inspect import Parameter
from pathlib import Path
from typing import Any

import gradio as gr

from icgan_demo.errors import DemoError, RequestError
from icgan_demo.service.training.run_view import RunView
from icgan_demo.service.training.train_request import AUTO, TrainRequest
from icgan_demo.service.training.training_desk import TrainingDesk
from icgan_demo.setting import kind_of, with_parameters
from icgan_demo.ui.common.feedback import shown_to_visitor
from icgan_demo.ui.common.services import Services
from icgan_demo.ui.common.widgets import PICTURE_TYPES

MAX_LISTED = 200


class TrainingEndpoints:
    """What the endpoints do."""

    def __init__(self, services: Services, desk: TrainingDesk) -> None:
        self._services = services
        self._desk = desk

    def train_start(
        self, files: Sequence[str] | None = None, *, values: dict[str, Any], zip_names: str = ""
    ) -> dict[str, Any]:
        """Train on your images; returns the run as /train_status does. Keep its run_id: it is the only key to it.

        Runs wait for one another; without files the built-in set of drawn objects is used.

        Parameters:
            files: ZIP files or images, at least ten different ones; folders in a ZIP are classes.
            zip_names: encoding of names in a ZIP that do not state it: utf-8, cp949, gb18030, big5, cp932, cp866 or
                cp437; empty to detect it.
        """
        with shown_to_visitor():
            limits, base = self._desk.limits, values["base"]
            values["base"] = self._services.base(base).name if base else ""
            values["learning_rate"] = values["learning_rate"] or None
            if limits.is_public and values["minutes"] is None:
                values["minutes"] = limits.minutes
            request = TrainRequest.of(values)
            sets = self._desk.sets
            found = sets.add(None, [Path(file) for file in files], zip_names) if files else sets.built_in()
            try:
                run_id = self._desk.jobs.start(found.set_id, request)
            except DemoError:
                sets.delete(found.set_id)
                raise
            return _describe(self._desk.jobs.view(run_id))

    def train_status(self, run_id: str) -> dict[str, Any]:
        """Tell how a run is: state, step, steps, elapsed_s, eta_s, images_per_s, message, position, model.

        The state is queued, preparing, running, pausing, stopping, finishing, paused, stopped, interrupted, stalled,
        failed or finished; "model" is then a name for /generate.

        Parameters:
            run_id: from /train_start.
        """
        with shown_to_visitor():
            return _describe(self._desk.jobs.view(run_id))

    def train_stop(self, run_id: str, keep: bool = True) -> dict[str, Any]:
        """End a run within two steps; returns it as /train_status does.

        Parameters:
            run_id: from /train_start.
            keep: whether to write its model from where it is; otherwise it is saved and could be resumed on the page.
        """
        with shown_to_visitor():
            jobs = self._desk.jobs
            is_waiting = jobs.view(run_id).state == "queued"
            (jobs.finish if keep and not is_waiting else jobs.stop)(run_id)
            return _describe(jobs.view(run_id))

    def train_list(self, run_ids: list[str] | None = None) -> list[dict[str, Any]]:
        """List runs, the newest first, as /train_status describes them.

        Parameters:
            run_ids: only these; a public page lists no others.
        """
        with shown_to_visitor():
            if run_ids is None and self._desk.limits.is_public:
                raise RequestError("This page lists only runs that you name.")
            if run_ids is not None and not isinstance(run_ids, list):
                raise RequestError("The runs must be a list of their run_id.")
            views = self._desk.jobs.views()
            wanted = None if run_ids is None else set(map(str, run_ids[:MAX_LISTED]))
            return [_describe(view) for view in views if wanted is None or view.run_id in wanted]


def add_endpoints(services: Services, desk: TrainingDesk) -> None:
    """Add the endpoints to the current ``gr.Blocks``."""
    endpoints = TrainingEndpoints(services, desk)
    gr.api(endpoints.train_status, api_name="train_status", queue=False)
    gr.api(endpoints.train_stop, api_name="train_stop", queue=False)
    gr.api(endpoints.train_list, api_name="train_list", queue=False)
    with gr.Row(visible=False):
        start, inputs = _start(endpoints)
        run = gr.JSON(label="run")
        trigger = gr.Button()
    trigger.click(start, inputs, run, api_name="train_start", concurrency_id="train", concurrency_limit=2)


def _start(endpoints: TrainingEndpoints) -> tuple[Callable, list[Any]]:
    """Return the endpoint that starts a run, with a parameter for each setting, and its inputs.

    Widgets and not ``gr.api``, because only a component makes Gradio check that a named file is an upload.
    """
    asked = [each for each in fields(TrainRequest) if each.metadata.get("help")]
    values = [Parameter(each.name, Parameter.POSITIONAL_OR_KEYWORD, default=_default(each)) for each in asked]
    start = with_parameters(endpoints.train_start, "values", values)
    start.__doc__ = "\n".join([start.__doc__ or "", *(f"    {each.name}: {each.metadata['help']}" for each in asked)])
    files = gr.File(label="files", file_count="multiple", file_types=PICTURE_TYPES)
    settings = [
        (gr.Number if kind_of(each) in (int, float) else gr.Textbox)(_default(each), label=each.name) for each in asked
    ]
    return start, [files, *settings, gr.Textbox("", label="zip_names")]


def _default(each: Field) -> Any:
    return AUTO if each.name == "augment" else each.default


def _describe(view: RunView) -> dict[str, Any]:
    values = asdict(view)
    values["settings"] = values.pop("request")
    return values
