"""What the Train page does before a run: pictures come in, are looked at, and a run is started."""

import shutil
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import gradio as gr

from icgan_demo.errors import DemoError, RequestError
from icgan_demo.service.training.set_preview import SHOWN, evenly, neighbourhoods, write_thumbnail
from icgan_demo.service.training.train_request import TrainRequest, command_line
from icgan_demo.service.training.training_desk import TrainingDesk
from icgan_demo.service.training.training_sets import TrainingSet
from icgan_demo.ui.common.events import AT_ONCE, MODEL, Updates
from icgan_demo.ui.common.feedback import shown_to_visitor
from icgan_demo.ui.common.services import Services
from icgan_demo.ui.texts.language import language_of, say
from icgan_demo.ui.train.live_run import LiveRun, shown_parts
from icgan_demo.ui.train.run_text import estimate_text, set_html
from icgan_demo.ui.train.train_widgets import LEFT_OPEN, SETTINGS, TrainWidgets

KEEP_S = 3600.0
"""Thumbnails and copies of sheets are made again when they are needed after that."""
MY_MODEL = "my-model"


class RunSetup:
    """Answers the events around data, settings and start; ``wire`` connects them."""

    def __init__(self, services: Services, desk: TrainingDesk, widgets: TrainWidgets, live: LiveRun) -> None:
        self._services = services
        self._desk = desk
        self._widgets = widgets
        self._live = live

    # --- pictures ---

    def add_pictures(
        self,
        request: gr.Request,
        set_id: str | None,
        files: Sequence[str] | None,
        runs: dict[str, Any] | None,
        zip_names: str | None = None,
    ) -> Updates:
        """Take uploads into the set, and show what was understood."""
        with shown_to_visitor():
            if not files:
                return gr.skip()
            sweep_copies(self._services.output_dir)
            try:
                found = self._desk.sets.add(self._existing_set(set_id), [Path(file) for file in files], zip_names or "")
            finally:
                for file in files:  # the pictures that count have been copied, and an hour is long for the others
                    Path(file).unlink(missing_ok=True)
            understood = self._show_set(found, language_of(request))
            return {self._widgets.drop: None, **self._live.put_away(request, runs), **understood}

    def take_built_in(self, request: gr.Request, runs: dict[str, Any] | None) -> Updates:
        """Take the project's own pictures."""
        with shown_to_visitor():
            understood = self._show_set(self._desk.sets.built_in(), language_of(request))
            return {**self._live.put_away(request, runs), **understood}

    def forget_pictures(self, set_id: str | None) -> Updates:
        """Drop the pictures, so that others can come."""
        with shown_to_visitor():
            w = self._widgets
            if set_id:
                self._desk.jobs.release_set(set_id)
            return {w.set_id: None, w.summary: "", w.pictures: [], w.near: [], w.estimate: ""}

    def show_neighbours(self, request: gr.Request, set_id: str | None, base: str | None) -> Updates:
        """Show what the encoder of the base model takes for neighbours."""
        with shown_to_visitor():
            if set_id is None:
                return gr.skip()
            files = self._desk.sets.files(set_id)
            if len(files) < self._desk.limits.min_pictures:
                return {self._widgets.near: []}
            language = language_of(request)
            model = self._services.model(base or "").name
            shown = []
            for hood in neighbourhoods(self._services.sampling, model, files):
                shown.append((self._thumbnail(set_id, files[hood.position]), say(language, "train_instance")))
                for near in hood.near:
                    caption = say(language, "train_distance", distance=near.distance)
                    shown.append((self._thumbnail(set_id, files[near.position]), caption))
            return {self._widgets.near: shown}

    # --- settings ---

    def refresh(self, request: gr.Request) -> Updates:
        """Say what is allowed, when the page opens."""
        with shown_to_visitor():
            w, language, limits = self._widgets, language_of(request), self._desk.limits
            note = ""
            if limits.is_public:
                values = {"pictures": limits.pictures, "steps": limits.steps, "minutes": limits.minutes}
                note = say(language, "train_public", **values)
            return {w.note: note}

    def fill_bases(self, request: gr.Request, current: str | None) -> Updates:
        """Fill the list of base models as soon as they are known, and keep what was chosen."""
        with shown_to_visitor():
            states = ("ready", "available", "loading")
            usable = [info for info in self._services.sampling.models() if info.state in states and info.is_trainable]
            names = [info.name for info in usable]
            scratch = (say(language_of(request), "train_scratch"), "")
            chosen = current if current in names or current == "" else self._default_base()
            choices = [*((info.title, info.name) for info in usable), scratch]
            return {self._widgets.base: gr.update(choices=choices, value=chosen)}

    def show_command(self, *settings: Any) -> Updates:
        """Show the command line that does the same; unfinished settings change nothing."""
        if self._services.is_starting():
            return gr.skip()
        try:
            return {self._widgets.command: command_line(self._request(*settings), MY_MODEL)}
        except DemoError:
            return gr.skip()

    def show_estimate(self, request: gr.Request, set_id: str | None, *settings: Any) -> Updates:
        """Say how long it will take; measures if such a run was not measured before and none is running."""
        with shown_to_visitor():
            language, estimate = language_of(request), self._widgets.estimate
            if set_id is None:
                return {estimate: ""}
            try:
                wanted = self._request(*settings)
                self._desk.sets.check_size(self._desk.sets.get(set_id))
            except DemoError:
                return {estimate: ""}
            known = self._desk.estimates.known(set_id, wanted)
            if known is None and any(view.is_active for view in self._desk.jobs.views()):
                return {estimate: say(language, "train_busy_now")}
            known = known or self._desk.estimates.measure(set_id, wanted)
            return {estimate: estimate_text(known, wanted, language) if known else ""}

    def say_measuring(self, request: gr.Request, set_id: str | None) -> Updates:
        """Say that it is being measured."""
        return {self._widgets.estimate: "" if set_id is None else say(language_of(request), "train_measuring")}

    # --- start ---

    def start_run(
        self, request: gr.Request, set_id: str | None, runs: dict[str, Any] | None, smoothing: float, *settings: Any
    ) -> Updates:
        """Queue a run and show it."""
        with shown_to_visitor():
            if set_id is None:
                raise RequestError(say(language_of(request), "train_choose_first"))
            wanted = self._request(*settings)
            if wanted.base:
                self._services.base(wanted.base)  # raises if it cannot be one
            run_id = self._desk.jobs.start(set_id, wanted)
            return self._live.open(request, self._live.with_run(runs, run_id), smoothing)

    # --- pieces ---

    def _existing_set(self, set_id: str | None) -> str | None:
        try:
            return set_id and self._desk.sets.get(set_id).set_id
        except RequestError:  # it was deleted with its run: the next pictures make a new one
            return None

    def _show_set(self, found: TrainingSet, language: str) -> Updates:
        w = self._widgets
        files = self._desk.sets.files(found.set_id)
        shown = [
            (self._thumbnail(found.set_id, files[position]), found.pictures[position].label or str(position + 1))
            for position in evenly(len(files), SHOWN)
        ]
        return {
            w.set_id: found.set_id,
            w.summary: set_html(found, self._desk.limits, language),
            w.pictures: shown,
            w.near: [],
        }

    def _thumbnail(self, set_id: str, picture: Path) -> str:
        folder = self._services.output_dir / "training" / set_id
        return str(write_thumbnail(picture, folder / picture.name))

    def _default_base(self) -> str:
        """Return the model of the smallest pictures that brings its discriminator, nothing if there is none.

        Twice the side takes four times as long, and the first run should show something within minutes. Of models of
        one side, one that also brings a projected discriminator learns more in the same time (docs/training.md).
        """
        models = [info for info in self._services.sampling.models() if (info.card or {}).get("discriminator")]
        best = min(models, key=lambda info: (info.resolution, not (info.card or {}).get("projected")), default=None)
        return best.name if best else ""

    def _request(self, *settings: Any) -> TrainRequest:
        pairs = zip(SETTINGS, settings, strict=True)
        values: dict[str, Any] = {name: None if LEFT_OPEN.get(name) == value else value for name, value in pairs}
        limits = self._desk.limits
        if values["base"] is None:  # a visitor who is quicker than the model list
            values["base"] = self._default_base()
        if limits.is_public:
            values["minutes"] = min(values["minutes"] or limits.minutes, limits.minutes)
        return TrainRequest.of(values | {"title": values["title"].strip()})


