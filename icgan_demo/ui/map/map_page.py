"""Map: a bank in the plane; a click on an instance draws it, beside it how its samples lie among real pictures."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import gradio as gr

from icgan_demo.config import TRUNCATION
from icgan_demo.errors import RequestError
from icgan_demo.service.banks.bank_requests import OWN_BANK, PCA, BankMap, Banks
from icgan_demo.service.drawing.drawing_requests import DrawRequest, seeds_from
from icgan_demo.ui.common.events import AT_ONCE, LATEST, ON_QUEUE, QUICKLY, WORKS, Updates, apart, told_once
from icgan_demo.ui.common.feedback import shown_to_visitor
from icgan_demo.ui.common.instances import Chosen
from icgan_demo.ui.common.model_list import explain_truncation
from icgan_demo.ui.common.services import Services
from icgan_demo.ui.common.time_left import step_progress
from icgan_demo.ui.common.visibility import HIDDEN
from icgan_demo.ui.common.widgets import photo_box, status_line
from icgan_demo.ui.map.map_banks import BankPanel
from icgan_demo.ui.map.map_place import MapContent
from icgan_demo.ui.map.map_view import PHOTO, chosen_html, map_box
from icgan_demo.ui.stage.studio_result import StudioResult
from icgan_demo.ui.stage.studio_widgets import seed_row
from icgan_demo.ui.texts.language import language_of, say, text
from icgan_demo.ui.visitor.generate_state import StopSignal, ask_to_stop
from icgan_demo.ui.visitor.places import MapPlace

MANY = 16
"""Samples that the explanation takes when it is asked for a steadier figure."""


class MapPage:
    """Lays the page out on construction; ``wire`` connects it."""

    def __init__(self, services: Services, banks: Banks) -> None:
        self._services = services
        self._content = MapContent(services, banks)
        with gr.Row(elem_classes="studio-bench"):
            with gr.Column(scale=6, min_width=300, elem_classes="studio-controls"):
                self._map(banks)
            with gr.Column(scale=5, min_width=300, elem_classes="studio-stage-side"):
                self.result = StudioResult(services, "map")
                with gr.Row(elem_classes="studio-buttons"):
                    self.to_swap = gr.Button(text("map_to_swap"), size="md", min_width=90, elem_id="map-to-swap")
                    self.to_mix = gr.Button(text("map_to_mix"), size="md", min_width=90, elem_id="map-to-mix")
                    self.to_generate = gr.Button(
                        text("map_to_generate"), size="md", min_width=90, elem_id="map-to-generate"
                    )
                self.chosen = gr.HTML("", elem_id="map-chosen")
                self.result.explanation.render()
                self.measure = gr.Button(text("explain_more"), size="sm", elem_id="map-measure")
        self.signal = gr.State(None)  # StopSignal of a layout that takes long
        self.place = gr.State(MapPlace())
        self.slot = gr.State(None)  # the chosen instance: Chosen or None
        self.choice = gr.State("")  # the same in the words of ``chosen_of``; empty for none
        self.seen = gr.State(None)  # the model that the page was filled for

    def _map(self, banks: Banks) -> None:
        self.map = map_box()
        self.note = gr.HTML("", elem_id="map-note", elem_classes="fine-print")
        self.method = gr.Radio(
            [(text("map_pca"), PCA)], value=PCA, label=text("map_method"), visible=False, elem_id="map-method"
        )
        self.status = status_line("map-status")
        self.stop = gr.Button(text("stop"), size="sm", visible=HIDDEN, elem_id="map-stop")
        self.panel = BankPanel(banks, self._services.output_dir, self._services.browser_secret)
        self.seed, self.truncation = seed_row("map")
        self.photo = photo_box("map-photo", 130, placeholder="map_photo")

    @property
    def map_outputs(self) -> list[Any]:
        """Components that a new map changes."""
        return [
            self.map, self.note, self.method, self.place, self.choice, self.seed, self.truncation,
            *self.panel.chosen_outputs,
        ]  # fmt: skip

    @property
    def drawing_outputs(self) -> list[Any]:
        """Components that a chosen instance changes."""
        return [self.slot, self.choice, self.chosen, *self.result.outputs]

    @property
    def page_outputs(self) -> list[Any]:
        """Outputs of ``open``."""
        return [self.seen, *self.everything]

    @property
    def everything(self) -> list[Any]:
        """Components that another bank changes."""
        return [*self.map_outputs, *(part for part in self.drawing_outputs if part is not self.choice)]

    # --- filling ---

    def open(
        self, language: str, model: str, kept: Any, chosen: Chosen | None, before: MapPlace | None = None
    ) -> Iterator[Updates]:
        """Yield a bank as a map, the photo of the Generate page on it, and pictures of one instance.

        It is as in ``before``, if that is of the same model; else the bank is the model's own.
        """
        again = before is not None and before.model == model
        place = self._content.still_there(before) if before is not None and again else MapPlace(model)
        yield from self._refill(self._content.with_photo_of(chosen, place), kept, language)

    # --- handlers ---

    def draw_clicked(
        self, request: gr.Request, value: Any, place: MapPlace, seed: int | None, truncation: float
    ) -> Iterator[Updates]:
        """Draw the instance that was clicked; what was clicked on the map before this one is gone with it."""
        with shown_to_visitor():
            language, choice = language_of(request), self._content.clicked(value, place)
            if choice is None:
                yield gr.skip()
                return
            slot = self._content.slot(choice, place, language)
            for updates in self._draw(slot, place, seed, truncation, language, request):
                yield {self.choice: choice, **updates}

    def draw_again(
        self, request: gr.Request, slot: Chosen | None, place: MapPlace, seed: int | None, truncation: float
    ) -> Iterator[Updates]:
        """Draw the same instance with other settings."""
        with shown_to_visitor():
            language = language_of(request)
            if slot is None:
                raise RequestError(say(language, "map_choose"))
            yield from self._draw(slot, place, seed, truncation, language, request)

    def show_glimpse(
        self, request: gr.Request, drawn: DrawRequest | None, value: Any, place: MapPlace,
        seed: int | None, truncation: float,
    ) -> Any:  # fmt: skip
        """Draw the clicked instance quickly, before its turn in the queue comes."""
        with shown_to_visitor():
            choice = self._content.clicked(value, place)
        if choice is None:
            return gr.skip()
        quick = self.result.draw_live(lambda: self._content.glimpse(choice, place, seed, truncation), drawn, request)
        return quick.get(self.result.stage, gr.skip())

    def draw_live(
        self, request: gr.Request, drawn: DrawRequest | None, slot: Chosen | None, place: MapPlace,
        seed: int | None, truncation: float,
    ) -> Any:  # fmt: skip
        """Draw quickly while the slider moves."""
        if slot is None:
            return self.result.unchanged
        return self.result.draw_live(lambda: self._content.request(slot, place, seed, truncation), drawn, request)

    def explain_pictures(
        self, request: gr.Request, drawn: DrawRequest | None, files: Sequence[str], place: MapPlace
    ) -> Updates:
        """Explain the pictures on the stage."""
        with shown_to_visitor():
            language = language_of(request)
            return {self.result.explanation: self._content.explain(drawn, files, place, language) if drawn else ""}

    def measure_more(self, request: gr.Request, drawn: DrawRequest | None, place: MapPlace) -> Updates:
        """Explain more pictures than the stage shows: their figures vary less."""
        with shown_to_visitor():
            if drawn is None:
                raise RequestError(say(language_of(request), "map_choose"))
            wanted = replace(drawn, seeds=seeds_from(drawn.seeds[0], MANY))
            return {self.result.explanation: self._content.explain(wanted, (), place, language_of(request))}

    def take_photo(
        self, request: gr.Request, photo: str | None, place: MapPlace, kept: Any, seed: int | None, truncation: float
    ) -> Iterator[Updates]:
        """Put an own photo on the map, and draw it."""
        with shown_to_visitor():
            if photo is None:
                yield gr.skip()
                return
            language = language_of(request)
            slot = self._content.own_photo(place.model, Path(photo), language)
            place = place.with_photo(slot)
            yield {**self._show_map(place, kept, language, f"{PHOTO}{len(place.photos) - 1}"), self.photo: None}
            yield from self._draw(slot, place, seed, truncation, language, request)

    def choose_bank(self, request: gr.Request, bank_id: str | None, place: MapPlace, kept: Any) -> Iterator[Updates]:
        """Show another bank; the list goes back to the old one if the model cannot use it."""
        language = language_of(request)
        if bank_id in (None, place.bank_id):  # told again: what was clicked on the new map since stays
            yield gr.skip()
            return
        with shown_to_visitor():
            try:
                yield from self._refill(replace(place, bank_id=bank_id), kept, language)
            except Exception:
                yield {self.panel.choice: place.bank_id}
                raise

    def choose_method(
        self, request: gr.Request, method: str, place: MapPlace, kept: Any, choice: str
    ) -> Iterator[Updates]:
        """Lay the bank out by another projection, telling how long that takes; after a Stop it stays as it was."""
        with shown_to_visitor():
            language, wanted = language_of(request), replace(place, method=method)
            expected_s = self._content.takes_s(wanted)
            if expected_s == 0:
                yield self._show_map(wanted, kept, language, choice)
                return
            layout, signal = self._content.lay_out(wanted), StopSignal()
            still: Updates = {self.stop: gr.update(visible=HIDDEN), self.status: ""}
            for elapsed_s in layout.wait(signal):
                left_s = None if expected_s is None else max(0.0, expected_s - elapsed_s)
                said = step_progress(say(language, "map_laying_out"), elapsed_s, left_s, language)
                yield {self.signal: signal, self.stop: gr.update(visible=True), self.status: said}
            if signal.is_set:
                yield {**still, self.method: place.method}
                return
            try:
                shown = self._show_map(wanted, kept, language, choice, layout.result())
            except Exception:
                yield {**still, self.method: place.method}
                raise
            yield {**still, **shown}

    def build(
        self,
        request: gr.Request,
        files: Sequence[str] | None,
        name: str,
        zip_names: str | None,
        place: MapPlace,
        kept: Any,
    ) -> Iterator[Updates]:
        """Build a bank of uploads and show it; others draw between its pictures."""
        language = language_of(request)
        with shown_to_visitor():
            built = None
            for updates, built in self.panel.build_bank(place.model, files, name, zip_names or "", language):  # noqa: B007, the last one
                yield updates
            if built is not None:
                kept = self.panel.with_bank(kept, built.bank_id)
                place = replace(place, bank_id=built.bank_id, method=PCA)
                yield {self.panel.kept: kept, self.panel.files: None, **self._show_map(place, kept, language)}

    def open_bank(self, request: gr.Request, file: str | None, place: MapPlace, kept: Any) -> Iterator[Updates]:
        """Keep an uploaded bank file and show it."""
        with shown_to_visitor():
            if file is None:
                yield gr.skip()
                return
            info = self.panel.keep_file(file)
            kept = self.panel.with_bank(kept, info.bank_id)
            yield {self.panel.kept: kept, self.panel.saved: None}
            language = language_of(request)
            try:
                yield from self._refill(replace(place, bank_id=info.bank_id), kept, language)
            except Exception:
                yield self.panel.list_banks(kept, place.bank_id, language)  # it is kept for the model it fits
                raise

    def forget_bank(self, request: gr.Request, choice: str, place: MapPlace, kept: Any) -> Iterator[Updates]:
        """Delete the bank that the list names, which the map may not show yet, and show the model's own."""
        with shown_to_visitor():
            kept = self.panel.without_bank(kept, choice)
            yield {self.panel.kept: kept}
            yield from self._refill(replace(place, bank_id=OWN_BANK), kept, language_of(request))

    # --- pieces ---

    def _refill(self, place: MapPlace, kept: Any, language: str) -> Iterator[Updates]:
        """Yield a map, and pictures of one of its instances."""
        place = replace(place, method=PCA)  # another one may take minutes: only when it is asked for
        bank = self._content.bank(place)
        choice = self._content.first(place, bank)
        place = replace(place, opens_with="")
        truncation = explain_truncation(self._services.model(place.model), value=TRUNCATION)
        settings: Updates = {self.seed: 0, self.truncation: truncation}
        yield {**self._show_map(place, kept, language, choice, bank), **settings}
        if not choice:
            yield {self.slot: None, self.chosen: "", **self.result.clear()}
            return
        slot = self._content.slot(choice, place, language)
        files: Sequence[str] = ()
        for updates in self._draw(slot, place, 0, TRUNCATION, language):
            files = updates.get(self.result.files, files)
            yield updates
        wanted = self._content.request(slot, place, 0, TRUNCATION)
        yield {self.result.explanation: self._content.explain(wanted, files, place, language)}

    def _show_map(
        self, place: MapPlace, kept: Any, language: str, choice: str = "", bank: BankMap | None = None
    ) -> Updates:
        """Return the map, with ``choice`` marked on it, and the controls around it; ``bank`` is asked for if None."""
        scene, note = self._content.scene(place, bank or self._content.bank(place), language, choice)
        methods = self._content.methods(language)
        return {
            self.map: gr.HTML(scene=scene),
            self.choice: choice,
            self.note: note,
            self.method: gr.update(choices=methods, value=place.method, visible=len(methods) > 1),
            self.place: place,
            **self.panel.list_banks(kept, place.bank_id, language),
        }

    def _draw(
        self,
        slot: Chosen,
        place: MapPlace,
        seed: int | None,
        truncation: float,
        language: str,
        visitor: gr.Request | None = None,
    ) -> Iterator[Updates]:
        request = self._content.request(slot, place, seed, truncation)
        new = {self.slot: slot, self.chosen: chosen_html(slot, language)}
        for updates in self.result.draw_full(request, language, visitor=visitor):
            yield {**new, **updates}
            new = {}


