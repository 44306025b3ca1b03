"""Mix: up to four instances with weights, by a pad or by sliders, and the style of another one for fine maps."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import gradio as gr
import numpy as np

from icgan_demo.errors import RequestError
from icgan_demo.service.requests import SampleRequest
from icgan_demo.service.studio_recipe import BlendRecipe
from icgan_demo.service.studio_requests import MAX_INSTANCES, Blend, BlendRequest, Swap
from icgan_demo.ui import studio_explain
from icgan_demo.ui.feedback import shown_to_visitor
from icgan_demo.ui.generate_widgets import heading, strip
from icgan_demo.ui.services import Services
from icgan_demo.ui.slider import Slider
from icgan_demo.ui.studio_pad import corner_weights, pad, pad_value, place_of
from icgan_demo.ui.studio_previews import QUICKLY, same
from icgan_demo.ui.studio_result import StudioResult, Updates
from icgan_demo.ui.studio_state import (
    Offered,
    Slot,
    offer,
    seeds_from,
    slot_of_feature,
    slot_of_photo,
    slot_of_row,
    spread,
)
from icgan_demo.ui.studio_widgets import photo_box, seed_row
from icgan_demo.ui.texts import language_of, text

CORNERS = "ABCD"
EQUAL = 0.25
CENTRE = (0.5, 0.5)
THE_MIX = ""
"""As the source of fine style: no other instance than the mix itself."""

Slots = tuple[Slot | None, ...]


class MixPage:
    """Lays the page out on construction; ``wire`` connects it."""

    def __init__(self, services: Services) -> None:
        self._services = services
        with gr.Row(elem_classes="studio-bench"):
            with gr.Column(scale=5, min_width=300, elem_classes="studio-controls"):
                self._pad()
                self._corners()
                self._style()
            with gr.Column(scale=6, min_width=300, elem_classes="studio-stage-side"):
                self.result = StudioResult(services, "mix")
                self.explanation = (
                    None
                    if services.banks is None
                    else studio_explain.StudioExplanation(services, services.banks, self.result, "mix")
                )
        self.slots = gr.State((None,) * MAX_INSTANCES)
        self.offered = gr.State(Offered())
        self.seen = gr.State(None)  # the Generate tab's model when the page was filled

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
            self.photo = photo_box("mix", 140, placeholder="instance_placeholder")

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
    def restored(self) -> list[Any]:
        """Outputs of ``opened`` and of ``restore``."""
        return [self.seen, self.choices, self.offered, *self.controls, self.pad, *self.result.outputs]

    # --- filling ---

    def opened(self, language: str, model: str) -> Iterator[Updates]:
        """Yield the page for a model: four instances of its bank at the corners, and their mix."""
        entries, kept, pictures = offer(self._services, model, language)
        found = spread(entries[1:], MAX_INSTANCES)
        found = found if len(found) > 1 else []  # a single instance is no mix
        missing = MAX_INSTANCES - len(found)
        slots: Slots = (
            *(slot_of_row(self._services, model, entry.row, language) for entry in found),
            *(None,) * missing,
        )
        fine_from = min(32, self._services.model(model).resolution)
        yield {
            self.choices: pictures,
            self.offered: kept,
            self.slots: slots,
            self.pad: pad_value(CENTRE, _pictures(slots)),
            **self._sliders([EQUAL] * MAX_INSTANCES),
            self.fine: THE_MIX,
            self.fine_from: gr.update(choices=self._sides(model), value=fine_from),
            self.seed: 0,
            self.truncation: SampleRequest.truncation,
        }
        if not found:
            yield self.result.emptied()
            return
        values = (*[EQUAL] * MAX_INSTANCES, THE_MIX, fine_from, 0, SampleRequest.truncation)
        yield from self.result.full(_request((slots, *values)), language)

    def restore(self, recipe: BlendRecipe, language: str) -> Iterator[Updates]:
        """Yield the controls of a recipe, and its pictures."""
        request = recipe.request()
        features, weights = list(request.blend.features), list(request.blend.weights)
        fine = THE_MIX
        if request.fine is not None:
            feature = request.fine.features[0]
            known = [place for place, other in enumerate(features) if np.array_equal(other, feature)]
            if not known and len(features) < MAX_INSTANCES:
                features, weights = [*features, feature], [*weights, 0.0]
            if not known and len(features) == len(request.blend.features):
                raise RequestError("This recipe holds more instances than the page has corners. Draw it by command.")
            fine = CORNERS[known[0] if known else len(features) - 1]
        _, kept, pictures = offer(self._services, request.model, language)
        missing = MAX_INSTANCES - len(features)
        slots: Slots = (
            *(slot_of_feature(self._services, request.model, feature, language) for feature in features),
            *(None,) * missing,
        )
        yield {
            self.choices: pictures,
            self.offered: kept,
            self.slots: slots,
            self.pad: pad_value(CENTRE, _pictures(slots)),
            **dict(zip(self.weights, [*weights, *[0.0] * missing], strict=True)),
            self.fine: fine,
            self.fine_from: gr.update(choices=self._sides(request.model), value=request.fine_from),
            self.seed: request.seeds[0],
            self.truncation: request.truncation,
        }
        yield from self.result.full(request, language)

    # --- handlers ---

    def moved(self, request: gr.Request, value: Any, drawn: BlendRequest | None, *controls: Any) -> Updates:
        """Follow the pad's handle with sliders and quick pictures."""
        with shown_to_visitor():
            weights = _filled(corner_weights(*place_of(value)), controls[0])
            wanted = _request((controls[0], *weights, *controls[5:]))
        live = self.result.live(lambda: wanted, drawn, request)
        is_late = self.result.stage not in live and not (drawn is not None and same(drawn, wanted))
        return live if is_late else {**live, **self._sliders(weights)}

    def placed(self, request: gr.Request, value: Any, *controls: Any) -> Iterator[Updates]:
        """Draw in full quality where the pad's handle was let go."""
        with shown_to_visitor():
            weights = _filled(corner_weights(*place_of(value)), controls[0])
            yield self._sliders(weights)
            wanted = _request((controls[0], *weights, *controls[5:]))
            yield from self.result.full(wanted, language_of(request), visitor=request)

    def live(self, request: gr.Request, drawn: BlendRequest | None, *controls: Any) -> Updates:
        """Draw quickly while a slider moves."""
        return self.result.live(lambda: _request(controls), drawn, request)

    def full(self, request: gr.Request, *controls: Any) -> Iterator[Updates]:
        """Draw in full quality, with recipes."""
        with shown_to_visitor():
            yield from self.result.full(_request(controls), language_of(request), visitor=request)

    def from_row(
        self, request: gr.Request, event: gr.SelectData, offered: Offered, corner: str, value: Any, *controls: Any
    ) -> Iterator[Updates]:
        """Put the clicked bank entry at the chosen corner."""
        with shown_to_visitor():
            language = language_of(request)
            slot = slot_of_row(self._services, offered.model, offered.rows[int(event.index)], language)
            yield from self.put(slot, corner, value, controls, language)

    def from_photo(
        self, request: gr.Request, photo: str | None, offered: Offered, corner: str, value: Any, *controls: Any
    ) -> Iterator[Updates]:
        """Put an uploaded photo at the chosen corner."""
        with shown_to_visitor():
            if photo is None:
                yield gr.skip()
                return
            language, model = language_of(request), self._services.model(offered.model).name
            slot = slot_of_photo(self._services, model, Path(photo), language)
            yield from self.put(slot, corner, value, controls, language)

    def emptied(self, request: gr.Request, corner: str, value: Any, *controls: Any) -> Iterator[Updates]:
        """Take the instance away from the chosen corner."""
        with shown_to_visitor():
            if sum(slot is not None for slot in controls[0]) <= 1:
                raise RequestError("One instance must stay. Put another one at a corner first.")
            yield from self.put(None, corner, value, controls, language_of(request))

    # --- pieces ---

    def put(
        self, slot: Slot | None, corner: str, value: Any, controls: Sequence[Any], language: str
    ) -> Iterator[Updates]:
        place = CORNERS.index(corner)
        slots: Slots = (*controls[0][:place], slot, *controls[0][place + 1 :])
        weights = list(controls[1 : 1 + MAX_INSTANCES])
        weights[place] = (weights[place] or EQUAL) if slot is not None else 0.0
        weights = _filled(weights, slots)
        fine = controls[5] if slot is not None or controls[5] != corner else THE_MIX
        yield {
            self.slots: slots,
            self.pad: pad_value(place_of(value), _pictures(slots)),
            self.fine: fine,
            **self._sliders(weights),
        }
        yield from self.result.full(_request((slots, *weights, fine, *controls[6:])), language)

    def _sliders(self, weights: Sequence[float]) -> Updates:
        return {slider: round(weight, 2) for slider, weight in zip(self.weights, weights, strict=True)}

    def _sides(self, model: str) -> list[int]:
        """Return the sides that the maps of a model have."""
        return [side for side in (8, 16, 32, 64, 128, 256) if side <= self._services.model(model).resolution]


