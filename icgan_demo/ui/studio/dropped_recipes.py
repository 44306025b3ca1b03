"""A saved picture dropped on the studio restores its controls and is drawn again."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import gradio as gr

from icgan_demo.service.drawing.drawing_requests import SEEDS, TravelRequest
from icgan_demo.service.recipes.recipe import BlendRecipe, NeighboursRecipe, Recipe, read_recipe_file, version_problem
from icgan_demo.ui.common.events import ON_QUEUE, Updates
from icgan_demo.ui.common.feedback import shown_to_visitor, warn
from icgan_demo.ui.common.services import Services
from icgan_demo.ui.studio.mix_page import MixPage
from icgan_demo.ui.studio.search_page import SearchPage
from icgan_demo.ui.studio.swap_page import SwapPage
from icgan_demo.ui.studio.travel_page import TravelPage
from icgan_demo.ui.texts.language import language_of, text

Page = SwapPage | MixPage | TravelPage | SearchPage


class Recipes:
    """Lays the drop box out on construction, below the studio's pages."""

    def __init__(
        self,
        services: Services,
        pages: gr.Tabs,
        swap: SwapPage,
        mix: MixPage,
        travel: TravelPage,
        search: SearchPage,
    ) -> None:
        self._services = services
        self._pages = pages
        self._swap, self._mix, self._travel, self._search = swap, mix, travel, search
        with gr.Accordion(text("open_recipe"), open=False, elem_id="open-recipe"):
            gr.HTML(text("open_recipe_note"), elem_classes="fine-print")
            self.file = gr.File(
                file_types=[".png", ".json"], label=text("recipe_file"), height=150, elem_id="recipe-file"
            )

    @property
    def outputs(self) -> list[Any]:
        """Components that a recipe changes."""
        return [
            self._pages, *self._swap.page_outputs, *self._mix.page_outputs, *self._travel.page_outputs,
            *self._search.page_outputs, self.file,
        ]  # fmt: skip

    def open_dropped(self, request: gr.Request, file: str | None, model: str | None) -> Iterator[Updates]:
        """Restore the page that the recipe belongs to, and draw; it stays until ``model`` is another one."""
        with shown_to_visitor():
            if file is None:
                yield gr.skip()
                return
            language, name = language_of(request), self._services.model(model or "").name
            recipe = read_recipe_file(Path(file))
            problem = version_problem(recipe, self._services.find(recipe.model.name))
            if problem is not None:
                warn(problem)
            place, page, restoring = self._choose_page(recipe, language)
            controls = next(restoring)
            yield {self._pages: gr.Tabs(selected=place), self.file: None, page.seen: name, **controls}
            yield from restoring

    def _choose_page(self, recipe: Recipe, language: str) -> tuple[str, Page, Iterator[Updates]]:
        """Return the page's id, the page, and what restores it; of a set of neighbours the first four pictures."""
        request = recipe.request()
        if isinstance(request, TravelRequest):
            return "travel", self._travel, self._travel.restore(request, language)
        if isinstance(recipe, NeighboursRecipe):
            request = replace(request, seeds=(recipe.seeds or request.seeds)[:SEEDS], best_of=None)
        if isinstance(recipe, BlendRecipe) and request.noise is not None:
            return "search", self._search, self._search.restore(request, recipe.search, language)
        if len(request.blend.features) > 1 or request.fine is not None:
            return "mix", self._mix, self._mix.restore(request, language)
        return "swap", self._swap, self._swap.restore(request, language)


def wire(recipes: Recipes, model: gr.State) -> None:
    """Connect the drop box; ``model`` is the chosen one."""
    recipes.file.upload(recipes.open_dropped, [recipes.file, model], recipes.outputs, **ON_QUEUE)
