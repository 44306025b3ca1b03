"""The right side of a studio page: pictures that follow the sliders, and what can be done with them."""

import logging
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from html import escape
from typing import Any

import gradio as gr

from icgan_demo.service.drawing.drawing_requests import NO_LABEL, DrawRequest, Weighted
from icgan_demo.service.recipes.drawn_files import DrawnFiles
from icgan_demo.service.recipes.recipe import write_recipe
from icgan_demo.ui.common.events import Updates
from icgan_demo.ui.common.feedback import shown_to_visitor
from icgan_demo.ui.common.recipe_links import copy_link
from icgan_demo.ui.common.services import Services
from icgan_demo.ui.common.widgets import status_line
from icgan_demo.ui.stage.previews import Previews, same
from icgan_demo.ui.stage.stage import full_html, preview_html, stage, stage_value
from icgan_demo.ui.stage.studio_widgets import ReproductionCode
from icgan_demo.ui.texts.language import language_of, say, text

logger = logging.getLogger(__name__)

LIVE_S = 0.2
"""Time for drawing while a slider moves; what does not fit is drawn on release."""


class StudioResult:
    """Lays the side out on construction, inside the current column."""

    def __init__(self, services: Services, name: str, *, has_stops: bool = True) -> None:
        """Lay it out.

        Args:
            services: draw and keep files.
            name: of the page, for example ``swap``; prefixes the elements' ids.
            has_stops: whether what is shown can become a stop of a path.
        """
        self._services = services
        self._previews = Previews()
        self.stage = stage(name)
        self.status = status_line(f"{name}-status", elem_classes="says")
        self.licence = gr.HTML("", elem_id=f"{name}-licence", elem_classes="fine-print")
        with gr.Row(elem_classes="studio-buttons"):
            self.redraw = gr.Button(text("redraw"), size="md", min_width=90, elem_id=f"{name}-redraw")
            self.add_stop = gr.Button(
                text("add_stop"), size="md", min_width=90, visible=has_stops, elem_id=f"{name}-add-stop"
            )
            self.download = gr.DownloadButton(text("download_all"), size="md", min_width=90, elem_id=f"{name}-download")
        self.again = ReproductionCode(name)
        self.explanation = gr.HTML("", elem_id=f"{name}-explanation", render=False)  # the page says where, and fills it
        self.files = gr.State(())  # of these pictures
        self.drawn = gr.State(None)  # DrawRequest of the pictures of full quality on the stage, or None

    @property
    def outputs(self) -> list[Any]:
        """Components that ``draw_full`` changes."""
        return [
            self.stage, self.status, self.licence, self.download, *self.again.outputs, self.files, self.drawn,
            *self._no_explanation,
        ]  # fmt: skip

    @property
    def _no_explanation(self) -> Updates:
        """Return what takes the explanation of other pictures away; without banks there is none."""
        return {} if self._services.banks is None else {self.explanation: ""}

    @property
    def unchanged(self) -> Updates:
        """Return what leaves the side as it is."""
        return {self.status: gr.skip()}

    def clear(self) -> Updates:
        """Return the side without pictures, as a page without an instance has it."""
        return {
            self.stage: stage_value("", time.time()),
            self.status: "",
            self.download: None,
            self.drawn: None,
        } | self._no_explanation

    def draw_live(self, wanted: Callable[[], DrawRequest], drawn: DrawRequest | None, visitor: gr.Request) -> Updates:
        """Return quick pictures; nothing if those of full quality are or will be there, or if they cannot be drawn.

        Args:
            wanted: what to draw, from the controls; what is wrong with them is said by the drawing in full quality.
            drawn: what stands there in full quality.
            visitor: whose page this is.
        """
        turn = time.time()
        try:
            with shown_to_visitor():
                request = wanted()
                if drawn is not None and same(drawn, request):
                    return self.unchanged
                language = language_of(visitor)
                quick = self._previews.draw(
                    session_of(visitor), request, lambda: self._draw_quickly(request, turn, language)
                )
        except gr.Error:
            return self.unchanged
        return quick or self.unchanged

    def _draw_quickly(self, request: DrawRequest, turn: float, language: str) -> Updates:
        started = time.perf_counter()
        drawing = self._services.sampling.drawing
        count = drawing.affordable(request.model, LIVE_S, len(request.seeds))
        shares = shares_in_words(request.blend.swap.classes(), language)
        few = replace(request, seeds=request.seeds[:count])
        html = preview_html(list(drawing.draw(few)), len(request.seeds), shares)
        logger.debug("live: %.0f ms", 1000 * (time.perf_counter() - started))
        return {self.stage: stage_value(html, turn), self.status: escape(shares)}

    def draw_full(self, request: DrawRequest, language: str, visitor: gr.Request | None = None) -> Iterator[Updates]:
        """Yield the pictures with their recipes as soon as they are drawn, then distances and files.

        Args:
            request: what to draw.
            language: of the captions.
            visitor: who may still have quick pictures on the way, which then are not shown.
        """
        if visitor is not None:
            self._previews.overtake(session_of(visitor), request)
        turn = time.time()
        started = time.perf_counter()
        drawing, info = self._services.sampling.drawing, self._services.model(request.model)
        recipe = write_recipe(request, info)
        drawn = list(drawing.draw(request))
        files = DrawnFiles(self._services.output_dir, recipe)
        paths = [files.save(one) for one in drawn]
        pngs = [path.read_bytes() for path in paths]
        shares, save = shares_in_words(request.blend.swap.classes(), language), say(language, "click_saves")
        links = [copy_link(recipe.of_seed(seed), language) for seed in request.seeds]
        captions = [say(language, "seed_caption", seed=seed) for seed in request.seeds]
        yield {
            self.stage: stage_value(full_html(pngs, request, shares, save, captions, links), turn),
            self.status: escape(shares),
            self.licence: escape(info.licence_note),
            self.drawn: request,
            **self._no_explanation,
        }
        captions = [
            say(language, "caption", distance=sample.distance, seed=sample.seed)
            for sample in drawing.measure(request, drawn)
        ]
        logger.info(
            "%s: studio, seed %d, %.0f ms", request.model, request.seeds[0], 1000 * (time.perf_counter() - started)
        )
        yield {
            self.stage: stage_value(full_html(pngs, request, shares, save, captions, links), turn),
            self.files: tuple(map(str, paths)),
            self.download: str(files.save_archive(request.seeds, recipe)),
            **self.again.of(paths[0].name),
        }


def session_of(visitor: gr.Request) -> str:
    """Return the name of a visitor's page."""
    return visitor.session_hash or ""


def shares_in_words(classes: Weighted, language: str) -> str:
    """Return the shares of classes in words, the largest first."""
    ordered = sorted(classes, key=lambda pair: -pair[1])
    names = ((say(language, "no_label_name") if name == NO_LABEL else name, share) for name, share in ordered)
    return " · ".join(f"{name} {100 * share:.0f} %" for name, share in names)
