"""Widgets that several pages of the studio have alike."""

import shlex
from typing import Any

import gradio as gr

from icgan_demo.ui.common.events import Updates
from icgan_demo.ui.common.instance_image import InstanceImage
from icgan_demo.ui.common.slider import Slider
from icgan_demo.ui.common.widgets import photo_box, seed_box, strip, truncation_slider
from icgan_demo.ui.texts.language import text

RELEASE_ON_KEYS = """() => {
    const keys = ["ArrowLeft", "ArrowRight", "ArrowUp", "ArrowDown", "PageUp", "PageDown", "Home", "End"];
    document.addEventListener("keyup", (event) => {
        if (keys.includes(event.key) && event.target.matches("input[type=range]"))
            event.target.dispatchEvent(new PointerEvent("pointerup", {bubbles: true}));
    });
}"""
"""A slider moved by keys is let go with the key: Gradio tells of a release only when a pointer goes up."""


class ReproductionCode:
    """How pictures are drawn elsewhere, as a command and as Python; laid out on construction."""

    def __init__(self, name: str, *, visible: Any = True) -> None:
        """Lay it out; ``name`` is that of the page."""
        with gr.Accordion(text("again"), open=False, visible=visible, elem_id=f"{name}-again") as self.box:
            gr.HTML(text("again_note"), elem_classes="fine-print")
            self.command = gr.Code(label=text("as_command"), language="shell", interactive=False)
            self.python = gr.Code(label=text("as_python"), language="python", interactive=False)

    @property
    def outputs(self) -> list[Any]:
        """Components that ``of`` changes."""
        return [self.command, self.python]

    def of(self, file: str) -> Updates:
        """Return what draws the picture of a saved file again."""
        lines = ("from pathlib import Path", "", "from icgan_demo.service.recipes.redraw import draw_file", "")
        return {
            self.command: f"icgan-demo draw {shlex.quote(file)} --out again",
            self.python: "\n".join([*lines, f"pictures = draw_file(Path({file!r}))", ""]),
        }


def instance_row(name: str, *, label: str = "instance", alt: str = "slot_alt") -> tuple[InstanceImage, gr.Gallery]:
    """Return a box for a photo, and bank entries to click beside it."""
    with gr.Row(elem_classes="instance-row"):
        photo = photo_box(f"{name}-photo", 150, label=label, alt=text(alt), scale=0, min_width=150)
        with gr.Column(scale=1, min_width=140):
            choices = strip(f"{name}-choices", 6, label="examples")
    return photo, choices


def seed_row(name: str) -> tuple[gr.Number, Slider]:
    """Return a row with the first seed and the truncation."""
    with gr.Row(elem_classes="seed-row"):
        seed = seed_box(f"{name}-seed", min_width=110)
        truncation = truncation_slider(f"{name}-truncation", min_width=150)
    return seed, truncation
