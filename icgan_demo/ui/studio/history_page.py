"""History: what the visitor drew, on the Generate page and in the studio, with favourites; opened again by a click."""

import base64
from collections.abc import Iterator, Sequence
from html import escape
from pathlib import Path
from typing import Any

import gradio as gr

from icgan_demo.service.recipes.history import History, HistoryEntry
from icgan_demo.ui.common.events import AT_ONCE, QUICKLY, Updates
from icgan_demo.ui.common.feedback import shown_to_visitor
from icgan_demo.ui.common.recipe_links import copy_link
from icgan_demo.ui.common.services import Services
from icgan_demo.ui.common.visibility import HIDDEN
from icgan_demo.ui.common.widgets import status_line
from icgan_demo.ui.texts.language import language_of, say, text
from icgan_demo.ui.visitor.visits import Visits

SCRIPT = Path(__file__).with_name("history_page.js").read_text(encoding="utf-8")


class HistoryPage:
    """Lays the page out on construction; ``wire`` connects it."""

    def __init__(self, services: Services, visits: Visits) -> None:
        self._services, self._visits = services, visits
        gr.HTML(text("history_note"), elem_classes="fine-print")
        self.favourites = gr.Checkbox(
            False, label=text("history_favourites"), container=False, elem_id="history-favourites"
        )
        with gr.Row(elem_classes="studio-buttons"):
            self.export = gr.Button(text("history_export"), size="md", min_width=90, elem_id="history-export")
            self.download = gr.DownloadButton(
                text("history_download"), size="md", min_width=90, visible=HIDDEN, elem_id="history-download"
            )
            self.clear = gr.Button(text("history_clear"), size="md", min_width=90, elem_id="history-clear")
        self.status = status_line("history-status")
        self.pictures = gr.HTML(
            "", html_template='<div class="figures">${value}</div>', js_on_load=SCRIPT, elem_id="history"
        )
        self.history = gr.State(History())  # the visit's, as soon as that is known

    @property
    def outputs(self) -> list[Any]:
        """Components that the handlers change."""
        return [self.history, self.pictures, self.status, self.download]

    def keep_drawings(self, request: gr.Request, history: History, *drawings: Sequence[str]) -> History:
        """Take in what was just drawn."""
        with shown_to_visitor():
            history.keep(drawings, self._services.output_dir)
            self._visits.keep(request)
            return history

    def show_pictures(
        self, request: gr.Request, favourites: bool, history: History, *drawings: Sequence[str]
    ) -> Updates:
        """Show the pictures, also those that ``keep_drawings`` is about to take in."""
        with shown_to_visitor():
            history.keep(drawings, self._services.output_dir)
            return self._list(history, favourites, language_of(request))

    def toggle_star(
        self, request: gr.Request, event: gr.EventData, favourites: bool, history: History
    ) -> Iterator[Updates]:
        """Give the clicked picture a star or take it away; the browser has done so already."""
        with shown_to_visitor():
            try:
                history.mark(str(event.name), event.starred is True)
            except Exception:
                yield self._list(history, favourites, language_of(request))
                raise
            self._visits.keep(request)
            yield {self.history: history, self.status: self._count(history, language_of(request))}

    def clear_history(self, request: gr.Request, favourites: bool, history: History) -> Updates:
        """Forget all pictures without a star."""
        with shown_to_visitor():
            history.clear()
            self._visits.keep(request)
            return self._list(history, favourites, language_of(request))

    def export_shown(self, request: gr.Request, favourites: bool, history: History) -> Updates:
        """Offer the shown pictures as a zip."""
        with shown_to_visitor():
            path = history.export(self._services.output_dir, favourites_only=favourites)
            count = len(history.chosen(favourites_only=favourites))
            said = say(language_of(request), "history_exported", count=count, kilobytes=path.stat().st_size / 1000)
            return {self.download: gr.update(value=str(path), visible=True), self.status: said}

    def _list(self, history: History, favourites: bool, language: str) -> Updates:
        shown = history.chosen(favourites_only=favourites)
        figures = "".join(_figure(name, kept, language) for name, kept in shown.items())
        return {
            self.history: history,
            self.pictures: figures or f"<p>{say(language, 'history_empty')}</p>",
            self.status: self._count(history, language),
            self.download: gr.update(visible=HIDDEN),
        }

    def _count(self, history: History, language: str) -> str:
        favourites = history.chosen(favourites_only=True)
        return say(language, "history_count", count=len(history.pictures), favourites=len(favourites))


def _figure(name: str, kept: HistoryEntry, language: str) -> str:
    what = {"model": kept.model, "seed": kept.seed}
    caption = escape(say(language, "history_path" if kept.seed is None else "history_picture", **what), quote=True)
    url = f"data:image/webp;base64,{base64.b64encode(kept.thumbnail).decode()}"
    star = escape(say(language, "history_star", name=caption), quote=False)
    return (
        f'<figure><button data-name="{name}" title="{escape(say(language, "history_open"))}">'
        f'<img src="{url}" alt="{caption}"></button>'
        f'<button class="star" data-name="{name}" aria-pressed="{str(kept.is_favourite).lower()}" aria-label="{star}">'
        f"</button>{copy_link(kept.recipe, language)}<figcaption>{caption}</figcaption></figure>"
    )


def wire(page: HistoryPage, places: Sequence[gr.Tab], drawings: Sequence[gr.State]) -> None:
    """Connect the page.

    Args:
        page: what was laid out.
        places: the tabs that show it when they are opened.
        drawings: hold the files of what was drawn last, one for each place that draws.
    """
    mine = [page.favourites, page.history]
    gr.on(
        [drawing.change for drawing in drawings], page.keep_drawings, [page.history, *drawings], page.history, **AT_ONCE
    )
    gr.on([place.select for place in places], page.show_pictures, [*mine, *drawings], page.outputs, **AT_ONCE)
    page.favourites.input(page.show_pictures, [*mine, *drawings], page.outputs, **QUICKLY)
    page.pictures.like(page.toggle_star, mine, page.outputs, **AT_ONCE, trigger_mode="multiple")
    page.clear.click(page.clear_history, mine, page.outputs, **AT_ONCE)
    page.export.click(page.export_shown, mine, page.outputs, **AT_ONCE)
