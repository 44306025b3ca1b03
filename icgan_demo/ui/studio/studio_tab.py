"""The Studio and its pages, opened when first looked at, by an address, by a recipe, or from the history."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import gradio as gr

from icgan_demo.errors import DemoError
from icgan_demo.service.drawing.drawing_requests import DrawRequest
from icgan_demo.service.recipes.history import History
from icgan_demo.service.recipes.recipe import BlendRecipe, read_recipe_file
from icgan_demo.ui.common.events import AT_ONCE, CLICKED, ON_QUEUE, QUICKLY, Updates
from icgan_demo.ui.common.feedback import shown_to_visitor, warn
from icgan_demo.ui.common.instances import Chosen
from icgan_demo.ui.common.services import Services
from icgan_demo.ui.map import map_page  # fmt: skip
from icgan_demo.ui.map.map_view import is_choice
from icgan_demo.ui.stage.studio_widgets import RELEASE_ON_KEYS
from icgan_demo.ui.studio import (
    class_sheets,
    dropped_recipes,
    history_page,
    map_sending,
    mix_page,
    path_adding,
    search_page,
    studio_parts,
    swap_page,
)
from icgan_demo.ui.texts.language import language_of, text
from icgan_demo.ui.visitor.places import MapPlace
from icgan_demo.ui.visitor.visits import StudioStage, Visits, enter_visit

LINK_KEYS = ("model", "row", "to", "position", "balance", "seed", "truncation")
"""What an address may say; everything else in it is ignored."""
MAX_LINK_VALUE = 300

# A handler with nothing to tell yields ``gr.skip()``: Gradio empties all outputs of one that yields nothing.


class StudioTab:
    """Lays the studio out on construction, inside the current ``gr.Blocks``."""

    def __init__(self, services: Services, visits: Visits) -> None:
        self._services = services
        self._visits = visits
        studio_parts.add_links(services)
        self.pages = gr.Tabs(elem_id="studio-pages")
        with self.pages:
            with gr.Tab(text("page_swap"), id="swap", elem_id="swap-page") as self.swap_place:
                self.swap = swap_page.SwapPage(services)
                self.sheets = class_sheets.ClassSheets(services)
            with gr.Tab(text("page_mix"), id="mix", elem_id="mix-page") as self.mix_place:
                self.mix = mix_page.MixPage(services)
            self.map: map_page.MapPage | None = None
            if services.banks is not None:
                with gr.Tab(text("page_map"), id="map", elem_id="map-page") as self.map_place:
                    self.map = map_page.MapPage(services, services.banks)
            with gr.Tab(text("page_search"), id="search", elem_id="search-page") as self.search_place:
                self.search = search_page.SearchPage(services)
            with gr.Tab(text("page_history"), id="history", elem_id="history-page") as self.history_place:
                self.history = history_page.HistoryPage(services, visits)
        self.recipes = dropped_recipes.DroppedRecipes(services, visits, self.pages, self.swap, self.mix, self.search)
        self.model = gr.State(None)  # the chosen one, empty for the default; None until the visit is known
        self.chosen = gr.State(None)  # the instance of the Generate page
        self.link = gr.State({})  # what the page's address asked for

    def read_address(self, request: gr.Request) -> Updates:
        """Take what the visit has made elsewhere, and what the page's address asks for."""
        visit, asked = self._visits.of(request), request.query_params
        part = str(asked.get("part", ""))
        return {
            self.model: visit.model,
            self.chosen: visit.chosen,
            self.link: {key: str(asked[key])[:MAX_LINK_VALUE] for key in LINK_KEYS if key in asked},
            self.history.history: visit.history,
            # A recipe says itself where it opens, and a page that is looked at before would be filled without it.
            self.pages: gr.Tabs(selected=part) if part in studio_parts.TABS and not visit.link else gr.skip(),
        }

    def open_on_arrival(
        self, request: gr.Request, model: str | None, seen: str | None, link: dict[str, str]
    ) -> Iterator[Updates]:
        """Fill the page that is seen first: with what was sent here, with what the address asks for, or as it was."""
        visit, is_filled = self._visits.of(request), False
        visit.is_class_page_filled = True
        try:
            for updates in self._fill_first(request, model, seen, link):
                is_filled |= self.swap.seen in updates
                yield updates
        finally:
            visit.is_class_page_filled = is_filled

    def _fill_first(
        self, request: gr.Request, model: str | None, seen: str | None, link: dict[str, str]
    ) -> Iterator[Updates]:
        visit, language = self._visits.of(request), language_of(request)
        sent, is_linked = visit.take_sent_instance(), bool(visit.link)
        with shown_to_visitor():
            try:
                recipe = visit.take_recipe()
                if recipe is not None:
                    yield from self.recipes.open(request, recipe, model)
                    return
            except DemoError as error:
                warn(str(error))
            if sent is not None:
                yield {self.swap.seen: self._services.model(model or "").name}
                yield from self.swap.open(language, sent.model, {}, sent)
            elif link:
                name = self._services.model(link.get("model", "")).name
                yield {self.swap.seen: self._services.model(model or "").name}
                yield from self.swap.open(language, name, link)
            elif not is_linked and request.query_params.get("part", "swap") != "swap":
                yield gr.skip()
            else:
                yield from self._fill(request, self.swap, "swap", model, seen, {})

    def open_swap(self, request: gr.Request, model: str | None, seen: str | None) -> Iterator[Updates]:
        """Fill the class page when it is looked at for the first time, unless ``open_on_arrival`` does.

        Gradio tells of its first tab as the page opens, on a busy machine when the visit is known already: what that
        event holds is of before the page was filled, and filling it again would undo what was set since.
        """
        if model is None or (seen is None and self._visits.of(request).is_class_page_filled):
            yield gr.skip()
        else:
            yield from self._fill(request, self.swap, "swap", model, seen, {})

    def keep_pages(
        self, request: gr.Request, swap_seen: str | None, swap: DrawRequest | None, mix_seen: str | None,
        mix: DrawRequest | None, found: Sequence[str], place: MapPlace, on_map: Any,
    ) -> None:  # fmt: skip
        """Remember what the pages show for the way back."""
        visit = self._visits.of(request)
        for name, seen, drawn in (("swap", swap_seen, swap), ("mix", mix_seen, mix)):
            if seen is not None and drawn is not None:
                visit.fill_stage(name, StudioStage(seen, drawn))
        if found:
            visit.found_picture = Path(found[0])
        if place.model:
            visit.place = replace(place, opens_with=on_map if is_choice(on_map) else "")
        self._visits.keep(request)

    def open_mix(self, request: gr.Request, model: str | None, seen: str | None) -> Iterator[Updates]:
        """Fill the mix page likewise."""
        yield from self._fill(request, self.mix, "mix", model, seen)

    def open_map(
        self,
        request: gr.Request,
        model: str | None,
        seen: str | None,
        kept: Any,
        chosen: Chosen | None,
    ) -> Iterator[Updates]:
        """Fill the map likewise; the photo of the Generate page comes onto it."""
        assert self.map is not None
        visit = self._visits.of(request)
        with shown_to_visitor():
            if visit.place is None and visit.kept_place is not None:
                visit.place = visit.kept_place.place(self._services, language_of(request))
        yield from self._fill(request, self.map, "map", model, seen, kept, chosen, visit.place)

    def open_search(self, request: gr.Request, model: str | None, seen: str | None) -> Iterator[Updates]:
        """Fill the search page likewise; what was found last is its recipe's file."""
        found = self._visits.of(request).found_picture
        with shown_to_visitor():
            recipe = read_recipe_file(found) if found is not None and found.exists() else None
            name = (self._services.find(model or "") or self._services.model("")).name
            if name == seen or not isinstance(recipe, BlendRecipe) or recipe.model.name != name:
                yield from self._fill(request, self.search, "search", model, seen)
                return
            yield from self.search.restore(recipe.request(), recipe.search, language_of(request))
            yield {self.search.seen: name}

    def open_from_history(
        self, request: gr.Request, event: gr.EventData, history: History, model: str | None
    ) -> Iterator[Updates]:
        """Open the clicked picture of the history as if it had been dropped on the page."""
        with shown_to_visitor():
            file = history.find(str(event.name)).file
            yield from self.recipes.open_dropped(request, str(file), model)

    def _fill(
        self, request: gr.Request, page: Any, place: str, model: str | None, seen: str | None, *more: Any
    ) -> Iterator[Updates]:
        """Fill a page unless it was filled before, be it with a recipe of another model; as it was, if it is known."""
        with shown_to_visitor():
            name = (self._services.find(model or "") or self._services.model("")).name
            if name == seen:
                yield gr.skip()
                return
            stage = self._visits.of(request).stages.get(place)
            if stage is not None and stage.seen == name:
                yield from page.restore(stage.request, language_of(request))
            else:
                yield from page.open(language_of(request), name, *more)
            yield {page.seen: name}


