"""The public endpoints around training: start, status, stop, list."""

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import gradio as gr

from icgan_demo.errors import DemoError, RequestError
from icgan_demo.service.run_view import RunView
from icgan_demo.service.train_request import TrainRequest
from icgan_demo.service.training_desk import TrainingDesk
from icgan_demo.ui.api import whole
from icgan_demo.ui.feedback import shown_to_visitor
from icgan_demo.ui.services import Services
from icgan_demo.ui.training_widgets import AUTO
from icgan_demo.ui.upload_widgets import PICTURE_TYPES

MAX_LISTED = 200


class TrainingEndpoints:
    """What the endpoints do."""

    def __init__(self, services: Services, desk: TrainingDesk) -> None:
        self._services = services
        self._desk = desk

    def train_start(
        self,
        files: Sequence[str] | None = None,
        base: str = "",
        steps: float = TrainRequest.steps,
        minutes: float | None = None,
        batch_size: float | None = None,
        neighbours: float | None = None,
        freeze: float | None = None,
        title: str = TrainRequest.title,
        licence: str = TrainRequest.licence,
        learning_rate: float | None = None,
        augment: str = AUTO,
        seed: float = TrainRequest.seed,
        zip_names: str = "",
    ) -> dict[str, Any]:
        """Train on your pictures; returns the run as /train_status does. Keep its run_id: it is the only key to it.

        Runs wait for one another; without files the built-in set of drawn objects is used.

        Parameters:
            files: ZIP files or pictures, at least ten different ones; folders in a ZIP are classes.
            base: model to start from, a name from /models; empty for none.
            steps: updates of the generator.
            minutes: ends the run early; nothing for no such limit.
            batch_size: pictures per step, 2 to 64; nothing to choose it by the number of pictures.
            neighbours: size of a neighbourhood; nothing to choose it by the number of pictures.
            freeze: lower discriminator blocks kept as they are, 0 to 4; nothing for the trainer's choice.
            title: of the model, shown in the list.
            licence: of the pictures: unknown, CC0-1.0, CC-BY-4.0, CC-BY-SA-4.0, CC-BY-NC-4.0 or MIT.
            learning_rate: of both networks; nothing for the trainer's choice.
            augment: comma-separated, of translation, cutout and color; "none"; or "auto" for the trainer's choice.
            seed: every random choice derives from it.
            zip_names: how names in a ZIP are read that do not say it: utf-8, cp949, gb18030, big5, cp932, cp866 or
                cp437; empty to find out.
        """
        with shown_to_visitor():
            limits = self._desk.limits
            if limits.is_public:
                minutes = limits.minutes if minutes is None else minutes
            request = TrainRequest(
                base=self._services.base(base).name if base else "",
                steps=whole(steps),
                minutes=minutes,
                batch_size=whole(batch_size),
                neighbours=whole(neighbours),
                freeze=whole(freeze) if base else None,
                title=title,
                licence=licence,
                learning_rate=learning_rate or None,
                augment=None if augment == AUTO else tuple(name for name in augment.split(",") if name != "none"),
                seed=whole(seed),
            )
            sets = self._desk.sets
            found = sets.add(None, [Path(file) for file in files], zip_names) if files else sets.built_in()
            try:
                run_id = self._desk.jobs.start(found.set_id, request)
            except DemoError:
                sets.delete(found.set_id)
                raise
            return _described(self._desk.jobs.view(run_id))

    def train_status(self, run_id: str) -> dict[str, Any]:
        """Tell how a run is: state, step, steps, elapsed_s, eta_s, images_per_s, message, position, model.

        The state is queued, preparing, running, pausing, stopping, finishing, paused, stopped, interrupted, stalled,
        failed or finished; "model" is then a name for /generate.

        Parameters:
            run_id: from /train_start.
        """
        with shown_to_visitor():
            return _described(self._desk.jobs.view(run_id))

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
            return _described(jobs.view(run_id))

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
            return [_described(view) for view in views if wanted is None or view.run_id in wanted]


def add_endpoints(services: Services, desk: TrainingDesk) -> None:
    """Add the endpoints to the current ``gr.Blocks``."""
    endpoints = TrainingEndpoints(services, desk)
    gr.api(endpoints.train_status, api_name="train_status", queue=False)
    gr.api(endpoints.train_stop, api_name="train_stop", queue=False)
    gr.api(endpoints.train_list, api_name="train_list", queue=False)
    default = TrainRequest()
    with gr.Row(visible=False):
        # Widgets and not gr.api, because only a component makes Gradio check that a named file is an upload.
        inputs = [
            gr.File(label="files", file_count="multiple", file_types=PICTURE_TYPES),
            gr.Textbox("", label="base"),
            gr.Number(default.steps, label="steps"),
            gr.Number(None, label="minutes"),
            gr.Number(None, label="batch_size"),
            gr.Number(None, label="neighbours"),
            gr.Number(None, label="freeze"),
            gr.Textbox(default.title, label="title"),
            gr.Textbox(default.licence, label="licence"),
            gr.Number(None, label="learning_rate"),
            gr.Textbox(AUTO, label="augment"),
            gr.Number(default.seed, label="seed"),
            gr.Textbox("", label="zip_names"),
        ]
        run = gr.JSON(label="run")
        trigger = gr.Button()
    trigger.click(
        endpoints.train_start, inputs, run, api_name="train_start", concurrency_id="train", concurrency_limit=2
    )


def _described(view: RunView) -> dict[str, Any]:
    values = asdict(view)
    values["settings"] = values.pop("request")
    return values
