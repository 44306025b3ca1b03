"""The Studio tab: class swap, mix and travel, opened when it is first looked at, by an address, or by a recipe."""

from collections.abc import Iterator
from typing import Any

import gradio as gr

from icgan_demo.ui import studio_sheets, studio_swap
from icgan_demo.ui.feedback import shown_to_visitor
from icgan_demo.ui.services import Services
from icgan_demo.ui.studio_state import Slot
from icgan_demo.ui.texts import language_of, text

LINK_KEYS = ("model", "row", "to", "position", "balance", "seed", "truncation")
"""What an address may say; everything else in it is ignored."""
MAX_LINK_VALUE = 300


class StudioTab:
    """Lays the tab out on construction, inside the current ``gr.Tab``."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self.pages = gr.Tabs(elem_id="studio-pages")
        with self.pages, gr.Tab(text("page_swap"), id="swap", elem_id="swap-page"):
            self.swap = studio_swap.SwapPage(services)
            self.sheets = studio_sheets.Sheets(services)
        self.link = gr.State({})  # what the page's address asked for

    def arrived(self, request: gr.Request) -> Any:
        """Take what the page's address asks for; nothing happens without."""
        given = {
            key: str(request.query_params[key])[:MAX_LINK_VALUE] for key in LINK_KEYS if key in request.query_params
        }
        if not given:
            return gr.skip()
        return gr.Tabs(selected="studio"), given

    def opened(
        self, request: gr.Request, model: str | None, slot: Slot | None, link: dict[str, str]
    ) -> Iterator[dict[Any, Any]]:
        """Fill the tab for the page's model when it is first looked at, and anew for another model."""
        with shown_to_visitor():
            name = self._services.model(model or "").name
            if slot is None or slot.model != name:
                yield from self.swap.opened(language_of(request), name, {})

    def linked(self, request: gr.Request, link: dict[str, str]) -> Iterator[dict[Any, Any]]:
        """Fill the tab as the page's address asks."""
        with shown_to_visitor():
            if link:
                name = self._services.model(link.get("model", "")).name
                yield from self.swap.opened(language_of(request), name, link)


def wire(tab: StudioTab, place: gr.Tab, tabs: gr.Tabs, model: gr.Dropdown, demo: gr.Blocks) -> None:
    """Connect the tab.

    Args:
        tab: what was laid out.
        place: the tab of the page that it lies in.
        tabs: the tabs of the page, so that an address can choose this one.
        model: the page's choice of a model.
        demo: the page.
    """
    studio_swap.wire(tab.swap)
    studio_sheets.wire(tab.sheets, tab.swap)
    on_queue: dict[str, Any] = {
        "concurrency_id": "model", "concurrency_limit": 1, "show_progress": "hidden", "api_visibility": "private",
    }  # fmt: skip
    filled = [tab.swap.choices, tab.swap.rows, *tab.swap.restored]
    place.select(tab.opened, [model, tab.swap.slot, tab.link], filled, **on_queue)
    demo.load(tab.arrived, None, [tabs, tab.link], queue=False, show_progress="hidden", api_visibility="private")
    tab.link.change(tab.linked, tab.link, filled, **on_queue)
