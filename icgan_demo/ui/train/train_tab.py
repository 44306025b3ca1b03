"""The Train page: pictures come in, are looked at, and a run is started; live_run.py shows it."""

import shutil
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import gradio as gr
from gradio.utils import get_upload_folder

from icgan_demo.errors import DemoError, RequestError
from icgan_demo.service.training.project_file import is_project
from icgan_demo.service.training.set_preview import (
    NearPicture,
    Neighbourhood,
    neighbourhoods,
    sizes_of,
    write_thumbnail,
    write_whole,
)
from icgan_demo.service.training.train_request import TrainRequest, command_line
from icgan_demo.service.training.training_service import TrainingService
from icgan_demo.service.training.training_sets import NOT_FOUND, StoredPicture, TrainingSet
from icgan_demo.ui.common.events import AT_ONCE, MODEL, Updates, told_once
from icgan_demo.ui.common.feedback import shown_to_visitor
from icgan_demo.ui.common.pages import go_to
from icgan_demo.ui.common.services import Services
from icgan_demo.ui.texts.language import language_of, say
from icgan_demo.ui.train import hub_form, larger_panel, live_run, project_form, run_drawing
from icgan_demo.ui.train.class_boxes import ODD, BoxAction, CameraFrames, boxes_html, camera_html
from icgan_demo.ui.train.live_run import LiveRun, shown_parts
from icgan_demo.ui.train.preview_view import preview_html
from icgan_demo.ui.train.run_text import estimate_text, set_html
from icgan_demo.ui.train.train_widgets import LEFT_OPEN, SETTINGS, TrainWidgets
from icgan_demo.ui.visitor.visits import Visits, enter_visit

KEEP_S = 3600.0
"""Thumbnails and copies of sheets are made again when they are needed after that."""
MY_MODEL = "my-model"


