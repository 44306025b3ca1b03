"""Search: the noise is moved until the picture resembles a second one, or words; the instance stays."""

import time
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from typing import Any

import gradio as gr

from icgan_demo.errors import RequestError
from icgan_demo.service.drawing.drawing_requests import DrawRequest
from icgan_demo.service.drawing.search_requests import (
    MAX_ROUNDS,
    MAX_WORDS,
    Guide,
    Method,
    SearchRequest,
    SearchStep,
    Target,
)
from icgan_demo.service.recipes.recipe_values import SearchValues, unpack
from icgan_demo.ui.common.events import AT_ONCE, CLICKED, GIVE_WAY, LATEST, Updates, apart, or_else
from icgan_demo.ui.common.feedback import shown_to_visitor
from icgan_demo.ui.common.instances import Chosen, choose_feature, choose_row
from icgan_demo.ui.common.model_list import explain_truncation
from icgan_demo.ui.common.services import Services
from icgan_demo.ui.common.slider import Slider
from icgan_demo.ui.common.visibility import HIDDEN
from icgan_demo.ui.common.widgets import heading
from icgan_demo.ui.stage.explain_button import add_explanation
from icgan_demo.ui.stage.instance_page import InstancePage, Offered
from icgan_demo.ui.stage.studio_widgets import instance_row, seed_row
from icgan_demo.ui.studio.search_stage import SearchStage
from icgan_demo.ui.texts.language import language_of, say, text
from icgan_demo.ui.visitor.generate_state import StopSignal, ask_to_stop

MIN_ROUNDS = 5
LIVE_S = 0.4
"""Time between two looks at the best so far."""


@dataclass(frozen=True)
class SearchControls:
    """The values of ``SearchPage.controls``, in that order."""

    slot: Chosen | None
    """The instance."""
    target: Chosen | None
    """The picture to resemble."""
    words: str | None
    guide: str
    seed: int | None
    truncation: float
    rounds: int
    method: str

    def start(self) -> SearchRequest | None:
        """Return what the picture that a search would start from is drawn of; None without an instance."""
        if self.slot is None:
            return None
        nothing = Target(self.slot.feature)  # only the start is drawn
        return SearchRequest(self.slot.model, self.slot.blend(), nothing, int(self.seed or 0), float(self.truncation))

    def request(self) -> SearchRequest:
        """Return what is asked for; raises RequestError if a picture is missing, or for a value out of range."""
        slot, target, words = self.slot, self.target, (self.words or "").strip()
        if slot is None:
            raise RequestError("Choose a photo first: drop one, or click an example.")
        if target is not None and target.model != slot.model:
            raise RequestError("The two images belong to different models. Choose the second one again.")
        return SearchRequest(
            slot.model,
            slot.blend(),
            Target(None if target is None else target.feature, None if target is None else target.picture, words),
            int(self.seed or 0),
            float(self.truncation),
            int(self.rounds),
            Method(self.method),
            Guide.OPENCLIP if words else Guide(self.guide),
        )


