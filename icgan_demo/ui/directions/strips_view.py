"""Strips of directions as HTML, and the images of two sets: all of them are buttons."""

from collections.abc import Sequence
from html import escape

from PIL import Image

from icgan_demo.service.drawing.direction_requests import Direction
from icgan_demo.service.recipes.drawn_files import webp_bytes
from icgan_demo.ui.directions.picked_sets import PickedSets
from icgan_demo.ui.stage.stage import webp_url
from icgan_demo.ui.texts.language import say

AMOUNTS = (-3.0, -1.5, 0.0, 1.5, 3.0)
"""Standard deviations of a strip's images."""
THUMBNAIL = 96
SIGNS = {1: "+", -1: "−"}


def strip_html(place: int, direction: Direction, images: Sequence[Image.Image] = ()) -> str:
    """Return one strip, an image for each of ``AMOUNTS``; without images it is still to come.

    The name of an image's button is the direction's place and the amount, as in "2:-1.5".
    """
    name, cells = escape(direction.name, quote=True), ["<i></i>"] * len(AMOUNTS)
    if images:
        cells = [
            _button(f"{place}:{amount:g}", image, f"{name}: {signed(amount)}")
            for amount, image in zip(AMOUNTS, images, strict=True)
        ]
    return f'<h3>{name}</h3><div class="strip-row">{"".join(cells)}</div>'


def strips_html(strips: Sequence[str]) -> str:
    """Return strips from ``strip_html`` below each other, under their amounts; nothing for none."""
    amounts = "".join(f"<span>{signed(amount)}</span>" for amount in AMOUNTS)
    return f'<div class="strip-row">{amounts}</div>{"".join(strips)}' if strips else ""


def sets_html(sets: PickedSets, language: str) -> str:
    """Return the images that can be picked; a button's name is the image's place, and its sign stands on it."""
    buttons = []
    for place, image in enumerate(sets.images):
        said = say(language, {1: "directions_these", -1: "directions_those", 0: "directions_neither"}[image.sign])
        label = f"{escape(image.name, quote=True)}: {said}"
        sign = f"<b>{SIGNS[image.sign]}</b>" if image.sign else ""
        buttons.append(
            f'<button data-name="{place}" title="{label}"><img src="{image.url}" alt="{label}">{sign}</button>'
        )
    return f'<div class="picks">{"".join(buttons)}</div>'


def signed(amount: float) -> str:
    """Return an amount with its sign."""
    return f"{amount:+g}".replace("-", "−") if amount else "0"


def _button(name: str, image: Image.Image, label: str) -> str:
    url = webp_url(webp_bytes(image, THUMBNAIL))
    return f'<button data-name="{name}" title="{label}"><img src="{url}" alt="{label}"></button>'
