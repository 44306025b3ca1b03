"""Which model is chosen and what it offers: classes, examples, its bank of instances, its licence."""

import logging
from collections.abc import Iterator, Sequence
from dataclasses import replace
from html import escape
from typing import Any

import gradio as gr

from icgan_demo.errors import DemoError
from icgan_demo.service.requests import AUTOMATIC, EXAMPLES, BankEntry, ModelInfo, spread
from icgan_demo.ui.common.events import AT_ONCE, Updates
from icgan_demo.ui.common.feedback import shown_to_visitor
from icgan_demo.ui.common.model_list import explain_truncation, is_automatic, list_choices
from icgan_demo.ui.common.services import Services
from icgan_demo.ui.common.thumbnail_files import gallery_value, instance_name
from icgan_demo.ui.generate.generate_widgets import GenerateWidgets
from icgan_demo.ui.texts.language import language_of, say
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

    def change_model(self, request: gr.Request, model: str, in_use: str = "") -> Iterator[Updates]:
        """Load the newly chosen model; then show what it offers, or why it cannot be used.

        A list tells one choice up to four times: what was chosen since in the model ``in_use`` must stay.
        """
        with shown_to_visitor():
            if model == AUTOMATIC:  # what is shown stays until a photo decides
                yield {self._widgets.notice: _notice([])}
                return
            info, language = self._services.model(model), language_of(request)
            visit = self._visits.of(request)
            visit.model = info.name
            if info.name == in_use:
                yield {self._widgets.notice: _notice(_problems(self._sampling.models(), info, language))}
                return
            if info.state in ("available", "loading"):
                yield {self._widgets.notice: _notice([say(language, "loading_model", title=info.title)])}
            yield self.offer(info, language)
            if visit.settings is not None:
                visit.settings = replace(visit.settings, model=info.name, label="")

    def show_switched_model(self, request: gr.Request, switch: tuple[str, str]) -> Iterator[Updates]:
        """Show what the model offers that Automatic has changed to."""
        yield from self.change_model(request, switch[0])

    def filter_bank(self, request: gr.Request, model: str, label: str) -> Updates:
        """Show the bank's instances of one class, or all; of a large bank only those drawn before."""
        with shown_to_visitor():
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
        say(language, "unavailable", title=info.title, message=info.message)
        for info in models
        if info.state == "unavailable"
    ]


def _notice(sentences: Sequence[str]) -> Any:
    paragraphs = "".join(f"<p>{escape(sentence)}</p>" for sentence in sentences)
    return gr.update(value=f'<div role="status">{paragraphs}</div>', visible=bool(sentences))


def offer_outputs(w: GenerateWidgets) -> list[gr.components.Component]:
    """Return the outputs of ``ModelPanel.offer``."""
    return [
        w.notice, w.label, w.licence, w.truncation, w.examples, w.example_rows, w.bank_filter, w.bank_fold, w.bank,
        w.bank_rows, w.in_use,
    ]  # fmt: skip


def wire(panel: ModelPanel, w: GenerateWidgets, demo: gr.Blocks, visits: Visits) -> gr.events.Dependency:
    """Connect the page's opening, the poll and the two lists to the panel; return the event that fills the page."""
    offer = offer_outputs(w)
    everything = [w.model, w.poll, *offer]
    opened = enter_visit(demo, visits, panel.refresh, [w.model], everything)
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
    w.model.input(panel.change_model, [w.model, w.in_use], offer, **loading)
    w.switched.change(panel.show_switched_model, w.switched, offer, **loading)
    drawing: dict[str, Any] = {**AT_ONCE, "show_progress": "minimal"}
    for shown in (w.bank_fold.expand, w.bank_filter.input):
        shown(panel.filter_bank, [w.in_use, w.bank_filter], [w.bank, w.bank_rows], **drawing)
    return opened
