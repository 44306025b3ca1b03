"""Images of one piece of HTML that are buttons."""

from pathlib import Path

import gradio as gr

_SCRIPT = Path(__file__).with_suffix(".js").read_text(encoding="utf-8")


def clickable_images(elem_id: str, label: str) -> gr.HTML:
    """Return images that are buttons; a click is a ``select`` event whose ``name`` is the button's ``data-name``."""
    return gr.HTML(
        "", html_template="${value}", js_on_load=_SCRIPT, label=label, elem_id=elem_id, elem_classes="family"
    )
