"""Search: the noise is moved until the picture resembles a second one, or words; the instance stays."""

import time
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import gradio as gr

from icgan_demo.errors import RequestError
from icgan_demo.service.recipe import unpack_feature
from icgan_demo.service.search_requests import (
    MAX_ROUNDS,
    MAX_WORDS,
    Guide,
    Method,
    SearchRequest,
    SearchStep,
    Target,
)
from icgan_demo.service.studio_recipe import BlendRecipe
from icgan_demo.service.studio_requests import Blend
from icgan_demo.ui import studio_explain
from icgan_demo.ui.feedback import shown_to_visitor
from icgan_demo.ui.generate_state import StopSignal, ask_to_stop
from icgan_demo.ui.generate_widgets import heading
from icgan_demo.ui.search_stage import SearchStage, Updates
from icgan_demo.ui.services import Services
from icgan_demo.ui.slider import Slider
from icgan_demo.ui.studio_state import Offered, Slot, offer, slot_of_feature, slot_of_photo, slot_of_row
from icgan_demo.ui.studio_widgets import instance_row, seed_row
from icgan_demo.ui.texts import language_of, say, text
from icgan_demo.ui.visibility import HIDDEN

MIN_ROUNDS = 5
LIVE_S = 0.4
"""Time between two looks at the best so far."""


