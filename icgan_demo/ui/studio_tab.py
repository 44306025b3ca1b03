"""The Studio tab and its pages, opened when first looked at, by an address, by a recipe, or from the history."""

from collections.abc import Iterator
from typing import Any

import gradio as gr

from icgan_demo.errors import RequestError
from icgan_demo.service.history import History
from icgan_demo.ui import (
    map_sending,
    studio_history,
    studio_map,
    studio_mix,
    studio_recipes,
    studio_search,
    studio_sheets,
    studio_swap,
    studio_travel,
)  # fmt: skip
from icgan_demo.ui.events import AT_ONCE, CLICKED, ON_QUEUE, Updates
from icgan_demo.ui.feedback import shown_to_visitor
from icgan_demo.ui.generate_state import Shown, picture_of
from icgan_demo.ui.generate_widgets import GenerateWidgets
from icgan_demo.ui.instances import Chosen, choose_feature, choose_photo
from icgan_demo.ui.map_place import MapPlace
from icgan_demo.ui.services import Services
from icgan_demo.ui.texts import language_of, say, text

LINK_KEYS = ("model", "row", "to", "position", "balance", "seed", "truncation")
"""What an address may say; everything else in it is ignored."""
MAX_LINK_VALUE = 300

# A handler with nothing to tell yields ``gr.skip()``: Gradio empties all outputs of one that yields nothing.

