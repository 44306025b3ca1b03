"""Widgets that more than one page has for uploads."""

import gradio as gr

from icgan_demo.guards.name_encoding import ENCODINGS
from icgan_demo.ui.texts.language import text

CAMERA = gr.WebcamOptions(mirror=False)
"""Photos of things, not of oneself: writing must read from left to right."""
PICTURE_TYPES = [".zip", ".jpg", ".jpeg", ".png", ".webp", ".gif", ".bmp"]


def zip_names(elem_id: str) -> gr.Dropdown:
    """Return the choice of how names in a ZIP are read that do not say it themselves; its value is an encoding."""
    return gr.Dropdown(
        [(text("zip_names_guess"), ""), *((title, name) for name, title in ENCODINGS.items())],
        value="",
        label=text("zip_names"),
        info=text("zip_names_info"),
        elem_id=elem_id,
    )