def sweep_copies(output_dir: Path) -> None:
    """Remove what was copied for looking at more than an hour ago, so that nothing of a visitor stays."""
    oldest = time.time() - KEEP_S
    for folder in (output_dir / "training").glob("*"):
        if folder.stat().st_mtime < oldest:
            shutil.rmtree(folder, ignore_errors=True)


def wire(tab: RunSetup, w: TrainWidgets, demo: gr.Blocks) -> None:
    """Connect data, settings and start to their handlers."""
    work: dict[str, Any] = {"concurrency_id": "train", "concurrency_limit": 2, "api_visibility": "private"}
    measuring: dict[str, Any] = {**work, "concurrency_id": "estimate", "concurrency_limit": 1}  # Start must not wait
    model: dict[str, Any] = {**MODEL, "api_visibility": "private"}
    data = [w.set_id, w.summary, w.pictures, w.near]
    run = shown_parts(w)
    measured = [w.set_id, *w.settings]
    w.start.click(
        tab.start_run, [w.set_id, w.runs, w.smoothing, *w.settings], run, show_progress="hidden",
        **work,
    )  # fmt: skip
    for event in (
        w.drop.upload(
            tab.add_pictures,
            [w.set_id, w.drop, w.runs, w.zip_names],
            [w.drop, *data, *run],
            show_progress_on=w.drop,
            **work,
        ),
        w.built_in.click(tab.take_built_in, [w.runs], [*data, *run], show_progress_on=w.drop, **work),
    ):
        event.success(tab.show_neighbours, [w.set_id, w.base], [w.near], show_progress_on=w.near, **model)
        event.success(tab.say_measuring, [w.set_id], [w.estimate], **AT_ONCE).success(
            tab.show_estimate, measured, [w.estimate], show_progress="hidden", **measuring
        )
    w.again.click(tab.forget_pictures, [w.set_id], [*data, w.estimate], **AT_ONCE)
    w.base.input(
        tab.show_neighbours, [w.set_id, w.base], [w.near], trigger_mode="always_last", show_progress="hidden", **model
    )
    timed: list[Any] = [w.base, w.steps, w.minutes, w.batch_size, w.augment, w.freeze, w.resolution]
    for setting in timed:
        setting.input(
            tab.show_estimate, measured, [w.estimate], trigger_mode="always_last", show_progress="hidden", **measuring
        )
    gr.on(
        [setting.change for setting in w.settings], tab.show_command, w.settings, [w.command],
        trigger_mode="always_last", **AT_ONCE,
    )  # fmt: skip
    # It waits for the models of an app that is starting, and nothing waits for it.
    waiting: dict[str, Any] = {**AT_ONCE, "queue": True, "concurrency_id": "load", "concurrency_limit": None}
    demo.load(tab.refresh, None, [w.note], **AT_ONCE)
    demo.load(tab.show_command, w.settings, [w.command], **AT_ONCE)
    demo.load(tab.fill_bases, [w.base], [w.base], **waiting)
