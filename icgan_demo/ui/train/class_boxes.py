"""The classes of a training set as boxes: each with its name, count, balance and pictures, and ways to add and remove.

Everything that a visitor does in a box arrives as one JSON text, whose words the server checks.
"""

import base64
import binascii
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Any

import gradio as gr

from icgan_demo.errors import RequestError
from icgan_demo.guards.labels import LABEL_LENGTH
from icgan_demo.service.training.training_sets import FRAMES_AT_ONCE, StoredPicture, TrainingSet
from icgan_demo.ui.common.widgets import PICTURE_TYPES, VIDEO_TYPES
from icgan_demo.ui.texts.language import say

SHOWN_IN_ALL, LEAST_SHOWN, MOST_SHOWN, SHOWN_OPEN = 160, 4, 24, 300
"""Pictures that all boxes show together, one box at least and at most, and one that was opened."""
MAX_FRAME_BYTES = 400_000
ODD = "The page sent something odd. Please reload it."

SCRIPT = Path(__file__).with_name("class_boxes.js").read_text(encoding="utf-8")
CAMERA_SCRIPT = Path(__file__).with_name("camera.js").read_text(encoding="utf-8")
TEMPLATE = "${typeof scene === 'undefined' ? '' : scene}"
"""As in map_view: a page that is mounted between two updates has no scene yet."""

UrlOf = Callable[[StoredPicture], str]
"""Gives the address of a picture's thumbnail."""


@dataclass(frozen=True)
class BoxAction:
    """What a visitor did in a box."""

    do: str
    """``name``, ``rename``, ``add``, ``remove``, ``remove_class`` or ``open``."""
    label: str
    """The box; empty for the pictures of no class."""
    name: str = ""
    """Its new name."""
    file: str = ""
    """The picture that goes."""
    paths: tuple[str, ...] = ()
    """Uploads for the box."""

    @classmethod
    def of(cls, value: object) -> "BoxAction":
        """Return what the boxes' value says; raises RequestError for anything else, it comes from the browser."""
        values = _object(value)
        words = {key: values.get(key, "") for key in ("do", "label", "name", "file")}
        paths = values.get("paths", [])
        if not all(isinstance(word, str) for word in words.values()) or not isinstance(paths, list):
            raise RequestError(ODD)
        return cls(**words, paths=tuple(map(str, paths)))


@dataclass(frozen=True)
class CameraFrames:
    """Frames that a camera took for a box."""

    label: str
    frames: tuple[bytes, ...]
    """JPEG files, not looked into yet."""
    number: int
    """Of the batch; the page sends the next one when it hears that this one was taken."""

    @classmethod
    def of(cls, value: object) -> "CameraFrames":
        """Return what the camera's value says; raises RequestError for anything else, it comes from the browser."""
        values = _object(value)
        label, frames, number = values.get("label"), values.get("frames"), values.get("number")
        if not isinstance(label, str) or not isinstance(frames, list) or not isinstance(number, int):
            raise RequestError(ODD)
        if len(frames) > FRAMES_AT_ONCE or any(
            not isinstance(one, str) or len(one) > MAX_FRAME_BYTES for one in frames
        ):
            raise RequestError(ODD)
        try:
            return cls(label, tuple(base64.b64decode(one, validate=True) for one in frames), number)
        except (binascii.Error, ValueError) as error:
            raise RequestError(ODD) from error


def class_boxes() -> gr.HTML:
    """Return the boxes; the property ``scene`` is what they show, the event ``input`` brings a ``BoxAction``."""
    return gr.HTML("", html_template=TEMPLATE, js_on_load=SCRIPT, scene="", elem_id="train-boxes")


def camera() -> gr.HTML:
    """Return the camera, hidden until a box asks for it; its events ``input`` and ``submit`` bring ``CameraFrames``.

    Its property ``scene`` is ``camera_html``, in the visitor's language, which the server alone knows; ``heard`` is the
    number of the batch that was taken, and how many pictures the class has then.
    """
    return gr.HTML("", html_template=TEMPLATE, js_on_load=CAMERA_SCRIPT, scene="", heard="", elem_id="train-camera")


