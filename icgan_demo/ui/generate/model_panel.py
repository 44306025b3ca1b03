"""Which model is chosen and what it offers: classes, examples, its bank of instances, its licence."""

import logging
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from html import escape
from typing import Any

import gradio as gr

from icgan_demo.errors import DemoError
from icgan_demo.service.values import AUTOMATIC, EXAMPLES, BankEntry, ModelInfo, spread
from icgan_demo.ui.common.events import AT_ONCE, QUICKLY, Updates, told_once
from icgan_demo.ui.common.feedback import shown_to_visitor
from icgan_demo.ui.common.long_step import LongStep
from icgan_demo.ui.common.model_list import explain_truncation, is_automatic, list_choices
from icgan_demo.ui.common.services import Services
from icgan_demo.ui.common.thumbnail_files import gallery_value, instance_name
from icgan_demo.ui.common.time_left import step_progress
from icgan_demo.ui.common.visibility import HIDDEN
from icgan_demo.ui.generate.generate_widgets import GenerateWidgets
from icgan_demo.ui.texts.error_texts import in_language
from icgan_demo.ui.texts.language import language_of, say
from icgan_demo.ui.visitor.generate_state import StopSignal, ask_to_stop
from icgan_demo.ui.visitor.visits import Visits, enter_visit

logger = logging.getLogger(__name__)

LARGEST_DRAWN_BANK = 128
"""Of banks above this size, only the thumbnails that were needed before are shown: drawing all would take minutes."""


