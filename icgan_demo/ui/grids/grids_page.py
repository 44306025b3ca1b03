"""Grids: two settings of one image against each other, told how long it takes, streamed, stopped and saved."""

import time
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from html import escape
from typing import Any

import gradio as gr
from PIL import Image

from icgan_demo.errors import DemoError, RequestError
from icgan_demo.service.drawing.direction_requests import Move
from icgan_demo.service.drawing.drawing_requests import DrawRequest, Swap
from icgan_demo.service.drawing.grid_requests import GridAxis, GridRequest, Setting
from icgan_demo.service.drawing.grids import grid_of, suggested
from icgan_demo.service.recipes.drawn_files import new_folder
from icgan_demo.service.recipes.grid_files import FORMATS, caption_of, grid_file, grid_sheet, write_grid_recipe
from icgan_demo.service.recipes.recipe import write_recipe
from icgan_demo.ui.common.events import AT_ONCE, CLICKED, ON_QUEUE, QUICKLY, Updates, or_else, told_once
from icgan_demo.ui.common.feedback import shown_to_visitor
from icgan_demo.ui.common.instances import Chosen
from icgan_demo.ui.common.services import Services
from icgan_demo.ui.common.time_left import duration, progress, time_left_of
from icgan_demo.ui.common.visibility import HIDDEN
from icgan_demo.ui.common.widgets import heading, status_line
from icgan_demo.ui.grids.grid_directions import choices, chosen_direction
from icgan_demo.ui.grids.grid_view import cell_html, grid_html
from icgan_demo.ui.stage.instance_page import InstancePage
from icgan_demo.ui.stage.studio_widgets import instance_row, seed_row
from icgan_demo.ui.texts.language import language_of, say, text
from icgan_demo.ui.visitor.generate_state import StopSignal, ask_to_stop
from icgan_demo.ui.visitor.visits import Visits

SHOWN_EVERY = 4
"""Cells between two looks at the page."""


@dataclass(frozen=True)
class Controls:
    """The values of ``GridsPage.controls``, in that order."""

    slot: Chosen | None
    label: str
    style: int | None
    """Row of the bank; None for the instance itself."""
    direction: str
    """See ``choices``."""
    seed: int | None
    truncation: float
    columns: str
    column_values: str
    rows: str
    row_values: str

    def axes(self) -> tuple[GridAxis, GridAxis]:
        """Return columns and rows; raises RequestError for values that are none."""
        columns, rows = Setting(self.columns), Setting(self.rows)
        return GridAxis.parsed(columns, self.column_values), GridAxis.parsed(rows, self.row_values)


