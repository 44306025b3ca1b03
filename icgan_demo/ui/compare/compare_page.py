"""Compare: one photo and the same seeds, drawn by models that were told nothing, a class, a cluster, or the photo."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

import gradio as gr

from icgan_demo.errors import RequestError
from icgan_demo.service.comparison.comparing import Comparing
from icgan_demo.ui.common.events import AT_ONCE, CLICKED, LATEST, ON_QUEUE, Updates, or_else
from icgan_demo.ui.common.feedback import shown_to_visitor
from icgan_demo.ui.common.instances import Chosen
from icgan_demo.ui.common.services import Services
from icgan_demo.ui.common.widgets import heading, status_line
from icgan_demo.ui.compare.compare_view import STYLES, figures_html, name_of, rows_html
from icgan_demo.ui.stage.instance_page import InstancePage
from icgan_demo.ui.stage.studio_widgets import instance_row, seed_row
from icgan_demo.ui.texts.language import language_of, say, text
from icgan_demo.ui.visitor.visits import Visits


class ComparePage(InstancePage):
    """Lays the page out on construction; ``wire`` connects it."""

    def __init__(self, services: Services, compared: Comparing, visits: Visits) -> None:
        # Instances are those of the compared models, whose encoder may be another than that of the other pages.
        super().__init__(replace(services, sampling=compared.sampling))
        self._compared = compared
        self._visits = visits
        gr.HTML(text("compare_note"), elem_classes="fine-print")
        with gr.Row(elem_classes="studio-bench"):
            with gr.Column(scale=4, min_width=300, elem_classes="studio-controls"):
                self.photo, self.choices = instance_row("compare")
                self.seed, self.truncation = seed_row("compare")
                self.status = status_line("compare-status", elem_classes="says")
            with gr.Column(scale=7, min_width=300):
                self.rows = gr.HTML("", elem_id="compare-rows", css_template=STYLES)
                self.licence = gr.HTML("", elem_id="compare-licence", elem_classes="fine-print")
        heading("compare_figures", "compare-figures-heading")
        self.figures = gr.HTML("", elem_id="compare-figures", css_template=STYLES)
        gr.HTML(text("compare_digits"), html_template='<p><a href="digits">${value}</a></p>', elem_classes="fine-print")
        self.slot = gr.State(None)  # the instance: Chosen or None

    @property
    def controls(self) -> list[Any]:
        """Inputs that decide what is drawn."""
        return [self.slot, self.seed, self.truncation]

    @property
    def outputs(self) -> list[Any]:
        """Outputs of ``open``, ``draw``, ``take_row`` and ``take_photo``."""
        return [self.choices, self.offered, self.photo, self.slot, self.rows, self.licence, self.status]

    # --- handlers ---

    def open(self, request: gr.Request, *controls: Any) -> Iterator[Updates]:
        """Offer instances, and draw with the photo of the Generate page or with a stored one."""
        with shown_to_visitor():
            chosen, language = self._visits.of(request).chosen, language_of(request)
            name = self._compared.encoding
            slot, bank = self._arrive(None, name, language)
            if chosen is not None and chosen.photo is not None and chosen.photo.exists():
                slot = self._dropped(bank[self.offered], str(chosen.photo), language)
            yield {**bank, self.photo: str(slot.picture) if slot else None, self.slot: slot}
            if slot is not None:
                yield from self._draw(language, slot, *controls[1:])

    def show_figures(self, request: gr.Request) -> str:
        """Show what was measured."""
        with shown_to_visitor():
            figures, language = self._compared.figures(), language_of(request)
            return figures_html(figures, language) if figures else say(language, "compare_unmeasured")

    def draw(self, request: gr.Request, slot: Chosen | None, *controls: Any) -> Iterator[Updates]:
        """Draw again, after another seed or truncation."""
        with shown_to_visitor():
            language = language_of(request)
            if slot is None:
                raise RequestError(say(language, "choose_first"))
            yield from self._draw(language, slot, *controls)

    # --- pieces ---

    def _take(self, request: gr.Request, chosen: Chosen, values: Sequence[Any], *, is_photo: bool) -> Iterator[Updates]:
        yield {self.slot: chosen, **({} if is_photo else {self.photo: str(chosen.picture)})}
        yield from self._draw(language_of(request), chosen, *values[1:])

    def _draw(self, language: str, slot: Chosen, seed: float | None, truncation: float) -> Iterator[Updates]:
        """Yield the rows as they come."""
        yield from or_else(self._rows(language, slot, int(seed or 0), float(truncation)), {self.status: ""})

    def _rows(self, language: str, slot: Chosen, seed: int, truncation: float) -> Iterator[Updates]:
        done = []
        for row in self._compared.rows(slot.feature, seed=seed, truncation=truncation):
            done.append(row)
            said = say(language, "compare_drawn", name=name_of(row.conditioning, language))
            yield {self.rows: rows_html(done, slot.instance.crop, language), self.status: said}
        yield {self.status: "", self.licence: self._services.model(slot.model).licence_note}


def wire(page: ComparePage, opened: Any) -> None:
    """Connect the widgets to their handlers.

    Args:
        page: what was laid out.
        opened: the event of the page that was opened and knows its visit.
    """
    taking: list[Any] = [page.offered, *page.controls]
    opened.then(page.open, page.controls, page.outputs, **ON_QUEUE)
    opened.then(page.show_figures, None, page.figures, **AT_ONCE)
    page.choices.select(page.take_row, taking, page.outputs, **CLICKED)
    page.photo.input(page.take_photo, [page.photo, *taking], page.outputs, **LATEST)
    page.seed.input(page.draw, page.controls, page.outputs, **LATEST)
    page.truncation.release(page.draw, page.controls, page.outputs, **LATEST)
