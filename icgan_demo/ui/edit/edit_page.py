"""Edit: a photo beside its redrawing, which improves while one looks; then sliders that work from there."""

import io
import time
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from html import escape
from typing import Any

import gradio as gr
import numpy as np

from icgan_demo.errors import RequestError
from icgan_demo.service.drawing.drawing_requests import Blend, DrawRequest, Swap
from icgan_demo.service.drawing.inversion_requests import InversionRequest, InversionStep, Nearness
from icgan_demo.service.recipes.drawn_files import new_folder, picture_name, png_with_recipe
from icgan_demo.service.recipes.recipe import write_recipe
from icgan_demo.ui.common.events import AT_ONCE, CLICKED, GIVE_WAY, LATEST, ON_QUEUE, Updates, apart, or_else
from icgan_demo.ui.common.feedback import shown_to_visitor
from icgan_demo.ui.common.instances import Chosen
from icgan_demo.ui.common.recipe_links import copy_link
from icgan_demo.ui.common.services import Services
from icgan_demo.ui.common.slider import Slider
from icgan_demo.ui.common.time_left import time_left_of, with_time_left
from icgan_demo.ui.common.visibility import HIDDEN
from icgan_demo.ui.common.widgets import heading, seed_box, status_line
from icgan_demo.ui.stage.instance_page import InstancePage
from icgan_demo.ui.stage.stage import full_html, still_html
from icgan_demo.ui.stage.studio_widgets import ReproductionCode, instance_row
from icgan_demo.ui.texts.language import language_of, say, text
from icgan_demo.ui.visitor.generate_state import StopSignal, ask_to_stop
from icgan_demo.ui.visitor.visits import Visits

LIVE_S = 0.4
"""Time between two looks at the nearest so far."""
SEED = 1
"""Towards whose noise the slider leads, unless another is asked for."""


@dataclass(frozen=True)
class Redrawing:
    """A photo and what was found for it; lives in ``gr.State``."""

    asked: InversionRequest
    step: InversionStep

    def edited(self, names: str | None, position: float, instance: float) -> DrawRequest:
        """Return the request of the edited image, before its noise is moved; raises RequestError out of range."""
        found = self.asked.drawing(self.step)
        swap = Swap(found.blend.swap.own, ((names, 1.0),) if names else (), float(position))
        features: tuple[np.ndarray, ...] = found.blend.features
        weights: tuple[float, ...] = (1.0,)
        if instance > 0:
            features, weights = (*features, *self.asked.blend.features), (1 - float(instance), float(instance))
        return replace(found, blend=Blend(features, weights, swap))


