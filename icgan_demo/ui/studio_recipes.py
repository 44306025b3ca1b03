"""A saved picture dropped on the studio restores its controls and is drawn again."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import gradio as gr

from icgan_demo.service.recipe import Recipe
from icgan_demo.service.studio_outputs import read_recipe_file
from icgan_demo.service.studio_recipe import (
    AnyRecipe,
    BlendRecipe,
    TravelRecipe,
    version_problem,
    write_blend_recipe,
)
from icgan_demo.service.studio_requests import Blend, BlendRequest, Swap
from icgan_demo.ui.feedback import shown_to_visitor, warn
from icgan_demo.ui.services import Services
from icgan_demo.ui.studio_mix import MixPage
from icgan_demo.ui.studio_search import SearchPage
from icgan_demo.ui.studio_state import SEEDS, seeds_from
from icgan_demo.ui.studio_swap import SwapPage
from icgan_demo.ui.studio_travel import TravelPage
from icgan_demo.ui.texts import language_of, text

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
                file_types=[".png", ".json"], label=text("recipe_file"), height=110, elem_id="recipe-file"
            )

    @property
    def outputs(self) -> list[Any]:
        """Components that a recipe changes."""
        return [
            self._pages, *self._swap.restored, *self._mix.restored, *self._travel.restored,
            *self._search.restored, self.file,
        ]  # fmt: skip

    def dropped(self, request: gr.Request, file: str | None, model: str | None) -> Iterator[dict[Any, Any]]:
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
            place, page, restoring = self._restoring(recipe, language)
            controls = next(restoring)
            yield {self._pages: gr.Tabs(selected=place), self.file: None, page.seen: name, **controls}
            yield from restoring

    def _restoring(self, recipe: AnyRecipe, language: str) -> tuple[str, Page, Iterator[dict[Any, Any]]]:
        """Return the page's id, the page, and what restores it."""
        if isinstance(recipe, TravelRecipe):
            return "travel", self._travel, self._travel.restore(recipe, language)
        if isinstance(recipe, Recipe):
            recipe = self._as_blend(recipe)
        if recipe.noise is not None:
            return "search", self._search, self._search.restore(recipe, language)
        if len(recipe.blend.instances) > 1 or recipe.fine is not None:
            return "mix", self._mix, self._mix.restore(recipe, language)
        return "swap", self._swap, self._swap.restore(recipe, language)

    def _as_blend(self, recipe: Recipe) -> BlendRecipe:
        """Return a recipe of the Generate tab as one of the class page: the same pictures, the first four of them.

        Its list of seeds says which pictures were kept; recipes of others may lack it.
        """
        wanted = recipe.request()
        swap = Swap(None, ((wanted.label, 1.0),), 1.0) if wanted.label else Swap()
        seeds = recipe.seeds[:SEEDS] or seeds_from(wanted.seed)
        request = BlendRequest(wanted.model, Blend((wanted.feature,), swap=swap), seeds, wanted.truncation)
        return write_blend_recipe(request, self._services.model(wanted.model))


def wire(recipes: Recipes, model: gr.Dropdown) -> None:
    """Connect the drop box; ``model`` is the Generate tab's."""
    recipes.file.upload(
        recipes.dropped, [recipes.file, model], recipes.outputs, concurrency_id="model", concurrency_limit=1,
        show_progress="hidden", api_visibility="private",
    )  # fmt: skip
