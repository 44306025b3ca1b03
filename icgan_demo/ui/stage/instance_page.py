"""What pages have alike that take instances: the bank of a model to choose from, or a photo."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import gradio as gr

from icgan_demo.service.values import BankEntry, spread
from icgan_demo.ui.common.events import Updates
from icgan_demo.ui.common.feedback import shown_to_visitor
from icgan_demo.ui.common.instances import Chosen, choose_photo, choose_row, with_picture
from icgan_demo.ui.common.services import Services
from icgan_demo.ui.common.thumbnail_files import gallery_value, instance_name
from icgan_demo.ui.stage.explain_button import add_explanation
from icgan_demo.ui.stage.studio_result import StudioResult
from icgan_demo.ui.texts.language import language_of

CHOICES = 12
"""Bank entries that a page offers as instances."""


@dataclass(frozen=True)
class Offered:
    """The bank entries that a strip of thumbnails shows: a click tells no more than its place among them."""

    model: str = ""
    """Whose bank it is, hence whose instances the page takes; empty for the default model, before a page is filled."""
    rows: tuple[int, ...] = ()


class InstancePage:
    """A page with a strip of bank entries, ``choices``; ``take_row`` and ``take_photo`` are handlers of its events."""

    choices: gr.Gallery

    def __init__(self, services: Services) -> None:
        self._services = services
        self.offered = gr.State(Offered())

    @contextmanager
    def _controls(self, name: str) -> Iterator[None]:
        """Lay out the controls at the left, which the caller makes, and ``result`` at the right."""
        with gr.Row(elem_classes="studio-bench"):
            with gr.Column(scale=5, min_width=300, elem_classes="studio-controls"):
                yield
            with gr.Column(scale=6, min_width=300, elem_classes="studio-stage-side"):
                self.result = StudioResult(self._services, name)
                add_explanation(self._services, self.result, name)

    def take_row(self, request: gr.Request, event: gr.SelectData, offered: Offered, *values: Any) -> Iterator[Updates]:
        """Take the clicked bank entry as an instance."""
        with shown_to_visitor():
            chosen = self._clicked(offered, event, language_of(request))
            yield from self._take(request, chosen, values, is_photo=False)

    def take_photo(self, request: gr.Request, photo: str | None, offered: Offered, *values: Any) -> Iterator[Updates]:
        """Take an uploaded, pasted or captured photo as an instance."""
        with shown_to_visitor():
            if photo is None:
                yield gr.skip()
                return
            chosen = self._dropped(offered, photo, language_of(request))
            yield from self._take(request, chosen, values, is_photo=True)

    def _take(self, request: gr.Request, chosen: Chosen, values: Sequence[Any], *, is_photo: bool) -> Iterator[Updates]:
        """Yield what the page shows of an instance that was taken; ``values`` are what the event brings besides."""
        raise NotImplementedError

    def _offer(self, model: str, language: str) -> tuple[list[BankEntry], Updates]:
        """Return bank entries of a model to choose from, and what shows them."""
        sampling = self._services.sampling
        entries = sampling.drawn(model, spread(sampling.bank(model), CHOICES))
        names = [instance_name(entry, language) for entry in entries]
        pictures = gallery_value(self._services.thumbnail_dir, entries, names)
        return entries, {self.choices: pictures, self.offered: Offered(model, tuple(entry.row for entry in entries))}

    def _arrive(self, chosen: Chosen | None, model: str, language: str) -> tuple[Chosen | None, Updates]:
        """Return the instance that an opened page begins with, and what offers others.

        Args:
            chosen: that of the visit.
            model: that of the visit, for a stored instance where nothing was chosen; empty for the default one.
            language: of the names.
        """
        if chosen is not None:
            return with_picture(self._services, chosen), self._offer(chosen.model, language)[1]
        name = (self._services.find(model) or self._services.model("")).name
        entries, bank = self._offer(name, language)
        row = entries[len(entries) // 3].row if entries else None
        return None if row is None else choose_row(self._services, name, row, language), bank

    def _clicked(self, offered: Offered, event: gr.SelectData, language: str) -> Chosen:
        return choose_row(self._services, offered.model, offered.rows[int(event.index)], language)

    def _dropped(self, offered: Offered, photo: str, language: str) -> Chosen:
        """Return a photo as an instance of the model whose bank is offered beside it; raises ImageError."""
        return choose_photo(self._services, self._services.model(offered.model).name, Path(photo), language)