def wire(page: MapPage) -> None:
    """Connect the widgets to their handlers; everything that draws shares the model's queue."""
    r, p = page.result, page.panel
    settings = [page.seed, page.truncation]
    explain = (page.explain_pictures, [r.drawn, r.files, page.place], [r.explanation])
    # One after the other: two handlers of one event lose the last of quick clicks now and then.
    glimpsed = page.map.input(page.show_glimpse, [r.drawn, page.map, page.place, *settings], r.stage, **QUICKLY)
    drawings = [
        glimpsed.then(page.draw_clicked, [page.map, page.place, *settings], page.drawing_outputs, **LATEST),
        page.truncation.release(page.draw_again, [page.slot, page.place, *settings], page.drawing_outputs, **LATEST),
        page.seed.input(page.draw_again, [page.slot, page.place, *settings], page.drawing_outputs, **LATEST),
        r.redraw.click(page.draw_again, [page.slot, page.place, *settings], page.drawing_outputs, **ON_QUEUE),
        page.photo.input(
            page.take_photo,
            [page.photo, page.place, p.kept, *settings],
            [page.photo, *page.everything],
            **LATEST,
        ),
    ]
    for drawing in drawings:
        drawing.success(*explain, **ON_QUEUE)
    page.truncation.input(page.draw_live, [r.drawn, page.slot, page.place, *settings], [r.stage, r.status], **QUICKLY)
    page.measure.click(page.measure_more, [r.drawn, page.place], r.explanation, **ON_QUEUE)
    p.choice.input(page.choose_bank, [p.choice, page.place, p.kept], page.everything, **LATEST, **told_once("map-bank"))
    # A map by UMAP is one long step without a model: it has a line of its own and takes no turns. A choice ends the
    # wait for the one before it.
    page.method.input(ask_to_stop, page.signal, None, **{**AT_ONCE, "trigger_mode": "multiple"}).then(
        page.choose_method,
        [page.method, page.place, p.kept, page.choice],
        [page.signal, page.stop, page.status, *page.map_outputs],
        **{**apart("projection", WORKS), "trigger_mode": "always_last"},
    )
    page.stop.click(ask_to_stop, page.signal, None, **AT_ONCE)
    p.build.click(
        page.build,
        [p.files, p.name, p.zip_names, page.place, p.kept],
        [p.signal, p.stop, p.status, p.kept, p.files, *page.map_outputs],
        **apart("bank"),
    )
    p.stop.click(ask_to_stop, p.signal, None, **AT_ONCE)
    p.saved.upload(page.open_bank, [p.saved, page.place, p.kept], [p.kept, p.saved, *page.everything], **ON_QUEUE)
    p.forget.click(page.forget_bank, [p.choice, page.place, p.kept], [p.kept, *page.everything], **ON_QUEUE)
