"""One seed through all classes, and classes by seeds, of the instance on the class page."""

import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from html import escape
from typing import Any

import gradio as gr
from PIL import Image

from icgan_demo.errors import RequestError
from icgan_demo.service.drawing.drawing_requests import DrawRequest, Swap, seeds_from
from icgan_demo.service.recipes.drawn_files import labelled_sheet, new_folder, save_picture
from icgan_demo.service.recipes.recipe import write_recipe
from icgan_demo.ui.common.events import AT_ONCE, ON_QUEUE, Updates, or_else
from icgan_demo.ui.common.feedback import shown_to_visitor
from icgan_demo.ui.common.services import Services
from icgan_demo.ui.common.time_left import progress, time_left_of
from icgan_demo.ui.common.visibility import HIDDEN
from icgan_demo.ui.common.widgets import pictures, status_line
from icgan_demo.ui.studio.swap_page import SwapControls, SwapPage
from icgan_demo.ui.texts.language import language_of, say, text
from icgan_demo.ui.visitor.generate_state import StopSignal, ask_to_stop

GRID_CLASSES = 6
"""Rows of the grid where fewer than two classes are chosen."""
GRID_SEEDS = 6
STRIP_COLUMNS = 10
MAX_STRIP = 200
"""Classes of a strip at most; a model of the ImageNet classes shows the first of them."""


class ClassSheets:
    """Lays the part out on construction, below the class page."""

    def __init__(self, services: Services) -> None:
        self._services = services
        with gr.Row(elem_classes="studio-buttons"):
            self.strip = gr.Button(text("all_classes_strip"), size="md", elem_id="class-strip")
            self.grid = gr.Button(text("class_grid"), size="md", elem_id="class-grid")
            self.stop = gr.Button(text("stop"), variant="stop", size="md", visible=HIDDEN, elem_id="sheet-stop")
        self.status = status_line("sheet-status")
        self.pictures = pictures("sheet", STRIP_COLUMNS)
        self.licence = gr.HTML("", elem_id="sheet-licence", elem_classes="fine-print")
        self.download = gr.DownloadButton(text("download_sheet"), size="md", visible=HIDDEN, elem_id="sheet-download")
        self.signal = gr.State(None)
        self.files = gr.State(())  # of the pictures

    @property
    def outputs(self) -> list[Any]:
        """Components that the handlers change."""
        return [
            self.status, self.pictures, self.licence, self.download, self.stop, self.signal, self.files,
        ]  # fmt: skip

    def draw_all_classes(self, request: gr.Request, *controls: Any) -> Iterator[Updates]:
        """Draw one seed of the instance through all classes."""
        with shown_to_visitor():
            wanted = SwapControls.of(controls).request()
            names = self._class_names(wanted.model)[:MAX_STRIP]
            yield from self._draw(wanted, names, wanted.seeds[:1], language_of(request))

    def draw_grid(self, request: gr.Request, *controls: Any) -> Iterator[Updates]:
        """Draw the chosen classes, or some spread over all of them, by six seeds."""
        with shown_to_visitor():
            wanted = SwapControls.of(controls).request()
            known = self._class_names(wanted.model)
            chosen = [name for name, _ in wanted.blend.swap.targets]
            some = [known[len(known) * place // GRID_CLASSES] for place in range(min(GRID_CLASSES, len(known)))]
            seeds = seeds_from(wanted.seeds[0], GRID_SEEDS)
            yield from self._draw(wanted, chosen if len(chosen) > 1 else some, seeds, language_of(request))

    def _class_names(self, model: str) -> Sequence[str]:
        names = self._services.model(model).class_names
        if not names:
            raise RequestError("This model has no classes. Choose another one in the settings.")
        return names

    def _draw(self, wanted: DrawRequest, *what: Any) -> Iterator[Updates]:
        yield from or_else(self._draw_sheet(wanted, *what), {self.stop: gr.update(visible=HIDDEN), self.status: ""})

    def _draw_sheet(
        self, wanted: DrawRequest, names: Sequence[str], seeds: tuple[int, ...], language: str
    ) -> Iterator[Updates]:
        """Yield the pictures so far, class by class, then a sheet with names at its rows to keep."""
        folder, info = new_folder(self._services.output_dir), self._services.model(wanted.model)
        signal, started = StopSignal(), time.perf_counter()
        shown: list[tuple[str, str]] = []
        rows: list[list[Image.Image]] = []
        total = len(names) * len(seeds)
        columns = GRID_SEEDS if len(seeds) > 1 else STRIP_COLUMNS
        yield {self.signal: signal, self.stop: gr.update(visible=True), self.download: gr.update(visible=HIDDEN)}
        for name in names:
            swap = Swap(wanted.blend.swap.own, ((name, 1.0),), 1.0)
            one = replace(wanted, blend=replace(wanted.blend, swap=swap), seeds=seeds)
            recipe, rows = write_recipe(one, info), [*rows, []]
            for drawn in self._services.sampling.drawing.draw(one):
                file = save_picture(drawn.picture, recipe.of_seed(drawn.seed), folder / f"{len(shown):03d}.png")
                shown.append((str(file), say(language, "class_caption", name=name, seed=drawn.seed)))
                rows[-1].append(drawn.picture)
            if len(shown) % 4 == 0 or len(shown) == total:
                gallery = gr.update(value=list(shown), columns=columns)
                left_s = time_left_of(time.perf_counter() - started, len(shown), total)
                said = progress(len(shown), total, language, left_s)
                yield {self.pictures: gallery, self.status: said, self.licence: escape(info.licence_note)}
            if signal.is_set:
                break
        table = rows if len(seeds) > 1 else [[row[0] for row in rows[at : at + 10]] for at in range(0, len(rows), 10)]
        column_names = [str(seed) for seed in seeds] if len(seeds) > 1 else ()
        sheet = labelled_sheet(table, names[: len(rows)] if len(seeds) > 1 else (), column_names)
        path = save_picture(sheet, write_recipe(replace(wanted, seeds=seeds), info), folder / "classes.png")
        seconds = time.perf_counter() - started
        yield {
            self.pictures: gr.update(value=list(shown), columns=columns),
            self.licence: escape(info.licence_note),
            self.status: say(language, "sheet_ready", count=len(shown), seconds=seconds),
            self.stop: gr.update(visible=HIDDEN),
            self.files: tuple(file for file, _ in shown),
            self.download: gr.update(value=str(path), visible=True),
        }


def wire(sheets: ClassSheets, page: SwapPage) -> None:
    """Connect the buttons."""
    sheets.strip.click(sheets.draw_all_classes, page.controls, sheets.outputs, **ON_QUEUE)
    sheets.grid.click(sheets.draw_grid, page.controls, sheets.outputs, **ON_QUEUE)
    sheets.stop.click(ask_to_stop, sheets.signal, None, **AT_ONCE)
