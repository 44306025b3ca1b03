"""The right side of the search page: the start beside the best so far, both with the recipes that draw them again."""

from dataclasses import replace
from html import escape
from typing import Any

import gradio as gr
import numpy as np

from icgan_demo.service.drawing.drawing_requests import Blend, DrawRequest
from icgan_demo.service.drawing.search_requests import SearchRequest, SearchStep
from icgan_demo.service.recipes.drawn_files import new_folder, picture_name, png_with_recipe
from icgan_demo.service.recipes.recipe import Recipe, write_recipe
from icgan_demo.service.recipes.recipe_values import SearchValues, pack
from icgan_demo.ui.common.events import Updates
from icgan_demo.ui.common.recipe_links import copy_link
from icgan_demo.ui.common.services import Services
from icgan_demo.ui.common.time_left import time_left_of, with_time_left
from icgan_demo.ui.common.widgets import status_line
from icgan_demo.ui.stage.stage import full_html
from icgan_demo.ui.stage.studio_widgets import ReproductionCode
from icgan_demo.ui.texts.language import say


class SearchStage:
    """Lays the side out on construction, inside the current column."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self.stage = gr.HTML(
            "", elem_id="search-stage", elem_classes="stage", html_template='<div class="figures">${value}</div>'
        )
        self.status = status_line("search-status", elem_classes="says")
        self.licence = gr.HTML("", elem_id="search-licence", elem_classes="fine-print")
        self.files = gr.State(())  # of the picture that was found
        self.drawn = gr.State(None)  # DrawRequest of that picture, or of the start before a search; None without
        self.explanation = gr.HTML("", elem_id="search-explanation", render=False)  # the page says where, and fills it
        self._again = ReproductionCode("search")

    @property
    def outputs(self) -> list[Any]:
        """Components that the methods change."""
        return [
            self.stage, self.status, self.licence, self.files, *self._again.outputs, self.drawn,
            *self.no_explanation,
        ]  # fmt: skip

    @property
    def no_explanation(self) -> Updates:
        """Return what takes the explanation of another picture away; without banks there is none."""
        return {} if self._services.banks is None else {self.explanation: ""}

    def clear(self) -> Updates:
        """Return the side without pictures."""
        return {self.stage: "", self.status: "", self.licence: "", **self._set_drawn(None)}

    def show_start(self, wanted: SearchRequest, language: str) -> Updates:
        """Return the start alone."""
        caption = say(language, "search_first")
        return {
            self.stage: self._figure(wanted.drawing(), None, caption, language),
            self.status: "",
            **self.show_redraw(wanted.drawing()),
            **self._set_drawn(wanted.drawing()),
        }

    def start_figure(self, wanted: SearchRequest, first: SearchStep, language: str) -> str:
        """Return the start with its figure, which stays while a search runs."""
        return self._figure(wanted.drawing(), None, say(language, "search_first_figure", cosine=first.cosine), language)

    def show_best(
        self, wanted: SearchRequest, start: str, best: SearchStep, elapsed_s: float, language: str
    ) -> Updates:
        """Return the best so far with its figure beside ``start``, and how far the search is."""
        found = say(language, "search_best_figure", cosine=best.cosine)
        said = say(language, "search_round", done=best.number, total=wanted.rounds)
        progress = with_time_left(said, time_left_of(elapsed_s, best.number, wanted.rounds), language)
        return {
            self.stage: start + self._figure(wanted.drawing(best.noise), _values(wanted, best), found, language),
            self.status: f"{progress}<progress value={best.number} max={wanted.rounds}></progress>",
        }

    def show_found(
        self, drawn: DrawRequest, values: SearchValues | None, target: np.ndarray | None, language: str
    ) -> Updates:
        """Return the start and the picture of a recipe; with their figures where the model's encoder knows the target.

        Args:
            drawn: what the recipe draws.
            values: how it was found, None if unknown.
            target: feature of the picture to resemble, None if it is not one or unknown.
            language: of the captions.
        """
        start = replace(drawn, noise=None)
        captions = [say(language, "search_first"), say(language, "search_best")]
        if target is not None and values is not None and values.guide == "model":
            drawing = self._services.sampling.drawing
            towards = DrawRequest(drawn.model, Blend((target,)), (0, 1), drawn.truncation)
            measured = drawing.measure(towards, [*drawing.draw(start), *drawing.draw(drawn)])
            keys = ("search_first_figure", "search_best_figure")
            captions = [say(language, key, cosine=one.cosine) for key, one in zip(keys, measured, strict=True)]
        return {
            self.stage: self._figure(start, None, captions[0], language)
            + self._figure(drawn, values, captions[1], language),
            self.status: "",
            **self.show_redraw(drawn),
            **self._set_drawn(drawn),
        }

    def keep_found(self, wanted: SearchRequest, best: SearchStep) -> Updates:
        """Return the found picture as a file, for the history and to be explained."""
        drawn = wanted.drawing(best.noise)
        path = new_folder(self._services.output_dir) / picture_name(drawn.model, drawn.seeds[0])
        path.write_bytes(self._png(drawn, self._recipe(drawn, _values(wanted, best))))
        return self._set_drawn(drawn, (str(path),))

    def _set_drawn(self, drawn: DrawRequest | None, files: tuple[str, ...] = ()) -> Updates:
        """Return what there is to explain."""
        return {self.drawn: drawn, self.files: files, **self.no_explanation}

    def show_redraw(self, drawn: DrawRequest) -> Updates:
        """Return how the picture is drawn elsewhere, and the terms of pictures of this model."""
        name = picture_name(drawn.model, drawn.seeds[0])
        return {self.licence: escape(self._services.model(drawn.model).licence_note), **self._again.of(name)}

    def _figure(self, drawn: DrawRequest, values: SearchValues | None, caption: str, language: str) -> str:
        alt = say(language, "search_first" if drawn.noise is None else "search_best")
        recipe = self._recipe(drawn, values)
        png, link = self._png(drawn, recipe), copy_link(recipe, language)
        return full_html([png], drawn, alt, say(language, "click_saves"), [caption], [link])

    def _png(self, drawn: DrawRequest, recipe: Recipe) -> bytes:
        return png_with_recipe(next(self._services.sampling.drawing.draw(drawn)).picture, recipe)

    def _recipe(self, drawn: DrawRequest, values: SearchValues | None) -> Recipe:
        return write_recipe(drawn, self._services.model(drawn.model), search=values)


def _values(wanted: SearchRequest, best: SearchStep) -> SearchValues:
    """Return how a picture was found, for its recipe."""
    feature = wanted.target.feature
    return SearchValues(
        target=None if wanted.target.words or feature is None else pack(feature),
        words=wanted.target.words,
        guide=wanted.guide.value,
        method=wanted.method.value,
        rounds=best.number,
    )
