"""Which model knows the photo: the choice "Automatic", the line that says what it chose and why, and what helps.

Where no model knows the photo, nothing is drawn before the visitor says so.
"""

from collections.abc import Callable, Sequence
from html import escape
from typing import TYPE_CHECKING, Any

import gradio as gr

from icgan_demo.service.values import Familiarity, ModelInfo
from icgan_demo.ui.common.events import AT_ONCE, Updates
from icgan_demo.ui.common.instances import Chosen
from icgan_demo.ui.common.pages import go_to
from icgan_demo.ui.common.services import Services
from icgan_demo.ui.common.visibility import HIDDEN
from icgan_demo.ui.texts.language import say, text

if TYPE_CHECKING:
    from icgan_demo.ui.generate.generate_widgets import GenerateWidgets
    from icgan_demo.ui.generate.model_downloads import ModelDownloads

WORLDLY = "icgan_biggan_imagenet_res256"
"""The published model that is offered for a photo that no other knows: it learned a thousand kinds of things."""


class AutomaticWidgets:
    """Lays out the line and what can be clicked below it, inside the current column."""

    def __init__(self) -> None:
        self.line = gr.HTML("", elem_id="knowing", html_template='<div role="status" aria-live="polite">${value}</div>')
        self.pin = gr.Radio([], label=text("pin_model"), info=text("pin_info"), visible=False, elem_id="pin-model")
        with gr.Row(elem_id="unknown-buttons"):
            self.anyway = gr.Button(text("draw_anyway"), size="md", visible=HIDDEN, elem_id="draw-anyway")
            self.worldly = gr.Button(text("show_worldly"), size="md", visible=HIDDEN, elem_id="show-worldly")
            self.train = gr.Button(text("train_like_it"), size="md", visible=HIDDEN, elem_id="train-like-it")

    @property
    def all(self) -> list[gr.components.Component]:
        """What choosing an instance changes."""
        return [self.line, self.pin, self.anyway, self.worldly, self.train]


class AutomaticChoice:
    """Says on the page what was chosen."""

    def __init__(self, services: Services, widgets: AutomaticWidgets) -> None:
        self._services = services
        self._widgets = widgets

    def explain_choice(self, chosen: Chosen, language: str) -> Updates:
        """Return what the page says of a photo: who draws it and how well that model knows it; and what helps."""
        w, info = self._widgets, self._services.model(chosen.model)
        is_asked = chosen.is_known_to_none
        return {
            w.line: "".join(f"<p>{escape(sentence)}</p>" for sentence in self._sentences(chosen, info, language)),
            w.pin: self._pin(chosen.familiarities, info.name, language),
            w.anyway: gr.update(visible=True if is_asked else HIDDEN),
            w.worldly: gr.update(visible=True if is_asked and self._worldly() else HIDDEN),
            w.train: gr.update(visible=True if is_asked and self._services.training else HIDDEN),
        }

    def clear(self) -> Updates:
        """Return an empty line, for an instance that is no photo."""
        w = self._widgets
        hidden = {button: gr.update(visible=HIDDEN) for button in (w.anyway, w.worldly, w.train)}
        return {w.line: "", w.pin: gr.update(choices=[], value=None, visible=False), **hidden}

    def _sentences(self, chosen: Chosen, info: ModelInfo, language: str) -> list[str]:
        familiarity = chosen.familiarities[0] if chosen.familiarities else chosen.instance.familiarity
        if familiarity is None:
            return []
        photos = say(language, "photos_unseen" if familiarity.is_of_unseen else "photos_learned")
        values = {"title": info.title, "percent": familiarity.percent, "photos": photos}
        if not chosen.familiarities:
            return [say(language, "knows" if familiarity.is_known else "knows_not", **values)]
        if familiarity.is_known:
            return [say(language, "automatic_chose", **values)]
        return [say(language, "nobody_knows", **values), *self._what_helps(language)]

    def _what_helps(self, language: str) -> list[str]:
        published = self._worldly()
        if published is None:
            return []
        values = {"title": published.title, "size": f"{published.size_mb:.0f}", "licence": published.licence}
        return [say(language, "worldly_helps" if published.state == "downloadable" else "worldly_here", **values)]

    def _worldly(self) -> ModelInfo | None:
        """Return the published model that knows most, where it is here or may be fetched."""
        info = self._services.find(WORLDLY)
        return None if info is None or info.state == "unavailable" else info

    def _pin(self, familiarities: Sequence[Familiarity], chosen: str, language: str) -> Any:
        models = [self._services.model(familiarity.model) for familiarity in familiarities]
        choices = [
            (say(language, "pin_choice", title=info.title, percent=familiarity.percent), info.name)
            for info, familiarity in zip(models, familiarities, strict=True)
        ]
        return gr.update(choices=choices, value=chosen, visible=len(choices) > 1)


def wire(
    page: "GenerateWidgets",
    changed: Callable[..., Any],
    offered: Sequence[gr.components.Component],
    downloads: "ModelDownloads | None",
) -> None:
    """Connect what helps where no model knows the photo; ``changed`` shows in ``offered`` what another model offers."""
    w, d = page.automatic, page.downloads
    shown = w.worldly.click(_show_worldly, None, [page.model, page.settings_fold], **AT_ONCE)
    loading: dict[str, Any] = {"concurrency_id": "load", "concurrency_limit": None, "api_visibility": "private"}
    shown.success(changed, [page.model, page.in_use], [page.model, *offered], **loading)
    if downloads is not None:
        shown.success(downloads.show_terms, page.model, [d.terms, d.start], **AT_ONCE)
    w.train.click(None, js=go_to("train"))


def _show_worldly() -> tuple[str, gr.Accordion]:
    """Choose the published model that knows most, and open the settings, where its terms are."""
    return WORLDLY, gr.Accordion(open=True)