def _filled(weights: Sequence[float], slots: Slots) -> list[float]:
    """Return weights that are 0 at empty corners and not all 0: then the corners that are filled share alike."""
    kept = [float(weight) if slot is not None else 0.0 for weight, slot in zip(weights, slots, strict=True)]
    return kept if sum(kept) > 0 else [EQUAL if slot is not None else 0.0 for slot in slots]


def _pictures(slots: Slots) -> list[Path | None]:
    return [None if slot is None else slot.picture for slot in slots]


def _request(controls: Sequence[Any]) -> BlendRequest:
    """Return what the values of ``MixPage.controls`` ask for; raises RequestError, also while there is no instance."""
    slots: Slots = controls[0]
    weights = [round(float(weight), 2) for weight in controls[1 : 1 + MAX_INSTANCES]]
    fine_corner, fine_from, seed, truncation = controls[1 + MAX_INSTANCES :]
    filled = [(slot, weight) for slot, weight in zip(slots, weights, strict=True) if slot is not None]
    if not filled:
        raise RequestError("Put an instance at a corner first.")
    blend = Blend(tuple(slot.feature for slot, _ in filled), tuple(weight for _, weight in filled), Swap())
    fine = None
    if fine_corner:
        slot = slots[CORNERS.index(fine_corner)]
        if slot is None:
            raise RequestError(f"Corner {fine_corner} is empty. Put an instance there, or take the style of another.")
        fine = Blend((slot.feature,))
    return BlendRequest(filled[0][0].model, blend, seeds_from(seed), float(truncation), fine, int(fine_from or 32))