class GridsPage(InstancePage):
    """Lays the page out on construction; ``wire`` connects it."""

    def __init__(self, services: Services, visits: Visits) -> None:
        super().__init__(services)
        self._visits = visits
        gr.HTML(text("grid_note"), elem_classes="fine-print")
        with gr.Row(elem_classes="studio-bench"):
            with gr.Column(scale=5, min_width=300, elem_classes="studio-controls"):
                self.photo, self.choices = instance_row("grids")
                self.columns, self.column_values = _axis("columns", Setting.TRUNCATION)
                self.rows, self.row_values = _axis("rows", Setting.SEED)
                self.label = gr.Dropdown(
                    [("none", "")], value="", label=text("label"), info=text("label_info"), elem_id="grids-label"
                )
                self.style = gr.Dropdown(
                    [], label=text("grid_style_of"), info=text("grid_style_of_info"), elem_id="grids-style"
                )
                self.direction = gr.Dropdown(
                    [], label=text("grid_direction_of"), info=text("grid_direction_of_info"), elem_id="grids-direction"
                )
                self.seed, self.truncation = seed_row("grids")
            with gr.Column(scale=6, min_width=300):
                with gr.Row(elem_classes="studio-buttons"):
                    self.draw = gr.Button(text("grid_draw"), variant="primary", size="md", elem_id="grids-draw")
                    self.stop = gr.Button(text("stop"), variant="stop", size="md", visible=HIDDEN, elem_id="grids-stop")
                self.status = status_line("grids-status", elem_classes="says")
                self.cells = gr.HTML("", elem_id="grids-cells")
                self.licence = gr.HTML("", elem_id="grids-licence", elem_classes="fine-print")
                with gr.Row(elem_classes="studio-buttons"):
                    self.png, self.pdf = (
                        gr.DownloadButton(text(f"grid_{kind}"), size="md", visible=HIDDEN, elem_id=f"grids-{kind}")
                        for kind in FORMATS
                    )
        self.slot = gr.State(None)  # the instance: Chosen or None
        self.signal = gr.State(None)  # StopSignal of the last grid

    @property
    def controls(self) -> list[Any]:
        """Inputs that decide what is drawn."""
        return [
            self.slot, self.label, self.style, self.direction, self.seed, self.truncation,
            self.columns, self.column_values, self.rows, self.row_values,
        ]  # fmt: skip

    @property
    def drawing_outputs(self) -> list[Any]:
        """Outputs of ``draw_grid``."""
        return [self.cells, self.status, self.licence, self.stop, self.signal, self.png, self.pdf]

    @property
    def page_outputs(self) -> list[Any]:
        """Outputs of ``open``."""
        return [
            self.choices, self.offered, self.photo, self.slot, self.label, self.style, self.direction, self.status,
            self.column_values, self.row_values,
        ]  # fmt: skip

    # --- handlers ---

    def open(self, request: gr.Request, columns: str, rows: str) -> Updates:
        """Return the page with the instance of the Generate page, or a stored one."""
        with shown_to_visitor():
            visit, language = self._visits.of(request), language_of(request)
            slot, bank = self._arrive(visit.chosen, visit.model, language)
            info = self._services.model(bank[self.offered].model)
            known = [(name, name) for name in info.class_names]
            stored = self._services.sampling.bank(info.name)
            named = [(f"{entry.label or ''} {entry.row}".strip(), entry.row) for entry in stored]
            nothing = [] if info.needs_class else [(say(language, "no_label"), "")]
            own = slot.own if slot and info.needs_class else ""
            directions = choices(self._services, info, language)
            return {
                **bank,
                self.slot: slot,
                self.photo: str(slot.picture) if slot else None,
                self.label: gr.update(choices=[*nothing, *known], value=own or ""),
                self.style: gr.update(choices=named, value=named[-1][1] if named else None),
                self.direction: gr.update(choices=directions, value=directions[0][1]),
                self.column_values: self._suggested(columns, slot),
                self.row_values: self._suggested(rows, slot),
                self.status: "",
            }

    def suggest(self, setting: str | None, slot: Chosen | None) -> Any:
        """Return values that show what a setting does; those that were typed stay where its choice is told again."""
        with shown_to_visitor():
            return gr.skip() if setting is None else self._suggested(setting, slot)

    def estimate(self, request: gr.Request, *controls: Any) -> str:
        """Say how many images there will be, and how long they take; nothing of settings that are not finished."""
        language = language_of(request)
        try:
            columns, rows = Controls(*controls).axes()
        except DemoError:
            return ""
        count, slot = len(columns.values) * len(rows.values), controls[0]
        if slot is None:
            return say(language, "grid_estimate", count=count)
        one = DrawRequest(slot.model, slot.blend(), (0,))
        expected_s = count * self._services.sampling.drawing.expected_s(one)
        return _estimated(count, expected_s, language)

    def draw_grid(self, request: gr.Request, *controls: Any) -> Iterator[Updates]:
        """Draw, and offer what can be kept."""
        with shown_to_visitor():
            still = {self.stop: gr.update(visible=HIDDEN), self.status: ""}
            yield from or_else(self._draw(Controls(*controls), language_of(request)), still)

    # --- pieces ---

    def _take(self, request: gr.Request, chosen: Chosen, values: Sequence[Any], *, is_photo: bool) -> Iterator[Updates]:
        shown = {} if is_photo else {self.photo: str(chosen.picture)}
        yield {self.slot: chosen, **shown}

    def _suggested(self, setting: str, slot: Chosen | None) -> str:
        info = self._services.model(slot.model if slot else "")
        axis = suggested(Setting(setting), self._services.sampling, info, slot.own if slot else None)
        return "; ".join(str(value) for value in axis.values)

    def _asked(self, controls: Controls, language: str) -> GridRequest:
        slot = controls.slot
        if slot is None:
            raise RequestError(say(language, "choose_first"))
        info = self._services.model(slot.model)
        label = controls.label or (slot.own if info.needs_class else None)
        blend = slot.blend(Swap.to(label))
        image = DrawRequest(slot.model, blend, (int(controls.seed or 0),), float(controls.truncation))
        columns, rows = controls.axes()
        if Setting.STYLE in (columns.setting, rows.setting) and controls.style is not None:
            other = self._services.sampling.pick(slot.model, int(controls.style))
            image = replace(image, fine=replace(blend, features=(other.feature,)))
        if Setting.DIRECTION in (columns.setting, rows.setting):
            image = image.moved(Move(chosen_direction(self._services, info, controls.direction, language), 0.0))
        photo = slot.photo if slot.photo and slot.photo.exists() else None
        return grid_of(self._services.sampling, image, columns, rows, photo)

    def _draw(self, controls: Controls, language: str) -> Iterator[Updates]:
        """Yield the cells so far, then the files; after a Stop, of what there is."""
        grid, drawing = self._asked(controls, language), self._services.sampling.drawing
        signal, started = StopSignal(), time.perf_counter()
        pictures: list[Image.Image] = []
        cells: list[str] = []
        hidden = {button: gr.update(visible=HIDDEN) for button in (self.png, self.pdf)}
        said = _estimated(grid.count, drawing.expected_s(grid), language)
        yield {self.signal: signal, self.stop: gr.update(visible=True), self.status: said, **hidden}
        infos = {image.model: self._services.model(image.model) for image in grid.images}
        width = len(grid.columns.values)
        with closing(drawing.draw(grid)) as drawn:  # type: ignore[type-var]
            for one in drawn:
                row, column = divmod(len(pictures), width)
                cell = grid.cell(row, column)
                recipe = write_recipe(cell, infos[cell.model])
                name = say(language, "grid_cell", row=grid.rows.labels[row], column=grid.columns.labels[column])
                pictures.append(one.picture)
                cells.append(cell_html(one.picture, recipe, name))
                if len(cells) % SHOWN_EVERY == 1:
                    left_s = time_left_of(time.perf_counter() - started, len(cells), grid.count)
                    said = progress(len(cells), grid.count, language, left_s)
                    yield {self.cells: grid_html(cells, grid, language), self.status: said}
                if signal.is_set:
                    break
        key = "stopped" if signal.is_set else "grid_ready"
        yield {
            self.cells: grid_html(cells, grid, language),
            self.status: say(language, key, count=len(cells), seconds=time.perf_counter() - started),
            self.licence: escape(" ".join(dict.fromkeys(info.licence_note for info in infos.values()))),
            self.stop: gr.update(visible=HIDDEN),
            **self._files(grid, pictures),
        }

    def _files(self, grid: GridRequest, pictures: Sequence[Image.Image]) -> Updates:
        """Return what saves a grid; the recipe of one that was stopped draws all of it."""
        recipe = write_grid_recipe(grid, self._services.sampling)
        sheet = grid_sheet(pictures, grid, caption_of(grid, recipe))
        folder = new_folder(self._services.output_dir)
        updates: Updates = {}
        for button, kind in zip((self.png, self.pdf), FORMATS, strict=True):
            path = folder / f"grid.{kind}"
            path.write_bytes(grid_file(sheet, recipe, kind))
            updates[button] = gr.update(value=str(path), visible=True)
        return updates


