"""The About page: a picture of the method, the chosen model's card and figures, and what happens to photos."""

from collections.abc import Iterator, Mapping, Sequence
from html import escape
from pathlib import Path
from typing import Any

import gradio as gr

from icgan_demo.service.card_figures import measures
from icgan_demo.service.values import ModelInfo
from icgan_demo.ui.about.figures_view import measures_html
from icgan_demo.ui.about.learning_view import learning_html
from icgan_demo.ui.common.events import AT_ONCE
from icgan_demo.ui.common.feedback import shown_to_visitor
from icgan_demo.ui.common.model_list import model_facts, truncation_note
from icgan_demo.ui.common.services import Services
from icgan_demo.ui.texts.error_texts import in_language
from icgan_demo.ui.texts.language import language_of, say
from icgan_demo.ui.visitor.visits import Visits

LISTED_CLASSES = 100

# Line drawings of 64 x 64 in the colour of the text; class "accent" fills with the page's accent.
_ICONS = {
    "photo": '<rect x="8" y="12" width="48" height="40" rx="4"/><circle class="accent" cx="24" cy="34" r="8"/>'
    '<path d="M24 26c0-4 3-6 6-6M36 44l8-10 8 10z"/>',
    "encoder": '<path d="M10 10v44l18-12V22zM28 22l18 6v8l-18 6M46 32h10"/>',
    "feature": '<circle cx="32" cy="32" r="22"/><ellipse cx="32" cy="32" rx="22" ry="8"/>'
    '<ellipse cx="32" cy="32" rx="8" ry="22"/><circle class="accent" cx="41" cy="20" r="5"/>',
    "generator": '<path d="M54 10v44L36 42V22zM36 22l-18 6v8l18 6M18 32H8"/>',
    "pictures": '<rect x="8" y="8" width="22" height="22" rx="3"/><rect x="34" y="8" width="22" height="22" rx="3"/>'
    '<rect x="8" y="34" width="22" height="22" rx="3"/><rect x="34" y="34" width="22" height="22" rx="3"/>'
    '<circle class="accent" cx="19" cy="19" r="6"/><circle class="accent" cx="46" cy="20" r="5"/>'
    '<circle class="accent" cx="18" cy="46" r="5"/><circle class="accent" cx="45" cy="45" r="7"/>',
}


class AboutTab:
    """Lays the page out on construction, inside the current ``gr.Blocks``."""

    def __init__(self, services: Services, visits: Visits) -> None:
        self._services, self._visits = services, visits
        self.method = gr.HTML(elem_id="method")
        self.card = gr.HTML(elem_id="card")
        self.privacy = gr.HTML(elem_id="privacy")

    def fill(self, request: gr.Request) -> tuple[str, str]:
        """Return the parts that depend on the language alone."""
        language = language_of(request)
        return method_html(language), _section(say(language, "privacy_title"), _paragraph(say(language, "privacy")))

    def fill_card(self, request: gr.Request) -> str:
        """Return the card of the model that the visit has chosen; waits for the models to be known."""
        with shown_to_visitor():
            models = self._services.sampling.models()
            info = self._services.find(self._visits.of(request).model) or next(iter(models), None)
            return "" if info is None else card_html(info, models, language_of(request), self._services.thumbnail_dir)


def wire(tab: AboutTab, demo: gr.Blocks, entered: gr.events.Dependency) -> None:
    """Fill the page when it opens."""
    demo.load(tab.fill, None, [tab.method, tab.privacy], **AT_ONCE)
    waiting: dict[str, Any] = {**AT_ONCE, "queue": True, "concurrency_id": "load", "concurrency_limit": None}
    entered.then(tab.fill_card, None, tab.card, **waiting)


def method_html(language: str) -> str:
    """Return the picture of the method, which stacks its steps on a narrow screen, and a paragraph about it."""
    steps = [
        _step("photo", "how_photo", language),
        _step("encoder", "how_encoder", language, note="how_encoder_note"),
        _step("feature", "how_feature", language, note="how_feature_note"),
        _step("generator", "how_generator", language, extras=("noise", "class")),
        _step("pictures", "how_pictures", language),
    ]
    alternative = escape(say(language, "how_alt"))
    picture = f'<div class="method" role="img" aria-label="{alternative}">{"".join(steps)}</div>'
    return _section(say(language, "how_title"), picture + _paragraph(say(language, "how_text")))