class ModelPanel:
    """Fills the widgets that depend on the model, when the page opens and when another model is chosen."""

    def __init__(self, services: Services, widgets: GenerateWidgets, visits: Visits) -> None:
        self._services = services
        self._sampling = services.sampling
        self._widgets = widgets
        self._visits = visits
        self._loads = ThreadPoolExecutor(1, "load")

    def open(self, request: gr.Request, model: str | None) -> Updates:
        """Fill the opened page, with the settings that the visit had here: told later, they would undo what was typed.

        Class and model come with what the model offers.
        """
        w, updates = self._widgets, self.refresh(request, model)
        kept = self._visits.of(request).settings
        if kept is not None:
            updates |= {w.count: kept.count, w.seed: kept.seed, w.best_of: kept.best_of}
            updates[w.multimodal] = kept.is_multimodal
            updates[w.truncation] = {**updates.get(w.truncation, gr.update()), "value": kept.truncation}
        return updates

    def refresh(self, request: gr.Request, model: str | None) -> Updates:
        """Show the model list and the chosen model, the default one at first; asked again until it has been loaded."""
        w, language, visit = self._widgets, language_of(request), self._visits.of(request)
        loading = {w.notice: _notice([say(language, "loading")])}
        settled = {w.poll: gr.update(active=False)}
        if self._services.is_starting():
            return loading
        with shown_to_visitor():
            models = self._sampling.models()
            if not models:
                return {w.notice: _notice([say(language, "no_models")]), **settled}
            is_chosen = model not in (None, "", AUTOMATIC)
            info = self._services.find(model if model and is_chosen else visit.model) or models[0]
            own = [] if any(one.name == info.name for one in models) else [info]
            is_free = is_automatic(models) and not is_chosen and (model == AUTOMATIC or not visit.is_pinned)
            value = AUTOMATIC if is_free else info.name
            listed = {w.model: gr.update(choices=list_choices([*models, *own], language), value=value)}
            if info.state == "loading":
                return {**listed, **loading}
            label = "" if visit.settings is None or visit.settings.model != info.name else visit.settings.label
            offered = self.offer(info, language, label)
            if visit.is_filled:  # by a look that was quicker: what was chosen since must stay
                return settled
            visit.is_filled = True
            return {**listed, **offered, **settled}

    def change_model(self, request: gr.Request, model: str | None, in_use: str = "") -> Iterator[Updates]:
        """Load the newly chosen model, or not after a Stop; then show what it offers, or why it cannot be used.

        What was chosen since in the model ``in_use`` stays.
        """
        with shown_to_visitor():
            if model is None:  # told again
                yield gr.skip()
                return
            if model == AUTOMATIC:  # what is shown stays until a photo decides
                yield {self._widgets.notice: _notice([])}
                return
            info, language = self._services.model(model), language_of(request)
            visit = self._visits.of(request)
            visit.model = info.name
            visit.is_pinned = visit.is_pinned or bool(in_use)  # also for who leaves while it loads
            if info.name == in_use:
                yield {self._widgets.notice: _notice(_problems(self._sampling.models(), info, language))}
                return
            if info.state in ("available", "loading"):
                signal = StopSignal()
                yield from self._load(info, signal, language)
                if signal.is_set and in_use:
                    visit.model = in_use
                    visit.settings = visit.settings and replace(visit.settings, model=in_use)
                    yield self._stay(info, in_use, language)
                    return
            offered = self.offer(info, language)
            if in_use:  # the real neighbours that are shown are rows of the other model's bank
                offered |= {self._widgets.neighbours: [], self._widgets.neighbour_rows: []}
            yield offered
            if visit.settings is not None:
                visit.settings = replace(visit.settings, model=info.name, label="")

    def _load(self, info: ModelInfo, signal: StopSignal, language: str) -> Iterator[Updates]:
        """Say how far the loading of a model is, until it has ended in whatever way or ``signal`` is set."""
        w, said = self._widgets, say(language, "loading_model", title=info.title)
        yield {w.loading: signal, w.stop_loading: gr.update(visible=True), w.notice: _notice([said])}
        step = LongStep(self._loads, lambda tell: self._sampling.bank(info.name))
        for elapsed_s in step.wait(signal):
            left_s = None if info.load_s is None else max(0.0, info.load_s - elapsed_s)
            yield {w.notice: _notice_of([step_progress(said, elapsed_s, left_s, language)])}

    def _stay(self, info: ModelInfo, in_use: str, language: str) -> Updates:
        """Return the page after a Stop: it keeps the model that it had."""
        w, kept = self._widgets, self._services.model(in_use)
        sentence = say(language, "loading_left", title=info.title, kept=kept.title)
        return {w.model: kept.name, w.notice: _notice([sentence]), w.stop_loading: gr.update(visible=HIDDEN)}

    def show_switched_model(self, request: gr.Request, switch: tuple[str, str], choice: str) -> Iterator[Updates]:
        """Show what the model offers that Automatic has changed to, unless another one has been chosen since."""
        if choice in (AUTOMATIC, switch[0]):
            yield from self.change_model(request, switch[0])
        else:
            yield gr.skip()

    def filter_bank(self, request: gr.Request, label: str | None, model: str) -> Updates:
        """Show the bank's instances of one class, or all; of a large bank only those drawn before."""
        with shown_to_visitor():
            if label is None:  # told again
                return gr.skip()
            entries = [entry for entry in self._sampling.bank(model) if label in ("", entry.label)]
            if len(entries) > LARGEST_DRAWN_BANK:
                entries = [entry for entry in entries if entry.thumbnail is not None]
            return self._list_bank(self._sampling.drawn(model, entries), language_of(request))

    def offer(self, info: ModelInfo, language: str, label: str = "") -> Updates:
        """Return what the page shows of a model, which is loaded if need be, or why it cannot be used."""
        w = self._widgets
        entries: Sequence[BankEntry] = []
        try:
            if info.state != "downloadable":
                entries = self._sampling.bank(info.name)
        except DemoError as error:
            logger.warning("%s: %s", info.name, error)
        models = self._sampling.models()  # asked afterwards: the attempt has shown whether the model can be used
        info = next((model for model in models if model.name == info.name), info)
        blank = ("class_nearest" if entries else "class_wanted") if info.needs_class else "no_label"
        classes = [(say(language, blank), ""), *((name, name) for name in info.class_names)]
        return {
            w.notice: _notice(_problems(models, info, language)),
            w.label: gr.update(
                choices=classes, value=label if label in info.class_names else "", visible=bool(info.class_names)
            ),
            w.licence: escape(info.licence_note),
            w.in_use: info.name,
            w.stop_loading: gr.update(visible=HIDDEN),
            w.truncation: explain_truncation(info),
            **self._list_instances(info.name, entries, language),
        }

    def _list_instances(self, model: str, entries: Sequence[BankEntry], language: str) -> Updates:
        """Return the examples; the whole bank is shown once somebody opens it."""
        w = self._widgets
        examples = self._sampling.drawn(model, spread(entries, EXAMPLES)) if entries else []
        present = sorted({entry.label for entry in entries if entry.label})
        filters = [(say(language, "all_classes"), ""), *((name, name) for name in present)]
        return {
            w.examples: gr.update(value=self._gallery(examples, language), visible=bool(examples)),
            w.example_rows: [entry.row for entry in examples],
            w.bank_filter: gr.update(choices=filters, value="", visible=len(present) > 1),
            w.bank_fold: gr.update(visible=bool(entries), open=False),
            **self._list_bank([], language),
        }

    def _list_bank(self, entries: Sequence[BankEntry], language: str) -> Updates:
        w = self._widgets
        return {w.bank: self._gallery(entries, language), w.bank_rows: [entry.row for entry in entries]}

    def _gallery(self, entries: Sequence[BankEntry], language: str) -> list[tuple[str, str]]:
        names = [instance_name(entry, language) for entry in entries]
        return gallery_value(self._services.thumbnail_dir, entries, names)