def _axis(name: str, setting: Setting) -> tuple[gr.Dropdown, gr.Textbox]:
    heading(f"grid_{name}")
    with gr.Row():
        chosen = gr.Dropdown(
            [(text(f"grid_{each.value}"), each.value) for each in Setting], value=setting.value, show_label=False,
            label=text(f"grid_{name}"), min_width=140, elem_id=f"grids-{name}",
        )  # fmt: skip
        values = gr.Textbox(
            label=text("grid_values"), info=text("grid_values_info"), max_length=2000, min_width=140,
            elem_id=f"grids-{name}-values",
        )  # fmt: skip
    return chosen, values


def _estimated(count: int, expected_s: float, language: str) -> str:
    if expected_s <= 0:
        return say(language, "grid_estimate", count=count)
    return say(language, "grid_estimate_time", count=count, time=duration(expected_s, language))


def wire(page: GridsPage, opened: Any) -> None:
    """Connect the widgets to their handlers.

    Args:
        page: what was laid out.
        opened: the event of the page that was opened and knows its visit.
    """
    opened.then(page.open, [page.columns, page.rows], page.page_outputs, **ON_QUEUE)
    page.choices.select(page.take_row, page.offered, [page.slot, page.photo], **CLICKED)
    page.photo.input(page.take_photo, [page.photo, page.offered], [page.slot, page.photo], **CLICKED)
    for setting, values in ((page.columns, page.column_values), (page.rows, page.row_values)):
        told = told_once(str(setting.elem_id))
        setting.input(page.suggest, [setting, page.slot], values, **QUICKLY, **told)
        values.change(page.estimate, page.controls, page.status, **QUICKLY)
    page.draw.click(page.draw_grid, page.controls, page.drawing_outputs, **ON_QUEUE)
    page.stop.click(ask_to_stop, page.signal, None, **AT_ONCE)
