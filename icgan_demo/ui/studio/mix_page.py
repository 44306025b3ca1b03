"""Mix: up to four instances with weights, by a pad or by sliders, and the style of another one for fine maps."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import gradio as gr
import numpy as np

from icgan_demo.config import TRUNCATION
from icgan_demo.errors import RequestError
from icgan_demo.service.drawing.drawing_requests import MAX_INSTANCES, Blend, DrawRequest, seeds_from
from icgan_demo.service.values import spread
from icgan_demo.ui.common.events import CLICKED, LATEST, ON_QUEUE, QUICKLY, Updates
from icgan_demo.ui.common.feedback import shown_to_visitor
from icgan_demo.ui.common.instances import Chosen, choose_feature, choose_row
from icgan_demo.ui.common.model_list import explain_truncation
from icgan_demo.ui.common.services import Services
from icgan_demo.ui.common.slider import Slider
from icgan_demo.ui.common.widgets import heading, photo_box, strip
from icgan_demo.ui.stage.instance_page import InstancePage
from icgan_demo.ui.stage.studio_widgets import seed_row
from icgan_demo.ui.studio.mix_pad import corner_weights, pad, pad_value, place_of
from icgan_demo.ui.texts.language import language_of, text

CORNERS = "ABCD"
EQUAL = 0.25
CENTRE = (0.5, 0.5)
THE_MIX = ""
"""As the source of fine style: no other instance than the mix itself."""

Slots = tuple[Chosen | None, ...]


@dataclass(frozen=True)
class MixControls:
    """The values of ``MixPage.controls``."""

    slots: Slots
    """The instances at the corners."""
    weights: tuple[float, ...]
    """One for each corner."""
    fine: str
    """The corner that conditions fine maps, or ``THE_MIX``."""
    fine_from: int | None
    seed: int | None
    truncation: float

    @classmethod
    def of(cls, values: Sequence[Any]) -> "MixControls":
        """Return the values by name, in the order of ``MixPage.controls``."""
        slots, *weights, fine, fine_from, seed, truncation = values
        return cls(slots, tuple(map(float, weights)), fine, fine_from, seed, truncation)

    def with_weights(self, weights: Sequence[float]) -> "MixControls":
        """Return the same with weights that are 0 at empty corners and not all 0: then the filled ones share alike."""
        kept = [float(weight) if slot is not None else 0.0 for weight, slot in zip(weights, self.slots, strict=True)]
        equal = [EQUAL if slot is not None else 0.0 for slot in self.slots]
        return replace(self, weights=tuple(kept if sum(kept) > 0 else equal))

    def request(self) -> DrawRequest:
        """Return what to draw; raises RequestError while there is no instance, or for a value out of range."""
        weighted = zip(self.slots, self.weights, strict=True)
        filled = [(slot, round(weight, 2)) for slot, weight in weighted if slot is not None]
        if not filled:
            raise RequestError("Put an instance at a corner first.")
        blend = Blend(tuple(slot.feature for slot, _ in filled), tuple(weight for _, weight in filled))
        fine = None
        if self.fine:
            slot = self.slots[CORNERS.index(self.fine)]
            if slot is None:
                raise RequestError(f"Corner {self.fine} is empty. Put an instance there, or take the style of another.")
            fine = slot.blend()
        seeds, fine_from = seeds_from(self.seed), int(self.fine_from or DrawRequest.fine_from)
        return DrawRequest(filled[0][0].model, blend, seeds, float(self.truncation), fine, fine_from)


class MixPage(InstancePage):
    """Lays the page out on construction; ``wire`` connects it."""

    def __init__(self, services: Services) -> None:
        super().__init__(services)
        self.seen = gr.State(None)  # the chosen model when the page was filled
        with self._controls("mix"):
            self._pad()
            self._corners()
            self._style()
        self.slots = gr.State((None,) * MAX_INSTANCES)

    def _pad(self) -> None:
        gr.HTML(text("mix_note"), elem_classes="fine-print")
        self.pad = pad("mix-pad")
        with gr.Accordion(text("weights"), open=False, elem_id="mix-weights"):
            self.weights = [
                Slider(0, 1, EQUAL, step=0.01, label=corner, buttons=[], elem_id=f"mix-weight-{corner}")
                for corner in CORNERS
            ]

    def _corners(self) -> None:
        with gr.Accordion(text("corners"), open=False, elem_id="mix-corners"):
            with gr.Row(elem_classes="instance-row"):
                self.corner = gr.Radio(list(CORNERS), value="A", label=text("corner"), elem_id="mix-corner")
                self.empty = gr.Button(text("empty_corner"), size="sm", min_width=90, elem_id="mix-empty")
            heading("corner_choose")
            self.choices = strip("mix-choices", 6, label="examples")
            self.photo = photo_box("mix-photo", 140, placeholder="instance_placeholder")

    def _style(self) -> None:
        with gr.Accordion(text("style"), open=False, elem_id="mix-style"):
            gr.HTML(text("style_note"), elem_classes="fine-print")
            self.fine = gr.Radio([("–", THE_MIX), *CORNERS], value=THE_MIX, label=text("fine_of"), elem_id="mix-fine")
            self.fine_from = gr.Radio([8, 16, 32, 64], value=32, label=text("fine_from"), elem_id="mix-fine-from")
        self.seed, self.truncation = seed_row("mix")

    @property
    def controls(self) -> list[Any]:
        """Inputs of the handlers, in the order of their arguments."""
        return [self.slots, *self.weights, self.fine, self.fine_from, self.seed, self.truncation]

    @property
    def page_outputs(self) -> list[Any]:
        """Outputs of ``open`` and of ``restore``."""
        return [self.seen, self.choices, self.offered, *self.controls, self.pad, *self.result.outputs]

    # --- filling ---

    def open(self, language: str, model: str) -> Iterator[Updates]:
        """Yield the page for a model: four instances of its bank at the corners, and their mix."""
        entries, bank = self._offer(model, language)
        found = spread(entries[1:], MAX_INSTANCES)
        found = found if len(found) > 1 else []  # a single instance is no mix
        missing = MAX_INSTANCES - len(found)
        slots: Slots = (
            *(choose_row(self._services, model, entry.row, language) for entry in found),
            *(None,) * missing,
        )
        info = self._services.model(model)
        fine_from = min(32, info.resolution)
        yield {
            **bank,
            self.slots: slots,
            self.pad: pad_value(CENTRE, _pictures(slots)),
            **self._sliders([EQUAL] * MAX_INSTANCES),
            self.fine: THE_MIX,
            self.fine_from: gr.update(choices=self._sides(model), value=fine_from),
            self.seed: 0,
            self.truncation: explain_truncation(info, value=TRUNCATION),
        }
        if not found:
            yield self.result.clear()
            return
        values = MixControls(slots, (EQUAL,) * MAX_INSTANCES, THE_MIX, fine_from, 0, TRUNCATION)
        yield from self.result.draw_full(values.request(), language)

    def restore(self, request: DrawRequest, language: str) -> Iterator[Updates]:
        """Yield the controls of a request, and its pictures."""
        features, weights = list(request.blend.features), list(request.blend.weights)
        fine = THE_MIX
        if request.fine is not None:
            feature = request.fine.features[0]
            known = [place for place, other in enumerate(features) if np.array_equal(other, feature)]
            if not known and len(features) < MAX_INSTANCES:
                features, weights = [*features, feature], [*weights, 0.0]
            if not known and len(features) == len(request.blend.features):
                raise RequestError(
                    "This recipe holds more instances than the page has corners. Generate it on the command line."
                )
            fine = CORNERS[known[0] if known else len(features) - 1]
        missing = MAX_INSTANCES - len(features)
        slots: Slots = (
            *(choose_feature(self._services, request.model, feature, language) for feature in features),
            *(None,) * missing,
        )
        yield {
            **self._offer(request.model, language)[1],
            self.slots: slots,
            self.pad: pad_value(CENTRE, _pictures(slots)),
            **dict(zip(self.weights, [*weights, *[0.0] * missing], strict=True)),
            self.fine: fine,
            self.fine_from: gr.update(choices=self._sides(request.model), value=request.fine_from),
            self.seed: request.seeds[0],
            self.truncation: explain_truncation(self._services.model(request.model), value=request.truncation),
        }
        yield from self.result.draw_full(request, language)

    # --- handlers ---

    def follow_handle(self, request: gr.Request, value: Any, drawn: DrawRequest | None, *controls: Any) -> Updates:
        """Follow the pad's handle with quick pictures.

        The sliders follow when it is let go: a late answer of this would put them back to where it was before.
        """
        with shown_to_visitor():
            wanted = MixControls.of(controls).with_weights(corner_weights(*place_of(value))).request()
        return self.result.draw_live(lambda: wanted, drawn, request)

    def draw_at_handle(self, request: gr.Request, value: Any, *controls: Any) -> Iterator[Updates]:
        """Draw in full quality where the pad's handle was let go."""
        with shown_to_visitor():
            values = MixControls.of(controls).with_weights(corner_weights(*place_of(value)))
            yield self._sliders(values.weights)
            yield from self.result.draw_full(values.request(), language_of(request), visitor=request)

    def draw_live(self, request: gr.Request, drawn: DrawRequest | None, *controls: Any) -> Updates:
        """Draw quickly while a slider moves."""
        return self.result.draw_live(lambda: MixControls.of(controls).request(), drawn, request)

    def draw_full(self, request: gr.Request, *controls: Any) -> Iterator[Updates]:
        """Draw in full quality, with recipes."""
        with shown_to_visitor():
            yield from self.result.draw_full(MixControls.of(controls).request(), language_of(request), visitor=request)

    def empty_corner(self, request: gr.Request, corner: str, value: Any, *controls: Any) -> Iterator[Updates]:
        """Take the instance away from the chosen corner."""
        with shown_to_visitor():
            values = MixControls.of(controls)
            if sum(slot is not None for slot in values.slots) <= 1:
                raise RequestError("One instance must stay. Put another one at a corner first.")
            yield from self.put(None, corner, value, values, language_of(request))

    # --- pieces ---

    def _take(self, request: gr.Request, chosen: Chosen, values: Sequence[Any], *, is_photo: bool) -> Iterator[Updates]:
        corner, place, *controls = values
        yield from self.put(chosen, corner, place, MixControls.of(controls), language_of(request))

    def put(
        self, slot: Chosen | None, corner: str, value: Any, values: MixControls, language: str
    ) -> Iterator[Updates]:
        """Put an instance at a corner, or take the one there away, and draw."""
        place, weights = CORNERS.index(corner), list(values.weights)
        weights[place] = (weights[place] or EQUAL) if slot is not None else 0.0
        fine = values.fine if slot is not None or values.fine != corner else THE_MIX
        slots: Slots = (*values.slots[:place], slot, *values.slots[place + 1 :])
        values = replace(values, slots=slots, fine=fine).with_weights(weights)
        yield {
            self.slots: slots,
            self.pad: pad_value(place_of(value), _pictures(slots)),
            self.fine: fine,
            **self._sliders(values.weights),
        }
        yield from self.result.draw_full(values.request(), language)

    def _sliders(self, weights: Sequence[float]) -> Updates:
        return {slider: round(weight, 2) for slider, weight in zip(self.weights, weights, strict=True)}

    def _sides(self, model: str) -> list[int]:
        """Return the sides that the maps of a model have."""
        return [side for side in (8, 16, 32, 64, 128, 256) if side <= self._services.model(model).resolution]


