"""Fetching a published model from the page: its terms first, then progress, then the model can be chosen.

One download at a time, for all visitors together; every open page shows it. Not wired where visitors may not fetch.
"""

from collections.abc import Callable, Sequence
from html import escape
from typing import NamedTuple

import gradio as gr

from icgan_demo.service.download_requests import Installation, Terms
from icgan_demo.service.values import ModelInfo
from icgan_demo.ui.common.events import AT_ONCE, Updates
from icgan_demo.ui.common.feedback import shown_to_visitor
from icgan_demo.ui.common.model_list import list_choices, model_facts
from icgan_demo.ui.common.services import Services
from icgan_demo.ui.common.time_left import with_time_left
from icgan_demo.ui.common.visibility import HIDDEN
from icgan_demo.ui.texts.error_texts import in_language
from icgan_demo.ui.texts.language import language_of, say, text

Load = Callable[[ModelInfo, str], Updates]

BUSY_S, IDLE_S = 1.0, 5.0
"""Seconds between two looks at the download, while there is one and while there is none."""
MEGABYTE = 1_000_000


class Ends(NamedTuple):
    """Numbers of downloads whose end a page knows of."""

    before: int
    """The last that had ended when the page was opened; what came of it is not told."""
    told: int
    """The last whose end the page has shown, with its new model list."""


class DownloadWidgets:
    """Lays out the terms on construction, for below the model list; empty parts are hidden by CSS."""

    def __init__(self) -> None:
        self.terms = gr.HTML("", elem_id="download-terms")
        self.start = gr.Button(text("download_model"), size="md", visible=False, elem_id="download-start")
        self.ends = gr.State(None)  # ``Ends``; None before any look

    def lay_out_progress(self) -> None:
        """Lay out the progress, for where every visitor sees it."""
        self.progress = gr.HTML(
            "", elem_id="download-progress", html_template='<div role="status" aria-live="polite">${value}</div>'
        )
        self.stop = gr.Button(text("stop_download"), size="sm", visible=HIDDEN, elem_id="download-stop")
        # Outside the settings, since a timer in a closed accordion does not tick; without a listener where visitors may
        # not fetch.
        self.poll = gr.Timer(BUSY_S)


class ModelDownloads:
    """Answers the events of the widgets; ``wire`` connects them."""

    def __init__(self, services: Services, widgets: DownloadWidgets, model: gr.Dropdown, load: Load) -> None:
        """Keep what is answered with; ``load`` loads a model and returns what the page shows of it."""
        assert services.downloads is not None
        self._services = services
        self._installer = services.downloads
        self._widgets = widgets
        self._model = model
        self._load = load

    def show_terms(self, request: gr.Request, model: str) -> Updates:
        """Show the terms of a model that can be fetched."""
        with shown_to_visitor():
            return self._offer(model, language_of(request))

    def start_download(self, request: gr.Request, model: str, ends: Ends | None) -> Updates:
        """Begin to fetch the model whose terms were accepted."""
        with shown_to_visitor():
            self._installer.start(model)
            language = language_of(request)
            soon = {self._widgets.poll: gr.Timer(BUSY_S, active=True)}
            return {**self._offer(model, language), **self._show_state(ends, language), **soon}

    def stop_download(self, request: gr.Request, ends: Ends | None) -> Updates:
        """End the running download, and say at once that this was understood."""
        with shown_to_visitor():
            self._installer.stop()
            return self._show_state(ends, language_of(request))

    def show_progress(self, request: gr.Request, model: str | None, ends: Ends | None) -> Updates:
        """Show how far the download is or what came of it; at its end, once on every page, the new model list.

        What came of it is said at every look: an answer that was under way when it ended may come after the first.
        """
        w, language = self._widgets, language_of(request)
        if self._services.is_starting() or not model:
            return {w.ends: ends, w.poll: gr.Timer(BUSY_S, active=True)}
        with shown_to_visitor():
            state = self._installer.progress()
            number, running = (state.number, state.is_running) if state else (0, False)
            ended = number - running
            now = Ends(ended if ends is None else ends.before, ended)
            updates: Updates = {w.ends: now, w.poll: gr.Timer(BUSY_S if running else IDLE_S, active=True)}
            updates |= self._show_state(now, language)
            if ends is None:
                updates |= self._offer(model, language)
            elif ended > ends.told:
                assert state is not None
                updates |= self._show_end(state, model, language)
            return updates

    def _show_end(self, state: Installation, model: str, language: str) -> Updates:
        updates: Updates = {
            self._model: gr.update(choices=list_choices(self._services.sampling.models(), language)),
            **self._offer(model, language),
        }
        if state.stage == "done" and model == state.name:
            updates |= self._load(self._info(model), language)
        return updates

    def _offer(self, model: str, language: str) -> Updates:
        w, state = self._widgets, self._installer.progress()
        info = self._info(model)
        terms = self._installer.terms(model) if info.state in ("downloadable", "unavailable") else []
        is_busy = state is not None and state.is_running
        is_coming = state is not None and is_busy and state.name == model
        return {
            w.terms: _terms_html(info, terms, language) if terms and not is_coming else "",
            w.start: gr.update(visible=bool(terms) and not is_coming, interactive=not is_busy),
        }

    def _show_state(self, ends: Ends | None, language: str) -> Updates:
        """Show a running download with its Stop, or what came of one that ended since the page was opened."""
        w, state = self._widgets, self._installer.progress()
        running = state is not None and state.is_running
        html = ""
        if state is not None and running:
            html = _progress_html(state, language)
        elif state is not None and ends is not None and state.number > ends.before:
            html = f"<p>{escape(self._end(state, language))}</p>"
        can_stop = state is not None and running and not state.is_stopping and not state.is_last_step
        return {w.progress: html, w.stop: gr.update(visible=True if can_stop else HIDDEN)}

    def _end(self, state: Installation, language: str) -> str:
        message = in_language(state.message, language)
        sentence = {"done": "fetched", "failed": "fetch_failed"}.get(state.stage)
        return say(language, sentence, title=self._info(state.name).title, message=message) if sentence else message

    def _info(self, model: str) -> ModelInfo:
        return self._services.model(model)


