"""From the map to the other pages: the chosen instance becomes material there."""

from collections.abc import Iterator
from typing import Any

import gradio as gr

from icgan_demo.errors import RequestError
from icgan_demo.ui.common.events import AT_ONCE, ON_QUEUE, Updates
from icgan_demo.ui.common.feedback import shown_to_visitor
from icgan_demo.ui.common.instances import Chosen
from icgan_demo.ui.common.pages import go_to
from icgan_demo.ui.common.services import Services
from icgan_demo.ui.map.map_page import MapPage
from icgan_demo.ui.studio.mix_page import CORNERS, MixControls, MixPage
from icgan_demo.ui.studio.swap_page import SwapPage
from icgan_demo.ui.texts.language import language_of, say
from icgan_demo.ui.visitor.visits import HandedInstance, Visits


class MapSending:
    """Answers the buttons below the map's pictures."""

    def __init__(self, services: Services, swap: SwapPage, mix: MixPage, visits: Visits) -> None:
        self._services = services
        self._swap = swap
        self._mix = mix
        self._visits = visits

    def send_to_swap(self, request: gr.Request, slot: Chosen | None, model: str | None) -> Iterator[Updates]:
        """Fill the class page with the instance."""
        with shown_to_visitor():
            language = language_of(request)
            slot = _require_chosen(slot, language)
            yield {self._swap.seen: self._services.model(model or "").name}
            yield from self._swap.open(language, slot.model, {}, slot)

    def send_to_mix(
        self,
        request: gr.Request,
        slot: Chosen | None,
        model: str | None,
        seen: str | None,
        corner: str,
        pad: Any,
        *controls: Any,
    ) -> Iterator[Updates]:
        """Put the instance at the chosen corner of the mix page, which is filled first if it was not yet."""
        with shown_to_visitor():
            language = language_of(request)
            slot = _require_chosen(slot, language)
            name = self._services.model(model or "").name
            filled: Updates = {}
            if seen != name or not any(other is not None and other.model == slot.model for other in controls[0]):
                for updates in self._mix.open(language, slot.model):
                    filled |= updates
            values = [
                _value(filled.get(widget, known)) for widget, known in zip(self._mix.controls, controls, strict=True)
            ]
            place = _value(filled.get(self._mix.pad, pad))
            if filled:  # only now: Gradio takes the values out of the updates that it is given
                yield {**filled, self._mix.seen: name}
            yield from self._mix.put(slot, corner or CORNERS[0], place, MixControls.of(values), language)

    def send_to_generate(self, request: gr.Request, slot: Chosen | None) -> None:
        """Hand the instance over to the Generate page, which draws its neighbours."""
        with shown_to_visitor():
            self._visits.of(request).handed_instance = HandedInstance(_require_chosen(slot, language_of(request)))


def _require_chosen(slot: Chosen | None, language: str) -> Chosen:
    """Return the instance that is chosen on the map; raises RequestError without one or after an hour."""
    if slot is None or not slot.picture.exists():
        raise RequestError(say(language, "map_choose"))
    return slot


def _value(update: Any) -> Any:
    """Return the value of an update, be it one of ``gr.update``."""
    return update["value"] if isinstance(update, dict) and "__type__" in update else update


def wire(
    sending: MapSending,
    page: MapPage,
    swap: SwapPage,
    mix: MixPage,
    model: gr.State,
    pages: gr.Tabs,
) -> None:
    """Connect the buttons; the page that takes the instance comes to the front."""
    swapped = page.to_swap.click(sending.send_to_swap, [page.slot, model], swap.page_outputs, **ON_QUEUE)
    swapped.success(lambda: gr.Tabs(selected="swap"), None, pages, **AT_ONCE)
    mixed = page.to_mix.click(
        sending.send_to_mix,
        [page.slot, model, mix.seen, mix.corner, mix.pad, *mix.controls],
        mix.page_outputs,
        **ON_QUEUE,
    )
    mixed.success(lambda: gr.Tabs(selected="mix"), None, pages, **AT_ONCE)
    page.to_generate.click(sending.send_to_generate, page.slot, None, **AT_ONCE).success(None, js=go_to("generate"))