class SearchPage(InstancePage):
    """Lays the page out on construction; ``wire`` connects it."""

    def __init__(self, services: Services) -> None:
        super().__init__(services)
        self.seen = gr.State(None)  # the chosen model when the page was filled
        gr.HTML(text("search_note"), elem_classes="fine-print")
        with gr.Row(elem_classes="studio-bench"):
            with gr.Column(scale=5, min_width=300, elem_classes="studio-controls"):
                heading("studio_instance")
                self.photo, self.choices = instance_row("search", label="slot_alt")
                heading("search_target")
                self.target_photo, self.target_choices = instance_row(
                    "search-target", label="search_target_alt", alt="search_target_alt"
                )
                self.words = gr.Textbox(
                    label=text("search_words"), max_length=MAX_WORDS, visible=False, elem_id="search-words"
                )
                self._settings()
            with gr.Column(scale=6, min_width=300, elem_classes="studio-stage-side"):
                with gr.Row(elem_classes="studio-buttons"):
                    self.start = gr.Button(
                        text("search_start"), variant="primary", size="md", min_width=90, elem_id="search-start"
                    )
                    self.stop = gr.Button(
                        text("stop"), variant="stop", size="md", min_width=80, visible=HIDDEN, elem_id="search-stop"
                    )
                self.stage = SearchStage(services)
                add_explanation(services, self.stage, "search")
        self.slot, self.target = gr.State(None), gr.State(None)
        self.signal = gr.State(None)

    def _settings(self) -> None:
        self.rounds = Slider(
            MIN_ROUNDS, MAX_ROUNDS, SearchRequest.rounds, step=5, label=text("search_rounds"),
            info=text("search_rounds_info"), buttons=[], elem_id="search-rounds",
        )  # fmt: skip
        self.seed, self.truncation = seed_row("search")
        self.method = gr.Radio(
            [(text("search_gradient"), Method.GRADIENT.value), (text("search_evolution"), Method.EVOLUTION.value)],
            value=Method.GRADIENT.value, label=text("search_method"), elem_id="search-method",
        )  # fmt: skip
        self.guide = gr.Radio(
            [(text("search_guide_model"), Guide.MODEL.value), ("OpenCLIP", Guide.OPENCLIP.value)],
            value=Guide.MODEL.value, label=text("search_guide"), visible=False, elem_id="search-guide",
        )  # fmt: skip

    @property
    def controls(self) -> list[Any]:
        """Inputs of the handlers, in the order of their arguments."""
        return [
            self.slot, self.target, self.words, self.guide, self.seed, self.truncation, self.rounds, self.method,
        ]  # fmt: skip

    @property
    def page_outputs(self) -> list[Any]:
        """Outputs of ``open`` and of ``restore``."""
        return [
            self.seen, self.choices, self.target_choices, self.offered, *self.controls, self.photo, self.target_photo,
            *self.stage.outputs,
        ]  # fmt: skip

    # --- filling ---

    def open(self, language: str, model: str) -> Iterator[Updates]:
        """Yield the page for a model: two instances of its bank, and the picture that a search would start from."""
        bank = self._bank(model, language)
        rows = bank[self.offered].rows
        if not rows:
            nothing = {self.slot: None, self.target: None, self.photo: None, self.target_photo: None}
            yield {**bank, **nothing, **self.stage.clear()}
            return
        slot, target = (choose_row(self._services, model, rows[len(rows) * place // 3], language) for place in (1, 2))
        wanted = SearchRequest(model, slot.blend(), Target(target.feature))
        truncation = explain_truncation(self._services.model(model), value=wanted.truncation)
        yield {**bank, **self._slots(slot, target), self.seed: 0, self.truncation: truncation}
        yield self.stage.show_start(wanted, language)

    def restore(self, drawn: DrawRequest, asked: SearchValues | None, language: str) -> Iterator[Updates]:
        """Yield the controls of a found picture, and the picture beside the start; ``asked`` says how it was found."""
        slot = choose_feature(self._services, drawn.model, drawn.blend.features[0], language)
        bank = self._bank(drawn.model, language)
        target = None
        if asked is not None and asked.target is not None:
            target = choose_feature(self._services, drawn.model, unpack(asked.target), language)
        has_words = self._services.sampling.search.understands_words(drawn.model)
        yield {
            **bank,
            **self._slots(slot, target),
            self.words: gr.update(value=asked.words if asked is not None else "", visible=has_words),
            self.guide: gr.update(
                value=asked.guide if asked is not None and has_words else Guide.MODEL.value, visible=has_words
            ),
            self.seed: drawn.seeds[0],
            self.truncation: explain_truncation(self._services.model(drawn.model), value=drawn.truncation),
            **(
                {}
                if asked is None
                else {self.rounds: min(max(asked.rounds, MIN_ROUNDS), MAX_ROUNDS), self.method: asked.method}
            ),
        }
        yield self.stage.show_found(drawn, asked, None if target is None else target.feature, language)

    def _bank(self, model: str, language: str) -> Updates:
        _, bank = self._offer(model, language)
        has_words = self._services.sampling.search.understands_words(model)
        return {
            **bank,
            self.target_choices: bank[self.choices],
            self.words: gr.update(visible=has_words),
            self.guide: gr.update(visible=has_words),
        }

    def _slots(self, slot: Chosen, target: Chosen | None) -> Updates:
        pictures = {self.photo: str(slot.picture), self.target_photo: None if target is None else str(target.picture)}
        return {self.slot: slot, self.target: target, **pictures}

    # --- handlers ---

    def take_target_row(self, request: gr.Request, event: gr.SelectData, offered: Offered) -> Updates:
        """Take the clicked bank entry as the picture to resemble."""
        with shown_to_visitor():
            target = self._clicked(offered, event, language_of(request))
            return {self.target: target, self.target_photo: str(target.picture)}

    def take_target_photo(self, request: gr.Request, photo: str | None, offered: Offered) -> Updates:
        """Take a photo as the picture to resemble; a box that was emptied asks for nothing."""
        with shown_to_visitor():
            if photo is None:
                return {self.target: None}
            return {self.target: self._dropped(offered, photo, language_of(request))}

    def draw_start(self, request: gr.Request, *controls: Any) -> Updates:
        """Draw the picture that a search would start from."""
        with shown_to_visitor():
            return self._draw_start(SearchControls(*controls), language_of(request))

    def run_search(self, request: gr.Request, *controls: Any) -> Iterator[Updates]:
        """Search, showing the best so far; Stop ends it after the round that runs and keeps the best."""
        with shown_to_visitor():
            language, wanted, signal = language_of(request), SearchControls(*controls).request(), StopSignal()
            busy = {self.stop: gr.update(visible=True), self.start: gr.update(visible=HIDDEN)}
            yield {self.signal: signal, **busy, **self.stage.no_explanation}
            still = {self.stop: gr.update(visible=HIDDEN), self.start: gr.update(visible=True)}
            yield from or_else(self._search(wanted, signal, language), {**still, self.stage.status: ""})
            yield still

    # --- pieces ---

    def _take(self, request: gr.Request, chosen: Chosen, values: Sequence[Any], *, is_photo: bool) -> Iterator[Updates]:
        start = self._draw_start(replace(SearchControls(*values), slot=chosen), language_of(request))
        yield {self.slot: chosen, **({} if is_photo else {self.photo: str(chosen.picture)}), **start}

    def _draw_start(self, values: SearchControls, language: str) -> Updates:
        start = values.start()
        return {self.stage.status: ""} if start is None else self.stage.show_start(start, language)

    def _search(self, wanted: SearchRequest, signal: StopSignal, language: str) -> Iterator[Updates]:
        started = shown = time.monotonic()
        first: SearchStep | None = None
        start = ""
        with closing(self._services.sampling.search.run(wanted)) as steps:  # type: ignore[type-var]
            for step in steps:
                if first is None:
                    first, start = step, self.stage.start_figure(wanted, step, language)
                is_last = signal.is_set or step.number == wanted.rounds
                if is_last or step is first or time.monotonic() - shown >= LIVE_S:
                    yield self.stage.show_best(wanted, start, step, time.monotonic() - started, language)
                    shown = time.monotonic()
                else:
                    yield GIVE_WAY
                if is_last:
                    break
        assert first is not None
        key = "search_stopped" if step.number < wanted.rounds else "search_done"
        seconds = time.monotonic() - started
        yield {
            **self.stage.show_redraw(wanted.drawing()),
            **self.stage.keep_found(wanted, step),
            self.stage.status: say(
                language, key, rounds=step.number, pictures=step.evaluations, seconds=seconds, first=first.cosine,
                cosine=step.cosine,
            ),
        }  # fmt: skip


def wire(page: SearchPage) -> None:
    """Connect the widgets to their handlers; what draws a picture shares the model's queue."""
    begun = page.stage.outputs
    page.choices.select(page.take_row, [page.offered, *page.controls], [page.slot, page.photo, *begun], **CLICKED)
    page.photo.input(page.take_photo, [page.photo, page.offered, *page.controls], [page.slot, *begun], **LATEST)
    targets = [page.target, page.target_photo]
    page.target_choices.select(page.take_target_row, page.offered, targets, **CLICKED)
    page.target_photo.input(page.take_target_photo, [page.target_photo, page.offered], page.target, **LATEST)
    page.seed.input(page.draw_start, page.controls, begun, **LATEST)
    page.truncation.release(page.draw_start, page.controls, begun, **LATEST)
    # A search may take a minute: it has a line of its own, so that the visitor can draw meanwhile, and gives way to
    # all others after every few pictures.
    searching = apart("search")
    page.start.click(page.run_search, page.controls, [*begun, page.signal, page.start, page.stop], **searching)
    page.stop.click(ask_to_stop, page.signal, None, **AT_ONCE)
