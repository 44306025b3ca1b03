"""How the pictures on a stage lie among real ones: asked for by a button, since most visitors only look."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol

import gradio as gr
from PIL import Image

from icgan_demo.errors import RequestError
from icgan_demo.service.banks.bank_requests import OWN_BANK, Banks
from icgan_demo.service.drawing.drawing_requests import DrawRequest
from icgan_demo.ui.common.events import ON_QUEUE
from icgan_demo.ui.common.feedback import shown_to_visitor
from icgan_demo.ui.common.services import Services
from icgan_demo.ui.stage.explain_view import explanation_html
from icgan_demo.ui.texts.language import language_of, say, text


class Explainable(Protocol):
    """What a stage has to explain."""

    drawn: gr.State
    """``DrawRequest`` of the pictures in full quality, or None."""
    files: gr.State
    """Paths of these pictures, empty if they were not kept."""
    explanation: gr.HTML
    """The answer, not rendered yet; the stage empties it when it shows other pictures."""


def add_explanation(services: Services, result: Explainable, name: str) -> None:
    """Lay out the answer and the button below it; nothing where there are no banks to compare with.

    Args:
        services: draw again what is gone.
        result: whose pictures are explained; a new drawing there empties the answer.
        name: of the page; prefixes the button's id.
    """
    banks = services.banks
    if banks is None:
        return
    result.explanation.render()
    button = gr.Button(text("explain"), size="sm", elem_id=f"{name}-explain")

    def answer(request: gr.Request, drawn: DrawRequest | None, files: Sequence[str]) -> str:
        with shown_to_visitor():
            language = language_of(request)
            if drawn is None:
                raise RequestError(say(language, "choose_first"))
            return explain_pictures(services, banks, drawn, files, OWN_BANK, language)

    shown: dict[str, Any] = {**ON_QUEUE, "show_progress": "minimal"}
    button.click(answer, [result.drawn, result.files], result.explanation, **shown)


def explain_pictures(
    services: Services, banks: Banks, drawn: DrawRequest, files: Sequence[str], bank_id: str, language: str
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
        pictures = [one.picture for one in services.sampling.drawing.draw(drawn)]
    found = banks.explain(drawn.model, bank_id, drawn.blend, pictures)
    return explanation_html(found, drawn.seeds, language, is_own_bank=bank_id == OWN_BANK)