class SearchPage:
    """Lays the page out on construction; ``wire`` connects it."""

    def __init__(self, services: Services) -> None:
        self._services = services
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
                self.words_note = gr.HTML(
                    text("search_words_how"), elem_id="search-words-note", elem_classes="fine-print"
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
                self.explanation = (
                    None
                    if services.banks is None
                    else studio_explain.StudioExplanation(services, services.banks, self.stage, "search")
                )
        self.slot, self.target = gr.State(None), gr.State(None)
        self.offered = gr.State(Offered())
        self.seen = gr.State(None)  # model of the Generate tab when the page was filled
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
    def restored(self) -> list[Any]:
        """Outputs of ``opened`` and of ``restore``."""
        return [
            self.seen, self.choices, self.target_choices, self.offered, *self.controls, self.photo, self.target_photo,
            self.words_note, *self.stage.outputs,
        ]  # fmt: skip

    # --- filling ---

    def opened(self, language: str, model: str) -> Iterator[Updates]:
        """Yield the page for a model: two instances of its bank, and the picture that a search would start from."""
        bank = self._bank(model, language)
        rows = bank[self.offered].rows
        if not rows:
            nothing = {self.slot: None, self.target: None, self.photo: None, self.target_photo: None}
            yield {**bank, **nothing, **self.stage.emptied()}
            return
        slot, target = (slot_of_row(self._services, model, rows[len(rows) * place // 3], language) for place in (1, 2))
        wanted = SearchRequest(model, Blend((slot.feature,)), Target(target.feature))
        yield {**bank, **self._slots(slot, target), self.seed: 0, self.truncation: wanted.truncation}
        yield self.stage.begun(wanted, language)

    def restore(self, recipe: BlendRecipe, language: str) -> Iterator[Updates]:
        """Yield the controls of a recipe that a search has written, and its picture beside the start."""
        drawn, asked = recipe.request(), recipe.search
        slot = slot_of_feature(self._services, drawn.model, drawn.blend.features[0], language)
        bank = self._bank(drawn.model, language)
        target = None
        if asked is not None and asked.target is not None:
            target = slot_of_feature(self._services, drawn.model, unpack_feature(asked.target), language)
        has_words = self._services.sampling.search.understands_words(drawn.model)
        yield {
            **bank,
            **self._slots(slot, target),
            self.words: gr.update(value=asked.words if asked is not None else "", visible=has_words),
            self.guide: gr.update(
                value=asked.guide if asked is not None and has_words else Guide.MODEL.value, visible=has_words
            ),
            self.seed: drawn.seeds[0],
            self.truncation: drawn.truncation,
            **(
                {}
                if asked is None
                else {self.rounds: min(max(asked.rounds, MIN_ROUNDS), MAX_ROUNDS), self.method: asked.method}
            ),
        }
        yield self.stage.found_again(drawn, asked, None if target is None else target.feature, language)

    def _bank(self, model: str, language: str) -> Updates:
        _, kept, pictures = offer(self._services, model, language)
        has_words = self._services.sampling.search.understands_words(model)
        return {
            self.choices: pictures,
            self.target_choices: pictures,
            self.offered: kept,
            self.words: gr.update(visible=has_words),
            self.guide: gr.update(visible=has_words),
            self.words_note: gr.update(visible=not has_words),
        }

    def _slots(self, slot: Slot, target: Slot | None) -> Updates:
        pictures = {self.photo: str(slot.picture), self.target_photo: None if target is None else str(target.picture)}
        return {self.slot: slot, self.target: target, **pictures}

    # --- handlers ---

    def row_chosen(
        self, request: gr.Request, event: gr.SelectData, offered: Offered, *controls: Any
    ) -> Iterator[Updates]:
        """Take the clicked bank entry as the instance."""
        with shown_to_visitor():
            slot = slot_of_row(self._services, offered.model, offered.rows[int(event.index)], language_of(request))
            yield {self.slot: slot, self.photo: str(slot.picture), **self._start((slot, *controls[1:]), request)}

    def photo_chosen(
        self, request: gr.Request, photo: str | None, offered: Offered, *controls: Any
    ) -> Iterator[Updates]:
        """Take an uploaded, pasted or captured photo as the instance."""
        with shown_to_visitor():
            if photo is None:
                yield gr.skip()
                return
            model = self._services.model(offered.model).name
            slot = slot_of_photo(self._services, model, Path(photo), language_of(request))
            yield {self.slot: slot, **self._start((slot, *controls[1:]), request)}

    def target_row_chosen(self, request: gr.Request, event: gr.SelectData, offered: Offered) -> Updates:
        """Take the clicked bank entry as the picture to resemble."""
        with shown_to_visitor():
            slot = slot_of_row(self._services, offered.model, offered.rows[int(event.index)], language_of(request))
            return {self.target: slot, self.target_photo: str(slot.picture)}

    def target_photo_chosen(self, request: gr.Request, photo: str | None, offered: Offered) -> Updates:
        """Take a photo as the picture to resemble; a box that was emptied asks for nothing."""
        with shown_to_visitor():
            if photo is None:
                return {self.target: None}
            model = self._services.model(offered.model).name
            return {self.target: slot_of_photo(self._services, model, Path(photo), language_of(request))}

    def begun(self, request: gr.Request, *controls: Any) -> Updates:
        """Draw the picture that a search would start from."""
        with shown_to_visitor():
            return self._start(controls, request)

    def searched(self, request: gr.Request, *controls: Any) -> Iterator[Updates]:
        """Search, showing the best so far; Stop ends it after the round that runs and keeps the best."""
        with shown_to_visitor():
            language, wanted, signal = language_of(request), request_of(controls), StopSignal()
            busy = {self.stop: gr.update(visible=True), self.start: gr.update(visible=HIDDEN)}
            yield {self.signal: signal, **busy, **self.stage.unexplained}
            still = {self.stop: gr.update(visible=HIDDEN), self.start: gr.update(visible=True)}
            try:
                yield from self._searched(wanted, signal, language)
            except Exception:
                yield {**still, self.stage.status: ""}
                raise
            yield still

    # --- pieces ---

    def _start(self, controls: Sequence[Any], request: gr.Request) -> Updates:
        slot, seed, truncation = controls[0], controls[4], controls[5]
        if slot is None:
            return {self.stage.status: ""}
        nothing = Target(slot.feature)  # only the start is drawn
        start = SearchRequest(slot.model, Blend((slot.feature,)), nothing, int(seed or 0), float(truncation))
        return self.stage.begun(start, language_of(request))

    def _searched(self, wanted: SearchRequest, signal: StopSignal, language: str) -> Iterator[Updates]:
        started = shown = time.monotonic()
        first: SearchStep | None = None
        start = ""
        with closing(self._services.sampling.search.run(wanted)) as steps:  # type: ignore[type-var]
            for step in steps:
                if first is None:
                    first, start = step, self.stage.start(wanted, step, language)
                is_last = signal.is_set or step.number == wanted.rounds
                if is_last or step is first or time.monotonic() - shown >= LIVE_S:
                    yield self.stage.so_far(wanted, start, step, language)
                    shown = time.monotonic()
                if is_last:
                    break
        assert first is not None
        key = "search_stopped" if step.number < wanted.rounds else "search_done"
        seconds = time.monotonic() - started
        yield {
            **self.stage.again(wanted),
            **self.stage.kept(wanted, step),
            self.stage.status: say(
                language, key, rounds=step.number, pictures=step.evaluations, seconds=seconds, first=first.cosine,
                cosine=step.cosine,
            ),
        }  # fmt: skip


def request_of(controls: Sequence[Any]) -> SearchRequest:
    """Return what the values of ``SearchPage.controls`` ask for; raises RequestError if a picture is missing."""
    slot, target, words, guide, seed, truncation, rounds, method = controls
    if slot is None:
        raise RequestError("Choose a picture first: drop a photo, or click one of the examples.")
    words = (words or "").strip()
    if target is not None and target.model != slot.model:
        raise RequestError("The two pictures belong to different models. Choose the second one again.")
    return SearchRequest(
        slot.model,
        Blend((slot.feature,)),
        Target(None if target is None else target.feature, None if target is None else target.picture, words),
        int(seed or 0),
        float(truncation),
        int(rounds),
        Method(method),
        Guide.OPENCLIP if words else Guide(guide),
    )


def wire(page: SearchPage) -> None:
    """Connect the widgets to their handlers; what draws a picture shares the model's queue."""
    full: dict[str, Any] = {
        "concurrency_id": "model", "concurrency_limit": 1, "show_progress": "hidden", "api_visibility": "private",
    }  # fmt: skip
    latest, clicked = {**full, "trigger_mode": "always_last"}, {**full, "trigger_mode": "multiple"}
    begun = page.stage.outputs
    page.choices.select(page.row_chosen, [page.offered, *page.controls], [page.slot, page.photo, *begun], **clicked)
    page.photo.input(page.photo_chosen, [page.photo, page.offered, *page.controls], [page.slot, *begun], **latest)
    targets = [page.target, page.target_photo]
    page.target_choices.select(page.target_row_chosen, page.offered, targets, **clicked)
    page.target_photo.input(page.target_photo_chosen, [page.target_photo, page.offered], page.target, **latest)
    page.seed.input(page.begun, page.controls, begun, **latest)
    page.truncation.release(page.begun, page.controls, begun, **latest)
    if page.explanation is not None:
        studio_explain.wire(page.explanation)
    # A search may take a minute: it has a line of its own, and others draw between its pictures.
    searching = {**full, "concurrency_id": "search"}
    page.start.click(page.searched, page.controls, [*begun, page.signal, page.start, page.stop], **searching)
    page.stop.click(ask_to_stop, page.signal, None, queue=False, show_progress="hidden", api_visibility="private")