def wire(
    downloads: ModelDownloads,
    w: DownloadWidgets,
    model: gr.Dropdown,
    offered: Sequence[gr.components.Component],
    opened: gr.events.Dependency,
) -> None:
    """Connect the widgets to their handlers, and the opened page to the poll; ``offered`` shows a loaded model."""
    offer, progress = [w.terms, w.start], [w.progress, w.stop]
    looked = [*offer, *progress, w.ends, w.poll, model, *offered]
    opened.then(downloads.show_progress, [model, w.ends], looked, **AT_ONCE)
    w.poll.tick(downloads.show_progress, [model, w.ends], looked, **AT_ONCE)
    model.input(downloads.show_terms, model, offer, trigger_mode="always_last", **AT_ONCE)
    w.start.click(downloads.start_download, [model, w.ends], [*offer, *progress, w.poll], **AT_ONCE)
    w.stop.click(downloads.stop_download, w.ends, progress, **AT_ONCE)


def _terms_html(info: ModelInfo, terms: list[Terms], language: str) -> str:
    title = escape(say(language, "terms_title", title=info.title))
    facts = escape(" · ".join(model_facts(info, language)))
    items = "".join(f"<li>{_term_html(each, language)}</li>" for each in terms)
    intro = escape(say(language, "terms_intro"))
    return f"<section><h3>{title}</h3><p>{facts}</p><p>{intro}</p><ul>{items}</ul></section>"


def _term_html(terms: Terms, language: str) -> str:
    size = f"{terms.megabytes} MB" if terms.megabytes else say(language, "size_unknown")
    licence = (
        f'<a href="{escape(terms.url)}" target="_blank" rel="noopener noreferrer"><b>{escape(terms.licence)}</b></a>'
    )
    return f"{escape(terms.title)} ({escape(size)}): {licence}. {escape(terms.note)}"


def _progress_html(state: Installation, language: str) -> str:
    if state.is_stopping:
        return f"<p>{escape(say(language, 'download_stopping'))}</p><progress></progress>"
    values = {"title": state.title, "part": state.part, "parts": state.parts, "done": _megabytes(state.done_bytes)}
    if state.stage == "converting":
        return f"<p>{escape(say(language, 'converting', **values))}</p><progress></progress>"
    if state.share is None:
        return f"<p>{escape(say(language, 'fetching_blind', **values))}</p><progress></progress>"
    total, percent = _megabytes(state.total_bytes or 0), int(100 * state.share)
    sentence = with_time_left(say(language, "fetching", **values, total=total, percent=percent), state.left_s, language)
    return f'<p>{escape(sentence)}</p><progress value="{percent}" max="100"></progress>'


def _megabytes(count: int) -> str:
    return f"{count / MEGABYTE:.{0 if count >= 10 * MEGABYTE else 1}f}"
