"""How the pictures on a stage lie among real ones: asked for by a button, since most visitors only look."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol

import gradio as gr
from PIL import Image

from icgan_demo.errors import RequestError
from icgan_demo.service.bank_requests import OWN_BANK, Banks
from icgan_demo.service.studio_requests import BlendRequest
from icgan_demo.ui.explain_view import explanation_html
from icgan_demo.ui.feedback import shown_to_visitor
from icgan_demo.ui.services import Services
from icgan_demo.ui.texts import language_of, say, text


class Explained(Protocol):
    """What a stage has to explain."""

    drawn: gr.State
    """``BlendRequest`` of the pictures in full quality, or None."""
    files: gr.State
    """Paths of these pictures, empty if they were not kept."""
    explanation: gr.HTML
    """The answer, not rendered yet; the stage empties it when it shows other pictures."""


class StudioExplanation:
    """The answer and the button below it, laid out on construction; ``wire`` connects them."""

    def __init__(self, services: Services, banks: Banks, result: Explained, name: str) -> None:
        """Lay them out.

        Args:
            services: draw again what is gone.
            banks: whose training pictures are compared with.
            result: whose pictures are explained; a new drawing there empties the answer.
            name: of the page; prefixes the button's id.
        """
        self._services, self._banks = services, banks
        self.result = result
        result.explanation.render()
        self.button = gr.Button(text("explain"), size="sm", elem_id=f"{name}-explain")

    def explained(self, request: gr.Request, drawn: BlendRequest | None, files: Sequence[str]) -> str:
        """Return the explanation of the pictures in full quality."""
        with shown_to_visitor():
            language = language_of(request)
            if drawn is None:
                raise RequestError(say(language, "choose_first"))
            return explained(self._services, self._banks, drawn, files, OWN_BANK, language)


def explained(
    services: Services, banks: Banks, drawn: BlendRequest, files: Sequence[str], bank_id: str, language: str
) -> str:
    """Return how the pictures of a request lie among real ones.

    Args:
        services: draw again what is gone.
        banks: compare.
        drawn: the request.
        files: the pictures that were drawn for it, written by this page.
        bank_id: the bank that is looked at beside the model's own.
        language: of the answer.
    """
    pictures = [Image.open(file).convert("RGB") for file in files if Path(file).exists()]
    if len(pictures) != len(drawn.seeds):
        pictures = services.sampling.studio.draw(drawn)
    found = banks.explain(drawn.model, bank_id, drawn.blend, pictures)
    return explanation_html(found, drawn.seeds, language, is_own_bank=bank_id == OWN_BANK)


def wire(explanation: StudioExplanation) -> None:
    """Connect the button."""
    result = explanation.result
    shared: dict[str, Any] = {"concurrency_id": "model", "concurrency_limit": 1, "api_visibility": "private"}
    explanation.button.click(
        explanation.explained, [result.drawn, result.files], result.explanation, show_progress="minimal", **shared
    )