def _pictures(slots: Slots) -> list[Path | None]:
    return [None if slot is None else slot.picture for slot in slots]


def wire(page: MixPage) -> None:
    """Connect the widgets to their handlers; everything that draws shares the model's queue."""
    r = page.result
    page.pad.input(page.follow_handle, [page.pad, r.drawn, *page.controls], [r.stage, r.status], **QUICKLY)
    page.pad.release(page.draw_at_handle, [page.pad, *page.controls], [*page.weights, *r.outputs], **LATEST)
    for slider in (*page.weights, page.truncation):
        slider.input(page.draw_live, [r.drawn, *page.controls], [r.stage, r.status], **QUICKLY)
        slider.release(page.draw_full, page.controls, r.outputs, **LATEST)
    for choice in (page.fine, page.fine_from, page.seed):
        choice.input(page.draw_full, page.controls, r.outputs, **LATEST)
    put = [page.slots, page.pad, page.fine, *page.weights, *r.outputs]
    place = [page.corner, page.pad, *page.controls]
    page.choices.select(page.take_row, [page.offered, *place], put, **CLICKED)
    page.photo.input(page.take_photo, [page.photo, page.offered, *place], put, **LATEST)
    page.empty.click(page.empty_corner, place, put, **ON_QUEUE)
    r.redraw.click(page.draw_full, page.controls, r.outputs, **ON_QUEUE)