class RunSetup:
    """Answers the events around data, settings and start; ``wire`` connects them."""

    def __init__(
        self, services: Services, training: TrainingService, widgets: TrainWidgets, live: LiveRun, visits: Visits
    ) -> None:
        self._services = services
        self._training = training
        self._widgets = widgets
        self._live = live
        self._visits = visits

    # --- pictures ---

    def add_pictures(
        self,
        request: gr.Request,
        set_id: str | None,
        files: Sequence[str] | None,
        runs: dict[str, Any] | None,
        zip_names: str | None = None,
        smoothing: float = 0.8,
    ) -> Updates:
        """Take uploads into the set, and show what was understood; a project file is opened as a run."""
        with shown_to_visitor():
            if not files:
                return gr.skip()
            sweep_copies(self._services.output_dir)
            try:
                if any(is_project(Path(file)) for file in files):
                    return {self._widgets.drop: None, **self._open_project(request, files, runs, smoothing)}
                own = self._own_set(request, set_id)
                found = self._training.sets.add(own, [Path(file) for file in files], zip_names or "")
            finally:
                for file in files:  # the pictures that count have been copied, and an hour is long for the others
                    Path(file).unlink(missing_ok=True)
            self._follow(request, set_id, found)
            understood = self._show_set(found, language_of(request))
            return {self._widgets.drop: None, **self._live.put_away(request, runs), **understood}

    def take_built_in(self, request: gr.Request, runs: dict[str, Any] | None) -> Updates:
        """Take the project's own pictures."""
        with shown_to_visitor():
            understood = self._show_set(self._training.sets.built_in(), language_of(request))
            return {**self._live.put_away(request, runs), **understood}

    def forget_pictures(self, request: gr.Request, set_id: str | None) -> Updates:
        """Drop the pictures, so that others can come."""
        with shown_to_visitor():
            if set_id:
                self._training.jobs.release_set(set_id)
            self._visits.of(request).training_sets.clear()
            return {**self._show_set(None, language_of(request)), self._widgets.estimate: ""}

    def open_set(self, request: gr.Request, set_id: str | None) -> Updates:
        """Show the set that the browser has kept, when the page opens.

        Without one only the boxes are laid out: a set that was dropped meanwhile is not to be cleared.
        """
        with shown_to_visitor():
            if set_id is None:
                return {self._widgets.boxes: self._show_set(None, language_of(request))[self._widgets.boxes]}
            kept = self._existing_set(set_id)
            return self._show_set(self._training.sets.get(kept) if kept else None, language_of(request))

    # --- boxes ---

    def act_in_box(
        self,
        request: gr.Request,
        set_id: str | None,
        value: str | None,
        opened: str | None,
        zip_names: str | None = None,
    ) -> Updates:
        """Do what a visitor asks of a class's box, and show the set as it is then."""
        with shown_to_visitor():
            sets, asked = self._training.sets, BoxAction.of(value)
            own = self._own_set(request, set_id)
            if asked.do == "name":
                found = sets.name(own, asked.label)
            elif asked.do == "add":
                sweep_copies(self._services.output_dir)
                found = sets.add(own, [_uploaded(path) for path in asked.paths], zip_names or "", asked.label)
            elif own is None:
                raise RequestError(NOT_FOUND)
            elif asked.do == "open":
                found, opened = sets.get(own), asked.label
            elif asked.do == "rename":
                found = sets.rename(own, asked.label, asked.name) if asked.name.strip() else sets.get(own)
            elif asked.do == "remove":
                found = sets.remove(own, asked.file)
            elif asked.do == "remove_class":
                found = sets.remove_class(own, asked.label)
            else:
                raise RequestError(ODD)
            self._follow(request, set_id, found)
            return {**self._show_set(found, language_of(request), opened), self._widgets.opened: opened}

    def take_frames(self, request: gr.Request, set_id: str | None, value: str | None) -> Updates:
        """Put a camera's frames into the box of a class, those that differ from what it holds."""
        with shown_to_visitor():
            taken = CameraFrames.of(value)
            own = self._own_set(request, set_id)
            if taken.frames:
                found = self._training.sets.add_frames(own, taken.frames, taken.label)
            else:
                found = self._training.sets.name(own, taken.label)
            self._follow(request, set_id, found)
            count = len(found.boxes.get(taken.label, ()))
            heard = gr.update(heard=f"{taken.number} {count}")
            return {**self._show_set(found, language_of(request)), self._widgets.camera: heard}

    def preview(
        self, request: gr.Request, set_id: str | None, base: str | None, resolution: int = TrainRequest.resolution
    ) -> Updates:
        """Show what preprocessing does, and what the encoder of the base model takes for neighbours."""
        with shown_to_visitor():
            if set_id is None:
                return gr.skip()
            found, files = self._training.sets.get(set_id), self._training.sets.files(set_id)
            language = language_of(request)
            info = self._services.model(base or "")
            hoods: list[Neighbourhood] = []
            unlike: list[NearPicture] = []
            if len(files) >= self._training.limits.min_pictures:
                hoods, unlike = neighbourhoods(self._services.sampling, info.name, files)

            def crop_url(position: int) -> str:
                return f"gradio_api/file={self._thumbnail(set_id, files[position])}"

            def whole_url(position: int) -> str:
                return f"gradio_api/file={self._whole(set_id, files[position])}"

            side = info.resolution if base else resolution
            panel = ""
            if files:
                panel = preview_html(found, sizes_of(files), unlike, side, crop_url, whole_url, language)
            shown = []
            for hood in hoods:
                shown.append((self._thumbnail(set_id, files[hood.position]), say(language, "train_instance")))
                for near in hood.near:
                    caption = say(language, "train_distance", distance=near.distance)
                    shown.append((self._thumbnail(set_id, files[near.position]), caption))
            return {self._widgets.near: shown, self._widgets.preview: panel}

    def change_base(self, request: gr.Request, base: str | None, set_id: str | None, resolution: int) -> Updates:
        """Show the preview again after another base model was chosen."""
        return gr.skip() if base is None else self.preview(request, set_id, base, resolution)

    # --- settings ---

    def refresh(self, request: gr.Request) -> Updates:
        """Say what is allowed, when the page opens."""
        with shown_to_visitor():
            w, language, limits = self._widgets, language_of(request), self._training.limits
            note = ""
            if limits.is_public:
                values = {"pictures": limits.pictures, "steps": limits.steps, "minutes": limits.minutes}
                note = say(language, "train_public", **values)
            return {w.note: note, w.camera: gr.update(scene=camera_html(language))}

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
                self._training.sets.check_size(self._training.sets.get(set_id))
            except DemoError:
                return {estimate: ""}
            known = self._training.estimates.known(set_id, wanted)
            if known is None and any(view.is_active for view in self._training.jobs.views()):
                return {estimate: say(language, "train_busy_now")}
            known = known or self._training.estimates.measure(set_id, wanted)
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
            wanted = replace(wanted, title=self._live.free_title(wanted.title, runs))
            run_id = self._training.jobs.start(set_id, wanted)
            return self._live.open(request, self._live.with_run(runs, run_id), smoothing)

    # --- pieces ---

    def _open_project(
        self, request: gr.Request, files: Sequence[str], runs: dict[str, Any] | None, smoothing: float
    ) -> Updates:
        """Show the run in a project file, with the set of its images if they are there."""
        language = language_of(request)
        if len(files) > 1:
            raise RequestError(say(language, "project_alone"))
        jobs = self._training.jobs
        run_id = self._training.projects.open(Path(files[0]))
        set_id = self._existing_set(jobs.queue.record(run_id).set_id)
        shown = self._live.open(request, self._live.with_run(runs, run_id), smoothing)
        return {**shown, **self._show_set(self._training.sets.get(set_id) if set_id else None, language)}

    def _existing_set(self, set_id: str | None) -> str | None:
        try:
            return set_id and self._training.sets.get(set_id).set_id
        except RequestError:  # it was deleted with its run: the next pictures make a new one
            return None

    def _own_set(self, request: gr.Request, set_id: str | None) -> str | None:
        """Return the id of the set that may change, a copy where a run needs it as it is; None for a new one."""
        kept = self._existing_set(self._visits.of(request).training_sets.get(set_id, set_id))
        return kept and self._training.jobs.own_set(kept)

    def _follow(self, request: gr.Request, told: str | None, found: TrainingSet) -> None:
        """Remember which set the page's one has become: what is done before the page hears of it belongs there."""
        self._visits.of(request).training_sets[told] = found.set_id

    def _show_set(self, found: TrainingSet | None, language: str, opened: str | None = None) -> Updates:
        w = self._widgets

        def url_of(picture: StoredPicture) -> str:
            assert found is not None
            stored = self._training.sets.picture(found.set_id, picture)
            return f"gradio_api/file={self._thumbnail(found.set_id, stored)}"

        has_pictures = found is not None and found.pictures
        return {
            w.set_id: found.set_id if found else None,
            w.boxes: gr.update(scene=boxes_html(found, url_of, language, opened)),
            w.summary: set_html(found, self._training.limits, language) if found and has_pictures else "",
            w.near: [],
            w.preview: "",
        }

    def _whole(self, set_id: str, picture: Path) -> str:
        folder = self._services.output_dir / "training" / set_id
        return str(write_whole(picture, folder / f"whole-{picture.name}"))

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
        limits = self._training.limits
        if values["base"] is None:  # a visitor who is quicker than the model list
            values["base"] = self._default_base()
        if limits.is_public:
            values["minutes"] = min(values["minutes"] or limits.minutes, limits.minutes)
        return TrainRequest.of(values | {"title": values["title"].strip()})