def _problems(models: Sequence[ModelInfo], chosen: ModelInfo, language: str) -> list[str]:
    """Return a sentence for every model that cannot be used: which file, and what to do."""
    absent = [say(language, "not_here", title=chosen.title)] if chosen.state == "downloadable" else []
    return absent + [
        say(language, "unavailable", title=info.title, message=in_language(info.message, language))
        for info in models
        if info.state == "unavailable"
    ]


def _notice(sentences: Sequence[str]) -> Any:
    return _notice_of([escape(sentence) for sentence in sentences])


def _notice_of(paragraphs: Sequence[str]) -> Any:
    inside = "".join(f"<p>{paragraph}</p>" for paragraph in paragraphs)
    return gr.update(value=f'<div role="status">{inside}</div>', visible=bool(paragraphs))


def offer_outputs(w: GenerateWidgets) -> list[gr.components.Component]:
    """Return the outputs of ``ModelPanel.offer`` and of the loading before it."""
    return [
        w.notice, w.label, w.licence, w.truncation, w.examples, w.example_rows, w.bank_filter, w.bank_fold, w.bank,
        w.bank_rows, w.in_use, w.loading, w.stop_loading,
    ]  # fmt: skip


def wire(panel: ModelPanel, w: GenerateWidgets, demo: gr.Blocks, visits: Visits) -> gr.events.Dependency:
    """Connect the page's opening, the poll and the two lists to the panel; return the event that fills the page."""
    offer = offer_outputs(w)
    everything = [w.model, w.poll, *offer]
    restored = [*everything, w.count, w.seed, w.best_of, w.multimodal]
    opened = enter_visit(demo, visits, panel.open, [w.model], restored)
    w.poll.tick(panel.refresh, w.model, everything, **AT_ONCE)
    # A generator needs the queue, where loading has a line of its own: it waits for no drawing and no drawing for it.
    # "always_last" keeps the order when a visitor chooses twice.
    loading: dict[str, Any] = {
        "concurrency_id": "load",
        "concurrency_limit": None,
        "trigger_mode": "always_last",
        "show_progress": "minimal",
        "show_progress_on": w.status,
        "api_visibility": "private",
    }
    chosen = [w.model, *offer, w.neighbours, w.neighbour_rows]
    w.model.input(panel.change_model, [w.model, w.in_use], chosen, **loading, **told_once("model"))
    w.stop_loading.click(ask_to_stop, w.loading, None, **AT_ONCE)
    w.switched.change(panel.show_switched_model, [w.switched, w.model], offer, **loading)
    drawing: dict[str, Any] = {**QUICKLY, "show_progress": "minimal"}
    shown, wanted = [w.bank, w.bank_rows], [w.bank_filter, w.in_use]
    w.bank_fold.expand(panel.filter_bank, wanted, shown, **drawing)
    w.bank_filter.input(panel.filter_bank, wanted, shown, **drawing, **told_once("bank-filter"))
    return opened