def wire(tab: StudioTab, demo: gr.Blocks, visits: Visits) -> None:
    """Connect the studio to its widgets and to the opening of its page."""
    swap, mix, model = tab.swap, tab.mix, tab.model
    swap_page.wire(swap)
    class_sheets.wire(tab.sheets, swap)
    mix_page.wire(mix)
    results = [swap.result, mix.result, *([tab.map.result] if tab.map else [])]
    path_adding.wire(path_adding.PathAdding(tab._services, visits), results)
    search_page.wire(tab.search)
    dropped_recipes.wire(tab.recipes, model)
    arrival = [model, tab.chosen, tab.link, tab.history.history, tab.pages]
    arrived = enter_visit(demo, visits, tab.read_address, outputs=arrival)
    opened = arrived.then(tab.open_on_arrival, [model, swap.seen, tab.link], tab.recipes.outputs, **ON_QUEUE)
    tab.recipes.leave_after(opened)
    tab.swap_place.select(tab.open_swap, [model, swap.seen], swap.page_outputs, **ON_QUEUE)
    tab.mix_place.select(tab.open_mix, [model, mix.seen], mix.page_outputs, **ON_QUEUE)
    tab.search_place.select(tab.open_search, [model, tab.search.seen], tab.search.page_outputs, **ON_QUEUE)
    drawings = [swap.result.files, tab.sheets.files, mix.result.files, tab.search.stage.files]
    on_map: list[Any] = [gr.State(MapPlace()), gr.State("")]
    if tab.map is not None:
        _wire_map(tab, tab.map)
        drawings.append(tab.map.result.files)
        on_map = [tab.map.place, tab.map.choice]
        kept = tab.map.panel.kept.render()
        demo.load(tab.map.panel.name_browser, kept, kept, **AT_ONCE)
    history_page.wire(tab.history, [tab.history_place], drawings)
    chosen = [tab.history.history, model]
    tab.recipes.leave_after(tab.history.pictures.select(tab.open_from_history, chosen, tab.recipes.outputs, **CLICKED))
    stays = [swap.seen, swap.result.drawn, mix.seen, mix.result.drawn, tab.search.stage.files, *on_map]
    # Not the states themselves, which Gradio would have to compare.
    shown: list[Any] = [
        swap.result.files,
        mix.result.files,
        tab.search.stage.files,
        *([tab.map.result.files] if tab.map else []),
    ]
    gr.on([part.change for part in shown], tab.keep_pages, stays, None, **QUICKLY)
    demo.load(None, js=RELEASE_ON_KEYS)


def _wire_map(tab: StudioTab, page: map_page.MapPage) -> None:
    """Connect the map to its own widgets, to its opening, and to the pages that it sends instances to."""
    map_page.wire(page)
    sending = map_sending.MapSending(tab._services, tab.swap, tab.mix, tab._visits)
    map_sending.wire(sending, page, tab.swap, tab.mix, tab.model, tab.pages)
    opened = [tab.model, page.seen, page.panel.kept, tab.chosen]
    tab.map_place.select(tab.open_map, opened, page.page_outputs, **ON_QUEUE)
