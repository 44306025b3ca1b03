"""Compare: one photo and the same seeds, drawn by models that were told nothing, a class, a cluster, or the photo."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from html import escape
from typing import Any

import gradio as gr

from icgan_demo.config import Conditioning
from icgan_demo.errors import RequestError
from icgan_demo.lazy import lazy
from icgan_demo.service.comparison.comparing import ComparedRequest, Comparing
from icgan_demo.service.drawing.drawing_requests import random_seed
from icgan_demo.ui.common.events import ASIDE, AT_ONCE, CLICKED, LATEST, ON_QUEUE, Updates, or_else
from icgan_demo.ui.common.feedback import shown_to_visitor
from icgan_demo.ui.common.instances import Chosen, with_picture
from icgan_demo.ui.common.services import Services
from icgan_demo.ui.common.widgets import heading, status_line
from icgan_demo.ui.compare.compare_view import STYLES, figures_html, name_of, row_html
from icgan_demo.ui.stage.instance_page import InstancePage
from icgan_demo.ui.stage.studio_widgets import instance_row, seed_row
from icgan_demo.ui.texts.language import language_of, say, text
from icgan_demo.ui.visitor.visits import Visits

PAPER = "https://arxiv.org/abs/2109.05070"


class ComparePage(InstancePage):
    """Lays the page out on construction; ``wire`` connects it."""

    def __init__(self, services: Services, compared: Comparing, visits: Visits) -> None:
        # Instances are those of the compared models, whose encoder may be another than that of the other pages.
        super().__init__(replace(services, sampling=lazy(lambda: compared.sampling)))
        self._compared = compared
        self._visits = visits
        gr.HTML(text("compare_note"), elem_classes="fine-print")
        with gr.Row(elem_classes="studio-bench"):
            with gr.Column(scale=4, min_width=300, elem_classes="studio-controls"):
                self.photo, self.choices = instance_row("compare")
                self.seed, self.truncation = seed_row("compare")
                self.status = status_line("compare-status", elem_classes="says")
            with gr.Column(scale=7, min_width=300, elem_id="compare-rows"):
                self.rows = {word: gr.HTML("", css_template=STYLES, elem_id=f"compare-{word}") for word in Conditioning}
                self.licence = gr.HTML("", elem_id="compare-licence", elem_classes="fine-print")
        heading("compare_figures", "compare-figures-heading")
        self.figures = gr.HTML("", elem_id="compare-figures", css_template=STYLES)
        paper = f'<p><a href="{PAPER}" target="_blank" rel="noopener noreferrer">${{value}}</a></p>'
        gr.HTML(text("compare_paper"), html_template=paper, elem_classes="fine-print")
        gr.HTML(text("compare_digits"), html_template='<p><a href="digits">${value}</a></p>', elem_classes="fine-print")

    @property
    def controls(self) -> list[Any]:
        """Inputs that decide what is drawn of the visit's instance."""
        return [self.seed, self.truncation]

    @property
    def outputs(self) -> list[Any]:
        """Outputs of ``open``, ``draw``, ``take_row`` and ``take_photo``."""
        return [self.choices, self.offered, self.photo, *self.rows.values(), self.licence, self.status]

    # --- handlers ---

    def open(self, request: gr.Request, *controls: Any) -> Iterator[Updates]:
        """Offer instances, and draw: with a new photo of the Generate page, with what was here, or a stored one."""
        with shown_to_visitor():
            visit, language = self._visits.of(request), language_of(request)
            slot, chosen = visit.compared, visit.chosen
            bank: Updates = {}
            if self._compared.shows_instances:
                stored, bank = self._arrive(slot, self._compared.encoding, language)
                slot = slot or stored
            photo = chosen.photo if chosen is not None else None
            # A photo comes from there once: what was chosen here since then stays.
            if photo is not None and photo != visit.photo_taken and photo.exists():
                slot = self._dropped(self.offered.value, str(photo), language)
                visit.compared, visit.photo_taken = slot, photo
            yield bank or {self.status: say(language, "choose_first")}
            if slot is not None:
                yield from self._take(request, slot, controls, is_photo=False)

    def show_figures(self, request: gr.Request) -> str:
        """Show what was measured."""
        with shown_to_visitor():
            figures, language = self._compared.figures(), language_of(request)
            return figures_html(figures, language) if figures else say(language, "compare_unmeasured")

    def draw(self, request: gr.Request, seed: float | None, truncation: float) -> Iterator[Updates]:
        """Draw again, after another seed or truncation."""
        with shown_to_visitor():
            language = language_of(request)
            # Not from a State, which is read as an event begins to wait: a photo may come before its turn.
            slot = self._visits.of(request).compared
            if slot is None:
                raise RequestError(say(language, "choose_first"))
            asked = ComparedRequest(seed=random_seed() if seed is None else int(seed), truncation=float(truncation))
            yield from or_else(self._draw(language, slot, asked), {self.status: ""})

    # --- pieces ---

    def _dropped(self, offered: Any, photo: str, language: str) -> Chosen:
        return super()._dropped(replace(offered, model=self._compared.encoding), photo, language)

    def _take(self, request: gr.Request, chosen: Chosen, values: Sequence[Any], *, is_photo: bool) -> Iterator[Updates]:
        """Yield a new instance, a photo too, over which the opened page may have put another one, and what is drawn."""
        chosen = with_picture(self._services, chosen)
        self._visits.of(request).compared = chosen
        yield {self.photo: str(chosen.picture)}
        yield from self.draw(request, *values)

    def _draw(self, language: str, slot: Chosen, asked: ComparedRequest) -> Iterator[Updates]:
        """Yield the rows as they come; those of before stay until then."""
        words = self._compared.conditionings
        yield ASIDE
        self._compared.load()
        yield {self.status: self._progress(words, 0, language)}
        for done, row in enumerate(self._compared.rows(slot.feature, asked), start=1):
            shown = row_html(row, slot.instance.crop, language)
            yield {self.rows[row.conditioning]: shown, self.status: self._progress(words, done, language)}
        yield {self.licence: self._licences()}

    def _progress(self, words: Sequence[Conditioning], done: int, language: str) -> str:
        """Return what is drawn next; nothing after the last."""
        if done == len(words):
            return ""
        name = name_of(words[done], language)
        return say(language, "compare_drawing", number=done + 1, count=len(words), name=name)

    def _licences(self) -> str:
        notes = [info.licence_note for info in self._services.sampling.models() if info.state != "unavailable"]
        return escape(" ".join(dict.fromkeys(notes)))


def wire(page: ComparePage, opened: Any) -> None:
    """Connect the widgets to their handlers.

    Args:
        page: what was laid out.
        opened: the event of the page that was opened and knows its visit.
    """
    opened.then(page.open, page.controls, page.outputs, **ON_QUEUE)
    opened.then(page.show_figures, None, page.figures, **AT_ONCE)
    page.choices.select(page.take_row, [page.offered, *page.controls], page.outputs, **CLICKED)
    page.photo.input(page.take_photo, [page.photo, page.offered, *page.controls], page.outputs, **CLICKED)
    page.seed.input(page.draw, page.controls, page.outputs, **LATEST)
    page.truncation.release(page.draw, page.controls, page.outputs, **LATEST)