RELEASE_ON_KEYS = """() => {
    const keys = ["ArrowLeft", "ArrowRight", "ArrowUp", "ArrowDown", "PageUp", "PageDown", "Home", "End"];
    document.addEventListener("keyup", (event) => {
        if (keys.includes(event.key) && event.target.matches("#studio-pages input[type=range]"))
            event.target.dispatchEvent(new PointerEvent("pointerup", {bubbles: true}));
    });
}"""
"""A slider moved by keys is let go with the key: Gradio tells of a release only when a pointer goes up."""


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
            self.map: studio_map.MapPage | None = None
            if services.banks is not None:
                with gr.Tab(text("page_map"), id="map", elem_id="map-page") as self.map_place:
                    self.map = studio_map.MapPage(services, services.banks)
            with gr.Tab(text("page_search"), id="search", elem_id="search-page") as self.search_place:
                self.search = studio_search.SearchPage(services)
            with gr.Tab(text("page_history"), id="history-page", elem_id="history-page") as self.history_place:
                self.history = studio_history.HistoryPage(services)
        self.recipes = studio_recipes.Recipes(services, self.pages, self.swap, self.mix, self.travel, self.search)
        self.link = gr.State({})  # what the page's address asked for

    def arrived(self, request: gr.Request) -> Any:
        """Take what the page's address asks for; nothing happens without."""
        asked = request.query_params
        given = {key: str(asked[key])[:MAX_LINK_VALUE] for key in LINK_KEYS if key in asked}
        return (gr.Tabs(selected="studio"), given) if given else gr.skip()

    def linked(self, request: gr.Request, model: str | None, link: dict[str, str]) -> Iterator[Updates]:
        """Fill the class page as the page's address asks."""
        with shown_to_visitor():
            if not link:
                yield gr.skip()
                return
            name = self._services.model(link.get("model", "")).name
            yield {self.swap.seen: self._services.model(model or "").name}
            yield from self.swap.opened(language_of(request), name, link)

    def opened(self, request: gr.Request, model: str | None, seen: str | None, link: Any) -> Iterator[Updates]:
        """Fill the class page for the model of the Generate tab when first looked at, and again for another one."""
        if seen is None and link:
            yield gr.skip()  # ``linked`` is about to
        else:
            yield from self._filled(request, self.swap, model, seen, {})

    def sent(
        self,
        request: gr.Request,
        model: str | None,
        chosen: Chosen | None,
        selected: str | None,
        shown: Shown | None,
    ) -> Iterator[Updates]:
        """Take the selected picture of the Generate tab, or else its instance, to the class page."""
        with shown_to_visitor():
            language = language_of(request)
            if chosen is None:
                raise RequestError(say(language, "choose_first"))
            file = chosen.picture
            picture = picture_of(shown, selected)
            if picture is not None:
                file = picture.file
            if not file.exists():
                chosen = choose_feature(self._services, chosen.model, chosen.feature, language)
            elif file != chosen.picture:
                chosen = choose_photo(self._services, chosen.model, file, language)
            yield {self.swap.seen: self._services.model(model or "").name}
            yield from self.swap.opened(language, chosen.model, {}, chosen)

    def mix_opened(self, request: gr.Request, model: str | None, seen: str | None) -> Iterator[Updates]:
        """Fill the mix page likewise."""
        yield from self._filled(request, self.mix, model, seen)

    def travel_opened(self, request: gr.Request, model: str | None, seen: str | None, stops: Any) -> Iterator[Updates]:
        """Fill the travel page likewise; stops that were added from the other pages stay."""
        yield from self._filled(request, self.travel, model, seen, stops)

    def map_opened(
        self,
        request: gr.Request,
        model: str | None,
        seen: str | None,
        kept: Any,
        chosen: Chosen | None,
        place: MapPlace,
    ) -> Iterator[Updates]:
        """Fill the map likewise; a photo chosen in the Generate tab meanwhile comes onto it."""
        assert self.map is not None
        if seen is not None and seen == self._services.model(model or "").name:
            with shown_to_visitor():
                yield from self.map.with_chosen(language_of(request), place, kept, chosen)
            return
        yield from self._filled(request, self.map, model, seen, kept, chosen)

    def search_opened(self, request: gr.Request, model: str | None, seen: str | None) -> Iterator[Updates]:
        """Fill the search page likewise."""
        yield from self._filled(request, self.search, model, seen)

    def reopened(
        self, request: gr.Request, event: gr.EventData, history: History, model: str | None
    ) -> Iterator[Updates]:
        """Open the clicked picture of the history as if it had been dropped on the page."""
        with shown_to_visitor():
            file = history.find(str(event.name)).file
            yield from self.recipes.dropped(request, str(file), model)

    def _filled(
        self, request: gr.Request, page: Any, model: str | None, seen: str | None, *more: Any
    ) -> Iterator[Updates]:
        """Fill a page unless it was filled for this model before, be it with a recipe of another one."""
        with shown_to_visitor():
            name = self._services.model(model or "").name
            if name == seen:
                yield gr.skip()
                return
            yield from page.opened(language_of(request), name, *more)
            yield {page.seen: name}


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
    studio_travel.wire(travel, [swap.result, mix.result, *([tab.map.result] if tab.map else [])])
    studio_search.wire(tab.search)
    studio_recipes.wire(tab.recipes, model)
    if tab.map is not None:
        _wire_map(tab, tab.map, tabs, generate)
        kept = tab.map.panel.kept.render()
        demo.load(tab.map.panel.introduced, kept, kept, **AT_ONCE)
    place.select(tab.opened, [model, swap.seen, tab.link], swap.restored, **ON_QUEUE)
    tab.mix_place.select(tab.mix_opened, [model, mix.seen], mix.restored, **ON_QUEUE)
    tab.travel_place.select(tab.travel_opened, [model, travel.seen, travel.stops], travel.restored, **ON_QUEUE)
    tab.search_place.select(tab.search_opened, [model, tab.search.seen], tab.search.restored, **ON_QUEUE)
    chosen = [generate.chosen, generate.selected, generate.shown]
    sent = generate.to_studio.click(tab.sent, [model, *chosen], swap.restored, **ON_QUEUE)
    sent.success(lambda: gr.Tabs(selected="studio"), None, tabs, **AT_ONCE)
    drawings = [
        generate.files,
        swap.result.files,
        tab.sheets.files,
        mix.result.files,
        travel.files,
        tab.search.stage.files,
    ]
    if tab.map is not None:
        drawings.append(tab.map.result.files)
    studio_history.wire(tab.history, [place, tab.history_place], drawings)
    tab.history.pictures.select(tab.reopened, [tab.history.history, model], tab.recipes.outputs, **CLICKED)
    demo.load(None, js=RELEASE_ON_KEYS)
    demo.load(tab.arrived, None, [tabs, tab.link], **AT_ONCE)
    tab.link.change(tab.linked, [model, tab.link], swap.restored, **ON_QUEUE)


def _wire_map(tab: StudioTab, page: studio_map.MapPage, tabs: gr.Tabs, generate: GenerateWidgets) -> None:
    """Connect the map to its own widgets, to its opening, and to the pages that it sends instances to."""
    studio_map.wire(page)
    sending = map_sending.MapSending(tab._services, tab.swap, tab.mix, generate)
    map_sending.wire(sending, page, tab.swap, tab.mix, generate, tab.pages, tabs)
    tab.map_place.select(
        tab.map_opened,
        [generate.model, page.seen, page.panel.kept, generate.chosen, page.place],
        page.restored,
        **ON_QUEUE,
    )