def camera_html(language: str) -> str:
    """Return the camera's panel."""
    title, hold, close, refused = (
        escape(say(language, f"train_camera_{key}")) for key in ("title", "hold", "close", "refused")
    )
    return (
        f'<div class="camera" hidden role="group" aria-label="{title}"><p>{title}: <b class="class"></b> '
        '<b class="count"></b></p><video playsinline muted></video>'
        f'<p class="refused" hidden>{refused}</p><p><button type="button" class="record plain">{hold}</button>'
        f'<button type="button" class="close plain">{close}</button></p></div>'
    )


def boxes_html(found: TrainingSet | None, url_of: UrlOf, language: str, opened: str | None = None) -> str:
    """Return all boxes of a set, and where a further class is named.

    Args:
        found: the set; None for none yet.
        url_of: gives the addresses of thumbnails.
        language: of the words.
        opened: the box that shows all of its pictures.
    """
    boxes = found.boxes if found else {}
    shown = max(LEAST_SHOWN, min(MOST_SHOWN, SHOWN_IN_ALL // max(1, len(boxes))))
    most = max(map(len, boxes.values()), default=0)
    parts = []
    for label, pictures in boxes.items():
        count = SHOWN_OPEN if label == opened else shown
        parts.append(_box(label, pictures, count, len(pictures) / max(1, most), url_of, language))
    name, add = (escape(say(language, key)) for key in ("train_box_new", "train_box_add"))
    form = (
        f'<form class="new-class"><input maxlength="{LABEL_LENGTH}" placeholder="{name}" aria-label="{name}">'
        f'<button class="plain">{add}</button></form>'
    )
    return f"{form}{''.join(parts)}"


def _box(label: str, pictures: Sequence[StoredPicture], shown: int, share: float, url_of: UrlOf, language: str) -> str:
    def word(key: str, **values: Any) -> str:
        return escape(say(language, f"train_box_{key}", **values))

    name = escape(label)
    title = name or word("none")
    thumbs = "".join(_thumb(picture, url_of, language) for picture in reversed(pictures[-shown:]))
    more = len(pictures) - shown
    rest = f'<button type="button" class="plain" data-do="open">{word("more", count=more)}</button>' if more > 0 else ""
    camera_button = f'<button type="button" class="plain" data-do="camera">{word("camera")}</button>' if label else ""
    adding = (
        f'<label class="plain"><input type="file" multiple accept="{",".join([*PICTURE_TYPES, *VIDEO_TYPES])}">'
        f"{word('files')}</label>{camera_button}"
    ) if label else ""  # fmt: skip
    return (
        f'<section class="box" data-label="{name}" aria-label="{title}"><header>'
        f'<input class="name" value="{name}" placeholder="{word("none")}" maxlength="{LABEL_LENGTH}" '
        f'aria-label="{word("rename")}"><b>{len(pictures)}</b>'
        f'<button type="button" class="plain" data-do="remove_class" aria-label="{word("remove_class", name=label)}">'
        f'×</button></header><i class="balance" style="--share:{share:.3f}"></i>'
        f'<p>{adding}<output aria-live="polite"></output></p><div class="thumbs">{thumbs}{rest}</div></section>'
    )


def _thumb(picture: StoredPicture, url_of: UrlOf, language: str) -> str:
    label = escape(say(language, "train_box_remove", name=picture.name))
    return (
        f'<button type="button" data-do="remove" data-file="{picture.file}" title="{label}">'
        f'<img loading="lazy" src="{escape(url_of(picture))}" alt="{label}"></button>'
    )


def _object(value: object) -> dict[str, Any]:
    try:
        values = json.loads(str(value))
    except (ValueError, RecursionError) as error:
        raise RequestError(ODD) from error
    if not isinstance(values, dict):
        raise RequestError(ODD)
    return values