def card_html(info: ModelInfo, models: Sequence[ModelInfo], language: str, thumbnail_dir: Path) -> str:
    """Return the chosen model's card, how it learned, its figures and the list of all models.

    Every text of a card is escaped; its picture is put into ``thumbnail_dir``, whose files everybody may see.
    """
    card = info.card or {}
    licence = card.get("licence") if isinstance(card.get("licence"), Mapping) else {}
    rows = [
        (say(language, "data"), escape(str(card.get("data", "")))),
        (say(language, "licence"), _link(info.licence, str((licence or {}).get("url", "")))),
        (say(language, "resolution"), say(language, "pixels", side=info.resolution)),
        (say(language, "classes"), escape(_classes(info.class_names))),
        (say(language, "encoder"), escape(_encoder(card))),
        (say(language, "truncation"), escape(say(language, truncation_note(info)))),
    ]
    description = _paragraph(str(card.get("description", "")))
    trained = _folded(say(language, "settings_title"), card.get("settings"))
    learned = learning_html(info, language, thumbnail_dir)
    return "".join(
        [
            _section(f"{say(language, 'model_title')}: {info.title}", description + _table(rows) + trained),
            _section(say(language, "learning_title"), learned) if learned else "",
            _section(say(language, "figures_title"), _figures(card.get("figures"), language)),
            _section(say(language, "models_title"), _model_list(models, language)),
        ]
    )


def _figures(figures: Any, language: str) -> str:
    """The figures that mean something to a visitor as bars, and all of them behind a click."""
    if not isinstance(figures, Mapping) or not figures:
        return _paragraph(say(language, "figures_none"))
    shown = measures(figures)
    bars = _paragraph(say(language, "figures_read")) + measures_html(shown, language) if shown else ""
    return bars + _folded(say(language, "figures_all"), figures)


def _folded(title: str, values: Any) -> str:
    """A table of everything in ``values`` that opens on a click; nothing if there is nothing."""
    rows = [(escape(name), escape(value)) for name, value in _flat(values or {})]
    return f"<details><summary>{escape(title)}</summary>{_table(rows)}</details>" if rows else ""


def _step(icon: str, title: str, language: str, note: str = "", extras: Sequence[str] = ()) -> str:
    chips = "".join(
        f"<li><b>{escape(say(language, f'how_{name}'))}</b> {escape(say(language, f'how_{name}_note'))}</li>"
        for name in extras
    )
    below = f"<ul>{chips}</ul>" if chips else f"<small>{escape(say(language, note)) if note else ''}</small>"
    drawing = f'<svg viewBox="0 0 64 64" aria-hidden="true">{_ICONS[icon]}</svg>'
    return f'<div class="step">{drawing}<b>{escape(say(language, title))}</b>{below}</div>'


def _model_list(models: Sequence[ModelInfo], language: str) -> str:
    rows = []
    for info in models:
        facts = [*model_facts(info, language), say(language, f"state_{info.state}")]
        facts.append(in_language(info.message, language))
        rows.append((escape(info.title), escape(" · ".join(fact for fact in facts if fact))))
    return _table(rows)


def _flat(figures: Any, name: str = "") -> Iterator[tuple[str, str]]:
    """Yield name and value of every leaf of a card's free-form figures."""
    if isinstance(figures, Mapping):
        for key, value in figures.items():
            yield from _flat(value, f"{name} · {key}" if name else str(key))
    elif isinstance(figures, list):
        yield name.replace("_", " "), ", ".join(_number(value) for value in figures)
    else:
        yield name.replace("_", " "), _number(figures)


def _number(value: Any) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def _classes(names: Sequence[str]) -> str:
    shown = ", ".join(names[:LISTED_CLASSES])
    return shown if len(names) <= LISTED_CLASSES else f"{len(names)}: {shown}, …"


def _encoder(card: Mapping[str, Any]) -> str:
    encoder = card.get("encoder")
    return str(encoder.get("kind", "")) if isinstance(encoder, Mapping) else ""


def _link(text: str, url: str) -> str:
    if not url.startswith(("https://", "http://")):
        return escape(text)
    return f'<a href="{escape(url)}" target="_blank" rel="noopener noreferrer">{escape(text)}</a>'


def _table(rows: Sequence[tuple[str, str]]) -> str:
    cells = "".join(f'<tr><th scope="row">{name}</th><td>{value}</td></tr>' for name, value in rows if value)
    return f"<table>{cells}</table>"


def _paragraph(text: str) -> str:
    return f"<p>{escape(text)}</p>" if text else ""


def _section(title: str, body: str) -> str:
    return f"<section><h2>{escape(title)}</h2>{body}</section>"
