"""Widgets that several pages of the studio have alike."""

import shlex
from typing import Any

import gradio as gr

from icgan_demo.config import MAX_SEED
from icgan_demo.ui.common.events import Updates
from icgan_demo.ui.common.instance_image import InstanceImage
from icgan_demo.ui.common.slider import Slider
from icgan_demo.ui.common.upload_widgets import CAMERA
from icgan_demo.ui.generate.generate_widgets import strip, truncation_slider
from icgan_demo.ui.texts.language import text


def photo_box(
    name: str, height: int, *, label: str = "instance", alt: str = "slot_alt", placeholder: str = "", **layout: Any
) -> InstanceImage:
    """Return a box that takes a photo as an instance: dropped, pasted, from a file or a camera.

    Args:
        name: of the place, in its element's id before "-photo".
        height: px.
        label: key of the text that names the box.
        alt: key of the text that says what the picture is.
        placeholder: key of the text in the empty box; Gradio's own without.
        layout: scale and least width, where they matter.
    """
    return InstanceImage(
        type="filepath", format="png", show_label=False, label=text(label), sources=["upload", "webcam", "clipboard"],
        webcam_options=CAMERA,
        placeholder=text(placeholder) if placeholder else None, height=height, buttons=[], alt_text=text(alt),
        elem_id=f"{name}-photo", **layout,
    )  # fmt: skip


class Again:
    """How pictures are drawn elsewhere, as a command and as Python; laid out on construction."""

    def __init__(self, name: str) -> None:
        """Lay it out; ``name`` is that of the page."""
        with gr.Accordion(text("again"), open=False, elem_id=f"{name}-again") as self.box:
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
        photo = photo_box(name, 150, label=label, alt=alt, scale=0, min_width=150)
        with gr.Column(scale=1, min_width=140):
            choices = strip(f"{name}-choices", 6, label="examples")
    return photo, choices


def seed_row(name: str) -> tuple[gr.Number, Slider]:
    """Return a row with the first seed and the truncation."""
    with gr.Row(elem_classes="seed-row"):
        seed = gr.Number(
            0, label=text("seed"), precision=0, minimum=0, maximum=MAX_SEED, min_width=110, elem_id=f"{name}-seed"
        )
        truncation = truncation_slider(f"{name}-truncation", min_width=150)
    return seed, truncation
