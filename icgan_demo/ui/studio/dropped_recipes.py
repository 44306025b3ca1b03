"""A saved picture dropped on the studio, or its link, restores its controls and is drawn again."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import gradio as gr

from icgan_demo.service.drawing.drawing_requests import SEEDS, DrawRequest
from icgan_demo.service.recipes.recipe import BlendRecipe, NeighboursRecipe, Recipe, read_recipe_file, version_problem
from icgan_demo.ui.common.events import ON_QUEUE, Updates
from icgan_demo.ui.common.feedback import shown_to_visitor, warn
from icgan_demo.ui.common.recipe_links import PAGES, place_of
from icgan_demo.ui.common.services import Services
from icgan_demo.ui.studio.mix_page import MixPage
from icgan_demo.ui.studio.search_page import SearchPage
from icgan_demo.ui.studio.swap_page import SwapPage
from icgan_demo.ui.texts.language import language_of, text
from icgan_demo.ui.visitor.visits import Visits

Page = SwapPage | MixPage | SearchPage

LEAVE = """(tool) => {
    if (tool) document.querySelector(`#studio-parts a[data-part="${tool}"]`).click();
}"""
"""Goes to a tool on a page of its own."""


class DroppedRecipes:
    """Lays the drop box out on construction, below the studio's pages."""

    def __init__(
        self,
        services: Services,
        visits: Visits,
        pages: gr.Tabs,
        swap: SwapPage,
        mix: MixPage,
        search: SearchPage,
    ) -> None:
        self._services, self._visits = services, visits
        self._pages = pages
        self._swap, self._mix, self._search = swap, mix, search
        self.leaves_for = gr.Textbox(visible=False)  # the tool to go to, whose page opens the recipe; empty for none
        with gr.Accordion(text("open_recipe"), open=False, elem_id="open-recipe"):
            gr.HTML(text("open_recipe_note"), elem_classes="fine-print")
            self.file = gr.File(
                file_types=[".png", ".json"], label=text("recipe_file"), height=150, elem_id="recipe-file"
            )

    @property
    def outputs(self) -> list[Any]:
        """Components that a recipe changes."""
        return [
            self._pages, *self._swap.page_outputs, *self._mix.page_outputs, *self._search.page_outputs, self.file,
            self.leaves_for,
        ]  # fmt: skip

    def open_dropped(self, request: gr.Request, file: str | None, model: str | None) -> Iterator[Updates]:
        """Restore the page that the recipe belongs to, and draw; it stays until ``model`` is another one."""
        with shown_to_visitor():
            if file is None:
                yield gr.skip()
                return
            yield from self.open(request, read_recipe_file(Path(file)), model)

    def open(self, request: gr.Request, recipe: Recipe, model: str | None) -> Iterator[Updates]:
        """Restore the tool that a recipe belongs to, and draw; it stays until ``model`` is another one.

        A tool on a page of its own finds the recipe in the visit.

        Raises:
            RequestError: if the recipe's model is not here, or a value is out of range.
        """
        problem = version_problem(recipe, self._services.find(recipe.model.name))
        if problem is not None:
            warn(problem)
        place = place_of(recipe)
        if place in PAGES:
            self._visits.of(request).sent_recipe = recipe
            yield {self.file: None, self.leaves_for: place}
            return
        page, restoring = self._choose_page(recipe, language_of(request))
        controls, name = next(restoring), self._services.model(model or "").name
        opened: Updates = {self._pages: gr.Tabs(selected=place), self.file: None, self.leaves_for: ""}
        yield {**opened, page.seen: name, **controls}
        yield from restoring

    def leave_after(self, event: Any) -> None:
        """Go to the recipe's tool, if that has a page of its own, after an ``event`` that has opened it."""
        event.success(None, self.leaves_for, None, js=LEAVE)

    def _choose_page(self, recipe: Recipe, language: str) -> tuple[Page, Iterator[Updates]]:
        """Return the page and what restores it; of a set of neighbours the first four pictures."""
        request, place = recipe.request(), place_of(recipe)
        assert isinstance(request, DrawRequest)
        if isinstance(recipe, NeighboursRecipe):
            request = replace(request, seeds=(recipe.seeds or request.seeds)[:SEEDS], best_of=None)
        if place == "search":
            assert isinstance(recipe, BlendRecipe)
            return self._search, self._search.restore(request, recipe.search, language)
        if place == "mix":
            return self._mix, self._mix.restore(request, language)
        return self._swap, self._swap.restore(request, language)


def wire(recipes: DroppedRecipes, model: gr.State) -> None:
    """Connect the drop box; ``model`` is the chosen one."""
    recipes.leave_after(recipes.file.upload(recipes.open_dropped, [recipes.file, model], recipes.outputs, **ON_QUEUE))