def _uploaded(path: str) -> Path:
    """Return the path of an upload that the page names; raises RequestError for any other file."""
    folder, named = Path(get_upload_folder()).resolve(), Path(path).resolve()
    if not named.is_relative_to(folder) or not named.is_file():
        raise RequestError(ODD)
    return named


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
    previewing: dict[str, Any] = {**model, "trigger_mode": "always_last"}
    data = [w.set_id, w.boxes, w.summary, w.near, w.preview]
    run = shown_parts(w)
    measured = [w.set_id, *w.settings]
    w.start.click(
        tab.start_run, [w.set_id, w.runs, w.smoothing, *w.settings], run, show_progress="hidden",
        **work,
    )  # fmt: skip
    dropped = w.drop.upload(
        tab.add_pictures,
        [w.set_id, w.drop, w.runs, w.zip_names, w.smoothing],
        [w.drop, *data, *run],
        show_progress_on=w.drop,
        **work,
    )
    dropped.failure(lambda: None, None, w.drop, **AT_ONCE)  # a refused file would be sent along with the next one
    for event in (
        dropped,
        w.built_in.click(tab.take_built_in, [w.runs], [*data, *run], show_progress_on=w.drop, **work),
        *_wire_boxes(tab, w, data, work),
    ):
        event.success(
            tab.preview, [w.set_id, w.base, w.resolution], [w.near, w.preview], show_progress_on=w.near, **previewing
        )
        event.success(tab.say_measuring, [w.set_id], [w.estimate], **AT_ONCE).success(
            tab.show_estimate, measured, [w.estimate], show_progress="hidden", **measuring
        )
    w.again.click(tab.forget_pictures, [w.set_id], [*data, w.estimate], **AT_ONCE)
    w.base.input(
        tab.change_base, [w.base, w.set_id, w.resolution], [w.near, w.preview], trigger_mode="always_last",
        show_progress="hidden", **model,
        **told_once("train-base"),
    )  # fmt: skip
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
    demo.load(tab.refresh, None, [w.note, w.camera], **AT_ONCE)
    demo.load(tab.open_set, [w.set_id], data, **AT_ONCE).success(
        tab.preview, [w.set_id, w.base, w.resolution], [w.near, w.preview], show_progress="hidden", **previewing
    )
    demo.load(tab.show_command, w.settings, [w.command], **AT_ONCE)
    demo.load(tab.fill_bases, [w.base], [w.base], **waiting)