class EditPage(InstancePage):
    """Lays the page out on construction; ``wire`` connects it."""

    def __init__(self, services: Services, visits: Visits) -> None:
        super().__init__(services)
        self._visits = visits
        gr.HTML(text("edit_note"), elem_classes="fine-print")
        with gr.Row(elem_classes="studio-bench"):
            with gr.Column(scale=5, min_width=300, elem_classes="studio-controls"):
                heading("edit_photo")
                self.photo, self.choices = instance_row("edit")
                heading("edit_change")
                self._sliders()
            with gr.Column(scale=6, min_width=300, elem_classes="studio-stage-side"):
                with gr.Row(elem_classes="studio-buttons"):
                    self.start = gr.Button(
                        text("edit_start"), variant="primary", size="md", min_width=90, elem_id="edit-start"
                    )
                    self.stop = gr.Button(
                        text("stop"), variant="stop", size="md", min_width=80, visible=HIDDEN, elem_id="edit-stop"
                    )
                self.stage = gr.HTML(
                    "", elem_id="edit-stage", elem_classes="stage", html_template='<div class="figures">${value}</div>'
                )
                self.status = status_line("edit-status", elem_classes="says")
                self.licence = gr.HTML("", elem_id="edit-licence", elem_classes="fine-print")
                self.again = ReproductionCode("edit", visible=HIDDEN)
        self.slot, self.found, self.signal = gr.State(None), gr.State(None), gr.State(None)

    def _sliders(self) -> None:
        self.target = gr.Dropdown([], value=None, label=text("edit_class"), elem_id="edit-class")
        self.position = Slider(
            -1, 1, 0, step=0.05, label=text("position"), info=text("position_info"), buttons=[], elem_id="edit-position"
        )
        self.instance = Slider(
            0, 1, 0, step=0.05, label=text("edit_instance"), info=text("edit_instance_info"), buttons=[],
            elem_id="edit-instance",
        )  # fmt: skip
        self.noise = Slider(
            0, 1, 0, step=0.05, label=text("edit_noise"), info=text("edit_noise_info"), buttons=[], elem_id="edit-noise"
        )
        self.seed = seed_box("edit-seed", min_width=110)

    @property
    def sliders(self) -> list[Any]:
        """Inputs of ``draw_edited`` after what was found."""
        return [self.target, self.position, self.instance, self.noise, self.seed]

    @property
    def outputs(self) -> list[Any]:
        """Components that a redrawing changes."""
        return [
            self.stage, self.status, self.licence, self.found, self.again.box, *self.again.outputs, *self.sliders,
            self.signal, self.start, self.stop,
        ]  # fmt: skip

    @property
    def page_outputs(self) -> list[Any]:
        """Outputs of ``open``."""
        return [self.choices, self.offered, self.photo, self.slot, *self.outputs]

    # --- filling ---

    def open(self, request: gr.Request) -> Iterator[Updates]:
        """Yield the page with the instance of the Generate page, or with a stored one, which waits to be redrawn."""
        with shown_to_visitor():
            visit, language = self._visits.of(request), language_of(request)
            slot, bank = self._arrive(visit.chosen, visit.model, language)
            yield bank
            if slot is not None:
                yield {
                    self.slot: slot,
                    self.photo: str(slot.picture),
                    self.stage: self._photo_html(slot, language),
                    **self._begun(slot),
                    self.status: say(language, "edit_ready"),
                }

    # --- handlers ---

    def redraw(self, request: gr.Request, slot: Chosen | None) -> Iterator[Updates]:
        """Redraw the photo, showing the nearest so far; Stop ends it after this round and keeps the nearest."""
        with shown_to_visitor():
            if slot is None:
                raise RequestError("Choose a photo first: drop one, or click an example.")
            signal = StopSignal()
            busy = {self.stop: gr.update(visible=True), self.start: gr.update(visible=HIDDEN)}
            still = {self.stop: gr.update(visible=HIDDEN), self.start: gr.update(visible=True)}
            yield {self.signal: signal, **self._begun(slot), **busy}
            found = self._redrawn(request, slot, signal)
            yield from or_else(found, {**still, self.status: ""})
            yield still

    def draw_edited(self, request: gr.Request, found: Redrawing | None, *values: Any) -> Updates:
        """Draw the image that the sliders make of what was found, beside it."""
        with shown_to_visitor():
            if found is None:
                raise RequestError("Redraw the photo first: the sliders change what is found.")
            target, position, instance, noise, seed = values
            wanted = found.edited(target, position, float(instance))
            if noise > 0:
                seed = SEED if seed is None else int(seed)
                wanted = self._services.sampling.drawing.towards_seed(wanted, seed, float(noise))
            language = language_of(request)
            figures = self._photo_html_of(found.asked, language) + self._found_html(found, language)
            edited, _ = self._figure(wanted, say(language, "edit_edited"), language)
            return {self.stage: figures + edited}

    def choose_class(self, request: gr.Request, found: Redrawing | None, *values: Any) -> Updates:
        """Draw the redrawing as another class: the slider goes there."""
        target, _, *others = values
        position = 1.0 if target else 0.0
        return {self.position: position, **self.draw_edited(request, found, target, position, *others)}

    # --- pieces ---

    def _take(self, request: gr.Request, chosen: Chosen, values: Sequence[Any], *, is_photo: bool) -> Iterator[Updates]:
        yield {self.slot: chosen} if is_photo else {self.slot: chosen, self.photo: str(chosen.picture)}
        yield from self.redraw(request, chosen)

    def _begun(self, slot: Chosen) -> Updates:
        """Return the sliders where they leave what is found as it is."""
        info = self._services.model(slot.model)
        names = info.class_names
        return {
            self.found: None,
            self.again.box: gr.update(visible=HIDDEN),
            self.status: "",
            self.target: gr.update(choices=list(names), value=None, visible=bool(names)),
            self.position: gr.update(value=self._swap(slot).position, visible=bool(names)),
            self.instance: 0,
            self.noise: 0,
            self.seed: SEED,
            self.licence: escape(info.licence_note),
        }

    def _swap(self, slot: Chosen) -> Swap:
        """Return the class that a photo is redrawn as: none, or its own where the model needs one."""
        info = self._services.model(slot.model)
        return Swap(slot.own or info.class_names[0], (), -1.0) if info.needs_class else Swap(slot.own)

    def _redrawn(self, request: gr.Request, slot: Chosen, signal: StopSignal) -> Iterator[Updates]:
        language = language_of(request)
        asked = InversionRequest(slot.model, slot.blend(self._swap(slot)), slot.instance.crop)
        photo = self._photo_html_of(asked, language)
        yield {self.stage: photo}
        started = shown = time.monotonic()
        first: InversionStep | None = None
        with closing(self._services.sampling.search.invert(asked)) as steps:  # type: ignore[type-var]
            for step in steps:
                first = first or step
                found = Redrawing(asked, step)
                if signal.is_set or step.number == asked.rounds:
                    break
                if step is first or time.monotonic() - shown >= LIVE_S:
                    said = say(language, "edit_round", done=step.number, total=asked.rounds)
                    left = time_left_of(time.monotonic() - started, step.number, asked.rounds)
                    progress = f"<progress value={step.number} max={asked.rounds}></progress>"
                    yield {
                        self.stage: photo + self._found_html(found, language),
                        self.status: with_time_left(said, left, language) + progress,
                    }
                    shown = time.monotonic()
                else:
                    yield GIVE_WAY
        assert first is not None
        drawn = asked.drawing(step)
        html, png = self._figure(drawn, say(language, "edit_found", distance=step.distance), language)
        path = new_folder(self._services.output_dir) / picture_name(drawn.model, drawn.seeds[0])
        path.write_bytes(png)
        self._visits.of(request).history.keep([[str(path)]], self._services.output_dir)
        seconds = time.monotonic() - started
        said = say(language, "edit_done", first=first.distance, distance=step.distance, seconds=seconds)
        yield {
            self.stage: photo + html,
            self.found: found,
            self.status: f"{said} {say(language, f'edit_{Nearness.of(step.distance).value}')}",
            self.again.box: gr.update(visible=True),
            **self.again.of(path.name),
        }

    def _photo_html(self, slot: Chosen, language: str) -> str:
        return self._photo_html_of(InversionRequest(slot.model, slot.blend(), slot.instance.crop), language)

    def _photo_html_of(self, asked: InversionRequest, language: str) -> str:
        file = io.BytesIO()
        asked.photo.save(file, "PNG")
        return still_html(file.getvalue(), say(language, "edit_own"))

    def _found_html(self, found: Redrawing, language: str) -> str:
        caption = say(language, "edit_found", distance=found.step.distance)
        return self._figure(found.asked.drawing(found.step), caption, language)[0]

    def _figure(self, wanted: DrawRequest, caption: str, language: str) -> tuple[str, bytes]:
        """Return an image with its caption, as HTML and as a PNG with its recipe."""
        recipe = write_recipe(wanted, self._services.model(wanted.model))
        (drawn,) = self._services.sampling.drawing.draw(wanted)
        png = png_with_recipe(drawn.picture, recipe)
        link = copy_link(recipe, language)
        return full_html([png], wanted, caption, say(language, "click_saves"), [caption], [link]), png


def wire(page: EditPage, opened: Any) -> None:
    """Connect the widgets to their handlers.

    Args:
        page: what was laid out.
        opened: the event of the page that was opened and knows its visit.
    """
    opened.then(page.open, None, page.page_outputs, **ON_QUEUE)
    # Redrawing takes seconds: it has the line of searches, and gives way to all who draw after every round.
    redrawing = apart("search")
    outputs = [page.slot, *page.outputs]
    page.start.click(page.redraw, page.slot, page.outputs, **redrawing)
    page.photo.input(ask_to_stop, page.signal, None, **{**AT_ONCE, "trigger_mode": "multiple"})
    page.photo.input(page.take_photo, [page.photo, page.offered], outputs, **{**CLICKED, **redrawing})
    page.choices.select(page.take_row, page.offered, [page.photo, *outputs], **{**CLICKED, **redrawing})
    page.stop.click(ask_to_stop, page.signal, None, **AT_ONCE)
    edited = [page.found, *page.sliders]
    for slider in (page.position, page.instance, page.noise, page.seed):
        slider.input(page.draw_edited, edited, page.stage, **LATEST)
    page.target.input(page.choose_class, edited, [page.position, page.stage], **LATEST)
