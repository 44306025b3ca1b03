"""Widgets that more than one page has."""

from typing import Any

import gradio as gr

from icgan_demo.config import MAX_SEED, MAX_TRUNCATION, MIN_TRUNCATION, TRUNCATION
from icgan_demo.guards.name_encoding import ENCODINGS
from icgan_demo.ui.common.inline_gallery import InlineGallery
from icgan_demo.ui.common.instance_image import InstanceImage
from icgan_demo.ui.common.slider import Slider
from icgan_demo.ui.texts.language import text

CAMERA = gr.WebcamOptions(mirror=False)
"""Photos of things, not of oneself: writing must read from left to right."""
PICTURE_TYPES = [".zip", ".jpg", ".jpeg", ".png", ".webp", ".gif", ".bmp"]
VIDEO_TYPES = [".mp4", ".mov", ".webm"]


def zip_names(elem_id: str) -> gr.Dropdown:
    """Return the choice of how names in a ZIP are read that do not say it themselves; its value is an encoding."""
    return gr.Dropdown(
        [(text("zip_names_guess"), ""), *((title, name) for name, title in ENCODINGS.items())],
        value="",
        label=text("zip_names"),
        info=text("zip_names_info"),
        elem_id=elem_id,
    )


def photo_box(
    elem_id: str,
    height: int,
    *,
    label: str = "instance",
    alt: Any = None,
    placeholder: str = "slot_drop",
    **options: Any,
) -> InstanceImage:
    """Return a box that takes a photo as an instance: dropped, pasted, from a file or a camera.

    Args:
        elem_id: of its element.
        height: px.
        label: key of the text that names the box.
        alt: says what the picture is; the instance that is drawn, unless given.
        placeholder: key of the text in the empty box.
        options: those of ``gr.Image``, such as scale and least width, where they matter.
    """
    return InstanceImage(
        type="filepath", format="png", show_label=False, label=text(label), sources=["upload", "webcam", "clipboard"],
        webcam_options=CAMERA, placeholder=text(placeholder), height=height,
        alt_text=text("slot_alt") if alt is None else alt, elem_id=elem_id, **({"buttons": []} | options),
    )  # fmt: skip


def status_line(elem_id: str, **options: Any) -> gr.HTML:
    """Return a line that a screen reader says when it changes; ``options`` are those of ``gr.HTML``."""
    return gr.HTML("", elem_id=elem_id, html_template='<p role="status" aria-live="polite">${value}</p>', **options)


def seed_box(elem_id: str, value: int = 0, **options: Any) -> gr.Number:
    """Return the number box of a seed; ``options`` are those of ``gr.Number``."""
    return gr.Number(value, label=text("seed"), precision=0, minimum=0, maximum=MAX_SEED, elem_id=elem_id, **options)


def heading(key: str, elem_id: str | None = None) -> None:
    """Put a small heading into the current layout."""
    gr.HTML(text(key), html_template="<h2>${value}</h2>", elem_id=elem_id, elem_classes="heading")


def truncation_slider(elem_id: str, **options: Any) -> Slider:
    """Return the slider of the truncation; ``options`` are those of ``gr.Slider``."""
    return Slider(
        MIN_TRUNCATION, MAX_TRUNCATION, TRUNCATION, step=0.05, label=text("truncation"), buttons=[], elem_id=elem_id,
        **options,
    )  # fmt: skip


def pictures(key: str, columns: int, label: str = "") -> gr.Gallery:
    """Return drawn pictures, to be enlarged and kept."""
    return _gallery(key, columns, label or key, buttons=["download", "fullscreen"], elem_classes="pictures")


STRIP = "strip"
"""Style of a row of thumbnails."""


def strip(key: str, columns: int, label: str = "") -> gr.Gallery:
    """Return a row of thumbnails that are clicked, not enlarged."""
    return _gallery(key, columns, label or key, allow_preview=False, buttons=[], elem_classes=STRIP)


def _gallery(key: str, columns: int, label: str, **options: Any) -> gr.Gallery:
    return InlineGallery(
        label=text(label), show_label=False, columns=columns, height="auto", object_fit="cover", format="png",
        interactive=False, fit_columns=False, elem_id=key, **options,
    )  # fmt: skip