def _wire_boxes(tab: RunSetup, w: TrainWidgets, data: list[Any], work: dict[str, Any]) -> tuple[Any, Any]:
    """Connect the boxes and the camera; returns the events after which the set is looked at again."""
    # One after the other, frames too: of two at work at once, the one that read the set first may be answered last.
    in_turn: dict[str, Any] = {**work, "concurrency_id": "boxes", "concurrency_limit": 1}
    in_turn |= {"trigger_mode": "multiple", "show_progress": "hidden"}
    filmed = [*data, w.camera]
    w.camera.input(tab.take_frames, [w.set_id, w.camera], filmed, **in_turn)
    return (
        w.boxes.input(tab.act_in_box, [w.set_id, w.boxes, w.opened, w.zip_names], [*data, w.opened], **in_turn),
        w.camera.submit(tab.take_frames, [w.set_id, w.camera], filmed, **in_turn),
    )


def lay_out(services: Services, training: TrainingService, visits: Visits, demo: gr.Blocks) -> None:
    """Lay the page out inside the current ``gr.Blocks``, and connect it; the Generate page takes a finished model."""
    w = TrainWidgets(training.limits, training.browser_secret)
    live = LiveRun(services, training, w, visits)
    tab = RunSetup(services, training, w, live, visits)
    enter_visit(demo, visits)
    live_run.wire(live, w, demo)
    run_drawing.wire(live.drawing, w)
    wire(tab, w, demo)
    hub_form.wire(hub_form.HubForm(training), w)
    project_form.wire(project_form.ProjectForm(training, live, w), w)
    if services.larger_sets is not None:
        with w.side:
            larger_panel.wire(larger_panel.LargerPanel(services, services.larger_sets, training, live), w)
    w.use.click(live.use, [w.shown], None, **AT_ONCE).success(None, js=go_to("generate"))
