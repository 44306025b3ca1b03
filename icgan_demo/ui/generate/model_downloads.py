"""Fetching a published model from the page: its terms first, then progress, then the model can be chosen.

One download at a time, for all visitors together; every open page shows it. Not wired where visitors may not fetch.
"""

from collections.abc import Callable, Sequence
from html import escape

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


class DownloadWidgets:
    """Lays out the terms on construction, for below the model list; empty parts are hidden by CSS."""

    def __init__(self) -> None:
        self.terms = gr.HTML("", elem_id="download-terms")
        self.start = gr.Button(text("download_model"), size="md", visible=False, elem_id="download-start")
        self.seen = gr.State(None)  # number of the last download whose end this page has shown; None before any look

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
            language = language_of(request)
            return {**self._offer(model, language), **self._show_progress(language)}

    def start_download(self, request: gr.Request, model: str) -> Updates:
        """Begin to fetch the model whose terms were accepted."""
        with shown_to_visitor():
            self._installer.start(model)
            language = language_of(request)
            soon = {self._widgets.poll: gr.Timer(BUSY_S, active=True)}
            return {**self._offer(model, language), **self._show_progress(language), **soon}

    def stop_download(self) -> None:
        """End the running download."""
        with shown_to_visitor():
            self._installer.stop()

    def show_progress(self, request: gr.Request, model: str | None, seen: int | None) -> Updates:
        """Show how far the download is; at its end what came of it, once on every page, and the new model list."""
        w, language = self._widgets, language_of(request)
        if self._services.is_starting() or not model:
            return {w.seen: seen, w.poll: gr.Timer(BUSY_S, active=True)}
        with shown_to_visitor():
            state = self._installer.progress()
            number, running = (state.number, state.is_running) if state else (0, False)
            ended = number - running
            updates: Updates = {w.seen: ended, w.poll: gr.Timer(BUSY_S if running else IDLE_S, active=True)}
            if running:
                updates |= self._show_progress(language)
            if seen is None:
                updates |= self._offer(model, language)
            elif ended > seen:
                assert state is not None
                updates |= self._show_end(state, model, language)
            return updates

    def _show_end(self, state: Installation, model: str, language: str) -> Updates:
        w = self._widgets
        title = self._info(state.name).title
        sentence = {"done": "fetched", "failed": "fetch_failed"}.get(state.stage)
        message = in_language(state.message, language)
        if sentence:
            message = say(language, sentence, title=title, message=message)
        updates = {
            self._model: gr.update(choices=list_choices(self._services.sampling.models(), language)),
            **self._offer(model, language),
            w.progress: f"<p>{escape(message)}</p>",
            w.stop: gr.update(visible=HIDDEN),
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

    def _show_progress(self, language: str) -> Updates:
        w, state = self._widgets, self._installer.progress()
        if state is None or not state.is_running:
            return {w.progress: "", w.stop: gr.update(visible=HIDDEN)}
        return {w.progress: _progress_html(state, language), w.stop: gr.update(visible=True)}

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
    shown = [w.terms, w.start, w.progress, w.stop]
    looked = [*shown, w.seen, w.poll, model, *offered]
    opened.then(downloads.show_progress, [model, w.seen], looked, **AT_ONCE)
    w.poll.tick(downloads.show_progress, [model, w.seen], looked, **AT_ONCE)
    model.input(downloads.show_terms, model, shown, trigger_mode="always_last", **AT_ONCE)
    w.start.click(downloads.start_download, model, [*shown, w.poll], **AT_ONCE)
    w.stop.click(downloads.stop_download, None, None, **AT_ONCE)


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
