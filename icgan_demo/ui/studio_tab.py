"""The Studio tab: class swap, mix and travel, opened when it is first looked at, by an address, or by a recipe."""

from collections.abc import Iterator
from typing import Any

import gradio as gr

from icgan_demo.errors import RequestError
from icgan_demo.ui import studio_mix, studio_recipes, studio_sheets, studio_swap, studio_travel
from icgan_demo.ui.feedback import shown_to_visitor
from icgan_demo.ui.generate_state import Chosen, Shown
from icgan_demo.ui.generate_widgets import GenerateWidgets
from icgan_demo.ui.services import Services
from icgan_demo.ui.studio_state import Slot, slot_of_feature, slot_of_photo
from icgan_demo.ui.texts import language_of, say, text

LINK_KEYS = ("model", "row", "to", "position", "balance", "seed", "truncation")
"""What an address may say; everything else in it is ignored."""
MAX_LINK_VALUE = 300

Updates = dict[Any, Any]


class StudioTab:
    """Lays the tab out on construction, inside the current ``gr.Tab``."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self.pages = gr.Tabs(elem_id="studio-pages")
        with self.pages:
            with gr.Tab(text("page_swap"), id="swap", elem_id="swap-page"):
                self.swap = studio_swap.SwapPage(services)
                self.sheets = studio_sheets.Sheets(services)
            with gr.Tab(text("page_mix"), id="mix", elem_id="mix-page") as self.mix_place:
                self.mix = studio_mix.MixPage(services)
            with gr.Tab(text("page_travel"), id="travel", elem_id="travel-page") as self.travel_place:
                self.travel = studio_travel.TravelPage(services)
        self.recipes = studio_recipes.Recipes(services, self.pages, self.swap, self.mix, self.travel)
        self.link = gr.State({})  # what the page's address asked for

    def arrived(self, request: gr.Request) -> Any:
        """Take what the page's address asks for; nothing happens without."""
        asked = request.query_params
        given = {key: str(asked[key])[:MAX_LINK_VALUE] for key in LINK_KEYS if key in asked}
        return (gr.Tabs(selected="studio"), given) if given else gr.skip()

    def linked(self, request: gr.Request, link: dict[str, str]) -> Iterator[Updates]:
        """Fill the class page as the page's address asks."""
        with shown_to_visitor():
            if link:
                name = self._services.model(link.get("model", "")).name
                yield from self.swap.opened(language_of(request), name, link)

    def opened(self, request: gr.Request, model: str | None, slot: Slot | None, link: Any) -> Iterator[Updates]:
        """Fill the class page for the model of the Generate tab when it is first looked at, anew for another model."""
        with shown_to_visitor():
            name = self._services.model(model or "").name
            if not link and (slot is None or slot.model != name):
                yield from self.swap.opened(language_of(request), name, {})

    def sent(
        self, request: gr.Request, chosen: Chosen | None, selected: int | None, shown: Shown | None
    ) -> Iterator[Updates]:
        """Take the selected picture of the Generate tab, or else its instance, to the class page."""
        with shown_to_visitor():
            language = language_of(request)
            if chosen is None:
                raise RequestError(say(language, "choose_first"))
            file = chosen.photo
            if shown is not None and selected is not None and selected < len(shown.pictures):
                file = shown.pictures[selected].file
            if file is not None and file.exists():
                slot = slot_of_photo(self._services, chosen.model, file, language)
            else:
                slot = slot_of_feature(self._services, chosen.model, chosen.feature, language)
            yield from self.swap.opened(language, chosen.model, {}, slot)

    def mix_opened(self, request: gr.Request, model: str | None, slots: studio_mix.Slots) -> Iterator[Updates]:
        """Fill the mix page likewise."""
        with shown_to_visitor():
            name = self._services.model(model or "").name
            if not any(slot is not None and slot.model == name for slot in slots):
                yield from self.mix.opened(language_of(request), name)

    def travel_opened(self, request: gr.Request, model: str | None, rows: Any, stops: Any) -> Iterator[Updates]:
        """Fill the travel page likewise; stops that were added from the other pages stay."""
        with shown_to_visitor():
            name = self._services.model(model or "").name
            if not rows or (stops and stops[0].model != name):
                yield from self.travel.opened(language_of(request), name, stops)


def wire(tab: StudioTab, place: gr.Tab, tabs: gr.Tabs, generate: GenerateWidgets, demo: gr.Blocks) -> None:
    """Connect the tab.

    Args:
        tab: what was laid out.
        place: the tab of the page that it lies in.
        tabs: the tabs of the page, so that an address can choose this one.
        generate: the Generate tab, for its model and for what it sends here.
        demo: the page.
    """
    swap, mix, travel, model = tab.swap, tab.mix, tab.travel, generate.model
    studio_swap.wire(swap)
    studio_sheets.wire(tab.sheets, swap)
    studio_mix.wire(mix)
    studio_travel.wire(travel, [swap.result, mix.result])
    studio_recipes.wire(tab.recipes)
    on_queue: dict[str, Any] = {
        "concurrency_id": "model", "concurrency_limit": 1, "show_progress": "hidden", "api_visibility": "private",
    }  # fmt: skip
    of_swap = [swap.choices, swap.rows, *swap.restored]
    place.select(tab.opened, [model, swap.slot, tab.link], of_swap, **on_queue)
    tab.mix_place.select(tab.mix_opened, [model, mix.slots], [mix.choices, mix.rows, *mix.restored], **on_queue)
    tab.travel_place.select(
        tab.travel_opened,
        [model, travel.rows, travel.stops],
        [travel.choices, travel.rows, *travel.restored],
        **on_queue,
    )
    sent = generate.to_studio.click(tab.sent, [generate.chosen, generate.selected, generate.shown], of_swap, **on_queue)
    moved = sent.success(lambda: gr.Tabs(selected="studio"), None, tabs, queue=False, api_visibility="private")
    demo.load(tab.arrived, None, [tabs, tab.link], queue=False, show_progress="hidden", api_visibility="private")
    filled = tab.link.change(tab.linked, tab.link, of_swap, **on_queue)
    sliders = [swap.position, swap.balance, swap.truncation, swap.seed]
    # A slider that is updated while its tab is being opened for the first time loses the value: told once more.
    filled.then(swap.settled, swap.result.drawn, sliders, queue=False, show_progress="hidden", api_visibility="private")
    moved.then(swap.settled, swap.result.drawn, sliders, queue=False, show_progress="hidden", api_visibility="private")