def wire(page: MixPage) -> None:
    """Connect the widgets to their handlers; everything that draws shares the model's queue."""
    r = page.result
    full: dict[str, Any] = {
        "concurrency_id": "model", "concurrency_limit": 1, "show_progress": "hidden", "api_visibility": "private",
    }  # fmt: skip
    latest: dict[str, Any] = {**full, "trigger_mode": "always_last"}
    page.pad.input(page.moved, [page.pad, r.drawn, *page.controls], [r.stage, r.status, *page.weights], **QUICKLY)
    page.pad.release(page.placed, [page.pad, *page.controls], [*page.weights, *r.outputs], **latest)
    for slider in (*page.weights, page.truncation):
        slider.input(page.live, [r.drawn, *page.controls], [r.stage, r.status], **QUICKLY)
        slider.release(page.full, page.controls, r.outputs, **latest)
    for choice in (page.fine, page.fine_from, page.seed):
        choice.input(page.full, page.controls, r.outputs, **latest)
    put = [page.slots, page.pad, page.fine, *page.weights, *r.outputs]
    place = [page.corner, page.pad, *page.controls]
    page.choices.select(page.from_row, [page.offered, *place], put, **{**full, "trigger_mode": "multiple"})
    page.photo.input(page.from_photo, [page.photo, page.offered, *place], put, **latest)
    page.empty.click(page.emptied, place, put, **full)
    r.redraw.click(page.full, page.controls, r.outputs, **full)
    if page.explanation is not None:
        studio_explain.wire(page.explanation)
